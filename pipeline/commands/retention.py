"""Finds what is older than the workspace keeps it: raw drops, results, returns, and who was let through.

What stays holds no personal data: counts, hashes of files, days. A folder is due only if it is the result that the
ledger knows, or a raw drop that a night put away. What a deletion that was cut short has left is due until it is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import Connection, select

from pipeline.ledger.database import Ledger, moment_of
from pipeline.ledger.history_merging import unpurged
from pipeline.ledger.tables import deleting, drops, rescrubs, return_files, returned_rows, runs
from pipeline.nightly.folders import WHY, Folders
from pipeline.nightly.inbox import COMPANIONS
from pipeline.proof.chain import entries
from pipeline.proof.run_entry import location, rewritten_files
from pipeline.results.manifest_file import manifest_digest
from pipeline.returning.contracts import Contracts
from pipeline.returning.outgoing import folder_of, sha256_of
from pipeline.returning.windows import deadline
from schemas.support.places import refuse_links
from schemas.support.shortage import raise_shortage
from schemas.workspace import Retention

RAW, OUTPUT, RETURNED, DELIVERED = "raw drop", "result", "returns", "delivered returns"
RETURNED_ROWS, HISTORY = "hashes of returned rows", "history"


@dataclass(frozen=True)
class Due:
    """What is to be deleted: a raw drop or returns by the file's name, the rest by the run's id.

    ``path``: file or folder; None where nothing is on disk. ``begun``: a deletion that was cut short.
    """

    what: str
    subject: str
    vendor: str
    since: date
    path: Path | None = None
    begun: bool = False

    @property
    def size(self) -> int:
        """Bytes on disk."""
        if self.path is None:
            return 0
        here = [self.path, set_aside(self.path, self.subject)] if self.what == OUTPUT else [self.path]
        files = [file for path in here for file in ([path] if path.is_file() else path.rglob("*"))]
        return sum(file.stat().st_size for file in files if file.is_file())


def due(ledger: Ledger, workspace: Path, keep: Retention, today: date) -> list[Due]:
    """Everything that is older than it is kept, and what is left of earlier deletions, the oldest first."""
    workspace = workspace.absolute()
    found: list[Due] = []
    with ledger.reading() as connection:
        found += _begun(connection)
        if keep.raw_days is not None:
            found += _raw(connection, workspace, today - timedelta(days=keep.raw_days))
        if keep.output_days is not None:
            before = today - timedelta(days=keep.output_days)
            found += [*_results(connection, before), *_returned(connection, workspace, before)]
        found += _returned_rows(connection, workspace, keep, today)
        if keep.history_days is not None:
            found += _history(connection, today - timedelta(days=keep.history_days))
    once = {(each.what, each.subject, each.path): each for each in reversed(found)}
    return sorted(once.values(), key=_order)


def _order(each: Due) -> tuple[date, str, str, int, str, str]:
    """The oldest first; a drop's companions, whose names are longer, before the drop by which they are found."""
    return each.since, each.what, each.vendor, -len(each.subject), each.subject, str(each.path)


def set_aside(out: Path, run_id: str) -> Path:
    """Where a result lies while it is deleted: nobody takes what is left of it for a result."""
    return out.with_name(f".deleting-{run_id}")


def _begun(connection: Connection) -> Iterator[Due]:
    for row in connection.execute(select(deleting)):
        path = Path(row.path) if row.path else None
        yield Due(row.what, row.subject, row.vendor, row.since, path, begun=True)


def _raw(connection: Connection, workspace: Path, before: date) -> Iterator[Due]:
    """Drops in the archive, by the day of their folder, and those in quarantine, by when they came."""
    for folder in sorted(Folders(workspace).archive.glob("*/*")):
        refuse_links(folder, workspace)
        day = _day_of(folder.name)
        if day is not None and day < before:
            for path in _files_below(folder):
                yield Due(RAW, path.name, folder.parent.name, day, path)
    quarantined = select(drops).where(drops.c.state == "quarantined", drops.c.kept_at.is_not(None))
    for row in connection.execute(quarantined):
        path, day = Path(row.kept_at), moment_of(row.received_at).date()
        if day < before and path.is_relative_to(workspace):
            refuse_links(path.parent, workspace)
            beside = (path.with_name(path.name + suffix) for suffix in (WHY, *COMPANIONS))
            for each in (*beside, path):
                if each.is_file() and not each.is_symlink():
                    yield Due(RAW, each.name, row.vendor, day, each)


def _files_below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


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
                yield Due(OUTPUT, row.run_id, row.vendor or "", day, out)


def _returned(connection: Connection, workspace: Path, before: date) -> Iterator[Due]:
    """Files of returns that are with the vendor: ours, and, where they were delivered to a folder, the one there.

    One that is not delivered has the only copy of what is to go back.
    """
    rewritten = rewritten_files(entries(workspace))
    for row in connection.execute(select(return_files).where(return_files.c.state == "delivered")):
        day, path = moment_of(row.delivered_at).date(), folder_of(workspace, row.vendor) / row.file
        if day >= before:
            continue
        refuse_links(path.parent, workspace)
        if path.is_file():
            yield Due(RETURNED, row.file, row.vendor, day, path)
        destination = row.destination or ""
        if destination and "://" not in destination:
            there = workspace / destination / row.file
            refuse_links(there.parent, workspace)
            ours = {row.sha256, rewritten.get(location(workspace, there))}
            if there.is_file() and not there.is_symlink() and sha256_of(there) in ours:
                yield Due(DELIVERED, row.file, row.vendor, day, there)


def _returned_rows(connection: Connection, workspace: Path, keep: Retention, today: date) -> Iterator[Due]:
    """Hashes of rows that went back in runs whose window has closed: nothing of them can go back any more.

    A vendor that has no contract any more is asked by the age of its results.
    """
    undelivered = select(return_files.c.file).where(return_files.c.state != "delivered")
    waiting = select(returned_rows.c.run_id).where(returned_rows.c.file.in_(undelivered))
    of_runs = (
        select(runs.c.run_id, runs.c.vendor, runs.c.received_at)
        .where(runs.c.run_id.in_(select(returned_rows.c.run_id)), runs.c.run_id.not_in(waiting))
        .order_by(runs.c.sequence)
    )
    found = connection.execute(of_runs).all()
    contracts = Contracts(workspace).vendors if found else {}
    for row in found:
        vendor, received = contracts.get(row.vendor), moment_of(row.received_at)
        if vendor is not None and vendor.returns is not None:
            closed = deadline(received, vendor.returns).date()
        elif keep.output_days is not None:
            closed = received.date() + timedelta(days=keep.output_days)
        else:
            continue
        if closed < today:
            yield Due(RETURNED_ROWS, row.run_id, row.vendor, closed)


def _is_result(out: Path, manifest_sha256: str) -> bool:
    """Whether the folder still holds that result: another may have taken its place, or a link."""
    try:
        return not out.is_symlink() and manifest_digest(out) == manifest_sha256
    except OSError as error:
        raise_shortage(error)
        return False


def _history(connection: Connection, before: date) -> Iterator[Due]:
    """Runs that are known for so long, and deleted ones of which a file of the history still has points."""
    left = unpurged(connection)
    states: Iterable[str] = ("done", "emptied", "deleted")
    for row in connection.execute(select(runs).where(runs.c.state.in_(states))):
        day = moment_of(row.received_at).date()
        if (row.state != "deleted" and day < before) or row.run_id in left:
            yield Due(HISTORY, row.run_id, row.vendor, day)
