"""Prints what ``leadscrub returns`` found and did."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from pipeline.returning.decisions import FATES, RunReturns, VendorReturns
from pipeline.returning.returns_job import Outcome
from pipeline.terminal import money, plain_table, print_lines, write_json
from schemas.support.figures import counted

#: Row numbers that a line of the table names; ``--json`` names all.
_NAMED = 10
_COLUMNS = (
    "returnable",
    "over_cap",
    "already_returned",
    "expired",
    "no_key",
    "repeated",
    "unread",
    "gone",
    "not_accepted",
)


def print_returns(outcomes: list[Outcome], now: datetime, *, as_json: bool) -> None:
    """Print tables, or one JSON object."""
    if as_json:
        document = {
            "as_of": now.isoformat(),
            "fates": FATES,
            "vendors": [_document(outcome, now) for outcome in outcomes],
        }
        write_json(document, default=float)
        return
    for outcome in outcomes:
        _print_vendor(outcome, now)


def _document(outcome: Outcome, now: datetime) -> dict[str, Any]:
    plan = outcome.plan
    return {
        "vendor": plan.vendor.name,
        "has_contract": plan.terms is not None,
        "currency": plan.vendor.currency,
        "returnable": len(plan.returnable),
        "credit": plan.credit(len(plan.returnable)),
        "phrases": _phrases(plan),
        "runs": [_run(returns, plan, now) for returns in plan.runs],
        "caps": [vars(cap) for cap in plan.caps],
        "rows": plan.rows.filter(pl.col("fate").is_in(["returnable", "over_cap"]))
        .select("fate", "run_id", "row_id", "source_file", "source_line", "reason")
        .to_dicts(),
        "written": [
            {"file": str(file.path), "rows": file.rows, "credit": file.credit, "sha256": file.sha256}
            for file in outcome.written
        ],
        "delivered": [vars(file) for file in outcome.delivered],
        "withdrawn": outcome.withdrawn,
        "notes": plan.notes,
        "failures": [str(failure) for failure in outcome.failures],
    }


def _run(returns: RunReturns, plan: VendorReturns, now: datetime) -> dict[str, Any]:
    run = returns.run
    return {
        "run_id": run.run_id,
        "campaign": run.campaign,
        "out": str(run.out),
        "received_at": run.received_at.isoformat(),
        "deadline": returns.deadline.isoformat() if returns.deadline else None,
        "seconds_left": max(int((returns.deadline - now).total_seconds()), 0) if returns.deadline else None,
        "rejected": run.rejected,
        "rows": {fate: returns.fates[fate] for fate in FATES},
        "credit": plan.credit(returns.fates["returnable"]),
    }


def _phrases(plan: VendorReturns) -> dict[str, int]:
    """How many rows go back with each phrase."""
    found: dict[str, int] = {}
    if plan.terms is not None:
        for reason, rows in sorted(plan.returnable.get_column("reason").value_counts().rows()):
            phrase = plan.terms.phrase_for(reason) or ""
            found[phrase] = found.get(phrase, 0) + rows
    return found


def _print_vendor(outcome: Outcome, now: datetime) -> None:
    plan = outcome.plan
    print_lines(f"{plan.vendor.name}: {_heading(plan)}")
    shown = [returns for returns in plan.runs if returns.deadline is not None and now <= returns.deadline]
    closed = [returns for returns in plan.runs if returns.deadline is not None and now > returns.deadline]
    used = [fate for fate in _COLUMNS if any(returns.fates[fate] for returns in shown)]
    if shown:
        table = plain_table()
        for column in (
            "run",
            "campaign",
            "received",
            "time left",
            *(fate.replace("_", " ") for fate in used),
            "credit",
        ):
            table.add_column(column, no_wrap=column == "run", overflow="fold")
        for returns in shown:
            table.add_row(
                returns.run.run_id[:12],
                returns.run.campaign,
                f"{returns.run.received_at:%Y-%m-%d %H:%M}",
                _left(returns, now),
                *(f"{returns.fates[fate]:,}" for fate in used),
                money(plan.credit(returns.fates["returnable"]), plan.vendor.currency),
            )
        table.print()
    if closed:
        lost = sum(returns.fates["expired"] for returns in closed)
        print_lines(
            f"  {counted(len(closed), 'earlier run')}: windows closed, {counted(lost, 'row')} did not go back in time"
        )
    for line in (*_cap_lines(plan), *_done_lines(outcome), *(f"note: {note}" for note in plan.notes)):
        print_lines(f"  {line}")
    print_lines("")


def _heading(plan: VendorReturns) -> str:
    if plan.terms is None:
        return "no [returns] in its contract, so nothing goes back"
    rows = len(plan.returnable)
    credit = money(plan.credit(rows), plan.vendor.currency)
    return f"{counted(rows, 'row')} {'goes' if rows == 1 else 'go'} back" + (f", {credit}" if credit else "")


def _left(returns: RunReturns, now: datetime) -> str:
    left = (returns.deadline or now) - now
    if left >= timedelta(days=1):
        return f"{left.days} d {left.seconds // 3600} h"
    if left >= timedelta(hours=1):
        return f"{left.seconds // 3600} h {left.seconds % 3600 // 60} min"
    return f"{left.seconds // 60} min {left.seconds % 60} s"


def _cap_lines(plan: VendorReturns) -> Iterator[str]:
    over = plan.rows.filter(pl.col("fate") == "over_cap")
    for cap in plan.caps:
        left_out = over.filter((pl.col("period") == cap.period) & (pl.col("group") == cap.state))
        if left_out.is_empty():
            continue
        percent = plan.terms.cap_percent if plan.terms else None
        state = f", {cap.state}" if cap.state else ""
        yield (
            f"cap of {cap.period}{state}: {percent} % of {cap.received:,} is {cap.allowed:,}; "
            f"{cap.returned:,} went back before; left out {len(left_out):,}:"
        )
        for (run_id,), rows in left_out.group_by("run_id", maintain_order=True):
            numbers = rows.get_column("row_id").to_list()
            more = f" and {len(numbers) - _NAMED:,} more" if len(numbers) > _NAMED else ""
            yield f"  run {str(run_id)[:12]}: rows {', '.join(map(str, numbers[:_NAMED]))}{more}"


def _done_lines(outcome: Outcome) -> Iterator[str]:
    currency = outcome.plan.vendor.currency
    for name in outcome.withdrawn:
        yield f"withdrawn  {name}: a window closed before it was delivered"
    for file in outcome.written:
        credit = money(file.credit, currency)
        yield f"written    {file.path}: {counted(file.rows, 'row')}" + (f", {credit}" if credit else "")
    for sent in outcome.delivered:
        yield f"delivered  {sent.file}: {counted(sent.rows, 'row')} to {_shown(sent.destination)}"
    terms = outcome.plan.terms
    if outcome.written and terms is not None and terms.deliver_to is None:
        yield "the contract has no deliver_to: hand the file over yourself; its rows count as returned"


def _shown(destination: str) -> str:
    scheme, separator, rest = destination.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}" if separator else destination
