"""Drops in the order in which they were received. The order decides who sold a lead first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, insert, select

from pipeline.ledger.database import Ledger, moment_of, stamp
from pipeline.ledger.tables import drops


@dataclass(frozen=True)
class Received:
    """A drop as the ledger knows it. ``again``: the vendor had delivered the same content before."""

    vendor: str
    sha256: str
    sequence: int
    received_at: datetime
    state: str
    run_id: str | None
    again: bool


def receive(ledger: Ledger, vendor: str, sha256: str, name: str, size: int, now: datetime) -> Received:
    """Give a drop its place in the order, or find the one that it has.

    A clock that was set back does not reorder: a drop is received after all that were received before.
    """
    with ledger.writing() as connection:
        drop = place_of(connection, vendor, sha256, now)
        if not drop.again:
            connection.execute(
                insert(drops).values(
                    vendor=vendor,
                    sha256=sha256,
                    sequence=drop.sequence,
                    name=name,
                    bytes=size,
                    received_at=stamp(drop.received_at),
                    state=drop.state,
                )
            )
        return drop


def place_of(connection: Connection, vendor: str, sha256: str, now: datetime) -> Received:
    """Find the place of a drop, or the one that it would have if it were received now. Nothing is written."""
    known = connection.execute(select(drops).where(drops.c.vendor == vendor, drops.c.sha256 == sha256)).one_or_none()
    if known is not None:
        return Received(
            vendor, sha256, known.sequence, moment_of(known.received_at), known.state, known.run_id, again=True
        )
    newest = select(drops.c.sequence, drops.c.received_at).order_by(drops.c.sequence.desc()).limit(1)
    last = connection.execute(newest).one_or_none()
    moment = now.astimezone(UTC)
    if last is None:
        return Received(vendor, sha256, 1, moment, "taken", None, again=False)
    moment = max(moment, moment_of(last.received_at) + timedelta(microseconds=1))
    return Received(vendor, sha256, last.sequence + 1, moment, "taken", None, again=False)
