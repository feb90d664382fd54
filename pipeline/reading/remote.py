"""Fetches files from elsewhere (S3, Google Cloud, Azure, SFTP, HTTPS) into the spool, as streams.

Credentials come from the environment or the usual files of each service, and never from the command line. What is
shown of a URL has neither user nor query: both may be secrets.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple
from urllib.parse import SplitResult, urlsplit

from pipeline.reading.remote_faults import remote_faults
from pipeline.reading.remote_hosts import endpoints, redirects, refuse_unprotected
from schemas.errors import DropError, UsageError
from schemas.files.inputs import Input
from schemas.files.kinds import SUFFIXES
from schemas.files.limits import limits
from schemas.files.spool import Spool
from schemas.support.names import did_you_mean

if TYPE_CHECKING:
    from schemas.workspace import RemoteChoice

_BLOCK: Final = 8 << 20
#: Scheme -> the module that must be there, and the extra that brings it.
_NEEDS: Final = {
    "s3": ("s3fs", "s3"),
    "gs": ("gcsfs", "gs"),
    "az": ("adlfs", "az"),
    "sftp": ("paramiko", "sftp"),
    "https": ("aiohttp", "https"),
    "http": ("aiohttp", "https"),
}


class _Place(NamedTuple):
    """A URL taken apart. ``path`` is what the service's file system calls it.

    Only http and https have a query and a fragment: in a key and in a path ``?`` and ``#`` are letters.
    """

    url: SplitResult
    path: str
    allowed: RemoteChoice

    @property
    def host(self) -> str:
        port = f":{self.url.port}" if self.url.port else ""
        return f"{self.url.hostname}{port}"

    def shown(self, path: str) -> str:
        if self.url.scheme in ("http", "https"):
            return f"{self.url.scheme}://{self.host}{self.url.path}"
        return f"sftp://{self.host}{path}" if self.url.scheme == "sftp" else f"{self.url.scheme}://{path}"


def is_remote(drop: str) -> bool:
    """Whether the command line names a URL."""
    return "://" in drop


def fetch(url: str, spool: Spool, allowed: RemoteChoice) -> list[Input]:
    """Fetch an object, those that a pattern names, or those in a folder, by name.

    Raises `UsageError` when the scheme is unknown or the URL holds a secret, `DropError` when the file
    is missing or denied, or breaks off.
    """
    place = _place(url, allowed)
    with remote_faults(place.shown(place.path)), _file_system(place) as system:
        fetched: list[Input] = []
        for path in _paths(system, place):
            with remote_faults(place.shown(path)):
                fetched.append(_fetch(system, path, place.shown(path), spool))
        return fetched


class RemoteFile(NamedTuple):
    """A file in a remote folder. ``modified``: seconds since 1970; ``mark`` tells it from a later one of its name."""

    path: str
    name: str
    shown: str
    size: int
    modified: float
    mark: str


class RemoteFolder:
    """A folder elsewhere, while the connection to it lasts. Made by `open_folder`."""

    def __init__(self, system: Any, place: _Place) -> None:
        self._system, self._place = system, place

    def files(self) -> tuple[list[RemoteFile], dict[str, str]]:
        """All files in it, by name, and what cannot be one, with the reason; folders in it are not looked into."""
        files, left = [], {}
        for entry in self._system.ls(self._place.path, detail=True):
            path = str(entry["name"])
            folder, _, name = path.rpartition("/")
            if entry["type"] != "file" or not name:
                continue
            if folder.strip("/") != self._place.path.strip("/"):
                left[path] = "has a name that leads out of the folder"
                continue
            try:
                files.append(self._file(entry))
            except (ValueError, TypeError, KeyError, OverflowError):
                left[name] = "has a size or a time that cannot be read"
        return sorted(files, key=lambda file: file.name), left

    def write(self, file: RemoteFile, sink: BinaryIO) -> None:
        """Fetch a file. Raises `DropError` when it breaks off."""
        with remote_faults(file.shown), _stream(self._system, file.path) as (stream, _):
            size = 0
            while block := stream.read(_BLOCK):
                sink.write(block)
                size += len(block)
            _refuse_part(file.shown, size, file.size)

    def _file(self, entry: dict[str, Any]) -> RemoteFile:
        path = str(entry["name"])
        times = (entry.get(key) for key in ("mtime", "LastModified", "last_modified", "updated"))
        told = next((time for time in times if time is not None), None)
        moment = datetime.fromisoformat(told) if isinstance(told, str) else told
        modified = 0.0 if moment is None else moment.timestamp()
        tag = str(entry.get("ETag") or entry.get("etag") or "").strip('"')
        size = int(entry["size"])
        name, shown = path.rpartition("/")[2], self._place.shown(path)
        return RemoteFile(path, name, shown, size, modified, f"{size}:{modified:.6f}:{tag}".rstrip(":"))


@contextmanager
def open_folder(url: str, allowed: RemoteChoice) -> Iterator[RemoteFolder]:
    """Connect to a folder.

    Raises `UsageError` when the URL is of a kind without folders, `DropError` when the folder is missing or denied.
    """
    place = _place(url, allowed)
    if place.url.scheme in ("http", "https"):
        raise UsageError(f"{place.url.scheme}:// has no folders to look into.", "Use sftp://, s3://, gs:// or az://.")
    with remote_faults(place.shown(place.path)), _file_system(place) as system:
        yield RemoteFolder(system, place)


@contextmanager
def connected(url: str, allowed: RemoteChoice) -> Iterator[tuple[Any, str, str]]:
    """Connect to where a URL leads: gives the service's file system (fsspec's), the path in it, and what is shown.

    Raises what `open_folder` raises.
    """
    place = _place(url, allowed)
    shown = place.shown(place.path)
    with remote_faults(shown), _file_system(place) as system:
        yield system, place.path, shown


def _place(url: str, allowed: RemoteChoice) -> _Place:
    parts = _checked(url, allowed)
    if parts.scheme in ("http", "https"):
        path = parts.geturl()
    else:
        within = url.partition("://")[2]
        path = within if parts.scheme != "sftp" else "".join(within.partition("/")[1:])
    place = _Place(parts, path, allowed)
    needs, extra = _NEEDS[place.url.scheme]
    try:
        importlib.import_module(needs)
    except ImportError as error:
        raise DropError(
            f"{place.url.scheme}:// needs what is not installed.", f"Install it: pip install 'leadscrub[{extra}]'."
        ) from error
    return place


def _checked(url: str, allowed: RemoteChoice) -> SplitResult:
    """Take a URL apart: whole where it has a query, else only its scheme and host."""
    scheme, _, rest = url.partition("://")
    parts = urlsplit(url if scheme in ("http", "https") else f"{scheme}://{rest.partition('/')[0]}")
    shown = f"{parts.scheme}://"
    if parts.scheme not in _NEEDS:
        raise UsageError(f"'{shown}' is not read.", did_you_mean(parts.scheme, _NEEDS))
    if parts.password is not None:
        raise UsageError(
            f"A password in a {shown} URL stays in the shell's history.",
            "Leave it out: credentials come from the environment or the service's own files.",
        )
    refuse_unprotected(parts, "http://", allowed)
    return parts


@contextmanager
def _file_system(place: _Place) -> Iterator[Any]:
    scheme = place.url.scheme
    if scheme == "sftp":
        from pipeline.reading.remote_sftp import connect  # noqa: PLC0415  # needs the extra

        with connect(place.url.hostname or "", place.url.port, place.url.username) as system:
            yield system
        return
    import fsspec  # noqa: PLC0415  # needs the extra

    options: dict[str, Any] = {"skip_instance_cache": True}
    if scheme in ("http", "https"):
        import aiohttp  # noqa: PLC0415

        # No limit for the whole: a drop may be large. ``trust_env``: proxies, and ~/.netrc.
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=30, sock_read=60)
        watched = aiohttp.TraceConfig()
        watched.on_request_redirect.append(redirects(place.url, place.allowed))
        options["client_kwargs"] = {"timeout": timeout, "trust_env": True, "trace_configs": [watched]}
    if scheme == "s3":
        options["config_kwargs"] = {"connect_timeout": 30, "read_timeout": 60, "retries": {"max_attempts": 3}}
    system = fsspec.filesystem(scheme, **options)
    for endpoint in endpoints(system):
        refuse_unprotected(endpoint, f"{scheme}:// at {endpoint.scheme}://{endpoint.hostname}", place.allowed)
    yield system


def _paths(system: Any, place: _Place) -> list[str]:
    path = place.path
    if place.url.scheme in ("http", "https"):
        return [path]
    if any(mark in path for mark in "*?[") and not system.isfile(path):
        found = sorted(name for name in system.glob(path) if system.isfile(name))
    elif system.isdir(path):
        found = sorted(str(name) for name in system.ls(path, detail=False) if str(name).lower().endswith(SUFFIXES))
    else:
        return [path]
    if not found:
        raise DropError(f"'{place.shown(path)}' names no file that could be a drop.", "Check the path.")
    return found


@contextmanager
def _stream(system: Any, path: str) -> Iterator[tuple[Any, int | None]]:
    """Give a file's bytes, and how many there should be."""
    is_stream = path.startswith(("http://", "https://"))
    size = system.info(path).get("size")
    opened = (
        system.stream(path, size)
        if hasattr(system, "stream")
        else system.open(path, "rb", block_size=0 if is_stream else _BLOCK)
    )
    with opened as stream:
        yield stream, size


def _refuse_part(shown: str, came: int, size: int | None) -> None:
    if size is not None and came != size:
        raise DropError(f"'{shown}' broke off after {came:,} of {size:,} bytes.", "Try again.")


def _fetch(system: Any, path: str, shown: str, spool: Spool) -> Input:
    def watch(so_far: int) -> None:
        if so_far > limits().unpacked_bytes:
            raise DropError(f"'{shown}' is larger than {limits().max_unpacked_gb} GB (max_unpacked_gb).", "Split it.")

    with _stream(system, path) as (stream, size):
        given = spool.add(stream, shown, watch=watch)
    _refuse_part(shown, given.size, size)
    return given
