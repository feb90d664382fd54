"""Deletes what is older than the workspace keeps it: raw drops, results, delivered returns, and who was let through.

What stays holds no personal data: counts, hashes of files, days. What was deleted is recorded. A folder is deleted only
if it is the result that the ledger knows, or is where the night puts raw drops.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, insert, select, update

from pipeline.ledger.database import Ledger, moment_of, stamp
from pipeline.ledger.history_merging import purge_runs
from pipeline.ledger.tables import deletions, drops, rescrubs, return_files, runs
from pipeline.nightly.folders import Folders
from pipeline.results.manifest_file import manifest_digest
from pipeline.returning.outgoing import folder_of
from schemas.workspace import Retention

RAW, OUTPUT, RETURNED, HISTORY = "raw drop", "result", "returns", "history"


@dataclass(frozen=True)
class Due:
    """What is to be deleted: a raw drop or returns by the file's name, a result or a run's history by the run's id."""

    what: str
    subject: str
    vendor: str
    since: date
    path: Path | None = None

    @property
    def size(self) -> int:
        """Bytes on disk."""
        if self.path is None:
            return 0
        files = [self.path] if self.path.is_file() else self.path.rglob("*")
        return sum(file.stat().st_size for file in files if file.is_file())


def due(ledger: Ledger, workspace: Path, keep: Retention, today: date) -> list[Due]:
    """Everything that is older than it is kept, the oldest first."""
    found: list[Due] = []
    with ledger.reading() as connection:
        if keep.raw_days is not None:
            found += _raw(connection, workspace.absolute(), today - timedelta(days=keep.raw_days))
        if keep.output_days is not None:
            before = today - timedelta(days=keep.output_days)
            found += [*_results(connection, before), *_returned(connection, workspace.absolute(), before)]
        if keep.history_days is not None:
            found += _history(connection, today - timedelta(days=keep.history_days))
    return sorted(found, key=lambda each: (each.since, each.what, each.vendor, each.subject))


def _raw(connection: Connection, workspace: Path, before: date) -> Iterator[Due]:
    """Drops in the archive, by the day of their folder, and those in quarantine, by when they came."""
    for folder in sorted(Folders(workspace).archive.glob("*/*")):
        day = _day_of(folder.name)
        if day is not None and day < before:
            for path in sorted(path for path in folder.rglob("*") if path.is_file()):
                yield Due(RAW, path.name, folder.parent.name, day, path)
    quarantined = select(drops).where(drops.c.state == "quarantined", drops.c.kept_at.is_not(None))
    for row in connection.execute(quarantined):
        path, day = Path(row.kept_at), moment_of(row.received_at).date()
        if day < before and path.is_relative_to(workspace) and path.is_file():
            yield Due(RAW, path.name, row.vendor, day, path)


def _day_of(name: str) -> date | None:
    try:
        return date.fromisoformat(name)
    except ValueError:
        return None


def _results(connection: Connection, before: date) -> Iterator[Due]:
    scrubbed = select(runs).where(runs.c.state.in_(("done", "replaced")))
    again = select(rescrubs, runs.c.vendor).join(runs, rescrubs.c.earlier_run_id == runs.c.run_id, isouter=True)
    for query in (scrubbed, again.where(rescrubs.c.out != "")):
        for row in connection.execute(query):
            day, out = moment_of(row.recorded_at).date(), Path(row.out)
            if day < before and (not out.exists() or _is_result(out, row.manifest_sha256)):
                yield Due(OUTPUT, row.run_id, row.vendor or "", day, out if out.exists() else None)


def _returned(connection: Connection, workspace: Path, before: date) -> Iterator[Due]:
    """Files of returns that are with the vendor. One that is not has the only copy of what is to go back."""
    for row in connection.execute(select(return_files).where(return_files.c.state == "delivered")):
        day, path = moment_of(row.delivered_at).date(), folder_of(workspace, row.vendor) / row.file
        if day < before and path.is_file():
            yield Due(RETURNED, row.file, row.vendor, day, path)


def _is_result(out: Path, manifest_sha256: str) -> bool:
    """Whether the folder still holds that result: another may have taken its place."""
    try:
        return manifest_digest(out) == manifest_sha256
    except OSError:
        return False


def _history(connection: Connection, before: date) -> Iterator[Due]:
    for row in connection.execute(select(runs).where(runs.c.state.in_(("done", "emptied")))):
        day = moment_of(row.received_at).date()
        if day < before:
            yield Due(HISTORY, row.run_id, row.vendor, day)


def delete(ledger: Ledger, found: list[Due], now: datetime) -> None:
    """Delete them one by one, each on disk first: what a crash leaves is due again."""
    for each in found:
        if each.path is not None and each.path.is_dir():
            shutil.rmtree(each.path)
        elif each.path is not None:
            each.path.unlink(missing_ok=True)
        with ledger.writing() as connection:
            _forget(connection, each)
            connection.execute(
                insert(deletions).values(
                    what=each.what,
                    subject=each.subject,
                    vendor=each.vendor,
                    deleted_at=stamp(now),
                    because=f"of {each.since.isoformat()}: older than [retention] keeps it",
                )
            )
    forgotten = {each.subject for each in found if each.what == HISTORY}
    if forgotten:
        purge_runs(ledger, forgotten, now)


def _forget(connection: Connection, each: Due) -> None:
    if each.what == RAW:
        connection.execute(update(drops).where(drops.c.kept_at == str(each.path)).values(kept_at=None))
        return
    if each.what == RETURNED:
        return
    run = runs.c.run_id == each.subject
    if each.what == HISTORY:
        connection.execute(update(runs).where(run).values(state="deleted"))
        return
    connection.execute(update(runs).where(run, runs.c.state == "done").values(state="emptied"))
    connection.execute(update(runs).where(run, runs.c.state == "replaced").values(state="deleted"))
    connection.execute(update(rescrubs).where(rescrubs.c.run_id == each.subject).values(out=""))
