"""The command line: it parses, calls, prints, and is the only place that turns errors into exit codes."""

from __future__ import annotations

import sys
from copy import copy
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer
from typer.main import get_command

from pipeline.cli.help import INTERRUPTED, SETTINGS, Changing, Command, Group, InterruptedByUserError, Stepwise
from pipeline.cli.lists import lists
from pipeline.cli.nightly import nightly
from pipeline.cli.options import (
    NO_REGION,
    AsOfDay,
    Json,
    LawOptions,
    ListOptions,
    ResultFolder,
    channel_names,
    code_names,
    day_of,
    instant_of,
    with_shared_options,
)
from pipeline.cli.rescrub import rescrub
from pipeline.cli.retention import retention
from pipeline.cli.returns import returns, vendors
from pipeline.cli.rules import rules_app
from schemas.errors import EXIT_TOO_MANY_REJECTED, LeadscrubError, UsageError
from schemas.support.interrupts import last_change
from schemas.support.names import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typer._click.core import Command as AnyCommand

app = typer.Typer(
    name="leadscrub",
    cls=Group,
    help="Scrub lead lists: every row accounted for, every reason given.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings=SETTINGS,
)


@app.command(
    cls=Changing,
    rich_help_panel="Scrub",
    epilog="Example: leadscrub scrub drop.csv -o out --channel call --region US --dnc registry.zip --internal ours.txt",
)
@with_shared_options
def scrub(
    drops: Annotated[list[str], typer.Argument(metavar="DROP", help="File, folder, glob or URL.")],
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="DIR", help="Folder for the results; must be new (or --force).")
    ],
    campaign: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Campaign TOML; without it, name --channel.")
    ] = None,
    vendor: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who sold the drop: vendors/NAME.toml of the workspace.")
    ] = None,
    channel: Annotated[
        list[str] | None,
        typer.Option(metavar="CHANNEL", autocompletion=channel_names, help="call, text, email or post; repeatable."),
    ] = None,
    *,
    lists: ListOptions,
    law: LawOptions,
    layout: Annotated[
        str | None, typer.Option(metavar="NAME|FILE", help="Layout TOML: columns, delimiter, encoding, region.")
    ] = None,
    sheet: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Sheet of a workbook; repeatable; by default all visible ones."),
    ] = None,
    region: Annotated[
        str | None,
        typer.Option(
            metavar="REGION", help="Country of numbers without a country code, such as US; none sets them aside."
        ),
    ] = None,
    as_of: AsOfDay = None,
    max_reject_rate: Annotated[
        float | None,
        typer.Option(min=0, max=1, metavar="SHARE", help="Exit 6 when more than this share (0 to 1) is rejected."),
    ] = None,
    accept_drift: Annotated[
        bool,
        typer.Option("--accept-drift", help="Accept a drop whose columns differ from the vendor's last accepted one."),
    ] = False,
    check_mx: Annotated[
        bool, typer.Option("--check-mx", help="Ask DNS whether each email's domain receives mail.")
    ] = False,
    dns_server: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="DNS server for --check-mx; by default the system's.")
    ] = None,
    ledger: Annotated[
        str | None, typer.Option(metavar="URL|none", help="Ledger for this run; by default the workspace's.")
    ] = None,
    received_at: Annotated[
        str | None,
        typer.Option(metavar="INSTANT", help="When a drop that the ledger has not seen was received; by default now."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do everything except write.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier result.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as one JSON object.")] = False,
    threads: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Worker processes; by default one for each core.")
    ] = None,
    block_mb: Annotated[
        float, typer.Option(min=0.001, max=256, metavar="MB", help="Megabytes of the drop to read at once.")
    ] = 4,
) -> None:
    """Read a drop, check every contact point, write clean and rejected rows with a reason on each."""
    import os  # noqa: PLC0415

    from pipeline.commands.summary import print_summary  # noqa: PLC0415
    from pipeline.ledger.open_ledger import chosen_ledger  # noqa: PLC0415
    from pipeline.run.plan import Request  # noqa: PLC0415
    from pipeline.run.progress import progress_bar  # noqa: PLC0415
    from pipeline.run.scrub import scrub as run  # noqa: PLC0415
    from schemas.config import channel_named  # noqa: PLC0415
    from schemas.contact.regions import checked_region  # noqa: PLC0415

    if dns_server is not None and not check_mx:
        raise UsageError("--dns-server works only with --check-mx.", "Add --check-mx.")
    request = Request(
        drops=drops,
        out=out,
        as_of=day_of(as_of),
        campaign=campaign,
        vendor=vendor,
        layout=layout,
        sheets=sheet or [],
        region=checked_region(region) if region and region.lower() != NO_REGION else None,
        no_region=region is not None and region.lower() == NO_REGION,
        channels=[channel_named(name) for name in dict.fromkeys(channel or [])],
        max_reject_rate=max_reject_rate,
        accept_drift=accept_drift,
        check_mx=check_mx,
        dns_server=dns_server,
        dry_run=dry_run,
        force=force,
        threads=threads or os.cpu_count() or 1,
        block_bytes=int(block_mb * (1 << 20)),
    )
    request = law.of(lists.of(request))
    with chosen_ledger(ledger, campaign) as opened, progress_bar() as report:
        result = run(replace(request, ledger=opened, received_at=instant_of(received_at, as_of)), report)
    print_summary(result, None if dry_run else out, as_json=as_json)
    if result.too_many_rejected:
        raise typer.Exit(EXIT_TOO_MANY_REJECTED)


@app.command(
    cls=Command, rich_help_panel="Scrub", epilog="Example: leadscrub inspect drop.csv --save-layout layouts/acme.toml"
)
def inspect(
    drops: Annotated[list[str], typer.Argument(metavar="DROP", help="File, folder or glob.")],
    layout: Annotated[
        str | None, typer.Option(metavar="NAME|FILE", help="Layout to read it with: a name or a TOML file.")
    ] = None,
    save_layout: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Save what was detected as a layout to edit; must be a new file."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show how a scrub would read a drop: encoding, dialect, columns, fields, kinds, doubts. Values are masked."""
    from pipeline.commands.inspect import print_inspection  # noqa: PLC0415
    from pipeline.workspace import named_layout  # noqa: PLC0415

    print_inspection(drops, named_layout(layout), as_json=as_json, save=save_layout)


@app.command(cls=Command, rich_help_panel="Proof", epilog="Example: leadscrub explain out --row 17")
def explain(
    out: ResultFolder,
    row: Annotated[int | None, typer.Option(metavar="N", help="row_id of the lead.")] = None,
    phone: Annotated[str | None, typer.Option(metavar="PHONE", help="A phone of the lead, in any form.")] = None,
    email: Annotated[str | None, typer.Option(metavar="EMAIL", help="An email of the lead.")] = None,
    as_json: Json = False,
) -> None:
    """Explain one lead: where it came from, each finding, and what decided."""
    from pipeline.commands.explain import print_story  # noqa: PLC0415

    print_story(out, row=row, phone=phone, email=email, as_json=as_json)


@app.command(cls=Command, rich_help_panel="Proof", epilog="Example: leadscrub verify out")
def verify(
    out: ResultFolder,
    as_json: Json = False,
) -> None:
    """Recount, re-hash and recheck a result against its manifest; exit 1 when anything differs."""
    from pipeline.commands.verify import print_verification  # noqa: PLC0415

    if not print_verification(out, as_json=as_json):
        raise typer.Exit(1)


@app.command(cls=Command, rich_help_panel="Proof", epilog="Example: leadscrub reasons dnc.national")
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


app.command(
    cls=Changing,
    rich_help_panel="Scrub",
    epilog="Example: leadscrub rescrub out -o out-today --dnc registry.zip --internal ours.txt",
)(rescrub)


@app.command(cls=Changing, rich_help_panel="Scrub", epilog="Example: leadscrub init my-leads")
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to make; existing files are kept.")],
) -> None:
    """Make a workspace: commented examples of a campaign, a vendor and a layout."""
    from pipeline.commands.init_workspace import make_workspace  # noqa: PLC0415

    make_workspace(folder)


def _version(wanted: bool) -> None:
    if wanted:
        from pipeline.cli.entry import version_line  # noqa: PLC0415

        typer.echo(version_line())
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


app.add_typer(lists, rich_help_panel="Lists")
app.add_typer(rules_app, rich_help_panel="Law")
for _command, _example in (
    (nightly, "nightly --workspace my-leads"),
    (returns, "returns --vendor acme --deliver"),
    (retention, "retention --dry-run"),
):
    app.command(cls=Stepwise, rich_help_panel="Night", epilog=f"Example: leadscrub {_example}")(_command)
app.command(cls=Command, rich_help_panel="Night", epilog="Example: leadscrub vendors --months 3 --csv scorecard.csv")(
    vendors
)


def main() -> None:
    """Run the command line of `sys.argv` and exit with the contract's code."""
    sys.exit(run_words(sys.argv[1:]).code)


class Ended(NamedTuple):
    """How a command ended. ``changes``: it is one that has changed the disk when it prints."""

    code: int
    changes: bool


def run_words(words: Sequence[str]) -> Ended:
    """Run the command line that these words make; errors are printed on stderr."""
    command = _command_line(words[0] if words else "")
    return Ended(_guarded(command, words), getattr(_called(command, words), "changes", False))


@cache
def _command_line(name: str) -> AnyCommand:
    """Make what parses and calls, once; if there is a command or group of that name only that: others take time."""
    groups = [info for info in app.registered_groups if info.typer_instance and info.typer_instance.info.name == name]
    commands = [info for info in app.registered_commands if info.callback and info.callback.__name__ == name]
    made = copy(app)
    if groups or commands:
        made.registered_groups, made.registered_commands = groups, commands
    return get_command(made)


def _called(command: AnyCommand, words: Sequence[str]) -> AnyCommand:
    """The command that these words name: a group's, as far as they name one."""
    for word in words:
        command = getattr(command, "commands", {}).get(word, command)
    return command


def _guarded(command: AnyCommand, words: Sequence[str]) -> int:
    try:
        code = int(command.main(list(words), prog_name="leadscrub", standalone_mode=False) or 0)
        if code == INTERRUPTED:  # while the words were parsed: a command that was begun says more
            raise InterruptedByUserError("interrupted; nothing was changed.")
        return code
    except typer.Exit as stop:
        return stop.exit_code
    except LeadscrubError as error:
        typer.echo(f"leadscrub: {error}", err=True)
        return error.exit_code
    except SystemExit:
        raise
    except BaseException as error:  # polars' PanicException is no Exception
        if hasattr(error, "format_message"):  # wrong usage, found by the parser
            typer.echo(_wrong_usage(error, words), err=True)
            return 2
        from schemas.support.shortage import shortage_in  # noqa: PLC0415  # seldom

        if (short := shortage_in(error)) is not None:
            typer.echo(f"leadscrub: {short}", err=True)
            return short.exit_code
        typer.echo(f"leadscrub: internal error ({type(error).__name__}): {_without_values(error)}", err=True)
        return 1


def _wrong_usage(error: Any, words: Sequence[str]) -> str:
    """Say what the parser found wrong, what may have been meant, and whose help says more; or show the help."""
    message: str = error.format_message()
    if message.startswith("Usage:"):
        return message
    called = [_command_line(words[0])]
    for word in words:
        if (below := getattr(called[-1], "commands", {}).get(word)) is not None:
            called.append(below)
    if type(error).__name__ == "NoSuchOption":
        known = [name for each in called[-1].params for name in each.opts if name.startswith("--")]
        hint = did_you_mean(error.option_name, known)
        message = f"There is no option '{error.option_name}'. {hint if hint.startswith('Did') else ''}".rstrip()
    if message[-1] not in ".?":
        message += "."
    return f"leadscrub: {message} See '{' '.join(['leadscrub', *(each.name or '' for each in called[1:])])} --help'."


def _without_values(error: BaseException) -> str:
    """Say where an unforeseen error arose. Messages of other libraries may quote cells, so only ours are shown."""
    import traceback  # noqa: PLC0415

    last = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(last.filename).name}:{last.lineno}"
    return (
        f"{error} ({place})"
        if isinstance(error, AssertionError)
        else f"at {place}; {last_change() or 'nothing was changed'}. Please report it."
    )
