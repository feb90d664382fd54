"""Where the bytes of a file are: on disk, or in the run's spool. Readers open them as often as they need to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, Protocol


class Input(Protocol):
    """The bytes of one file. ``str()`` of it is what people call it."""

    @property
    def size(self) -> int:
        """How many bytes."""
        ...

    def open(self, mode: Literal["rb"]) -> BinaryIO:
        """Open it at its start, as a `Path` does: the stream can seek and is independent of others."""
        ...


@dataclass(frozen=True)
class LocalFile:
    """A file on disk."""

    path: Path

    @property
    def size(self) -> int:
        """See `Input`."""
        return self.path.stat().st_size

    def open(self, mode: Literal["rb"]) -> BinaryIO:
        """See `Input`."""
        return self.path.open(mode)

    def __str__(self) -> str:
        return str(self.path)
