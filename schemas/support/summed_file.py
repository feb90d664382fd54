"""Files that are hashed while they are written, when their bytes are at hand: outputs, and what a run puts away."""

from __future__ import annotations

import io
import mmap
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import xxhash

from schemas.errors import LeadscrubError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class _Digest(Protocol):
    def update(self, data: ReadableBuffer, /) -> None: ...


class DigestedFile(io.RawIOBase):
    """A new file, open for writing from its start to its end. ``digest`` takes every byte that is written."""

    def __init__(self, path: Path, digest: _Digest) -> None:
        self.path = path
        self._stream = path.open("wb", buffering=0)
        self._digest = digest
        self._is_given_up = False

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        """Append bytes."""
        if self._is_given_up:
            return memoryview(data).nbytes
        self._digest.update(data)  # while the bytes are in the processor's cache
        left = memoryview(data).cast("B")
        size = len(left)
        while left:
            left = left[self._stream.write(left) or 0 :]
        return size

    def give_up(self) -> None:
        """Leave out what is still written. Arrow writes what waits as it goes, and prints that the disk is full."""
        self._is_given_up = True

    def close(self) -> None:
        """Finish writing."""
        if not self.closed:
            self._stream.close()
        super().close()


class SummedFile(DigestedFile):
    """A file that a run puts away for itself. Its checksum stays in memory, and is compared later."""

    def __init__(self, path: Path) -> None:
        self._sum = xxhash.xxh3_64()
        super().__init__(path, self._sum)

    @property
    def sum(self) -> int:
        """The checksum of what was written so far."""
        return self._sum.intdigest()

    def check(self) -> None:
        """Compare the file with what was written. Raises `LeadscrubError` when a byte of it differs."""
        check_sum(self.path, self.sum)


def check_sum(path: Path, expected: int) -> None:
    """Compare a file with the checksum of what was written. Raises `LeadscrubError` when a byte of it differs."""
    with path.open("rb") as stream:
        try:
            with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
                found = xxhash.xxh3_64_intdigest(content)
        except ValueError:  # an empty file cannot be mapped
            found = xxhash.xxh3_64_intdigest(b"")
    if found != expected:
        raise LeadscrubError(
            f"'{path.name}', which this run had put away, is not as it was written; nothing was changed.",
            "Check the disk and the memory of this machine, then run again.",
        )
