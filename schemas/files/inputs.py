"""Where the bytes of a file are: on disk, or in the run's spool. Readers open them as often as they need to.

The rows of a table have a hash instead.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple, Protocol

from schemas.errors import FileError


class Delivery(NamedTuple):
    """A file as the vendor sent it."""

    sha256: str
    size: int


class Input(Protocol):
    """The bytes of one file. ``str()`` of it is what people call it."""

    @property
    def delivery(self) -> Delivery | None:
        """The file that it was unpacked from; None when it is the delivered file itself."""
        ...

    @property
    def size(self) -> int:
        """How many bytes."""
        ...

    def open(self, mode: Literal["rb"]) -> BinaryIO:
        """Open it at its start, as a `Path` does: the stream can seek and is independent of others."""
        ...


class LocalFile(NamedTuple):
    """A file on disk."""

    path: Path
    delivery: None = None

    @property
    def size(self) -> int:
        """See `Input`."""
        return self.path.stat().st_size

    def open(self, mode: Literal["rb"]) -> BinaryIO:
        """See `Input`."""
        return self.path.open(mode)

    def __str__(self) -> str:
        return str(self.path)


class Rows(NamedTuple):
    """The rows of a table that is no file. ``sha256`` is of its cells, ``size`` the bytes of their text."""

    shown: str
    sha256: str
    size: int
    delivery: None = None

    def open(self, mode: Literal["rb"]) -> BinaryIO:
        """See `Input`. Raises `FileError`: there are no bytes to read."""
        raise FileError(f"'{self}' is a table, which has no bytes of its own.", "Export it to a file.")

    def __str__(self) -> str:
        return self.shown
