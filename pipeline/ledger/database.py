"""Opens the ledger: SQLite in the workspace, or PostgreSQL for several machines. Nothing else knows which."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, func, insert, inspect, select
from sqlalchemy import true as sa_true
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, IntegrityError, ProgrammingError, SQLAlchemyError

from pipeline.ledger.seal import Seal
from pipeline.ledger.tables import LEDGER_VERSION, facts, metadata
from schemas.errors import LeadscrubError, LedgerError, ShortageError, UsageError
from schemas.support.places import lock_file, refuse_link, refuse_links, refuse_odd_name
from schemas.support.shortage import shortage_in
from schemas.workspace import LedgerChoice

#: Seconds that a writer waits for another one.
_PATIENCE = 60
#: Files that SQLite, and the seal, make beside the ledger's own.
_BESIDE = ("-wal", "-shm", "-journal", ".sum", ".lock")
#: What SQLite answers when it cannot open a file, or only for reading (SQLITE_CANTOPEN, SQLITE_READONLY).
_NOT_OPENED = (14, 8)
#: Key of the lock in PostgreSQL that makes writers wait for each other, as they do in SQLite.
_ONE_WRITER = 0x6C656164
#: PostgreSQL's setting of how many milliseconds a transaction may wait for its own process.
_STALL = "idle_in_transaction_session_timeout"


@dataclass(frozen=True)
class Ledger:
    """An open ledger. ``history``: folder of the contact history. ``workspace``: whose log enters what is changed.

    ``fence``: raises in a transaction that may not change anything any more. ``stall_seconds``: after which PostgreSQL
    gives up a transaction whose process does not go on.
    """

    engine: Engine
    history: Path
    workspace: Path
    fence: Callable[[Connection], None] | None = None
    stall_seconds: float | None = None

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a transaction that happens as a whole or not at all; writers wait for each other."""
        with faults(self.engine), self.engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                asked: list[Any] = [func.pg_advisory_xact_lock(_ONE_WRITER)]
                if self.stall_seconds is not None:
                    asked.insert(0, func.set_config(_STALL, str(round(self.stall_seconds * 1000)), sa_true()))
                connection.execute(select(*asked))
            if self.fence is not None:
                self.fence(connection)
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a consistent view."""
        options: dict[str, Any] = {"reading": True}
        if self.engine.dialect.name == "postgresql":
            options["isolation_level"] = "REPEATABLE READ"
        with faults(self.engine), self.engine.connect().execution_options(**options) as connection:
            yield connection

    def close(self) -> None:
        """Give connections back."""
        self.engine.dispose()


@contextmanager
def open_ledger(choice: LedgerChoice, workspace: Path) -> Iterator[Ledger]:
    """Open the ledger of a workspace; made when it is not there.

    Raises `UsageError` when the URL is of no supported kind, `LedgerError` when it cannot be reached, is
    damaged, or belongs to another version of the program.
    """
    with ExitStack() as undo:
        ledger = Ledger(_engine(choice, workspace, undo), workspace / choice.history, workspace)
        undo.callback(ledger.close)
        with faults(ledger.engine):
            refuse_links(ledger.history, workspace)
            refuse_link(ledger.history)
            ledger.history.mkdir(parents=True, exist_ok=True, mode=0o700)
            _made(ledger)
        if choice.keyed:
            from pipeline.ledger.history_sealing import bring_under_secret  # noqa: PLC0415  # it opens ledgers as well

            bring_under_secret(ledger)
        yield ledger


def stamp(moment: datetime) -> str:
    """Write an instant as the ledger keeps it: UTC, to the microsecond, sorting as time does."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment_of(stamped: str) -> datetime:
    """Read it back."""
    return datetime.fromisoformat(stamped)


@contextmanager
def faults(engine: Engine | None = None) -> Iterator[None]:
    """Turn errors of the database into ours. Its own messages may quote rows, so only their kind is shown.

    Raises `LedgerError` when the database does not answer correctly, or its file may not be opened; `ShortageError`
    when that is for want of something.
    """
    try:
        yield
    except SQLAlchemyError as error:
        if getattr(getattr(error, "orig", None), "sqlite_errorcode", 0) & 0xFF in _NOT_OPENED and engine is not None:
            raise _not_opened(Path(str(engine.url.database))) from error
        kind = type(getattr(error, "orig", None) or error).__name__
        raise LedgerError(
            f"The ledger does not answer correctly ({kind}).", "Check that it is running and complete."
        ) from error


def _not_opened(path: Path) -> LeadscrubError:
    """Say why the file of a database cannot be opened: SQLite itself does not."""
    try:
        os.close(os.open(path, os.O_RDWR))
    except OSError as error:
        return shortage_in(error) or LedgerError(
            f"The ledger '{path}' cannot be opened: {error.strerror}.", "Correct its permissions."
        )
    return ShortageError(
        f"The ledger '{path}' could not be opened, though it may be.",
        "Too many files may be open, or the disk does not work as it should: look at the machine's log.",
    )


def _engine(choice: LedgerChoice, workspace: Path, undo: ExitStack) -> Engine:
    if choice.url is None:
        path = workspace.absolute() / "ledger" / "ledger.db"
        refuse_odd_name(path)
        for each in (path, *(path.with_name(path.name + suffix) for suffix in _BESIDE)):
            refuse_links(each, workspace.absolute())
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return _sqlite(path, undo)
    try:
        url = make_url(choice.url)
    except (ArgumentError, ValueError) as error:
        raise UsageError("The ledger's url is not a URL.", "Write it as postgresql://host/name.") from error
    if url.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        if url.password is not None or "password" in url.query:
            raise UsageError("The ledger's url contains a password.", "Put it into ~/.pgpass or PGPASSWORD.")
        try:
            return create_engine(url.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
        except ModuleNotFoundError as error:
            raise LedgerError(
                "The driver for a ledger in PostgreSQL is not installed.", "pip install 'leadscrub[postgres]'."
            ) from error
    raise UsageError(
        f"leadscrub keeps no ledger in '{url.drivername}'.", "Use postgresql://host/name, or leave it out."
    )


def _sqlite(path: Path, undo: ExitStack) -> Engine:
    """Open the file of a ledger, which must be as it was left. ``undo`` seals it in the end."""
    seal = Seal(path)
    found = seal.open()
    undo.callback(seal.close)
    if not path.exists():
        os.close(lock_file(path))  # SQLite itself would let others read it, and whatever it makes beside it
    elif path.stat().st_mode & 0o077:
        path.chmod(0o600)
    # Not a URL that is written out: "?" and "#" in a path would end it.
    engine = create_engine(URL.create("sqlite", database=str(path)), connect_args={"timeout": _PATIENCE})

    @event.listens_for(engine, "connect")
    def _settings(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions begin below, not when the driver thinks so
        # WAL: readers do not wait. FULL: what was committed is on disk when the power fails. secure_delete: what
        # retention deletes is overwritten.
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A writer takes his turn at the start, not when he first writes: what he has read by then stays true.
        reading = connection.get_execution_options().get("reading", False)
        if not reading:
            seal.break_()
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    if found == "unknown" and path.exists() and path.stat().st_size:
        with faults(engine), engine.connect().execution_options(reading=True) as connection:
            said = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one()
        if said != "ok":
            engine.dispose()
            raise LedgerError(f"The ledger '{path}' is damaged.", f"Restore the folder '{path.parent}' from a copy.")
    return engine


def _made(ledger: Ledger) -> None:
    """Make the tables where there are none; refuse those of another version."""
    engine = ledger.engine
    with engine.connect().execution_options(reading=True) as connection:
        is_new = not inspect(connection).has_table(facts.name)
    if is_new:
        # Another machine may make them at the same moment: then the version below tells that they are there.
        with suppress(IntegrityError, ProgrammingError), engine.begin() as connection:
            metadata.create_all(connection)
            connection.execute(insert(facts).values(name="version", value=str(LEDGER_VERSION)))
    with engine.connect().execution_options(reading=True) as connection:
        version = connection.execute(select(facts.c.value).where(facts.c.name == "version")).scalar_one()
    if version in ("1", "2"):
        from pipeline.ledger.upgrading import upgrade  # noqa: PLC0415  # seldom

        upgrade(ledger.engine, ledger.history)
        version = str(LEDGER_VERSION)
    if version != str(LEDGER_VERSION):
        raise LedgerError(
            f"The ledger is of version {version}, this program's of {LEDGER_VERSION}.",
            "Use the program that wrote it, or another ledger.",
        )
