"""The command ``leadscrub nightly``."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.option_values import day_of
from pipeline.cli.options import AsOfDay, Loudness, with_shared_options
from schemas.support.cores import usable_cores


@with_shared_options
def nightly(
    workspace: Annotated[Path, typer.Option(metavar="DIR", help="Folder with leadscrub.toml.")] = Path(),
    as_of: AsOfDay = None,
    vendor: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only this vendor; repeatable.")] = None,
    accept_drift: Annotated[
        bool,
        typer.Option("--accept-drift", help="Accept drops whose columns differ from their vendor's last accepted one."),
    ] = False,
    accept_held: Annotated[
        bool,
        typer.Option("--accept-held", help="Accept drops that are outside the [gate] of their campaign or vendor."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show which drops would be taken, and write nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as one JSON object.")] = False,
    report: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the summary there as well.")] = None,
    metrics: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the figures of the pass there as OpenMetrics text.")
    ] = None,
    log: Annotated[
        str, typer.Option(metavar="text|json", help="Format of stderr: trouble in words, or each event as JSON.")
    ] = "text",
    *,
    loudness: Loudness,
) -> None:
    """Make one pass over the vendors' inboxes: scrub complete drops, archive them, report."""
    loudness.begin("looking into the inboxes")
    from pipeline.lineage.opening import open_lineage  # noqa: PLC0415
    from pipeline.nightly.log import event_log, log_form  # noqa: PLC0415
    from pipeline.nightly.night import NightRequest, one_pass, read_workspace  # noqa: PLC0415
    from pipeline.nightly.report import report as tell  # noqa: PLC0415
    from pipeline.nightly.summary import Trouble  # noqa: PLC0415

    form = log_form(log)
    choice = read_workspace(workspace)
    events = event_log(form, lambda: datetime.now(UTC), every_drop=loudness.verbose)
    lineage = open_lineage(None if dry_run else workspace, os.environ, lambda: datetime.now(UTC))
    request = NightRequest(
        workspace,
        day_of(as_of),
        lambda: datetime.now(UTC),
        vendors=vendor or [],
        accept_drift=accept_drift,
        accept_held=accept_held,
        dry_run=dry_run,
        threads=usable_cores(),
        day_said=as_of is not None,
        lineage=lineage,
    )
    try:
        summary = one_pass(request, choice, events)
    finally:
        for note in lineage.close():
            events.trouble(Trouble(vendor=None, code=0, why=note))
    code = tell(summary, choice.nightly, workspace, report, as_json=as_json, metrics=metrics)
    if code:
        raise typer.Exit(code)
