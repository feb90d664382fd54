"""Prints what waits for a person, and what came of decisions. No lead is shown."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from pipeline.results.decisions import ReviewRecord, reviews_in, withdrawal_of
from pipeline.reviewing.queue import ReviewedRun, Waiting, summary
from pipeline.terminal import plain_table, print_lines, write_json
from schemas.support.figures import counted
from schemas.support.shown import shown


def print_queue(
    workspace: Path, runs: list[ReviewedRun], today: date, *, code: str | None, older_than: int, as_json: bool
) -> None:
    """Print what waits by reason and vendor, and the reviews that were made."""
    waiting = [
        each
        for each in summary(runs)
        if (code is None or each.code == code) and (today - each.oldest).days >= older_than
    ]
    rows = sum(run.waiting.get_column("row_id").n_unique() for run in runs)
    standing = [record for _, record in reviews_in(workspace)]
    gone = [(record, withdrawal_of(folder)) for folder, record in reviews_in(workspace, withdrawn=True)]
    if as_json:
        write_json(
            {
                "rows": rows,
                "waiting": [_document(each, today) for each in waiting],
                "reviews": [_review(record) for record in standing]
                + [{**_review(record), "withdrawn": said.at.isoformat()} for record, said in gone],
            }
        )
        return
    table = plain_table("reason", "vendor")
    for name in ("rows", "for this alone", "runs", "days"):
        table.add_column(name, justify="right")
    table.add_column("what releases them")
    for each in waiting:
        counts = (each.rows, each.alone, each.runs, (today - each.oldest).days)
        table.add_row(each.code, each.vendor, *(f"{count:,}" for count in counts), shown(each.remedy))
    table.print()
    print_lines(
        f"{counted(rows, 'row')} of {counted(len(runs), 'run')} {'waits' if rows == 1 else 'wait'} for a person"
    )
    print_lines(*(_told(record) for record in standing))
    print_lines(*(f"{_told(record)}; withdrawn by {said.by}: {said.because}" for record, said in gone))


def print_applied(folder: Path | None, record: ReviewRecord | None, *, undecided: int, as_json: bool) -> None:
    """Print what decisions came to; without a record, that all of it was decided before."""
    if record is None:
        if as_json:
            nothing: dict[str, Any] = {
                "review": None,
                "made_at": None,
                "people": [],
                "codes": {},
                "released": 0,
                "refused": 0,
                "denied": 0,
            }
            write_json({**nothing, "changed": False, "undecided": undecided, "results": []})
        else:
            print_lines("nothing was changed: all of it was decided before")
        return
    results = [folder / run.result for run in record.runs.values() if folder is not None and run.result is not None]
    if as_json:
        write_json({**_review(record), "changed": True, "undecided": undecided, "results": list(map(str, results))})
        return
    print_lines(_told(record))
    released, refused, denied = (_sum(record, name) for name in ("released", "refused", "denied"))
    if refused:
        verb = "is" if refused == 1 else "are"
        print_lines(f"{counted(refused, 'row')} released {verb} rejected all the same, for another reason of today")
    if not released and not refused and not denied:
        print_lines("rows that wait for another reason as well go on to wait: see 'leadscrub review list'")
    print_lines(*(f"released rows: {shown(str(out))}" for out in results))
    if undecided:
        print_lines(f"{counted(undecided, 'line')} of the file without a decision: left as before")
    print_lines(f"undone by: leadscrub review withdraw {record.review} --by NAME --because TEXT")


def print_withdrawn(
    record: ReviewRecord, exported: list[str], resting: list[str], *, changed: bool, as_json: bool
) -> None:
    """Print that a review was undone, where its rows were exported to meanwhile, and which results rest on it."""
    if as_json:
        write_json({**_review(record), "withdrawn": True, "changed": changed, "exported": exported, "resting": resting})
        return
    if not changed:
        print_lines(f"nothing was changed: review {record.review} was withdrawn before")
        return
    released = _sum(record, "released")
    print_lines(
        f"review {record.review} is withdrawn: its rows wait again; {counted(released, 'row')} released by it deleted"
    )
    print_lines(*(f"EXPORTED MEANWHILE: {shown(to)} has such rows; nobody may use them" for to in exported))
    print_lines(*(f"rests on it, to be scrubbed again: {shown(out)}" for out in resting))


def _document(each: Waiting, today: date) -> dict[str, object]:
    return {
        "reason": each.code,
        "vendor": each.vendor,
        "rows": each.rows,
        "alone": each.alone,
        "runs": each.runs,
        "oldest": each.oldest.isoformat(),
        "days": (today - each.oldest).days,
        "released_by": each.remedy,
    }


def _review(record: ReviewRecord) -> dict[str, object]:
    return {
        "review": record.review,
        "made_at": record.made_at.isoformat(),
        "people": record.people,
        "codes": record.codes,
        "released": _sum(record, "released"),
        "refused": _sum(record, "refused"),
        "denied": _sum(record, "denied"),
    }


def _sum(record: ReviewRecord, name: str) -> int:
    return sum(getattr(run, name) for run in record.runs.values())


def _told(record: ReviewRecord) -> str:
    counts = ", ".join(f"{_sum(record, name):,} {name}" for name in ("released", "refused", "denied"))
    people, codes = ", ".join(record.people), ", ".join(record.codes)
    return f"review {record.review} of {record.made_at.date()} by {people}: {counts} ({codes})"
