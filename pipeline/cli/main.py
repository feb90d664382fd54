"""The command line: it parses, calls, prints, and is the only place that turns errors into exit codes."""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import typer
from typer.main import get_command

from pipeline.cli.failures import Failure, unforeseen, wrong_usage
from pipeline.cli.help import INTERRUPTED, SETTINGS, Changing, Command, Group, InterruptedByUserError, Stepwise
from pipeline.terminal import begin_command, printable_lines
from schemas.errors import LeadscrubError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from typer._click.core import Command as AnyCommand


class _Listed(NamedTuple):
    """A command: its name, which is that of a function in a module of this package, and how help shows it."""

    name: str
    module: str
    panel: str
    kind: type[Command]
    example: str


class _ListedGroup(NamedTuple):
    """A group of commands: its name, and the name of its app in a module of this package."""

    name: str
    module: str
    panel: str
    app: str


_COMMANDS: Final = (
    _Listed(
        "scrub",
        "scrub",
        "Scrub",
        Changing,
        "scrub drop.csv -o out --channel call --region US --dnc registry.zip --internal ours.txt",
    ),
    _Listed("inspect", "results", "Scrub", Command, "inspect drop.csv --save-layout layouts/acme.toml"),
    _Listed("explain", "results", "Proof", Command, "explain out --row 17"),
    _Listed("verify", "results", "Proof", Command, "verify out"),
    _Listed("evidence", "proof", "Proof", Changing, "evidence out --phone - -o evidence.zip"),
    _Listed("report", "results", "Proof", Changing, "report out"),
    _Listed("reasons", "results", "Proof", Command, "reasons dnc.national"),
    _Listed("rescrub", "rescrub", "Scrub", Changing, "rescrub out -o out-today --dnc registry.zip --internal ours.txt"),
    _Listed("export", "export", "Scrub", Changing, "export out --to leads.csv --for vicidial"),
    _Listed("init", "results", "Scrub", Changing, "init my-leads"),
    _Listed("check", "results", "Night", Command, "check my-leads"),
    _Listed("due", "due", "Night", Changing, "due --within 14 --ics duties.ics --force"),
    _Listed("nightly", "nightly", "Night", Stepwise, "nightly --workspace my-leads"),
    _Listed("returns", "returns", "Night", Stepwise, "returns --vendor acme --deliver"),
    _Listed("retention", "retention", "Night", Stepwise, "retention --dry-run"),
    _Listed("vendors", "returns", "Night", Command, "vendors --months 3 --csv scorecard.csv"),
)
_GROUPS: Final = (
    _ListedGroup("spark", "spark", "Scrub", "spark_app"),
    _ListedGroup("lists", "lists", "Lists", "lists"),
    _ListedGroup("rules", "rules", "Law", "rules_app"),
    _ListedGroup("review", "review", "Night", "review"),
    _ListedGroup("log", "proof", "Proof", "log"),
    _ListedGroup("keys", "proof", "Proof", "keys"),
    _ListedGroup("subject", "subject", "Proof", "subject"),
)
_NAMES: Final = frozenset(each.name for each in (*_COMMANDS, *_GROUPS))


def make_app(name: str = "") -> typer.Typer:
    """Make the program; if there is a command or group of that name only that: to load the others takes time."""
    app = typer.Typer(
        name="leadscrub",
        cls=Group,
        help="Scrub lead lists: every row accounted for, every reason given.",
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings=SETTINGS,
    )
    app.callback()(_root)
    wanted = {name} & _NAMES or _NAMES
    for each in _COMMANDS:
        if each.name in wanted:
            example = f"Example: leadscrub {each.example}"
            declare = app.command(cls=each.kind, rich_help_panel=each.panel, epilog=example)
            declare(getattr(_module(each.module), each.name))
    for group in _GROUPS:
        if group.name in wanted:
            app.add_typer(getattr(_module(group.module), group.app), rich_help_panel=group.panel)
    return app


def _module(name: str) -> ModuleType:
    return import_module(f"pipeline.cli.{name}")


def _version(wanted: bool) -> None:
    if wanted:
        from pipeline.cli.entry import version_line  # noqa: PLC0415

        typer.echo(version_line())
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


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
    """Make what parses and calls, once."""
    return get_command(make_app(name))


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
