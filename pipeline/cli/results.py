"""Commands about a drop before a scrub and a result after it, and about a workspace."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.option_values import address_of, day_of, last_instant_of
from pipeline.cli.options import AsOfDay, Json, ResultFolder, code_names
from schemas.errors import UsageError


def inspect(
    drops: Annotated[list[str], typer.Argument(metavar="DROP", help="File, folder, glob, URL or table; - for stdin.")],
    layout: Annotated[
        str | None,
        typer.Option(metavar="NAME|FILE", help="Layout to read it with: a name, a TOML file or an ODCS contract."),
    ] = None,
    save_layout: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Save what was detected as a layout to edit; as an ODCS contract where it ends in .yaml.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show how a scrub would read a drop: encoding, dialect, columns, fields, kinds, doubts. Values are masked."""
    from pipeline.commands.inspect import print_inspection  # noqa: PLC0415
    from pipeline.terminal import print_notes  # noqa: PLC0415
    from pipeline.workspace import named_layout, workspace_limits  # noqa: PLC0415
    from schemas.files.limits import limited_to  # noqa: PLC0415

    with limited_to(workspace_limits(None)):
        notes: list[str] = []
        print_inspection(drops, named_layout(layout, notes), as_json=as_json, save=save_layout)
        print_notes(*notes)


def explain(
    out: Annotated[
        Path | None, typer.Argument(metavar="OUT", help="Folder of a result; by default all of the workspace.")
    ] = None,
    row: Annotated[int | None, typer.Option(metavar="N", help="row_id of the lead.")] = None,
    phone: Annotated[
        str | None, typer.Option(metavar="PHONE", help="A phone of the lead, in any form; - reads it from stdin.")
    ] = None,
    email: Annotated[
        str | None, typer.Option(metavar="EMAIL", help="An email of the lead; - reads it from stdin.")
    ] = None,
    line: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Line of the vendor's file that the lead is on; of a workbook the row."),
    ] = None,
    file: Annotated[
        str | None, typer.Option(metavar="NAME", help="File that --line is of, where the drop has several.")
    ] = None,
    sheet: Annotated[
        str | None, typer.Option(metavar="NAME", help="Sheet that --line is of, where the workbook has several.")
    ] = None,
    workspace: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The workspace; by default that of OUT, or this folder.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Explain one lead: where it came from, each finding, what decided, and on whose word."""
    from pipeline.commands.explain import Asked, Place, print_story  # noqa: PLC0415

    place = None if line is None else Place(line, file, sheet)
    if place is None and (file or sheet):
        raise UsageError("--file and --sheet work only with --line.", "Name the line with --line N.")
    asked = Asked(row, address_of(phone), address_of(email), place)
    print_story(out, asked, workspace=workspace, as_json=as_json)


def verify(
    out: ResultFolder,
    key: Annotated[
        Path | None, typer.Option(metavar="PUB", help="PEM file with the public key that must have signed it.")
    ] = None,
    workspace: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Workspace whose log and ledger to ask; by default the one that OUT is in."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Recheck a result against its manifest, and that against log, ledger and key; exit 1 when anything differs."""
    from pipeline.commands.verify import print_verification  # noqa: PLC0415

    if not print_verification(out, key=key, workspace=workspace, as_json=as_json):
        raise typer.Exit(1)


def report(
    out: Annotated[Path | None, typer.Argument(metavar="OUT", help="Folder of a result.")] = None,
    night: Annotated[
        str | None, typer.Option("--night", metavar="DATE", help="About all runs as of a day, as YYYY-MM-DD.")
    ] = None,
    vendor: Annotated[
        str | None, typer.Option("--vendor", metavar="NAME", help="About a vendor's last twelve months.")
    ] = None,
    month: Annotated[
        str | None, typer.Option("--month", metavar="YYYY-MM", help="About all that was received in a month.")
    ] = None,
    workspace: Annotated[
        Path, typer.Option(metavar="DIR", help="The workspace, with contracts and ledger; by default this folder.")
    ] = Path(),
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="Last day of --vendor's months; by default today.")
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="FILE", help="Where the page goes; by default report-NAME.html in this folder."),
    ] = None,
) -> None:
    """Make a report to forward, as one HTML page: about a result, a night, a vendor or a month."""
    from pipeline.commands.report import made_report, save_page  # noqa: PLC0415
    from pipeline.terminal import print_lines  # noqa: PLC0415

    name, page = made_report(out, night, vendor, month, workspace, last_instant_of(as_of))
    path = to or Path(f"report-{name}.html")
    save_page(page, path)
    print_lines(f"wrote  {path}")


def reasons(
    code: Annotated[
        str | None,
        typer.Argument(metavar="CODE", autocompletion=code_names, help="Code to explain; by default all."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Explain reason codes: what each means, what to do, and who may see it."""
    from pipeline.commands.reasons import print_reasons  # noqa: PLC0415

    print_reasons(code, as_json=as_json)


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to make; existing files are kept.")],
    drop: Annotated[
        str | None,
        typer.Option("--from", metavar="DROP", help="Ask some questions about this drop and write what they answer."),
    ] = None,
    answers: Annotated[
        Path | None, typer.Option(metavar="FILE", help="TOML file with the answers, in place of the questions.")
    ] = None,
) -> None:
    """Make a workspace: commented examples, or with --from a campaign, a vendor and a layout for a drop."""
    from pipeline.commands.first_hour.interview import make_from_drop  # noqa: PLC0415
    from pipeline.commands.init_workspace import make_workspace  # noqa: PLC0415

    if drop is not None:
        make_from_drop(folder, drop, answers)
    elif answers is not None:
        raise UsageError("--answers works only with --from.", "Name the drop with --from DROP.")
    else:
        make_workspace(folder)


def check(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder with leadscrub.toml.")] = Path(),
    as_of: AsOfDay = None,
    as_json: Json = False,
) -> None:
    """Find what is wrong, missing, undeclared or open in a workspace, before a night does; exit 3 when anything is."""
    from pipeline.commands.check_workspace import print_check  # noqa: PLC0415

    if not print_check(folder, day_of(as_of), as_json=as_json):
        raise typer.Exit(3)
