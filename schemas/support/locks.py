"""Locks that the system takes back when their process ends, however it ends: a kill leaves none behind.

Where there is no ``fcntl`` (Windows), SQLite locks a file beside what is locked. It asks the system of every platform
for locks itself, so that a kill leaves none there either; but a process does not pass such a lock on to its children.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from schemas.support.places import refuse_link

if TYPE_CHECKING:
    import sqlite3

try:
    import fcntl as _fcntl

    _system: Any = _fcntl
except ImportError:  # Windows
    _system = None

#: Locks of files beside, by the handle that they are for.
_beside: Final[dict[int, tuple[sqlite3.Connection, Path, Path]]] = {}
#: Milliseconds after which somebody who waits gives up: a day.
_EVER: Final = 86_400_000


def lock(handle: int, path: Path, *, shared: bool = False, wait: bool = False) -> None:
    """Lock a file or folder that is open, for this process alone or with others that share it; or change the lock.

    Raises `BlockingIOError` when another process has it, and this one does not want to wait.
    """
    if _system is None:
        _lock_beside(handle, path, shared=shared, wait=wait)
    else:
        kind = _system.LOCK_SH if shared else _system.LOCK_EX
        _system.flock(handle, kind if wait else kind | _system.LOCK_NB)


def unlock(handle: int) -> None:
    """Close a file or folder, and give back the lock on it, if there is one."""
    os.close(handle)
    if (found := _beside.pop(handle, None)) is None:
        return
    connection, path, file = found
    connection.close()
    # The name of what is gone is not locked again, or by whoever makes it anew.
    if not path.exists():
        with suppress(OSError):
            file.unlink()


def _lock_beside(handle: int, path: Path, *, shared: bool, wait: bool) -> None:
    import sqlite3  # noqa: PLC0415  # few systems are without locks of their own

    if handle in _beside and _beside[handle][1] != path:  # the number of a file that was closed by itself
        _beside.pop(handle)[0].close()
    if handle not in _beside:
        file = path.with_name(f".{path.name}.lock")
        refuse_link(file)
        try:
            made = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        except sqlite3.OperationalError as error:
            raise OSError(f"'{file}' cannot be locked: {error}") from error
        _beside[handle] = (made, path, file)
    connection = _beside[handle][0]
    if connection.in_transaction:
        connection.execute("ROLLBACK")
    connection.execute(f"PRAGMA busy_timeout = {_EVER if wait else 0}")
    try:
        connection.execute("BEGIN" if shared else "BEGIN EXCLUSIVE")
        if shared:
            connection.execute("SELECT 1 FROM sqlite_master").fetchall()
    except sqlite3.OperationalError as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise BlockingIOError(f"'{path}' is locked") from error
