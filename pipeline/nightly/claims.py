"""One pass at a time in a workspace, and one machine at a time on a drop."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import SQLAlchemyError

from pipeline.ledger.database import Ledger, faults
from pipeline.nightly.folders import Folders
from schemas.errors import OutputError
from schemas.support.locks import lock, unlock
from schemas.support.places import lock_file

#: Seconds that a pass which was killed may take until the process that scrubbed for it has ended, too.
_PATIENCE = 2.0
#: Key of the lock that the machine holds which scrubs.
_TURN = 0x7475726E
#: A machine that lost its power, or the network, is given up by the server after about two minutes.
_KEEPALIVE = {"tcp_keepalives_idle": 60, "tcp_keepalives_interval": 15, "tcp_keepalives_count": 4}


@contextmanager
def only_pass(folders: Folders) -> Iterator[int]:
    """Hold the workspace, and give the file that says so; the system lets go of it when the process ends, however, and
    those that it was passed on to.

    Raises `OutputError` when another pass holds it. One that was just killed may take a moment to let go.
    """
    try:
        path = folders.made(folders.hidden) / "lock"
        handle = lock_file(path)
    except OSError as error:
        raise OutputError(f"'{folders.hidden}' cannot be written: {error.strerror}.", "Fix its permissions.") from error
    try:
        _hold(handle, path, folders)
        yield handle
    finally:
        unlock(handle)


def _hold(handle: int, path: Path, folders: Folders) -> None:
    given_up = time.monotonic() + _PATIENCE
    while True:
        try:
            lock(handle, path)
        except BlockingIOError as error:
            if time.monotonic() > given_up:
                raise OutputError(
                    f"Another pass is running in '{folders.workspace}'; nothing was done.", "Wait for it."
                ) from error
            time.sleep(0.05)
        else:
            return


class Claims:
    """What this machine is at work on, where others share the ledger.

    A claim is an advisory lock of the session in PostgreSQL: it ends with the session, so a crash leaves none behind.
    Should the connection break in the middle, another machine may scrub the drop too; the ledger counts one of the two
    runs all the same, since the later one replaces the earlier. A ledger in SQLite has one machine, which `only_pass`
    keeps to one pass.
    """

    def __init__(self, connection: Connection | None) -> None:
        self._connection = connection

    @contextmanager
    def held(self, *what: str) -> Iterator[bool]:
        """Claim something for the time being. False: another machine has it."""
        if self._connection is None:
            yield True
            return
        key = int.from_bytes(hashlib.sha256("\0".join(what).encode()).digest()[:8], signed=True)
        with faults():
            mine = bool(self._connection.execute(select(func.pg_try_advisory_lock(key))).scalar_one())
        try:
            yield mine
        finally:
            if mine:
                # When the session is lost, so is the claim; the next question says so.
                with suppress(SQLAlchemyError):
                    self._connection.execute(select(func.pg_advisory_unlock(key)))

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until no other machine scrubs. What a drop may let through rests on what those before it did."""
        if self._connection is None:
            yield
            return
        with faults():
            self._connection.execute(select(func.pg_advisory_lock(_TURN)))
        try:
            yield
        finally:
            with suppress(SQLAlchemyError):
                self._connection.execute(select(func.pg_advisory_unlock(_TURN)))


@contextmanager
def open_claims(ledger: Ledger) -> Iterator[Claims]:
    """Give the claims of a pass."""
    if ledger.engine.dialect.name != "postgresql":
        yield Claims(None)
        return
    with faults():
        connection = ledger.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    try:
        with faults():
            for setting, seconds in _KEEPALIVE.items():
                connection.execute(text(f"SET {setting} = {seconds}"))
        yield Claims(connection)
    finally:
        with suppress(SQLAlchemyError):
            connection.invalidate()
            connection.close()
