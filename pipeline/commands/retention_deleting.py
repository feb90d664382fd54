"""Deletes what is due, so that a crash at any moment leaves it due.

What is about to go is entered first (`deleting`). Then it goes from disk, then the ledger forgets it, enters that it
was deleted, and strikes it from `deleting`, in one step.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from pipeline.commands.retention import HISTORY, OUTPUT, RAW, RETURNED_ROWS, Due, set_aside
from pipeline.ledger.database import Ledger, stamp
from pipeline.ledger.history_merging import purge_deleted
from pipeline.ledger.history_past import refresh_blocks_of
from pipeline.ledger.log_mending import deletion_entry
from pipeline.ledger.logged import Log, logged_change
from pipeline.ledger.tables import deleting, deletions, drops, rescrubs, runs
from pipeline.ledger.went_back import keep_counts_only
from pipeline.proof.entries import Entry
from pipeline.results.manifest_file import read_manifest
from schemas.support.places import refuse_links
from schemas.support.shortage import raise_shortage


def delete_due(ledger: Ledger, found: list[Due], now: Callable[[], datetime]) -> None:
    """Delete them one by one. ``now``: the clock; what is recorded is when it happened."""
    with logged_change(ledger.workspace, ledger) as log:
        _delete(ledger, found, now, log)


def _delete(ledger: Ledger, found: list[Due], now: Callable[[], datetime], log: Log) -> None:
    for each in found:
        if each.what != HISTORY:
            _begin(ledger, [each])
            _remove(each, ledger.workspace)
            with ledger.writing() as connection:
                _forget(connection, each)
                done = _done(connection, [each], now())
            log.append(*done)
    history = [each for each in found if each.what == HISTORY]
    if history:
        _begin(ledger, history)
        with ledger.writing() as connection:
            for each in history:
                connection.execute(update(runs).where(runs.c.run_id == each.subject).values(state="deleted"))
            refresh_blocks_of(connection, (each.subject for each in history))
    # Also what results that were replaced had left in the history.
    purge_deleted(ledger, now())
    with ledger.writing() as connection:
        done = _done(connection, history, now())
    log.append(*done)


def _begin(ledger: Ledger, found: list[Due]) -> None:
    with ledger.writing() as connection:
        for each in found:
            this = _row_of(each)
            if connection.execute(select(deleting).where(*this)).first() is None:
                path = "" if each.path is None else str(each.path)
                values = {"what": each.what, "subject": each.subject, "vendor": each.vendor, "since": each.since}
                connection.execute(insert(deleting).values(**values, path=path))


def _row_of(each: Due) -> list[ColumnElement[bool]]:
    path = "" if each.path is None else str(each.path)
    return [deleting.c.what == each.what, deleting.c.subject == each.subject, deleting.c.path == path]


def _remove(each: Due, workspace: Path) -> None:
    """Remove it from disk; what is gone already is fine. A result is first given a name that is none of a result."""
    if each.path is None:
        return
    refuse_links(each.path.parent, workspace)
    if each.what != OUTPUT:
        each.path.unlink(missing_ok=True)
        return
    aside = set_aside(each.path, each.subject)
    if not aside.exists() and _holds(each.path, each.subject):
        each.path.rename(aside)
    if aside.exists():
        shutil.rmtree(aside)


def _holds(out: Path, run_id: str) -> bool:
    """Whether the folder still holds the run: since the deletion began, another may have taken its place."""
    try:
        return not out.is_symlink() and read_manifest(out).run_id == run_id
    except (OSError, ValueError) as error:  # removed by a person, or by an earlier deletion
        raise_shortage(error)
        return False


def _forget(connection: Connection, each: Due) -> None:
    run = runs.c.run_id == each.subject
    if each.what == RAW:
        connection.execute(update(drops).where(drops.c.kept_at == str(each.path)).values(kept_at=None))
    elif each.what == RETURNED_ROWS:
        keep_counts_only(connection, [each.subject])
    elif each.what == OUTPUT:
        connection.execute(update(runs).where(run, runs.c.state == "done").values(state="emptied"))
        connection.execute(update(runs).where(run, runs.c.state == "replaced").values(state="deleted"))
        connection.execute(update(rescrubs).where(rescrubs.c.run_id == each.subject).values(out=""))


def _done(connection: Connection, found: list[Due], now: datetime) -> list[Entry]:
    """Enter that they are deleted. Returns what the log is to hold of it."""
    at, entries = stamp(now), []
    for each in found:
        because = f"of {each.since.isoformat()}: older than [retention] keeps it"
        connection.execute(
            insert(deletions).values(
                what=each.what,
                subject=each.subject,
                vendor=each.vendor,
                deleted_at=at,
                because=because,
            )
        )
        connection.execute(delete(deleting).where(*_row_of(each)))
        entries.append(deletion_entry(each.what, each.subject, each.vendor, at, because))
    return entries
