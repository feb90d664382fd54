"""What a drop's past is: the runs of drops that were received before it, and who delivered those."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection, and_, select

from pipeline.ledger.database import moment_of, stamp
from pipeline.ledger.drops import Received
from pipeline.ledger.history_file import Owner
from pipeline.ledger.tables import drops, run_drops, runs

#: States of runs that are the past of later drops.
COUNTING = ("done", "emptied")


@dataclass(frozen=True)
class Delivery:
    """An earlier drop. ``sequence`` says how early."""

    sequence: int
    vendor: str
    sha256: str
    on: date


@dataclass(frozen=True)
class Past:
    """What a drop of ``vendor`` must ask: runs that count, by owner of the points that they let through."""

    vendor: str
    deliveries: dict[Owner, Delivery]

    @property
    def identity(self) -> str:
        """Hash of everything here that a verdict can rest on: of the ledger's numbers only the order."""
        told = [
            [each.vendor, each.sha256, owner.run_id, each.on.isoformat()] for owner, each in self.deliveries.items()
        ]
        return _digest(told)


def past_of(connection: Connection, drop: Received, days: int | None) -> Past:
    """Find the runs of drops received before this one, at most ``days`` days earlier; in order of receipt."""
    earlier = (
        select(runs.c.run_id, runs.c.vendor, drops.c.sha256, drops.c.sequence, drops.c.received_at)
        .join(run_drops, run_drops.c.run_id == runs.c.run_id)
        .join(drops, and_(drops.c.vendor == runs.c.vendor, drops.c.sha256 == run_drops.c.sha256))
        .where(runs.c.state.in_(COUNTING), drops.c.sequence < drop.sequence)
        .order_by(drops.c.sequence, runs.c.run_id)
    )
    if days is not None:
        earlier = earlier.where(drops.c.received_at >= stamp(drop.received_at - timedelta(days=days)))
    return Past(
        drop.vendor,
        {
            Owner(row.run_id, row.sha256): Delivery(
                row.sequence, row.vendor, row.sha256, moment_of(row.received_at).date()
            )
            for row in connection.execute(earlier)
        },
    )


def past_identity(pasts: dict[str, Past]) -> str:
    """One hash for the pasts of all drops of a run, by their SHA-256."""
    return _digest([[sha256, pasts[sha256].identity] for sha256 in sorted(pasts)])


def _digest(facts: object) -> str:
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()
