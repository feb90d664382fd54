"""What goes wrong at a remote place, in sentences of ours: each service's library has errors of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from schemas.errors import DropError, LeadscrubError

_DENIED: Final = ("NoCredentialsError", "AuthenticationException", "PasswordRequiredException", "NoAuthRequest")


@contextmanager
def remote_faults(shown: str) -> Iterator[None]:
    """Turn what each service's library raises into a `DropError`. Their messages may hold secrets: not shown."""
    try:
        yield
    except LeadscrubError:
        raise
    except Exception as error:
        if (ours := _ours(error)) is not None:
            raise ours from error
        status = _http_status(error)
        kind = type(error).__name__
        locked = kind in _DENIED or "No authentication methods" in str(error)
        if isinstance(error, PermissionError) or status in (401, 403) or locked:
            raise DropError(
                f"Access to '{shown}' is denied.",
                "Check the credentials in the environment or the service's own files.",
            ) from error
        # Over HTTP, whatever kept a file's size from being known is called a missing file.
        cause = error.__cause__ if shown.startswith("http") else None
        if isinstance(error, FileNotFoundError) and (cause is None or status == 404):
            raise DropError(f"Drop '{shown}' does not exist.", "Check the URL.") from error
        if kind == "BadHostKeyException" or "known_hosts" in str(error):
            raise DropError(
                f"The server of '{shown}' is not the one in ~/.ssh/known_hosts, or not in it.",
                "Connect once with sftp and compare its fingerprint.",
            ) from error
        why = f"HTTP status {status}" if status else getattr(error, "strerror", None) or type(cause or error).__name__
        raise DropError(f"'{shown}' could not be fetched to its end: {why}.", "Try again.") from error


def _ours(error: BaseException | None) -> LeadscrubError | None:
    """Our own error, where a library has wrapped it into one of its own."""
    while error is not None and not isinstance(error, LeadscrubError):
        error = error.__cause__ or error.__context__
    return error


def _http_status(error: BaseException | None) -> int | None:
    """Return the status that an error, or one that led to it, carries."""
    while error is not None:
        status = getattr(error, "status", None)
        if isinstance(status, int):
            return status
        error = error.__cause__ or error.__context__
    return None
