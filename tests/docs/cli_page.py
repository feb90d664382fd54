"""Makes ``docs/cli.md`` from the command line itself: every command, argument, option, default and example."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.main import get_command

from pipeline.cli.help import PANELS
from pipeline.cli.main import make_app

INTRODUCTION = """\
# Commands and options

`leadscrub COMMAND --help` prints the same. Results go to stdout, progress and notes to stderr. The examples run in a
folder that holds the files that they name.

| exit | means |
|---|---|
| 0 | done (rejecting rows is success) |
| 1 | internal error, or `verify` found a difference |
| 2 | wrong usage |
| 3 | configuration invalid: every fault is listed, with file and line where it can be known |
| 4 | drop missing or unreadable |
| 5 | a list or the ledger is missing, stale, damaged, or does not cover what was asked |
| 6 | more rows rejected than `--max-reject-rate` allows, or a drop outside its `[gate]`; the outputs are written |
| 7 | the output exists, cannot be written, or another run holds its lock |
| 8 | this machine is short of something: disk, memory, open files, processes; no drop or list is at fault |
| 130 | interrupted (Ctrl-C): stderr says what was changed |
| 143 | `nightly` was ended by SIGTERM, after its summary and hook |
"""

#: What an option takes, where it has no word of its own for that.
_TYPES = {str: "TEXT", Path: "PATH", int: "INTEGER", float: "NUMBER", bool: ""}


def commands() -> Iterator[tuple[str, Any]]:
    """Every command that the help shows, with its full name, in that order; a group's commands follow each other."""
    root: Any = get_command(make_app())
    for name, command in sorted(root.commands.items(), key=lambda item: PANELS.index(item[1].rich_help_panel)):
        if getattr(command, "invoke_without_command", False):
            yield f"leadscrub {name}", command
        for inner, each in getattr(command, "commands", {"": command}).items():
            if not each.hidden:
                yield f"leadscrub {name} {inner}".strip(), each


def example(command: Any) -> str:
    """The example of a command's help."""
    return str(command.epilog).removeprefix("Example: ")


def cli_page() -> str:
    """The page: a list of commands, then each with its usage, tables and example."""
    every = list(commands())
    lines = [INTRODUCTION, "| command | does |", "|---|---|"]
    lines += [f"| [`{name}`](#{name.replace(' ', '-')}) | {_cell(_summary(command))} |" for name, command in every]
    for name, command in every:
        lines += ["", *_section(name, command)]
    return "\n".join(lines) + "\n"


def _summary(command: Any) -> str:
    return " ".join((command.help or "").split())


def _section(name: str, command: Any) -> list[str]:
    shown = [parameter for parameter in command.params if parameter.name != "help" and not parameter.hidden]
    arguments = [parameter for parameter in shown if parameter.param_type_name == "argument"]
    options = [parameter for parameter in shown if parameter.param_type_name == "option"]
    usage = " ".join([name, *(_argument(argument) for argument in arguments), *(["[OPTIONS]"] if options else [])])
    lines = [f"## {name}", "", _summary(command), "", f"Usage: `{usage}`", ""]
    if arguments:
        lines += ["| argument | means |", "|---|---|"]
        lines += [f"| `{_cell(_metavar(argument))}` | {_cell(argument.help or '')} |" for argument in arguments]
        lines.append("")
    for panel in dict.fromkeys(option.rich_help_panel for option in options):
        lines += [f"| {panel or 'option'} | means | default |", "|---|---|---|"]
        lines += [
            f"| {_option(option)} | {_cell(option.help or '')} | {_default(option)} |"
            for option in options
            if option.rich_help_panel == panel
        ]
        lines.append("")
    return [*lines, "```sh", example(command), "```"]


def _argument(argument: Any) -> str:
    shown = _metavar(argument)
    return shown if argument.required else f"[{shown}]"


def _option(option: Any) -> str:
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    takes = "" if option.is_flag else _cell(_metavar(option))
    return f"{names} `{takes}`" if takes else names


def _metavar(parameter: Any) -> Any:
    kind = parameter.type_descriptor.annotation
    (kind,) = typing.get_args(kind) or (kind,)
    several = parameter.param_type_name == "argument" and parameter.nargs != 1
    return (parameter.metavar or _TYPES[kind]) + ("..." if several else "")


def _default(option: Any) -> str:
    if option.required:
        return "must be given"
    default = option.default
    return "" if default is None or default is False or default == [] or callable(default) else f"`{default}`"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
