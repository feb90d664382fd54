"""Where files of returns are delivered: a folder, or a server's folder over SFTP. Both can do the same few things."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from schemas.errors import LeadscrubError, OutputError
from schemas.support.durable import sync_path
from schemas.support.places import new_file, open_plain, refuse_links

_DENIED = ("AuthenticationException", "PasswordRequiredException", "SSHException")


class Place(Protocol):
    """A destination. Names have no folders; a missing file is None, or no error."""

    def put(self, local: Path, name: str) -> None:
        """Write a file under a new name, to its end."""

    def sha256(self, name: str) -> str | None:
        """Hash a file at the destination."""

    def rename(self, name: str, final: str) -> None:
        """Give it its final name, in one step. Nothing, when somebody has done so."""

    def names(self) -> list[str]:
        """Files there."""

    def remove(self, name: str) -> None:
        """Take one away, if it is there."""


class _Folder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, local: Path, name: str) -> None:
        path = self._folder / name
        with open_plain(local) as stream, new_file(path) as sink:
            shutil.copyfileobj(stream, sink, 1 << 20)
        sync_path(path)

    def sha256(self, name: str) -> str | None:
        try:
            with open_plain(self._folder / name) as stream:
                return hashlib.file_digest(stream, "sha256").hexdigest()
        except FileNotFoundError:
            return None

    def rename(self, name: str, final: str) -> None:
        with suppress(FileNotFoundError):
            (self._folder / name).rename(self._folder / final)
        sync_path(self._folder)

    def names(self) -> list[str]:
        return [path.name for path in self._folder.iterdir()]

    def remove(self, name: str) -> None:
        (self._folder / name).unlink(missing_ok=True)


class _Sftp:
    """``ftp``: paramiko's client, whose current folder it is."""

    def __init__(self, ftp: Any) -> None:
        self._ftp = ftp

    def put(self, local: Path, name: str) -> None:
        self._ftp.put(str(local), name)  # compares sizes at the end

    def sha256(self, name: str) -> str | None:
        digest = hashlib.sha256()
        try:
            with self._ftp.open(name, "rb") as stream:
                stream.prefetch()
                while block := stream.read(1 << 20):
                    digest.update(block)
        except FileNotFoundError:
            return None
        return digest.hexdigest()

    def rename(self, name: str, final: str) -> None:
        with suppress(FileNotFoundError):
            self._ftp.rename(name, final)

    def names(self) -> list[str]:
        return [str(name) for name in self._ftp.listdir()]

    def remove(self, name: str) -> None:
        with suppress(FileNotFoundError):
            self._ftp.remove(name)


@contextmanager
def place_at(destination: str, workspace: Path) -> Iterator[Place]:
    """Open a destination as the contract names it; a folder may be relative to the workspace, and is made there.

    Raises `OutputError` when it is missing, denied, or the connection breaks. What is shown of a URL has no user.
    """
    if "://" not in destination:
        with _faults(destination):
            folder = workspace / destination
            refuse_links(folder, workspace)
            # A folder elsewhere is somebody else's: a share that is not mounted is not made up for by a folder.
            if not Path(destination).is_absolute():
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            elif not folder.is_dir():
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(folder))
            yield _Folder(folder)
        return
    url = urlsplit(destination)
    shown = f"sftp://{url.hostname}{f':{url.port}' if url.port else ''}{url.path}"
    try:
        from pipeline.reading.remote_sftp import connect  # noqa: PLC0415  # needs the extra
    except ImportError as error:
        raise OutputError(
            "The library for sftp:// is not installed.", "Install it: pip install 'leadscrub[sftp]'."
        ) from error
    with _faults(shown), connect(url.hostname or "", url.port, url.username) as system:
        system.ftp.chdir(unquote(url.path) or "/")
        yield _Sftp(system.ftp)


@contextmanager
def _faults(shown: str) -> Iterator[None]:
    """Turn what the file system or the server's library raises into an `OutputError`; messages may hold secrets."""
    try:
        yield
    except LeadscrubError:
        raise
    except FileNotFoundError as error:
        raise OutputError(
            f"Returns cannot be delivered: '{shown}' does not exist.", "Create it, or correct deliver_to."
        ) from error
    except Exception as error:
        kind = type(error).__name__
        if kind == "BadHostKeyException" or "known_hosts" in str(error):
            why, hint = "the server is not the one in ~/.ssh/known_hosts, or not in it", "Compare its fingerprint."
        elif isinstance(error, PermissionError) or kind in _DENIED:
            why, hint = "access is denied", "Check its permissions, or the keys in ~/.ssh."
        elif isinstance(error, OSError | EOFError) or type(error).__module__.startswith("paramiko"):
            why, hint = getattr(error, "strerror", None) or kind, "Run the same command again."
        else:
            raise
        raise OutputError(f"Returns cannot be delivered to '{shown}': {why}.", hint) from error
