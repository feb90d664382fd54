"""Help as plain text: commands in panels by what they are for, options in panels with the word for their value.

It is made without rich, which takes longer to load than all of the rest, and takes ``[retention]`` for markup.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from schemas.errors import LeadscrubError
from schemas.support.interrupts import forget_changes, last_change
from schemas.support.scratch import sweep_scratch

if TYPE_CHECKING:
    from typer._click import Context, HelpFormatter, Parameter

_WIDTH: Final = 100
#: What a shell makes of a process that Ctrl-C ended.
INTERRUPTED: Final = 130
#: In this order; what has no panel comes last.
PANELS: Final = ("Scrub", "Lists", "Law", "Night", "Proof")
SETTINGS: Final[dict[str, Any]] = {"help_option_names": ["-h", "--help"], "max_content_width": _WIDTH}


class InterruptedByUserError(LeadscrubError):
    """Ctrl-C ended a command."""

    exit_code = INTERRUPTED
    name = "interrupted"


class Command(TyperCommand):
    """A command. ``changes``: it changes something on disk, so its work is done before its result is printed."""

    changes = False

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        for each in self.params:
            if isinstance(each, TyperArgument | TyperOption) and not each.required and each.callback is None:
                each.process_value = _when_given(each)  # type: ignore[method-assign]

    def interrupted(self) -> str:
        """Say what an interrupted command has changed."""
        return last_change() or "nothing was changed"

    def collect_usage_pieces(self, ctx: Context) -> list[str]:
        """Return what the line Usage says after the command's name."""
        return ["[OPTIONS]", *(_usage(each) for each in self.get_params(ctx) if isinstance(each, TyperArgument))]

    def format_options(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write arguments and options."""
        _write_parameters(self.get_params(ctx), formatter)

    def format_epilog(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the example on one line, to be copied."""
        if self.epilog:
            formatter.write(f"\n{self.epilog}\n")

    def invoke(self, ctx: Context) -> Any:
        """Carry the command out; Ctrl-C becomes an error that says what was changed."""
        forget_changes()
        if self.changes:
            sweep_scratch()
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as stop:
            raise InterruptedByUserError(f"interrupted; {self.interrupted()}.") from stop


class Changing(Command):
    """A command that changes the disk in one step, at its end."""

    changes = True


class Stepwise(Command):
    """A command that changes the disk in several steps, each of them whole."""

    changes = True

    def interrupted(self) -> str:
        """Say what is true of all its steps."""
        return "what was done until then is recorded, and the same command goes on from there"


class Group(TyperGroup):
    """A group of commands."""

    def format_options(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the commands, then the options."""
        self.format_commands(ctx, formatter)
        _write_parameters(self.get_params(ctx), formatter)

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the commands, panel by panel."""
        panels: dict[str, list[tuple[str, str]]] = {}
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command is not None and not command.hidden:
                panel = getattr(command, "rich_help_panel", None) or "Commands"
                panels.setdefault(panel, []).append((name, _first_paragraph(command.help or "")))
        widest = max((len(name) for rows in panels.values() for name, _ in rows), default=0)
        for panel in sorted(panels, key=lambda panel: PANELS.index(panel) if panel in PANELS else len(PANELS)):
            with formatter.section(panel):
                formatter.write_dl([(name.ljust(widest), said) for name, said in panels[panel]])


def _when_given(each: TyperArgument | TyperOption) -> Callable[..., Any]:
    """How the parameter reads its value: to make what reads one takes long, and most options are not given."""
    read, nothing = each.process_value, () if each.multiple or each.nargs == -1 else None
    return lambda ctx, value: nothing if value is None else read(ctx, value)


def _write_parameters(parameters: Iterable[Parameter], formatter: HelpFormatter) -> None:
    panels: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
    for each in parameters:
        if isinstance(each, TyperOption) and not each.hidden:
            panels.setdefault(each.rich_help_panel or "Options", []).append((_spelled(each), _said(each)))
        elif isinstance(each, TyperArgument) and not each.hidden:
            panels["Arguments"].append((_named(each), _said(each)))
    for panel, rows in panels.items():
        if rows:
            with formatter.section(panel):
                formatter.write_dl(rows)


def _spelled(option: TyperOption) -> str:
    names = sorted(option.opts, key=len) + option.secondary_opts
    return ", ".join(names) + ("" if option.is_flag else f" {option.metavar or option.name.upper()}")


def _named(argument: TyperArgument) -> str:
    return (argument.metavar or argument.name.upper()) + ("..." if argument.nargs != 1 else "")


def _usage(argument: TyperArgument) -> str:
    return _named(argument) if argument.required else f"[{_named(argument)}]"


def _said(parameter: TyperOption | TyperArgument) -> str:
    notes = []
    if parameter.required:
        notes.append("required")
    elif parameter.default not in (None, False, True, "", Path()) and not callable(parameter.default):
        notes.append(f"default: {parameter.default}")
    return (parameter.help or "") + (f" [{'; '.join(notes)}]" if notes else "")


def _first_paragraph(text: str) -> str:
    return " ".join(text.partition("\n\n")[0].split())
