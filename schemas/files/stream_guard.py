"""A stream that names its damage, stops an archive that unpacks without end, and can be looked into."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from collections.abc import Callable
from typing import Final

from schemas.errors import FileError
from schemas.files.spool import Stream

#: What libraries raise of files that are damaged, cut off or made to do harm.
DAMAGE: Final = (
    OSError,
    EOFError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


class GuardedStream:
    """A `Stream` whose faults are `FileError`, which call it ``name``.

    ``watch`` sees how many bytes came, and raises when it is too many.
    """

    def __init__(
        self, source: Stream, name: str, *, packed: bool = False, watch: Callable[[int], None] = lambda _: None
    ) -> None:
        self._source = source
        self.name = name
        self._packed = packed
        self._watch = watch
        self._seen = b""
        self.total = 0

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes; none at the end. Raises `FileError`."""
        if self._seen:
            taken, self._seen = self._seen[:size], self._seen[size:]
            return taken
        try:
            block = self._source.read(size)
        except DAMAGE as error:
            raise (damaged if self._packed else _unreadable)(self.name, error) from error
        self.total += len(block)
        self._watch(self.total)
        return block

    def peek(self, size: int) -> bytes:
        """Return the next ``size`` bytes, fewer only at the end, without moving on. Raises `FileError`."""
        parts: list[bytes] = []
        wanted = size
        while wanted > 0 and (part := self.read(wanted)):
            parts.append(part)
            wanted -= len(part)
        seen = b"".join(parts)
        self._seen = seen + self._seen
        return seen


def damaged(name: str, error: Exception) -> FileError:
    """Say that what is packed cannot be unpacked to its end."""
    if isinstance(error, RuntimeError) and "password" in str(error):
        return FileError(f"'{name}' is locked with a password.", "Unpack it and name the files in it.")
    why = str(error).rstrip(".") or type(error).__name__
    return FileError(f"'{name}' cannot be unpacked: {why}.", "It is damaged or cut off: ask for it again.")


def _unreadable(name: str, error: Exception) -> FileError:
    why = str(getattr(error, "strerror", None) or error).rstrip(".") or type(error).__name__
    return FileError(f"'{name}' cannot be read: {why}.", "Check the disk and the file's permissions.")
