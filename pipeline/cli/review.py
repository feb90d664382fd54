"""The ``leadscrub review`` commands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.help import Changing, Command, Group
from pipeline.cli.option_values import day_of
from pipeline.cli.options import AsOfDay, Json, with_shared_options
from pipeline.cli.proof import WorkspaceFolder
from pipeline.cli.run_options import ListOptions
from schemas.errors import UsageError

if TYPE_CHECKING:
    from pipeline.ledger.database import Ledger

review = typer.Typer(
    name="review",
    cls=Group,
    help="Rows that a person may release: what waits, who decided, and on what evidence.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Reason = Annotated[str | None, typer.Option("--reason", metavar="CODE", help="Only rows that wait for this reason.")]
OfVendor = Annotated[str | None, typer.Option("--vendor", metavar="NAME", help="Only rows of this vendor.")]
OfRun = Annotated[
    str | None, typer.Option("--run", metavar="ID", help="Only rows of this run: the beginning of its id.")
]


@review.command("list", cls=Command, epilog="Example: leadscrub review list --vendor sellers")
def list_(
    reason: Reason = None,
    vendor: OfVendor = None,
    run: OfRun = None,
    older_than: Annotated[
        int, typer.Option("--older-than", metavar="DAYS", min=0, help="Only what waits for so many days.")
    ] = 0,
    workspace: WorkspaceFolder = Path(),
    as_of: AsOfDay = None,
    as_json: Json = False,
) -> None:
    """List what waits for a person, by reason and vendor, with the evidence that would release it."""
    from pipeline.commands.review_report import print_queue  # noqa: PLC0415
    from pipeline.reviewing.queue import reviewed_runs  # noqa: PLC0415

    with ledger_of_workspace(workspace) as ledger:
        today = day_of(as_of)
        runs = reviewed_runs(workspace, ledger, today, run=run, vendor=vendor)
        print_queue(workspace, runs, today, code=reason, older_than=older_than, as_json=as_json)


@review.command("export", cls=Changing, epilog="Example: leadscrub review export --to review.csv --vendor sellers")
def export(
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="A .csv or .xlsx file, to be filled in.")],
    reason: Reason = None,
    vendor: OfVendor = None,
    run: OfRun = None,
    workspace: WorkspaceFolder = Path(),
    force: Annotated[bool, typer.Option("--force", help="Replace the file.")] = False,
    as_json: Json = False,
) -> None:
    """Write what waits to a file in which a person fills in decision, name, day and evidence."""
    from pipeline.commands.review_changes import export_queue  # noqa: PLC0415
    from pipeline.reviewing.queue import reviewed_runs  # noqa: PLC0415

    with ledger_of_workspace(workspace) as ledger:
        today = day_of(None)
        runs = reviewed_runs(workspace, ledger, today, run=run, vendor=vendor)
        export_queue(workspace, ledger, runs, to, reason, today, force=force, as_json=as_json)


@review.command("apply", cls=Changing, epilog="Example: leadscrub review apply review.csv")
@with_shared_options
def apply(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="A file of 'leadscrub review export', filled in.")
    ] = None,
    reason: Annotated[
        str | None,
        typer.Option("--rule", "--reason", metavar="CODE", help="Decide all rows alike that wait for this rule."),
    ] = None,
    decision: Annotated[str | None, typer.Option(metavar="WORD", help="With --rule: release or deny.")] = None,
    by: Annotated[str | None, typer.Option(metavar="NAME", help="With --rule: who decides.")] = None,
    evidence: Annotated[
        str | None, typer.Option("--evidence", metavar="REF", help="With --rule: on what evidence.")
    ] = None,
    on: Annotated[str | None, typer.Option(metavar="DATE", help="With --rule: day of the decision.")] = None,
    until: Annotated[
        str | None, typer.Option(metavar="DATE", help="With --rule: last day on which the evidence holds.")
    ] = None,
    vendor: OfVendor = None,
    run: OfRun = None,
    campaign: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Campaign TOML; by default the workspace's of the same name.")
    ] = None,
    *,
    lists: ListOptions,
    workspace: WorkspaceFolder = Path(),
    as_of: AsOfDay = None,
    as_json: Json = False,
) -> None:
    """Release or deny rows in review, all that is asked or nothing; released rows are scrubbed by today's lists."""
    from pipeline.commands.review_changes import apply_file, apply_rule  # noqa: PLC0415
    from pipeline.reviewing.applying import Desk  # noqa: PLC0415
    from pipeline.reviewing.choices import Word  # noqa: PLC0415
    from schemas.support.cores import usable_cores  # noqa: PLC0415

    if (file is None) == (reason is None):
        raise UsageError("Name a file that was filled in, or a rule.", "As in: leadscrub review apply review.csv")
    today = day_of(as_of)
    with ledger_of_workspace(workspace) as ledger:
        desk = Desk(workspace, ledger, today, lambda: datetime.now(UTC), lists.of, campaign, usable_cores())
        if file is not None:
            if decision or by or evidence or on or until:
                raise UsageError("The file itself says who decided and why.", "Leave these options out.")
            apply_file(desk, file, vendor=vendor, run=run, as_json=as_json)
            return
        made_on, ends = today if on is None else day_of(on), None if until is None else day_of(until)
        word = Word(decision or "", by or "", made_on, evidence or "", ends)
        apply_rule(desk, str(reason), word, vendor=vendor, run=run, as_json=as_json)


@review.command("withdraw", cls=Changing, epilog="Example: leadscrub review withdraw last --by Ann --because typo")
def withdraw(
    id_: Annotated[str, typer.Argument(metavar="REVIEW", help="Id of the review, as 'review list' has it; or: last.")],
    by: Annotated[str, typer.Option(metavar="NAME", help="Who withdraws it.")],
    because: Annotated[str, typer.Option(metavar="TEXT", help="Why.")],
    workspace: WorkspaceFolder = Path(),
    as_json: Json = False,
) -> None:
    """Undo a review: its rows wait again, and those that it released are deleted."""
    from pipeline.commands.review_changes import withdraw_review  # noqa: PLC0415
    from pipeline.reviewing.applying import Desk  # noqa: PLC0415

    with ledger_of_workspace(workspace) as ledger:
        desk = Desk(workspace, ledger, day_of(None), lambda: datetime.now(UTC))
        withdraw_review(desk, id_, by=by, because=because, as_json=as_json)


@contextmanager
def ledger_of_workspace(workspace: Path) -> Iterator[Ledger | None]:
    """The ledger of the workspace, if it has one that was used. Raises `UsageError` when it is no workspace."""
    from pipeline.workspace import refuse_no_workspace, workspace_facts  # noqa: PLC0415

    refuse_no_workspace(workspace, "Name one with --workspace, or change to it.")
    choice = workspace_facts(workspace).ledger
    used = (workspace / "ledger" / "ledger.db").exists()
    if choice is None and not used:
        yield None
        return
    from pipeline.ledger.database import open_ledger  # noqa: PLC0415  # only where there is one
    from schemas.workspace import LedgerChoice  # noqa: PLC0415

    with open_ledger(choice or LedgerChoice(), workspace) as ledger:
        yield ledger
