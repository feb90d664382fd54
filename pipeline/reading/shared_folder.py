"""A folder that machines share and write to: on S3 and the like, or on a mount."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol

from pipeline.reading.remote import connected
from pipeline.reading.remote_faults import remote_faults
from schemas.errors import FileError, UsageError
from schemas.support.durable import make_folder, sync_path
from schemas.support.places import new_file, open_plain
from schemas.workspace import RemoteChoice

_BLOCK: Final = 1 << 20
#: Object stores: what is written to them appears when it is complete.
_WRITTEN: Final = ("s3", "gs", "az")


class SharedPlace(Protocol):
    """A folder elsewhere. Names are relative to it. Methods raise `FileError` when they cannot do what they should."""

    shown: str

    def text(self, name: str) -> bytes | None:
        """A small file; None where there is none."""
        ...

    def read(self, name: str, sink: BinaryIO) -> None:
        """Fetch a file."""
        ...

    def write(self, name: str, source: Path) -> None:
        """Write a file, which appears when it is complete."""
        ...


class SharedFolder:
    """A folder on a mount."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.shown = folder, str(folder)

    def text(self, name: str) -> bytes | None:
        """See `SharedPlace`."""
        if not (self._folder / name).exists():
            return None
        content = BytesIO()
        self.read(name, content)
        return content.getvalue()

    def read(self, name: str, sink: BinaryIO) -> None:
        """See `SharedPlace`. Raises `FileError` when it cannot be read."""
        try:
            with open_plain(self._folder / name) as stream:
                shutil.copyfileobj(stream, sink, _BLOCK)
        except OSError as error:
            raise FileError(f"'{self._folder / name}' cannot be read: {error.strerror}.") from error

    def write(self, name: str, source: Path) -> None:
        """See `SharedPlace`. Raises `FileError` when it cannot be written."""
        target = self._folder / name
        beside = target.with_name(f".{target.name}.new")
        try:
            make_folder(target.parent.absolute())
            with open_plain(source) as stream, new_file(beside) as sink:
                shutil.copyfileobj(stream, sink, _BLOCK)
            sync_path(beside)
            beside.rename(target)
            sync_path(target.parent)
        except OSError as error:
            raise FileError(f"'{target}' cannot be written: {error.strerror}.") from error


class _Objects:
    """A prefix of an object store, while the connection to it lasts."""

    def __init__(self, system: Any, path: str, shown: str) -> None:
        self._system, self._path, self.shown = system, path.rstrip("/"), shown.rstrip("/")

    def text(self, name: str) -> bytes | None:
        with remote_faults(f"{self.shown}/{name}"):
            if not self._system.exists(f"{self._path}/{name}"):
                return None
            content: bytes = self._system.cat_file(f"{self._path}/{name}")
            return content

    def read(self, name: str, sink: BinaryIO) -> None:
        with remote_faults(f"{self.shown}/{name}"), self._system.open(f"{self._path}/{name}", "rb") as stream:
            shutil.copyfileobj(stream, sink, _BLOCK)

    def write(self, name: str, source: Path) -> None:
        with remote_faults(f"{self.shown}/{name}"):
            self._system.put_file(str(source), f"{self._path}/{name}")


@contextmanager
def open_shared(url: str, allowed: RemoteChoice) -> Iterator[SharedPlace]:
    """Connect to a folder of an object store, as safely as for drops.

    Raises `UsageError` when the URL is of another kind, or its server would be asked unprotected.
    """
    if (scheme := url.partition("://")[0]) not in _WRITTEN:
        raise UsageError(f"{scheme}:// cannot hold a store of lists.", "Use s3://, gs://, az:// or a folder.")
    with connected(url, allowed) as (system, path, shown):
        yield _Objects(system, path, shown)
