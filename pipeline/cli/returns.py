"""The commands that speak of vendors: what goes back to them, and how good their leads were."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.option_values import last_instant_of
from pipeline.cli.options import Json
from pipeline.terminal import complain

Workspace = Annotated[Path, typer.Option("--workspace", metavar="DIR", help="The workspace; by default this folder.")]
OneVendor = Annotated[str | None, typer.Option("--vendor", metavar="NAME", help="Only this vendor.")]
AsOfInstant = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="DATE|INSTANT",
        help="Instant, or day (its end in UTC), that decides which windows are open; by default now.",
    ),
]


def returns(
    vendor: OneVendor = None,
    workspace: Workspace = Path(),
    as_of: AsOfInstant = None,
    write: Annotated[bool, typer.Option("--write", help="Write what is returnable into outgoing/NAME.")] = False,
    deliver: Annotated[
        bool, typer.Option("--deliver", help="Write it, deliver it by the contract, and confirm it.")
    ] = False,
    accept_unread: Annotated[
        bool,
        typer.Option("--accept-unread", help="Also return rows of runs in which most numbers could not be read."),
    ] = False,
    as_json: Json = False,
) -> None:
    """List what may go back to which vendor, by when, for how much; write and deliver it, never twice."""
    from pipeline.commands.returns_report import print_returns  # noqa: PLC0415
    from pipeline.ledger.vendor_runs import workspace_ledger  # noqa: PLC0415
    from pipeline.returning.returns_job import Job, returns_of  # noqa: PLC0415

    now = last_instant_of(as_of)
    with workspace_ledger(workspace) as ledger:
        outcomes = returns_of(ledger, workspace, vendor, Job(now, write, deliver, accept_unread))
    print_returns(outcomes, now, as_json=as_json)
    failures = [failure for outcome in outcomes for failure in outcome.failures]
    for failure in failures:
        complain(str(failure))
    if failures:
        raise typer.Exit(max(failure.exit_code for failure in failures))


def vendors(
    vendor: OneVendor = None,
    workspace: Workspace = Path(),
    months: Annotated[int, typer.Option(min=1, metavar="N", help="Number of months, this one included.")] = 12,
    as_of: AsOfInstant = None,
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write it as CSV, in place of what is there.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare vendors by month: received, clean rate, reasons, duplicates, cost, returns, credit, trend."""
    from pipeline.commands.scorecard import scorecard  # noqa: PLC0415
    from pipeline.commands.scorecard_report import print_scorecard  # noqa: PLC0415
    from pipeline.ledger.vendor_runs import workspace_ledger  # noqa: PLC0415

    with workspace_ledger(workspace) as ledger:
        card = scorecard(ledger, workspace, vendor, months, last_instant_of(as_of))
    print_scorecard(card, csv, as_json=as_json)
