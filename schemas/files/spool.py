"""Bytes that have no file of their own: what was unpacked, fetched or converted. Nothing of them is left behind.

The spool is one file in the temporary folder (``TMPDIR``) that never has a name, so the system frees it when the
process ends, however that ends. It is closed when nothing refers to it any more.
"""

from __future__ import annotations

import errno
import io
import os
import tempfile
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, Literal, Protocol, cast

from schemas.errors import ShortageError
from schemas.files.inputs import Delivery

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

_BLOCK = 1 << 20


class Stream(Protocol):
    """Bytes to be had one block after the other."""

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes; none at the end."""
        ...


class Spool:
    """Takes streams and gives them back as inputs."""

    def __init__(self) -> None:
        with tempfile.TemporaryFile(buffering=0) as file:
            # Owned by number: a file object would complain of being left open when the last input goes.
            self.handle = os.dup(file.fileno())
        weakref.finalize(self, os.close, self.handle)
        self._end = 0

    @property
    def end(self) -> int:
        """Where the next bytes go."""
        return self._end

    def add(
        self,
        stream: Stream,
        shown: str,
        delivery: Delivery | None = None,
        watch: Callable[[int], None] = lambda _: None,
    ) -> Spooled:
        """Take a stream to its end. ``watch`` gets the bytes so far, and raises when they are too many.

        Raises `ShortageError` when the temporary folder is full.
        """
        start = self._end
        try:
            while block := stream.read(_BLOCK):
                self._write(block)
                watch(self._end - start)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            raise full(shown) from error
        return Spooled(self, start, self._end - start, shown, delivery)

    def sink(self) -> BinaryIO:
        """Give a stream whose bytes go to the end of the spool."""
        return cast(BinaryIO, _Sink(self))

    def written(self, size: int, shown: str) -> Spooled:
        """Take note of bytes that another process wrote at ``end``."""
        start = self._end
        self._end += size
        return Spooled(self, start, size, shown)

    def _write(self, block: bytes) -> None:
        left = memoryview(block)
        while left:
            done = os.pwrite(self.handle, left, self._end)
            self._end += done
            left = left[done:]


@dataclass(frozen=True)
class Spooled:
    """An `Input` in the spool. ``delivery``: the file that it was unpacked from."""

    spool: Spool = field(repr=False)
    start: int
    size: int
    shown: str
    delivery: Delivery | None = None

    def open(self, mode: Literal["rb"]) -> BinaryIO:
        """See `Input`."""
        return open_stretch(self.spool.handle, self.start, self.size)

    def __str__(self) -> str:
        return self.shown


def full(shown: str) -> ShortageError:
    """Say that the temporary folder is full."""
    return ShortageError(
        f"The temporary folder '{tempfile.gettempdir()}' is full: '{shown}' does not fit.",
        "Free some space, or name another folder in TMPDIR.",
    )


def open_stretch(handle: int, start: int, size: int) -> BinaryIO:
    """Open the ``size`` bytes from ``start`` on of an open file, as a file with a position of its own."""
    return cast(BinaryIO, io.BufferedReader(_Stretch(handle, start, size), _BLOCK))


class _Sink(io.RawIOBase):
    def __init__(self, spool: Spool) -> None:
        self._spool = spool

    def writable(self) -> bool:
        return True

    def write(self, block: ReadableBuffer, /) -> int:
        content = bytes(block)
        self._spool._write(content)
        return len(content)


class _Stretch(io.RawIOBase):
    def __init__(self, handle: int, start: int, size: int) -> None:
        self._handle, self._start, self._size = handle, start, size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(base + offset, 0)
        return self._at

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        wanted = max(min(len(view), self._size - self._at), 0)
        read = os.preadv(self._handle, [view[:wanted]], self._start + self._at) if wanted else 0
        self._at += read
        return read
