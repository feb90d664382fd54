"""Enters a finished run into the ledger, from its output folder alone.

A crash between publishing a result and entering it loses nothing: entering it later, or twice, comes to the same. The
points of a run are written beside what the history has, and count from the moment at which the run is entered.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, Table, delete, insert, select, update

from pipeline.ledger.database import Ledger, moment_of, stamp
from pipeline.ledger.drops import Received, place_of
from pipeline.ledger.history_file import Written, points_path
from pipeline.ledger.history_merging import add_file, tidy_history
from pipeline.ledger.history_past import past_identity, past_of, refresh_blocks, refresh_blocks_of
from pipeline.ledger.history_sealing import secret_of
from pipeline.ledger.history_writing import write_run
from pipeline.ledger.log_known import remember_log
from pipeline.ledger.logged import enter_unlogged, logged_change
from pipeline.ledger.tables import drops, run_drops, run_is_of, run_overlaps, run_reasons, runs, segment_runs, segments
from pipeline.proof.run_entry import run_entry
from pipeline.proof.unfinished import entered
from pipeline.results.folder import earliest_valid_until, rows_in_review
from pipeline.results.manifest_file import manifest_digest, read_manifest
from schemas.errors import LedgerError, PastChangedError
from schemas.manifest import Manifest


def recorded(ledger: Ledger, run_id: str) -> bool:
    """Whether the ledger has the run and counts it."""
    with ledger.reading() as connection:
        state = connection.execute(select(runs.c.state).where(runs.c.run_id == run_id)).scalar_one_or_none()
    return state == "done"


def record_run(
    ledger: Ledger, out: Path, received: list[Received], now: datetime, final: Path | None = None
) -> Manifest:
    """Enter the run in ``out``, which scrubbed these drops. An earlier run of one of them for the same
    campaign no longer counts. ``final``: where the caller will move it to.

    Raises `PastChangedError` when, since the run asked, another run of an earlier drop was entered or stopped counting.
    Nothing is entered then, and the run must be repeated.
    """
    manifest = read_manifest(out)
    digest = manifest_digest(out)
    enter_unlogged(ledger.workspace, ledger)
    final = final or out
    if _stands(ledger, manifest.run_id, final, digest):
        entered(ledger.workspace, out)
        return manifest
    first = min(received, key=lambda drop: drop.sequence)
    sources = [drop.sha256 for drop in received]
    written = write_run(ledger.history, out, manifest.run_id, sources, secret=secret_of(ledger))
    values = {
        "vendor": first.vendor,
        "campaign": manifest.campaign,
        "as_of": manifest.as_of,
        "received_at": stamp(first.received_at),
        "sequence": first.sequence,
        "out": str(final.absolute()),
        "read": manifest.counts.read,
        "clean": manifest.counts.clean,
        "rejected": manifest.counts.rejected,
        "review": rows_in_review(out),
        "valid_until": earliest_valid_until(out),
        "manifest_sha256": digest,
        "past": None if manifest.history is None else manifest.history.past,
        "history_days": None if manifest.history is None else manifest.history.history_days,
        "state": "done",
    }
    with logged_change(ledger.workspace, ledger) as log:
        with ledger.writing() as connection:
            _check_past(ledger, connection, manifest, received)
            if log.workspace is not None:
                remember_log(connection)
            replaced = [run_id for drop in received for run_id in _replace(connection, drop, manifest)]
            known = select(runs.c.run_id).where(runs.c.run_id == manifest.run_id)
            if connection.execute(known).one_or_none() is None:
                connection.execute(insert(runs).values(run_id=manifest.run_id, recorded_at=stamp(now), **values))
            else:
                connection.execute(update(runs).where(runs.c.run_id == manifest.run_id).values(**values))
            _detail(connection, manifest, received)
            refresh_blocks(connection, (drop.sequence for drop in received))
            refresh_blocks_of(connection, replaced)
            _add_points(connection, ledger.history, manifest.run_id, written)
        log.append(run_entry(ledger.workspace, final, manifest, digest, in_ledger=True))
    entered(ledger.workspace, out)
    with suppress(OSError):  # the history is kept in few files where there is room; nothing that it says depends on it
        tidy_history(ledger, now)
    return manifest


def overtaken(ledger: Ledger, since: int = 0) -> list[str]:
    """Runs of drops after ``since`` (a `Received.sequence`) that asked a past which is not so any more, in order of
    receipt.

    A run of an earlier drop was entered after them, or took another's place. Each is right once its drop was scrubbed
    again, the first one first.
    """
    with ledger.reading() as connection:
        later = connection.execute(
            select(runs)
            .where(runs.c.state == "done", runs.c.past.is_not(None), runs.c.sequence > since)
            .order_by(runs.c.sequence, runs.c.run_id)
        ).all()
        return [run.run_id for run in later if _past_now(ledger, connection, run) != run.past]


def _past_now(ledger: Ledger, connection: Connection, run: Row[Any]) -> str:
    hashes = select(run_drops.c.sha256).where(run_drops.c.run_id == run.run_id)
    now = moment_of(run.received_at)
    places = [place_of(connection, run.vendor, sha256, now) for sha256 in connection.execute(hashes).scalars().all()]
    return past_identity({drop.sha256: past_of(ledger, connection, drop, run.history_days) for drop in places})


def _stands(ledger: Ledger, run_id: str, out: Path, digest: str) -> bool:
    """Whether this very output was entered and counts. All of a run is entered at once."""
    found = select(runs.c.run_id).where(
        runs.c.run_id == run_id,
        runs.c.state == "done",
        runs.c.out == str(out.absolute()),
        runs.c.manifest_sha256 == digest,
    )
    with ledger.reading() as connection:
        return connection.execute(found).first() is not None


def _check_past(ledger: Ledger, connection: Connection, manifest: Manifest, received: list[Received]) -> None:
    used = manifest.history
    if used is None:
        return
    now = past_identity({drop.sha256: past_of(ledger, connection, drop, used.history_days) for drop in received})
    if now != used.past:
        raise PastChangedError(
            "During this run, another run changed the record of earlier deliveries; this run was not entered.",
            "Run again; add --force if the output exists already.",
        )


def _replace(connection: Connection, drop: Received, manifest: Manifest) -> list[str]:
    """Let earlier runs of a drop for the same campaign count no longer. Returns which."""
    of_drop = select(run_drops.c.run_id).where(run_drops.c.sha256 == drop.sha256)
    wanted = select(runs.c.run_id).where(
        runs.c.run_id.in_(of_drop),
        runs.c.run_id != manifest.run_id,
        run_is_of(drop.vendor),
        runs.c.campaign == manifest.campaign,
        runs.c.state != "replaced",
    )
    earlier = list(connection.execute(wanted).scalars())
    connection.execute(update(runs).where(runs.c.run_id.in_(earlier)).values(state="replaced"))
    connection.execute(
        update(drops)
        .where(drops.c.vendor == drop.vendor, drops.c.sha256 == drop.sha256)
        .values(state="done", run_id=manifest.run_id)
    )
    return earlier


def _detail(connection: Connection, manifest: Manifest, received: list[Received]) -> None:
    """Enter the drops of a run, its rows by reason, and with whom they overlap; in place of what was there."""
    own: dict[str, str | int] = {"run_id": manifest.run_id}
    overlaps = {} if manifest.history is None else manifest.history.overlaps
    lines: dict[Table, list[dict[str, str | int]]] = {
        run_drops: [{"sha256": drop.sha256} for drop in received],
        run_reasons: [{"code": code, "rows": rows} for code, rows in manifest.counts.by_primary_reason.items()],
        run_overlaps: [{"earlier_vendor": vendor, "rows": rows} for vendor, rows in overlaps.items()],
    }
    for table, rows in lines.items():
        connection.execute(delete(table).where(table.c.run_id == manifest.run_id))
        if rows:
            connection.execute(insert(table), [own | row for row in rows])


def _add_points(connection: Connection, history: Path, run_id: str, written: Written) -> None:
    """Let the points of a run count, unless some file has them already, alone or among those of other runs."""
    held = (
        select(segments.c.file)
        .join(segment_runs, segment_runs.c.file == segments.c.file)
        .where(segment_runs.c.run_id == run_id, segments.c.retired_at.is_(None))
    )
    if connection.execute(held).first() is not None:
        return
    if not points_path(history, written.file).exists():
        raise LedgerError("A file of the contact history was removed before it was entered.", "Run again.")
    add_file(connection, written, [run_id])


def replaced_runs(ledger: Ledger) -> set[str]:
    """Runs that do not count any more: another one of the same drop took their place, or their results are gone."""
    with ledger.reading() as connection:
        return set(connection.execute(select(runs.c.run_id).where(runs.c.state != "done")).scalars())
