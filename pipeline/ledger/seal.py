"""Finds a changed bit in the file of a ledger before anything is answered from it.

SQLite has no checksums of its own. Beside ``ledger.db``, ``ledger.db.sum`` has the hash of the whole file, from when
the last process closes the ledger to the first change of the next one: whoever opens it alone compares them. Without it
(a process was killed, or the ledger is of an earlier program) SQLite checks its own structure instead. Each process
that has the ledger open shares a lock: those that open it beside others rest on what the first one found.
"""

from __future__ import annotations

import mmap
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal

import xxhash

from schemas.errors import LedgerError
from schemas.support.durable import sync_path, write_atomically
from schemas.support.locks import lock, unlock
from schemas.support.places import lock_file

_SUM: Final = ".sum"
_LOCK: Final = ".lock"

#: ``sealed``: as it was left. ``unknown``: nobody knows, SQLite must look. ``shared``: others have looked.
Found = Literal["sealed", "unknown", "shared"]


class Seal:
    """The hash of a ledger's file. Open it before the file, close it after."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._sum = path.with_name(path.name + _SUM)
        self._lock_path = path.with_name(path.name + _LOCK)
        self._lock = lock_file(self._lock_path)
        self._broken = False

    def open(self) -> Found:
        """Compare the file with its hash, where nobody else has it open. Raises `LedgerError` when they differ."""
        try:
            found = self._compared() if self._alone() else "shared"
            lock(self._lock, self._lock_path, shared=True, wait=True)
        except BaseException:
            unlock(self._lock)
            raise
        return found

    def _compared(self) -> Found:
        try:
            expected = self._sum.read_bytes().strip()
        except FileNotFoundError:
            return "unknown"
        if _hash(self._path).encode() != expected:
            raise LedgerError(
                f"The ledger '{self._path}' is damaged: it is not as leadscrub left it.",
                f"Restore the folder '{self._path.parent}' from a copy. If somebody changed it on purpose, remove "
                f"'{self._sum.name}'.",
            )
        return "sealed"

    def break_(self) -> None:
        """Take the hash away, before the first change."""
        if not self._broken:
            with suppress(FileNotFoundError):
                self._sum.unlink()
                sync_path(self._sum.parent)
            self._broken = True

    def close(self) -> None:
        """Hash the file again, where it was changed and nobody else has it open any more.

        What cannot be written is left out: the next one who opens the ledger has SQLite look.
        """
        try:
            if self._alone() and not self._sum.exists() and self._is_settled():
                write_atomically(self._sum, _hash(self._path) + "\n")
        except OSError:
            with suppress(OSError):
                self._sum.unlink(missing_ok=True)
        finally:
            unlock(self._lock)

    def _is_settled(self) -> bool:
        """Whether all changes are in the file itself: SQLite puts them there when the last one closes it."""
        return self._path.exists() and not self._path.with_name(self._path.name + "-wal").exists()

    def _alone(self) -> bool:
        try:
            lock(self._lock, self._lock_path)
        except BlockingIOError:
            return False
        return True


def _hash(path: Path) -> str:
    """Hash of a file; none of one that is not there or empty."""
    try:
        with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return xxhash.xxh3_128_hexdigest(content)
    except (FileNotFoundError, ValueError):
        return ""
