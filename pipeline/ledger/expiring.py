"""Finds clean rows that are about to go stale, by what the ledger knows of runs and of their later scrubs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import delete, insert, select

from pipeline.ledger.database import Ledger, stamp
from pipeline.ledger.tables import rescrubs, runs
from pipeline.results.decisions import reviews_folder
from pipeline.results.folder import earliest_valid_until
from pipeline.results.manifest_file import manifest_digest, read_manifest
from schemas.errors import UsageError


@dataclass(frozen=True)
class Expiring:
    """Clean rows of a run, as last scrubbed. ``valid_until``: the last day on which all of them may be used."""

    run_id: str
    vendor: str
    clean: int
    valid_until: date | None
    out: str


def record_rescrub(ledger: Ledger, out: Path, earlier_run_id: str, now: datetime) -> None:
    """Enter clean rows that were scrubbed again: from now on their result is the one that may be used."""
    manifest = read_manifest(out)
    with ledger.writing() as connection:
        connection.execute(delete(rescrubs).where(rescrubs.c.run_id == manifest.run_id))
        connection.execute(
            insert(rescrubs).values(
                run_id=manifest.run_id,
                earlier_run_id=earlier_run_id,
                as_of=manifest.as_of,
                recorded_at=stamp(now),
                out=str(out.absolute()),
                manifest_sha256=manifest_digest(out),
                clean=manifest.counts.clean,
                valid_until=earliest_valid_until(out),
            )
        )


def rescrubbed(ledger: Ledger) -> set[str]:
    """Ids of the results of clean rows that were scrubbed again, or released, as far as they are entered."""
    with ledger.reading() as connection:
        return set(connection.execute(select(rescrubs.c.run_id)).scalars())


def forget_rescrub(ledger: Ledger, run_id: str) -> None:
    """Forget a result whose rows may not be used any more, and which is gone."""
    with ledger.writing() as connection:
        connection.execute(delete(rescrubs).where(rescrubs.c.run_id == run_id))


def expiring(ledger: Ledger, as_of: date, within: timedelta) -> list[Expiring]:
    """Runs of the ledger whose rows, as last scrubbed, go stale in that time or have; the next ones first.

    Rows that a review released have a result of their own, beside that of their run.
    """
    released = reviews_folder(ledger.workspace.absolute())
    with ledger.reading() as connection:
        found = {
            row.run_id: Expiring(row.run_id, row.vendor, row.clean, row.valid_until, row.out)
            for row in connection.execute(select(runs).where(runs.c.state == "done"))
        }
        first = {run_id: run_id for run_id in found}
        for row in connection.execute(select(rescrubs).order_by(rescrubs.c.recorded_at)):
            run_id = first.get(row.earlier_run_id)
            if run_id is not None and Path(row.out).is_relative_to(released):
                vendor = found[run_id].vendor
                found[row.run_id] = Expiring(row.run_id, vendor, row.clean, row.valid_until, row.out)
                first[row.run_id] = row.run_id
            elif run_id is not None:
                first[row.run_id] = run_id
                found[run_id] = replace(found[run_id], clean=row.clean, valid_until=row.valid_until, out=row.out)
    last = as_of + within
    soon = [run for run in found.values() if run.clean and run.valid_until is not None and run.valid_until <= last]
    return sorted(soon, key=lambda run: (run.valid_until or last, run.run_id))


def span_of(text: str) -> timedelta:
    """Read a span of days, such as ``7d``. Raises `UsageError` when it is none."""
    if not text.endswith("d") or not text[:-1].isdecimal():
        raise UsageError(f"'{text}' is not a number of days.", "Write it as 7d.")
    return timedelta(days=int(text[:-1]))
