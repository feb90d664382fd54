"""A stream that turns damage into a list error, stops an archive that unpacks without end, and can be looked into."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from typing import Final, Protocol

from schemas.errors import ListError

#: A registry's flat file packs 4 to 10 times, XML about 30 times. Beyond both limits a file is no list.
BOMB_RATIO: Final = 200
BOMB_BYTES: Final = 1 << 30

_DAMAGE = (OSError, EOFError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError, RuntimeError)


class Source(Protocol):
    """Bytes to be had one piece after the other."""

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes; none at the end."""
        ...


def refuse_bomb(name: str, packed: int, unpacked: int) -> None:
    """Stop when so many bytes came of so few. `ListError`."""
    if unpacked > BOMB_BYTES and unpacked > BOMB_RATIO * max(packed, 1):
        raise ListError(
            f"Suppression list '{name}' unpacks to more than {BOMB_RATIO} times its size; no list does.",
            "Unpack it yourself and look at what is in it.",
        )


class GuardedStream:
    """A stream whose faults are `ListError`. ``packed``: bytes that it is unpacked from, None if it is not."""

    def __init__(self, source: Source, name: str, packed: int | None = None) -> None:
        self._source = source
        self._name = name
        self._packed = packed
        self._unpacked = 0
        self._ahead = b""

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes; none at the end."""
        if self._ahead:
            taken, self._ahead = self._ahead[:size], self._ahead[size:]
            return taken
        try:
            block = self._source.read(size)
        except _DAMAGE as error:
            raise damaged(self._name, error) from error
        self._unpacked += len(block)
        if self._packed is not None:
            refuse_bomb(self._name, self._packed, self._unpacked)
        return block

    def peek(self, size: int) -> bytes:
        """Return the next ``size`` bytes, fewer only at the end, without moving on."""
        parts: list[bytes] = []
        wanted = size
        while wanted > 0 and (part := self.read(wanted)):
            parts.append(part)
            wanted -= len(part)
        seen = b"".join(parts)
        self._ahead = seen + self._ahead
        return seen


def damaged(name: str, error: Exception) -> ListError:
    """Say that a file cannot be read to its end."""
    if isinstance(error, RuntimeError) and "password" in str(error):
        return ListError(f"Suppression list '{name}' is locked with a password.", "Unpack it first.")
    why = str(error) or type(error).__name__
    return ListError(f"Suppression list '{name}' cannot be read: {why.rstrip('.')}.", "Download it again.")
