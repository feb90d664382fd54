"""Leases of drops, in a ledger that machines share: which pass is at work on what, and until when.

A lease is of one pass, which renews it while it lives; all moments are those of the server's clock. One that has
expired is taken over under a new token, and whoever had it before may not change the ledger any more (`Leases.fence`).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from pipeline.ledger.database import Ledger, faults
from pipeline.ledger.tables import leases
from schemas.errors import LeaseLostError

Key = tuple[str, str, str]
#: For so long the ledger remembers a lease that has ended: passes that began before it ended ask.
_REMEMBERED = timedelta(days=2)
#: How long a statement may take from its moment to its commit, amply.
_OVERLAP = timedelta(seconds=10)


@dataclass(frozen=True)
class Subject:
    """What is leased: a file of an inbox by its place and mark; or a drop of the archive by its content, without place.

    ``arrived``: seconds since 1970, by which the order of receipt goes.
    """

    vendor: str
    place: str
    mark: str
    arrived: float = 0.0

    @property
    def key(self) -> Key:
        """What makes it the same for all machines."""
        return self.vendor, self.place, self.mark

    @property
    def rank(self) -> tuple[bool, float, str, str]:
        """Its place among others: first what is scrubbed again, then by arrival."""
        return bool(self.place), self.arrived, self.vendor, self.place


@dataclass(frozen=True)
class Held:
    """A lease as the ledger has it. ``sequence``: the drop's place in the order, once it has one.

    ``settled``: later drops need not wait for it. ``ended``: nobody holds it; ``expired``: anybody may take it over.
    """

    subject: Subject
    token: str
    holder: str
    sha256: str | None
    sequence: int | None
    settled: bool
    ended: bool
    expired: bool


class Leases:
    """Reads and changes leases for one pass. ``holder``: its machine and process, for people.

    ``home``: the workspace, where only one pass at a time can work in it. Methods raise `LedgerError` when the ledger
    does not answer.
    """

    def __init__(self, ledger: Ledger, seconds: float, holder: str, home: str = "") -> None:
        self._ledger, self._seconds, self._holder, self._home = ledger, seconds, holder, home

    @property
    def shared(self) -> bool:
        """Whether passes of several machines work side by side in the workspace."""
        return not self._home

    def now(self) -> datetime:
        """The server's clock."""
        with self._asking() as connection:
            moment: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
        return moment

    def held(self) -> list[Held]:
        """All leases that somebody holds, or let expire and nobody took over yet."""
        expired = leases.c.expires_at < func.clock_timestamp()
        with self._asking() as connection:
            rows = connection.execute(select(leases, expired.label("expired")).where(leases.c.ended_at.is_(None))).all()
        return [_held(row) for row in rows]

    def known(self, since: datetime) -> tuple[list[Held], datetime]:
        """All leases that somebody holds, and those that ended since a moment; and the moment of the answer."""
        expired = leases.c.expires_at < func.clock_timestamp()
        query = select(leases, expired.label("expired"), func.clock_timestamp().label("now"))
        wanted = or_(leases.c.ended_at.is_(None), leases.c.ended_at >= since)
        with self._asking() as connection:
            rows = connection.execute(query.where(wanted)).all()
        # What ended just before the answer may not be committed yet: it is asked about once more.
        return [_held(row) for row in rows], max(since, rows[0].now - _OVERLAP) if rows else since

    def take(self, subject: Subject, since: datetime, mine: Collection[str]) -> tuple[str, str | None] | None:
        """Take a lease that nobody holds, or that has expired: gives its token, and that of whoever let it expire.

        None: somebody holds it, or has ended it since that moment, under a token that is not ``mine``.
        """
        token = secrets.token_hex(16)
        values: dict[str, Any] = {
            "token": token,
            "holder": self._holder,
            "home": self._home,
            "arrived": subject.arrived,
            "sha256": None,
            "sequence": None,
            "settled": False,
            "expires_at": self._expiry(),
            "ended_at": None,
        }
        expired = and_(leases.c.ended_at.is_(None), leases.c.expires_at < func.clock_timestamp())
        again = and_(leases.c.ended_at.is_not(None), leases.c.token.in_(mine))
        free = or_(expired, again, leases.c.ended_at < since)
        with self._asking() as connection:
            before = connection.execute(select(leases.c.token, leases.c.ended_at).where(*_this(subject))).one_or_none()
            if before is None:
                new = insert(leases).values(vendor=subject.vendor, place=subject.place, mark=subject.mark, **values)
                taken = connection.execute(new.on_conflict_do_nothing().returning(leases.c.token)).one_or_none()
            else:
                # Whoever was faster has another token by now.
                this = (leases.c.token == before.token, free)
                changed = update(leases).where(*this).values(**values).returning(leases.c.token)
                taken = connection.execute(changed).one_or_none()
        if taken is None:
            return None
        return token, None if before is None or before.ended_at is not None else before.token

    def renew(self, token: str) -> None:
        """Hold it for another while, unless somebody took it over."""
        self._change(leases.c.token == token, expires_at=self._expiry())

    def note(self, token: str, sha256: str, sequence: int | None = None) -> None:
        """Note the content of a drop, and its place in the order once it has one."""
        self._change(leases.c.token == token, sha256=sha256, sequence=sequence)

    def settle(self, token: str) -> None:
        """Let later drops go on: its run is in the ledger."""
        self._change(leases.c.token == token, settled=True)

    def end(self, token: str) -> None:
        """End a lease: what it was for is done, or left for a later pass."""
        self._change(leases.c.token == token, ended_at=func.clock_timestamp())

    def give_back(self, token: str) -> None:
        """Let others take over at once."""
        self._change(leases.c.token == token, expires_at=func.clock_timestamp())

    def abandon(self, held: Held) -> None:
        """End a lease that has expired, and that nobody here can take over."""
        expired = leases.c.expires_at < func.clock_timestamp()
        self._change(and_(leases.c.token == held.token, expired), ended_at=func.clock_timestamp())

    def release_home(self) -> None:
        """Let others take over what an earlier pass of this workspace held: it was ended before it could."""
        if self._home:
            self._change(leases.c.home == self._home, expires_at=func.clock_timestamp())

    def forget(self) -> None:
        """Forget leases that ended, or expired, long ago."""
        long_ago = func.clock_timestamp() - _REMEMBERED
        old = or_(leases.c.ended_at < long_ago, and_(leases.c.ended_at.is_(None), leases.c.expires_at < long_ago))
        with self._asking() as connection:
            connection.execute(delete(leases).where(old))

    def fence(self, token: str) -> Callable[[Connection], None]:
        """Give what raises `LeaseLostError` in a transaction of whoever does not hold the lease any more.

        Nobody can take it over before that transaction has ended.
        """

        def check(connection: Connection) -> None:
            mine = select(leases.c.token).where(leases.c.token == token, leases.c.ended_at.is_(None))
            if connection.execute(mine.with_for_update()).one_or_none() is None:
                raise lease_lost(self._seconds)

        return check

    def is_held(self, token: str) -> bool:
        """Whether nobody took it over."""
        query = select(leases.c.token).where(leases.c.token == token, leases.c.ended_at.is_(None))
        with self._asking() as connection:
            return connection.execute(query).one_or_none() is not None

    def lost(self) -> LeaseLostError:
        """What to raise when somebody took it over."""
        return lease_lost(self._seconds)

    def _expiry(self) -> ColumnElement[datetime]:
        return func.clock_timestamp() + timedelta(seconds=self._seconds)

    def _change(self, which: ColumnElement[bool], **values: Any) -> None:
        with self._asking() as connection:
            connection.execute(update(leases).where(which, leases.c.ended_at.is_(None)).values(**values))

    @contextmanager
    def _asking(self) -> Iterator[Connection]:
        """Each statement is a transaction of its own."""
        engine = self._ledger.engine
        with faults(engine), engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            yield connection


def lease_lost(seconds: float) -> LeaseLostError:
    """What a machine is told that hung for too long."""
    return LeaseLostError(
        f"This machine hung for more than {seconds:g} s (lease_seconds), and another one took over the drop."
    )


def _this(subject: Subject) -> tuple[ColumnElement[bool], ...]:
    return leases.c.vendor == subject.vendor, leases.c.place == subject.place, leases.c.mark == subject.mark


def _held(row: Any) -> Held:
    return Held(
        Subject(row.vendor, row.place, row.mark, row.arrived),
        row.token,
        row.holder,
        row.sha256,
        row.sequence,
        row.settled,
        row.ended_at is not None,
        row.expired,
    )
