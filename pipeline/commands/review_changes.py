"""What ``leadscrub review`` changes: the file for a person, decisions that are applied, and those that are undone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from pipeline.commands.review_report import print_applied, print_withdrawn
from pipeline.ledger.database import Ledger
from pipeline.ledger.logged import logged_change
from pipeline.proof.entries import Entry
from pipeline.proof.run_entry import location
from pipeline.results.writer import output_file
from pipeline.reviewing.answers import read_answers
from pipeline.reviewing.applying import Desk, apply_choices, at_desk
from pipeline.reviewing.choices import Word, chosen_by_rule, undecided
from pipeline.reviewing.queue import ReviewedRun, reviewed_runs
from pipeline.reviewing.sheet import write_sheet
from pipeline.reviewing.withdrawing import resting_on, withdraw
from pipeline.terminal import print_lines, write_json
from schemas.support.figures import counted


def export_queue(
    workspace: Path,
    ledger: Ledger | None,
    runs: list[ReviewedRun],
    to: Path,
    code: str | None,
    day: date,
    *,
    force: bool,
    as_json: bool,
) -> None:
    """Write what waits to a file, enter that in the log, and print it."""
    with logged_change(workspace, ledger) as log:
        lines = write_sheet(to, runs, code, day, force=force)
        facts = {
            "rows": lines,
            "what": "rows in review",
            "runs": sorted(run.run_id for run in runs),
            "sha256": output_file(to, lines).sha256,
            "to": location(workspace, to),
        }
        log.append(Entry("export", "review", datetime.now(UTC).isoformat(), None, facts))
    if as_json:
        write_json({"file": str(to), "lines": lines})
        return
    print_lines(
        f"{to}: {counted(lines, 'line')}; fill in decision (release or deny), by, on, evidence and, where it ends, "
        "evidence_until; then: leadscrub review apply FILE"
    )


def apply_file(desk: Desk, file: Path, *, vendor: str | None, run: str | None, as_json: bool) -> None:
    """Apply the decisions of a file that a person filled in."""
    with at_desk(desk):
        runs = reviewed_runs(desk.workspace, desk.ledger, desk.day, run=run, vendor=vendor)
        answers = read_answers(file, runs, desk.day)
        _apply(desk, runs, answers.choices, answers.places, answers.undecided, as_json=as_json)


def apply_rule(desk: Desk, code: str, word: Word, *, vendor: str | None, run: str | None, as_json: bool) -> None:
    """Decide all rows alike that wait for a reason."""
    with at_desk(desk):
        runs = reviewed_runs(desk.workspace, desk.ledger, desk.day, run=run, vendor=vendor)
        _apply(desk, runs, chosen_by_rule(runs, code, word, desk.day), {}, 0, as_json=as_json)


def _apply(
    desk: Desk,
    runs: list[ReviewedRun],
    choices: pl.DataFrame,
    places: dict[str, str],
    left: int,
    *,
    as_json: bool,
) -> None:
    new = undecided(runs, choices, places)
    if new.is_empty():
        print_applied(None, None, undecided=left, as_json=as_json)
        return
    folder, record = apply_choices(desk, runs, new)
    print_applied(folder, record, undecided=left, as_json=as_json)


def withdraw_review(desk: Desk, review: str, *, by: str, because: str, as_json: bool) -> None:
    """Undo a review."""
    with at_desk(desk):
        record, exported, changed = withdraw(
            desk.workspace, desk.ledger, review, by=by, because=because, now=desk.now()
        )
        resting = resting_on(desk.workspace, record.review)
        print_withdrawn(record, exported, resting, changed=changed, as_json=as_json)
