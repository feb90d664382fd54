"""Prints what a pass came to, as tables or as one JSON object."""

from __future__ import annotations

import sys
from collections import Counter

from pipeline.nightly.summary import DropLine, Summary, Unsettled
from pipeline.terminal import is_quiet, plain_table, print_lines, write_json
from schemas.support.figures import counted


def print_summary(summary: Summary, *, as_json: bool) -> None:
    """Print to stdout. Raises `OSError` when that cannot be written."""
    if as_json:
        write_json(summary.model_dump(mode="json"))
    else:
        if not is_quiet():
            _print_drops(summary.drops)
            _print_unsettled(summary.unsettled)
        _print_end(summary)
    sys.stdout.flush()


def _print_drops(drops: list[DropLine]) -> None:
    if not drops:
        return
    table = plain_table()
    for name in ("vendor", "drop", "outcome"):
        table.add_column(name, overflow="fold")
    for name in ("read", "clean", "rejected", "review"):
        table.add_column(name, justify="right")
    table.add_column("where, or why", overflow="fold")
    for line in drops:
        counts = [f"{n:,}" if line.run_id else "" for n in (line.read, line.clean, line.rejected, line.review)]
        shown = "; ".join(part for part in (line.why, line.out or "") if part)
        table.add_row(line.vendor, line.drop, line.outcome, *counts, _on_one_line(shown))
        for note in line.notes:
            table.add_row("", "", "note", "", "", "", "", note)
    table.print()


def _print_unsettled(unsettled: list[Unsettled]) -> None:
    if not unsettled:
        return
    table = plain_table()
    for name in ("waits for a person", "vendor", "since", "what", "what to do"):
        table.add_column(name, overflow="fold")
    for item in unsettled:
        table.add_row(item.kind, item.vendor, str(item.since), item.subject, _on_one_line(item.why))
    table.print()


def _print_end(summary: Summary) -> None:
    outcomes = Counter(line.outcome for line in summary.drops)
    counts = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items())) or "no drops"
    waiting = (
        f"; {len(summary.unsettled)} {'waits' if len(summary.unsettled) == 1 else 'wait'} for a person"
        if summary.unsettled
        else ""
    )
    end = "; dry run, nothing written" if summary.dry_run else ""
    print_lines(f"{counted(len(summary.vendors), 'vendor')}: {counts}{waiting}{end}")


def _on_one_line(message: str) -> str:
    """The message of an error that has several lines."""
    return " ".join(message.split("\n"))
