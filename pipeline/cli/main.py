"""The command line: it parses, calls, prints, and is the only place that turns errors into exit codes."""

from __future__ import annotations

import sys
from copy import copy
from functools import cache
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import typer
from typer.main import get_command

from pipeline.cli.due import due
from pipeline.cli.export import export
from pipeline.cli.failures import Failure, unforeseen, wrong_usage
from pipeline.cli.help import INTERRUPTED, SETTINGS, Changing, Command, Group, InterruptedByUserError, Stepwise
from pipeline.cli.lists import lists
from pipeline.cli.nightly import nightly
from pipeline.cli.proof import evidence, keys, log
from pipeline.cli.rescrub import rescrub
from pipeline.cli.results import check, explain, init, inspect, reasons, report, verify
from pipeline.cli.retention import retention
from pipeline.cli.returns import returns, vendors
from pipeline.cli.review import review
from pipeline.cli.rules import rules_app
from pipeline.cli.scrub import scrub
from pipeline.cli.spark import spark_app
from pipeline.cli.subject import subject
from pipeline.terminal import begin_command, printable_lines
from schemas.errors import LeadscrubError, UsageError

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

app.command(
    cls=Changing,
    rich_help_panel="Scrub",
    epilog="Example: leadscrub scrub drop.csv -o out --channel call --region US --dnc registry.zip --internal ours.txt",
)(scrub)
app.command(
    cls=Command, rich_help_panel="Scrub", epilog="Example: leadscrub inspect drop.csv --save-layout layouts/acme.toml"
)(inspect)
app.command(cls=Command, rich_help_panel="Proof", epilog="Example: leadscrub explain out --row 17")(explain)
app.command(cls=Command, rich_help_panel="Proof", epilog="Example: leadscrub verify out")(verify)
app.command(cls=Changing, rich_help_panel="Proof", epilog="Example: leadscrub evidence out --phone - -o evidence.zip")(
    evidence
)
app.command(cls=Changing, rich_help_panel="Proof", epilog="Example: leadscrub report out")(report)
app.command(cls=Command, rich_help_panel="Proof", epilog="Example: leadscrub reasons dnc.national")(reasons)
app.command(
    cls=Changing,
    rich_help_panel="Scrub",
    epilog="Example: leadscrub rescrub out -o out-today --dnc registry.zip --internal ours.txt",
)(rescrub)


app.command(
    cls=Changing,
    rich_help_panel="Scrub",
    epilog="Example: leadscrub export out --to leads.csv --for vicidial",
)(export)
app.command(cls=Changing, rich_help_panel="Scrub", epilog="Example: leadscrub init my-leads")(init)
app.command(cls=Command, rich_help_panel="Night", epilog="Example: leadscrub check my-leads")(check)
app.command(
    cls=Changing, rich_help_panel="Night", epilog="Example: leadscrub due --within 14 --ics duties.ics --force"
)(due)


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


app.add_typer(spark_app, rich_help_panel="Scrub")
app.add_typer(lists, rich_help_panel="Lists")
app.add_typer(rules_app, rich_help_panel="Law")
app.add_typer(review, rich_help_panel="Night")
app.add_typer(log, rich_help_panel="Proof")
app.add_typer(keys, rich_help_panel="Proof")
app.add_typer(subject, rich_help_panel="Proof")
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
    return Ended(_guarded(command, words), _changes(_called(command, words), words))


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
    as_json = "--json" in words
    begin_command()
    try:
        code = int(command.main(list(words), prog_name="leadscrub", standalone_mode=False) or 0)
        if code == INTERRUPTED:  # while the words were parsed: a command that was begun says more
            raise InterruptedByUserError("interrupted; nothing was changed.")
        return code
    except typer.Exit as stop:
        return stop.exit_code
    except LeadscrubError as error:
        from schemas.support.shortage import shortage_in  # noqa: PLC0415  # seldom

        return Failure.of(shortage_in(error) or error).tell(as_json=as_json)
    except SystemExit:
        raise
    except BaseException as error:  # polars' PanicException is no Exception
        if not hasattr(error, "format_message"):
            return unforeseen(error).tell(as_json=as_json)
        # Wrong usage, found by the parser. A group without a command shows its help.
        if error.format_message().startswith("Usage:"):
            typer.echo(printable_lines(error.format_message()), err=True)
            return UsageError.exit_code
        return wrong_usage(error, _all_called(words)).tell(as_json=as_json)


#: Commands that change something with one of these options only, and options with which nothing is changed.
_CHANGES_WITH: Final = {"due": {"--ics"}, "retention": {"--delete"}, "returns": {"--write", "--deliver"}}
_CHANGES_NOTHING: Final = {"--dry-run", "--expiring"}


def _changes(command: AnyCommand, words: Sequence[str]) -> bool:
    """Whether these words change the disk: what is printed is otherwise all that there is of the result."""
    options = {word.partition("=")[0] for word in words}
    return (
        getattr(command, "changes", False)
        and options.isdisjoint(_CHANGES_NOTHING)
        and not options.isdisjoint(_CHANGES_WITH.get(command.name or "", options))
    )


def _all_called(words: Sequence[str]) -> list[AnyCommand]:
    """The program, and the groups and the command that these words name."""
    called = [_command_line(words[0])]
    for word in words:
        if (below := getattr(called[-1], "commands", {}).get(word)) is not None:
            called.append(below)
    return called
