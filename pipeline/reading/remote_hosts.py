"""Which servers a drop is fetched from: those that its URL names, over a connection that nobody can read along with.

What goes further must be named in [remote] of the workspace.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import SplitResult, urlsplit

from schemas.config import WORKSPACE_FILE
from schemas.errors import DropError, UsageError

if TYPE_CHECKING:
    from schemas.workspace import RemoteChoice

_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
_PORTS: Final = {"http": 80, "https": 443}


def refuse_unprotected(url: SplitResult, what: str, allowed: RemoteChoice) -> None:
    """Raise `UsageError` when a URL of a server is plain http and its host is neither this machine nor allowed.

    ``what`` it is, for the message.
    """
    if is_unprotected(url, allowed):
        raise UsageError(f"{what} sends personal data unprotected.", f"Use https://, or {allowing_plain(url)}.")


def is_unprotected(url: SplitResult, allowed: RemoteChoice) -> bool:
    """Whether a URL of a server is plain http, and its host neither this machine nor allowed."""
    return url.scheme == "http" and url.hostname not in _LOOPBACK and not _is_named(url, allowed.plain_http)


def allowing_plain(url: SplitResult) -> str:
    """The setting that allows the plain http of a URL's server, as a clause."""
    return _setting(url, "plain_http")


def endpoints(system: Any) -> list[SplitResult]:
    """URLs that a service's file system (fsspec's) asks; none where it asks that of the drop's URL itself."""
    client = getattr(system, "s3", None)  # s3fs
    asked = client.meta.endpoint_url if client is not None else None
    for name in ("_endpoint", "account_url"):  # gcsfs; adlfs
        asked = asked or getattr(system, name, None)
    return [urlsplit(str(asked))] if asked else []


def redirects(begun: SplitResult, allowed: RemoteChoice) -> Callable[[Any, Any, Any], Awaitable[None]]:
    """Make what aiohttp calls when a server leads on. It raises `DropError` where the drop's URL did not name to."""

    async def refuse(_session: object, _context: object, step: Any) -> None:
        import asyncio  # noqa: PLC0415  # few drops come from elsewhere

        await asyncio.sleep(0)
        shown = f"{begun.scheme}://{_server(begun)}"
        url = urlsplit(str(step.url.join(type(step.url)(step.response.headers.get("Location", "")))))
        if _server(url) != _server(begun) and not _is_named(url, allowed.redirects):
            raise DropError(
                f"'{shown}' leads on to another server, {_server(url)}.",
                f"If that is right, {_setting(url, 'redirects')}.",
            )
        try:
            refuse_unprotected(url, f"'{shown}' leads on to http://, which", allowed)
        except UsageError as error:
            raise DropError(error.message, error.hint) from error
        if url.scheme not in (begun.scheme, "https"):
            raise DropError(f"'{shown}' leads on to {url.scheme}://.", "Ask for a URL that does not.")

    return refuse


def _server(url: SplitResult) -> str:
    port = "" if url.port in (None, _PORTS.get(url.scheme)) else f":{url.port}"
    return f"{url.hostname}{port}"


def _is_named(url: SplitResult, hosts: list[str]) -> bool:
    return bool({url.hostname, _server(url)} & set(hosts))


def _setting(url: SplitResult, name: str) -> str:
    return f'add {name} = ["{_server(url)}"] to [remote] of {WORKSPACE_FILE}'
