"""What earlier passes left for a person. It is reported every night, and keeps the exit code, until it is settled."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipeline.nightly.folders import WHY
from pipeline.nightly.night_context import Night
from pipeline.nightly.summary import DropLine, Unsettled, quarantine_code
from pipeline.nightly.vendors import Seller
from pipeline.results.decisions import settled_rows
from schemas.errors import EXIT_TOO_MANY_REJECTED
from schemas.support.figures import counted, percent


def in_quarantine(night: Night, sellers: list[Seller]) -> list[Unsettled]:
    """Drops that earlier passes put into quarantine: settled when the file is gone, taken back or removed."""
    found = []
    for drop in night.journal.quarantined([seller.name for seller in sellers]):
        if not night.folders.own(drop.kept_at) or not drop.kept_at.exists():
            continue
        shown = night.folders.shown(drop.kept_at)
        why = f"{drop.why} Do what '{shown}{WHY}' says, or remove the file."
        since = drop.since.date()
        found.append(
            Unsettled(
                kind="quarantine",
                vendor=drop.vendor,
                subject=shown,
                since=since,
                code=quarantine_code(drop.why),
                why=why,
            )
        )
    return found


def still_unsettled(
    night: Night, sellers: list[Seller], quarantine: list[Unsettled], lines: list[DropLine]
) -> list[Unsettled]:
    """Find what waits at the end of a pass: of what was in quarantine at its beginning, and of all runs but its own."""
    kept = [item for item in quarantine if (night.folders.workspace / item.subject).exists()]
    return [*kept, *_over_limit(night, sellers, lines), *_in_review(night, [seller.name for seller in sellers])]


def _over_limit(night: Night, sellers: list[Seller], lines: list[DropLine]) -> Iterator[Unsettled]:
    """Runs of the same day of which too much was rejected: a pass that is tried again ends like the first."""
    limits = {seller.name: seller.max_reject_rate for seller in sellers}
    reported = {line.run_id for line in lines}
    for vendor, run in night.journal.runs_of_day(night.day):
        limit = limits.get(vendor)
        if limit is None or run.run_id in reported or run.rejected <= limit * run.read:
            continue
        yield Unsettled(
            kind="rejected",
            vendor=vendor,
            subject=night.folders.shown(Path(run.out)),
            since=night.day,
            code=EXIT_TOO_MANY_REJECTED,
            why=f"more than {percent(limit)} of its rows were rejected today",
            rows=run.rejected,
            runs=1,
        )


def _in_review(night: Night, vendors: list[str]) -> Iterator[Unsettled]:
    """Rows that a person may release: settled when they are, when the drop is scrubbed again, or the result is gone."""
    for waiting in night.journal.in_review(vendors, settled_rows(night.folders.workspace)):
        rows, runs = counted(waiting.rows, "row"), counted(waiting.runs, "run")
        yield Unsettled(
            kind="review",
            vendor=waiting.vendor,
            subject=night.folders.shown(waiting.oldest),
            since=waiting.since.date(),
            code=0,
            why=f"{rows} of {runs} may be released by a person who has the evidence that 'leadscrub review list' names"
            + (f"; {waiting.decided:,} more were decided" if waiting.decided else ""),
            rows=waiting.rows,
            runs=waiting.runs,
        )
