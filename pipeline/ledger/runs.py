"""Enters a finished run into the ledger, from what stands in its output folder alone.

A crash between publishing a result and entering it loses nothing: entering it later, or twice, comes to the same.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, delete, insert, select, update

from pipeline.ledger.database import Ledger, stamp
from pipeline.ledger.drops import Received
from pipeline.ledger.tables import drops, run_drops, run_reasons, runs
from pipeline.manifests import MANIFEST, read_manifest
from pipeline.results import earliest_valid_until
from schemas.manifest import Manifest


def recorded(ledger: Ledger, run_id: str) -> bool:
    """Whether the run stands in the ledger and counts."""
    with ledger.reading() as connection:
        state = connection.execute(select(runs.c.state).where(runs.c.run_id == run_id)).scalar_one_or_none()
    return state == "done"


def record_run(ledger: Ledger, out: Path, received: list[Received], now: datetime) -> Manifest:
    """Enter the run in ``out``, which scrubbed these drops. An earlier run of one of them for the same
    campaign no longer counts."""
    manifest = read_manifest(out)
    digest = hashlib.sha256((out / MANIFEST).read_bytes()).hexdigest()
    first = min(received, key=lambda drop: drop.sequence)
    with ledger.writing() as connection:
        _forget(connection, manifest.run_id)
        for drop in received:
            _replace(connection, drop, manifest)
        connection.execute(
            insert(runs).values(
                run_id=manifest.run_id,
                vendor=first.vendor,
                campaign=manifest.campaign,
                as_of=manifest.as_of,
                received_at=stamp(first.received_at),
                sequence=first.sequence,
                recorded_at=stamp(now),
                out=str(out.absolute()),
                read=manifest.counts.read,
                clean=manifest.counts.clean,
                rejected=manifest.counts.rejected,
                valid_until=earliest_valid_until(out),
                manifest_sha256=digest,
                state="done",
            )
        )
        connection.execute(insert(run_drops), [{"run_id": manifest.run_id, "sha256": drop.sha256} for drop in received])
        reasons = manifest.counts.by_primary_reason
        if reasons:
            connection.execute(
                insert(run_reasons),
                [{"run_id": manifest.run_id, "code": code, "rows": rows} for code, rows in reasons.items()],
            )
    return manifest


def _forget(connection: Connection, run_id: str) -> None:
    for table in (run_reasons, run_drops, runs):
        connection.execute(delete(table).where(table.c.run_id == run_id))


def _replace(connection: Connection, drop: Received, manifest: Manifest) -> None:
    earlier = select(run_drops.c.run_id).where(run_drops.c.sha256 == drop.sha256)
    connection.execute(
        update(runs)
        .where(
            runs.c.run_id.in_(earlier),
            runs.c.run_id != manifest.run_id,
            runs.c.vendor == drop.vendor,
            runs.c.campaign == manifest.campaign,
        )
        .values(state="replaced")
    )
    connection.execute(
        update(drops)
        .where(drops.c.vendor == drop.vendor, drops.c.sha256 == drop.sha256)
        .values(state="done", run_id=manifest.run_id)
    )
