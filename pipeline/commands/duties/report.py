"""Finds and prints the duties of a workspace."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

from pipeline.commands.duties.duty import KINDS, Duty
from pipeline.commands.duties.results import ending_evidence, ending_rows, notices, standing
from pipeline.commands.duties.settings import campaigns_of, closing_windows, deletions, last_days, renewals
from pipeline.ledger.database import Ledger
from pipeline.terminal import plain_table, print_lines, write_json
from pipeline.workspace import refuse_no_workspace, workspace_facts
from schemas.support.figures import counted
from schemas.support.shown import shown

#: People of one duty that the table names; ``--json`` names all.
_NAMED = 20


def duties_of(workspace: Path, ledger: Ledger | None, today: date, within: int) -> list[Duty]:
    """All duties that are late or fall due in so many days, the first one first.

    Raises `UsageError` when the folder is no workspace, `ConfigError` when its files have faults.
    """
    refuse_no_workspace(workspace, "Name one with --workspace.")
    last = today + timedelta(within)
    keep = workspace_facts(workspace).retention
    campaigns, results = campaigns_of(workspace), standing(workspace, ledger)
    found = [
        *notices(results, last),
        *renewals(workspace, campaigns, last),
        *ending_rows(results, today, last),
        *last_days(campaigns, today, last),
        *ending_evidence(workspace, today, last),
    ]
    if ledger is not None:
        found += closing_windows(ledger, workspace, today, last)
        if keep is not None:
            found += deletions(ledger, workspace, keep, today, last)
    order = list(KINDS)
    return sorted(found, key=lambda duty: (duty.day, order.index(duty.kind), duty.vendor, duty.subject))


def print_duties(duties: list[Duty], today: date, within: int, *, as_json: bool) -> bool:
    """Print them as a table or as JSON. Returns whether one is late."""
    late = sum(duty.is_late(today) for duty in duties)
    if as_json:
        write_json(
            {
                "as_of": today.isoformat(),
                "within": within,
                "late": late,
                "duties": [_document(duty, today) for duty in duties],
            }
        )
        return late > 0
    if not duties:
        print_lines(f"nothing is due within {counted(within, 'day')}")
        return False
    table = plain_table("day")
    table.add_column("days", justify="right")
    table.add_column("vendor")
    table.add_column("count", justify="right")
    for name in ("what", "where", "what to do"):
        table.add_column(name, overflow="fold")
    for duty in duties:
        days = "LATE" if duty.is_late(today) else f"{(duty.day - today).days:,}"
        told = map(shown, (duty.what, duty.subject, duty.to_do))
        table.add_row(str(duty.day), days, duty.vendor, f"{duty.count:,}", *told)
        for who in duty.people[:_NAMED]:
            table.add_row("", "", "", "", f"  {who}", "", "")
        if len(duty.people) > _NAMED:
            table.add_row("", "", "", "", f"  and {len(duty.people) - _NAMED:,} more; --json names all", "", "")
    table.print()
    counts = Counter(duty.kind for duty in duties)
    print_lines(
        f"{len(duties):,} within {counted(within, 'day')}: "
        + ", ".join(f"{counts[kind]} {kind}" for kind in KINDS if counts[kind])
        + (f"; {late:,} LATE" if late else "")
    )
    return late > 0


def _document(duty: Duty, today: date) -> dict[str, object]:
    return {
        "kind": duty.kind,
        "day": duty.day.isoformat(),
        "days": (duty.day - today).days,
        "late": duty.is_late(today),
        "what": duty.what,
        "to_do": duty.to_do,
        "subject": duty.subject,
        "vendor": duty.vendor,
        "count": duty.count,
        "people": list(duty.people),
    }
