"""What a drop's past is: the runs of drops that were received before it, and who delivered those.

A past is known by a hash, by which a run's id and the check before it is entered rest on all of it. It is the sum of
one hash for each delivery that counts, so blocks of the order can be summed up once: a drop reads a number for each
full block and the deliveries of at most two more, however many there were. Who delivered a point is asked only of
deliveries that have it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, delete, func, insert, select

from pipeline.ledger.database import Ledger, moment_of, stamp
from pipeline.ledger.drops import Received
from pipeline.ledger.history_file import Owner
from pipeline.ledger.tables import drops, past_blocks, run_drops, runs

#: States of runs that are the past of later drops.
COUNTING = ("done", "emptied")
#: State of a run that retention has let nobody know of any more.
DELETED = "deleted"
#: So many places in the order of receipt make a block.
BLOCK = 256
_MODULUS = 1 << 256
#: Runs that a question names at most.
_AT_ONCE = 500


#: A run and the drop that it scrubbed. Written so that no database looks through all runs of the vendor to find it.
_SAME_DELIVERY = and_(runs.c.run_id == run_drops.c.run_id, func.coalesce(runs.c.vendor, "") == drops.c.vendor)


@dataclass(frozen=True)
class Delivery:
    """An earlier drop. ``sequence`` says how early."""

    sequence: int
    vendor: str
    sha256: str
    on: date


@dataclass
class Past:
    """What a drop of ``vendor`` must ask: deliveries with ``first <= sequence < end`` whose runs count.

    ``identity``: hash of everything here that a verdict can rest on; of the ledger's numbers only the order of receipt.
    ``runs``: how many there are.
    """

    vendor: str
    first: int
    end: int
    identity: str
    runs: int
    _ask: Callable[[Past, Collection[Owner]], dict[Owner, Delivery]]
    _known: dict[Owner, Delivery | None] = field(default_factory=dict)

    def deliveries(self, owners: Collection[Owner]) -> list[Delivery | None]:
        """The delivery of each of these owners of points; None for those that are no part of this past."""
        new = [owner for owner in owners if owner not in self._known]
        if new:
            found = self._ask(self, new)
            self._known |= {owner: found.get(owner) for owner in new}
        return [self._known[owner] for owner in owners]

    @property
    def asked(self) -> list[Delivery]:
        """Deliveries that were asked about so far and are part of this past."""
        return [each for each in self._known.values() if each is not None]


def past_of(ledger: Ledger, connection: Connection, drop: Received, days: int | None) -> Past:
    """Find the past of a drop: what was received before this one, at most ``days`` days earlier."""
    first = 0
    if days is not None:
        since = stamp(drop.received_at - timedelta(days=days))
        oldest = select(drops.c.sequence).where(drops.c.received_at >= since).order_by(drops.c.received_at).limit(1)
        first = connection.execute(oldest).scalar_one_or_none() or drop.sequence
    end = max(drop.sequence, first)
    total, count = _sum_of(connection, first, end)
    return Past(drop.vendor, first, end, f"{total:064x}", count, lambda past, owners: _asked(ledger, past, owners))


def past_identity(pasts: dict[str, Past]) -> str:
    """One hash for the pasts of all drops of a run, by their SHA-256."""
    facts = [[sha256, pasts[sha256].identity] for sha256 in sorted(pasts)]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def refresh_blocks(connection: Connection, sequences: Iterable[int]) -> None:
    """Sum up again the blocks that have these places: runs of theirs were entered, or ceased to count."""
    for block in sorted({sequence // BLOCK for sequence in sequences}):
        connection.execute(delete(past_blocks).where(past_blocks.c.block == block))
        total, count = _summed(connection, block * BLOCK, (block + 1) * BLOCK)
        if count:
            connection.execute(insert(past_blocks).values(block=block, runs=count, digest=f"{total:064x}"))


def refresh_blocks_of(connection: Connection, run_ids: Iterable[str]) -> None:
    """Sum up again the blocks that have the drops of these runs."""
    for some in _parts(run_ids):
        places = (
            select(drops.c.sequence)
            .join(run_drops, run_drops.c.sha256 == drops.c.sha256)
            .join(runs, _SAME_DELIVERY)
            .where(runs.c.run_id.in_(some))
        )
        refresh_blocks(connection, connection.execute(places).scalars().all())


def _parts(run_ids: Iterable[str]) -> Iterator[list[str]]:
    """As many at a time as a question may name."""
    ordered = sorted(set(run_ids))
    return (ordered[start : start + _AT_ONCE] for start in range(0, len(ordered), _AT_ONCE))


def _sum_of(connection: Connection, first: int, end: int) -> tuple[int, int]:
    """Sum up places ``first`` to before ``end``: whole blocks by what is known of them, the edges by their rows."""
    low, high = -(-first // BLOCK), end // BLOCK
    if low >= high:
        return _summed(connection, first, end)
    parts = [_summed(connection, first, low * BLOCK), _summed(connection, high * BLOCK, end)]
    inside = select(past_blocks).where(past_blocks.c.block >= low, past_blocks.c.block < high)
    parts += [(int(row.digest, 16), row.runs) for row in connection.execute(inside)]
    return sum(total for total, _ in parts) % _MODULUS, sum(count for _, count in parts)


def _summed(connection: Connection, first: int, end: int) -> tuple[int, int]:
    total, run_ids = 0, set()
    if first < end:
        for row in connection.execute(_between(first, end)):
            facts = [row.sequence, row.vendor, row.sha256, row.run_id, moment_of(row.received_at).date().isoformat()]
            total += int.from_bytes(hashlib.sha256(json.dumps(facts).encode()).digest())
            run_ids.add(row.run_id)
    return total % _MODULUS, len(run_ids)


def _between(first: int, end: int) -> Select[Any]:
    """Deliveries that count, with ``first <= sequence < end``."""
    return (
        select(runs.c.run_id, runs.c.vendor, drops.c.sha256, drops.c.sequence, drops.c.received_at)
        .select_from(drops)
        .join(run_drops, run_drops.c.sha256 == drops.c.sha256)
        .join(runs, _SAME_DELIVERY)
        .where(runs.c.state.in_(COUNTING), drops.c.sequence >= first, drops.c.sequence < end)
    )


def _asked(ledger: Ledger, past: Past, owners: Collection[Owner]) -> dict[Owner, Delivery]:
    found: dict[Owner, Delivery] = {}
    with ledger.reading() as connection:
        for some in _parts({owner.run_id for owner in owners}):
            of_runs = _between(past.first, past.end).where(runs.c.run_id.in_(some))
            rows: list[Row[Any]] = list(connection.execute(of_runs))
            found |= {
                Owner(row.run_id, row.sha256): Delivery(
                    row.sequence, row.vendor, row.sha256, moment_of(row.received_at).date()
                )
                for row in rows
            }
    return found
