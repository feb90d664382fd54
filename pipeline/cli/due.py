"""The ``leadscrub due`` command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.option_values import day_of
from pipeline.cli.options import AsOfDay, Json
from pipeline.cli.proof import WorkspaceFolder


def due(
    within: Annotated[int, typer.Option("--within", metavar="DAYS", min=0, help="How far to look ahead.")] = 30,
    ics: Annotated[
        Path | None, typer.Option("--ics", metavar="FILE", help="Write them to a calendar file as well.")
    ] = None,
    workspace: WorkspaceFolder = Path(),
    as_of: AsOfDay = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the calendar file.")] = False,
    as_json: Json = False,
) -> None:
    """List what is to be done by a day: notices, lists to renew, rows, windows and evidence that end, deletions."""
    from pipeline.cli.review import ledger_of_workspace  # noqa: PLC0415
    from pipeline.commands.duties.report import duties_of, print_duties  # noqa: PLC0415

    today = day_of(as_of)
    with ledger_of_workspace(workspace) as ledger:
        found = duties_of(workspace, ledger, today, within)
    if ics is not None:
        from pipeline.commands.duties.calendar import write_calendar  # noqa: PLC0415

        write_calendar(ics, found, today, force=force)
    if print_duties(found, today, within, as_json=as_json):
        raise typer.Exit(3)
