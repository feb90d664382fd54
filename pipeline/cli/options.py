"""Options and arguments that several commands share, and how a command takes whole sets of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

StoreFolder = Annotated[
    Path | None, typer.Option("--store", metavar="DIR", help="Store of lists; by default the workspace's.")
]
AsOfDay = Annotated[
    str | None, typer.Option("--as-of", metavar="DATE", help="Day of the run, as YYYY-MM-DD; by default today.")
]
Json = Annotated[bool, typer.Option("--json", help="Print as JSON.")]
ListName = Annotated[str, typer.Argument(metavar="NAME", help="Name of the list.")]
ResultFolder = Annotated[Path, typer.Argument(metavar="OUT", help="Folder that a scrub wrote.")]
MaxAgeDays = Annotated[
    list[str] | None,
    typer.Option(
        "--max-age",
        metavar="[KIND=]DAYS",
        help="Maximum age of a copy in the store, if lower than its kind allows; repeatable.",
    ),
]


@dataclass(frozen=True)
class Loudness:
    """How much a command says while it works."""

    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print only the result, and errors.")] = False
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Print each step and how long it took.")] = False

    def begin(self, sign: str) -> None:
        """Show that the command has begun. Raises `UsageError` when it is to say both less and more."""
        from pipeline.terminal import speak  # noqa: PLC0415

        speak(sign, quiet=self.quiet, verbose=self.verbose)


def with_shared_options(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command take whole sets of options: a parameter whose type is a dataclass stands for its fields."""
    signature = inspect.signature(command, eval_str=True)
    shared: dict[str, Any] = {
        name: each.annotation for name, each in signature.parameters.items() if is_dataclass(each.annotation)
    }
    spread: list[inspect.Parameter] = []
    for name, parameter in signature.parameters.items():
        if name not in shared:
            spread.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))
            continue
        types = get_type_hints(shared[name], include_extras=True)
        spread += [
            inspect.Parameter(
                each.name, inspect.Parameter.KEYWORD_ONLY, default=each.default, annotation=types[each.name]
            )
            for each in fields(shared[name])
        ]

    @wraps(command)
    def call(**given: Any) -> None:
        sets = {
            name: kind(**{each.name: given.pop(each.name) for each in fields(kind)}) for name, kind in shared.items()
        }
        command(**given, **sets)

    call.__signature__ = signature.replace(parameters=spread)  # type: ignore[attr-defined]  # read by inspect
    call.__annotations__ = {each.name: each.annotation for each in spread}
    return call


def channel_names(begun: str) -> list[str]:
    """Channels that begin so, for the shell."""
    from schemas.columns import CHANNELS  # noqa: PLC0415

    return [name for name in CHANNELS if name.startswith(begun)]


def code_names(begun: str) -> list[str]:
    """Reason codes that begin so, for the shell."""
    from schemas.codes import CODES  # noqa: PLC0415

    return [code for code in CODES if code.startswith(begun)]


def kind_names(begun: str) -> list[str]:
    """Kinds of list that begin so, for the shell."""
    from schemas.list_kinds import KINDS  # noqa: PLC0415

    return [kind for kind in KINDS if kind.startswith(begun)]
