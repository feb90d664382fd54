"""Undoes a review: what it decided is not in force any more, and the rows that it released are deleted.

`withdrawn.json` comes first: from then on nothing of the review counts. Then its results go, the ledger forgets them,
and the log gets its entry. A command that is killed in between is finished by the next one.
"""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.ledger.logged import logged_change
from pipeline.proof.chain import entries
from pipeline.proof.review_entries import withdrawn_entry
from pipeline.proof.standing import standing_results
from pipeline.results.decisions import WITHDRAWN, ReviewRecord, Withdrawal, reviews_folder, reviews_in
from pipeline.results.manifest_file import read_manifest
from schemas.errors import UsageError
from schemas.support.durable import sync_path, write_atomically
from schemas.support.interrupts import interrupts_wait
from schemas.support.names import did_you_mean
from schemas.support.places import refuse_links
from schemas.support.shortage import raise_shortage
from schemas.support.shown import shown
from schemas.words import is_missing

if TYPE_CHECKING:  # what a ledger needs is loaded only where there is one
    from pipeline.ledger.database import Ledger


#: In place of an id: the review that was made last, of those in force.
LAST = "last"


def withdraw(
    workspace: Path, ledger: Ledger | None, review: str, *, by: str, because: str, now: datetime
) -> tuple[ReviewRecord, list[str], bool]:
    """Withdraw a review. Returns its record, where its rows were exported to, and whether it was in force until now.

    Raises `UsageError` when there is no such review, it is not said who withdraws it and why, or another rests on it.
    """
    if is_missing(by) or is_missing(because):
        raise UsageError("It is not said who withdraws the review, and why.", "Say --by NAME --because TEXT.")
    standing = {record.review: (folder, record) for folder, record in reviews_in(workspace)}
    gone = {record.review: record for _, record in reviews_in(workspace, withdrawn=True)}
    if review == LAST:
        review = next(reversed(standing or gone), LAST)
    if review in gone:
        return gone[review], [], False
    if review not in standing:
        raise UsageError(f"There is no review '{review}'.", did_you_mean(review, standing))
    folder, record = standing[review]
    if later := [each.review for _, each in standing.values() if review in each.rests_on]:
        raise UsageError(
            f"Rows that review {', '.join(later)} released rest on review {review} as well.",
            f"Withdraw {later[-1]} first.",
        )
    said = Withdrawal(by=shown(by.strip()), because=shown(because.strip()), at=now)
    with interrupts_wait(f"review {review} is withdrawn"), logged_change(workspace, ledger) as log:
        write_atomically(folder / WITHDRAWN, said.model_dump_json(indent=2) + "\n")
        _remove_results(ledger, folder, record)
        log.append(withdrawn_entry(workspace, folder, record))
    return record, _exported(workspace, record), True


def finish_withdrawals(workspace: Path, ledger: Ledger | None) -> None:
    """Remove results that a withdrawal which was killed has left."""
    if not reviews_folder(workspace).is_dir():
        return
    for folder, record in reviews_in(workspace, withdrawn=True):
        _remove_results(ledger, folder, record)


def _remove_results(ledger: Ledger | None, folder: Path, record: ReviewRecord) -> None:
    for run in record.runs.values():
        if run.result is None:
            continue
        out = folder / run.result
        refuse_links(out, folder)
        if out.is_dir():
            # What is left of it after a crash is nobody's result.
            aside = folder / f".{run.result}.withdrawn"
            if not aside.exists():
                out.rename(aside)
        aside = folder / f".{run.result}.withdrawn"
        if aside.is_dir():
            shutil.rmtree(aside)
            sync_path(folder)
        if ledger is not None and run.result_run_id is not None:
            from pipeline.ledger.expiring import forget_rescrub  # noqa: PLC0415  # what a ledger needs

            forget_rescrub(ledger, run.result_run_id)


def _exported(workspace: Path, record: ReviewRecord) -> list[str]:
    """Where rows that the review had released were exported to, as the log has it."""
    released = {run.result_run_id for run in record.runs.values()} - {None}
    return [
        str(entry.facts.get("to", ""))
        for entry in entries(workspace)
        if entry.kind == "export" and entry.subject in released
    ]


def resting_on(workspace: Path, review: str) -> list[str]:
    """Results of the workspace that rest on a review: scrubs of the drop, or of released rows, since it was made."""
    found = []
    for out in standing_results(entries(workspace)):
        try:
            used = read_manifest(workspace / out).reviews
        except (OSError, ValueError) as error:  # what is no result any more, 'leadscrub log verify' names
            raise_shortage(error)
            continue
        if used is not None and review in used.reviews:
            found.append(out)
    return found
