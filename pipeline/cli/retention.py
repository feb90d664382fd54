"""The ``leadscrub retention`` command."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.help import InterruptedByUserError
from pipeline.cli.option_values import day_of
from pipeline.cli.options import AsOfDay, Json
from schemas.errors import UsageError
from schemas.support.figures import counted


def retention(
    delete: Annotated[bool, typer.Option("--delete", help="Delete; without it, only list.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list, as without --delete.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Delete without asking, as in cron.")] = False,
    as_of: AsOfDay = None,
    as_json: Json = False,
) -> None:
    """List or delete what is older than [retention] allows: drops, results, returns, contact history."""
    from pipeline.commands.retention import due  # noqa: PLC0415
    from pipeline.commands.retention_deleting import delete_due  # noqa: PLC0415
    from pipeline.commands.retention_report import print_due  # noqa: PLC0415
    from pipeline.ledger.open_ledger import chosen_ledger  # noqa: PLC0415
    from pipeline.nightly.folders import Folders  # noqa: PLC0415
    from pipeline.nightly.last_pass import note_day, refuse_odd_day  # noqa: PLC0415
    from pipeline.workspace import workspace_facts, workspace_of  # noqa: PLC0415

    if delete and dry_run:
        raise UsageError("--delete and --dry-run contradict each other.", "List first, then use --delete alone.")
    today = day_of(as_of)
    if today > day_of(None):
        raise UsageError(
            f"--as-of {today} is in the future: what is still to be kept would go.", "Name a day up to today."
        )
    workspace = workspace_of(None)
    keep = None if workspace is None else workspace_facts(workspace).retention
    if workspace is None or keep is None:
        raise UsageError(
            "This workspace does not say how long to keep anything.",
            "Add [retention] to the workspace's leadscrub.toml.",
        )
    with chosen_ledger(None, None) as ledger:
        if ledger is None:
            raise UsageError("This workspace has no ledger.", "Add [ledger] to its leadscrub.toml.")
        found = due(ledger, Path().absolute(), keep, today)
        sizes = [each.size for each in found]
        folders = Folders(workspace)
        if delete and as_of is None:
            refuse_odd_day(folders, today, "leadscrub retention --delete")
        if delete and found and not yes:
            _ask(len(found), sum(sizes))
        if delete:
            note_day(folders, today, day_of(None))
            delete_due(ledger, found, lambda: datetime.now(UTC))
        print_due(found, sizes, deleted=delete, as_json=as_json)


def _ask(things: int, size: int) -> None:
    """Have a person say yes. Raises `UsageError` where none can be asked, `InterruptedByUserError` when it is no."""
    what = f"{counted(things, 'item')}, {size / 1e6:,.1f} MB, would be deleted for ever."
    if not sys.stdin.isatty():
        raise UsageError(what, "Look at them without --delete, then say --delete --yes.")
    if not typer.confirm(f"{what} Delete them?", err=True):
        raise InterruptedByUserError("stopped; nothing was deleted.")
