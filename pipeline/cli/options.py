"""Options and arguments that several commands share, and how they are understood."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, date, datetime, time
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from schemas.errors import UsageError

if TYPE_CHECKING:
    from pipeline.run.plan import Request

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


#: What --region takes where numbers without a country are to be set aside.
NO_REGION = "none"


def _of_lists(*names: str, metavar: str | None = None, help: str) -> Any:  # noqa: A002  # as typer calls it
    return typer.Option(*names, metavar=metavar, help=help, rich_help_panel="Lists")


@dataclass(frozen=True)
class ListOptions:
    """Options that say which lists a run asks, and how old they may be."""

    dnc: Annotated[
        list[Path] | None,
        _of_lists(metavar="FILE[@DATE]", help="Do-Not-Call registry file, and the day of the copy; repeatable."),
    ] = None
    internal: Annotated[
        list[Path] | None, _of_lists(metavar="FILE", help="Your own do-not-contact file; repeatable.")
    ] = None
    unsubscribe: Annotated[list[Path] | None, _of_lists(metavar="FILE", help="Unsubscribed emails; repeatable.")] = None
    list_: Annotated[
        list[str] | None,
        _of_lists(
            "--list",
            metavar="KIND:NAME=FILE[@DATE]|NAME",
            help="Any other list, or one of the store; repeatable.",
        ),
    ] = None
    list_column: Annotated[
        list[str] | None,
        _of_lists(metavar="NAME=COLUMN", help="Column of a CSV list with its entries; repeatable."),
    ] = None
    list_hash: Annotated[
        list[str] | None,
        _of_lists(metavar="NAME=RECIPE", help="How a list's hashes were made, as in trim+lower+md5; repeatable."),
    ] = None
    max_refused: Annotated[
        list[str] | None,
        _of_lists(
            metavar="[NAME=]SHARE",
            help="Share of a list's entries that may be unreadable, by default 0.01; 1 accepts any; repeatable.",
        ),
    ] = None
    store: Annotated[Path | None, _of_lists(metavar="DIR", help="Store of lists; by default the workspace's.")] = None
    no_lists: Annotated[
        bool,
        _of_lists(
            "--no-lists", help="Screen against no list; without this option a run without lists ends with exit 5."
        ),
    ] = False
    allow_stale: Annotated[
        list[str] | None,
        _of_lists(metavar="NAME", help="Use this list although it is stale; the manifest records it; repeatable."),
    ] = None
    max_age: Annotated[
        list[str] | None,
        _of_lists(
            metavar="[KIND=]DAYS",
            help="Maximum age of a copy in the store, if lower than its kind allows; repeatable.",
        ),
    ] = None

    def of(self, request: Request) -> Request:
        """Return the request with these lists. Raises `UsageError` when a list is named in a way that is none."""
        from pipeline.run.run_lists import run_lists, store_names  # noqa: PLC0415
        from schemas.list_kinds import max_age_said  # noqa: PLC0415

        by_kind = {
            "dnc.national": self.dnc or [],
            "dnc.internal": self.internal or [],
            "email.unsubscribed": self.unsubscribe or [],
        }
        return replace(
            request,
            lists=run_lists(
                by_kind, self.list_ or [], self.list_column or [], self.list_hash or [], self.max_refused or []
            ),
            store=self.store,
            store_lists=store_names(self.list_ or []),
            no_lists=self.no_lists,
            allow_stale=self.allow_stale or [],
            max_age=max_age_said(self.max_age or []),
        )


@dataclass(frozen=True)
class LawOptions:
    """Options that say which law a run applies."""

    rules: Annotated[
        list[str] | None,
        typer.Option(metavar="PACK", help="Rule pack to apply (us, fr, … or all); repeatable.", rich_help_panel="Law"),
    ] = None
    accept_weaker: Annotated[
        bool,
        typer.Option(
            "--accept-weaker",
            help="Accept packs of the workspace that allow more than the shipped ones.",
            rich_help_panel="Law",
        ),
    ] = False

    evidence: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUE",
            help="Declare a fact for this run, as [evidence] of a campaign does (dialling=live); repeatable.",
            rich_help_panel="Law",
        ),
    ] = None

    def of(self, request: Request) -> Request:
        """Return the request with these rules."""
        return replace(request, rules=self.rules or [], accept_weaker=self.accept_weaker, evidence=self.evidence or [])


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


#: In place of a phone or an email: it comes on stdin, where no list of processes shows it.
STANDARD_INPUT = "-"


def addresses_of(given: Sequence[str]) -> list[str]:
    """Take phones and emails as they were typed; for ``-`` each line of stdin that is not empty.

    Raises `UsageError` when nothing comes.
    """
    if STANDARD_INPUT not in given:
        return list(given)
    lines = [line.strip() for line in sys.stdin.read().splitlines() if line.strip()]
    if not lines:
        raise UsageError(
            "Nothing came on standard input, where '-' expects phones or emails.", "Write one on each line."
        )
    return [value for each in given for value in (lines if each == STANDARD_INPUT else [each])]


def address_of(given: str | None) -> str | None:
    """Take one phone or email; for ``-`` the line that stdin has. Raises `UsageError` when it has none, or several."""
    if given != STANDARD_INPUT:
        return given
    lines = addresses_of([given])
    if len(lines) != 1:
        raise UsageError(f"{len(lines)} lines came on standard input, where '-' expects one.", "Ask for one at a time.")
    return lines[0]


def day_of(given: str | None) -> date:
    """Resolve a day from the command line; today when none is given. The only place that asks the clock for it.

    Raises `UsageError` when it is not a day.
    """
    if given is None:
        return date.today()
    try:
        return date.fromisoformat(given)
    except ValueError as error:
        raise UsageError(f"'{given}' is not a day.", "Write it as YYYY-MM-DD.") from error


def past_day_of(given: str) -> date:
    """Resolve a day that has come already. Raises `UsageError` when it has not."""
    day = day_of(given)
    if day > date.today():
        raise UsageError(f"--as-of {given} is in the future.", "It is the day on which the copy was made.")
    return day


def instant_of(given: str | None, as_of: str | None) -> datetime:
    """Resolve an instant from the command line: as it says (UTC if it names no zone), else the beginning of the day
    that was given as --as-of, else now. Raises `UsageError` when it is not an instant."""
    if given is None:
        return datetime.now(UTC) if as_of is None else datetime.combine(day_of(as_of), time(), UTC)
    try:
        instant = datetime.fromisoformat(given)
    except ValueError as error:
        raise UsageError(f"'{given}' is not an instant.", "Write it as 2026-11-21T08:30:00Z.") from error
    return instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)


def last_instant_of(given: str | None) -> datetime:
    """Resolve up to when something is judged, in UTC: an instant as it says, the last second of a day, or now."""
    if given is not None and len(given) == len("YYYY-MM-DD"):
        return datetime.combine(day_of(given), time(23, 59, 59), UTC)
    return instant_of(given, None).astimezone(UTC)


def store_folder(given: Path | None) -> Path:
    """The store that is named, else the workspace's. Raises `UsageError` when there is neither."""
    if given is not None:
        return given
    if not Path("leadscrub.toml").exists():
        raise UsageError("No store is named, and this folder is not a workspace.", "Add --store DIR.")
    return Path("store")


def list_name(name: str) -> str:
    """Check a list's or a vendor's name: it also names files. Raises `UsageError` when it cannot."""
    from schemas.config import VENDOR_NAME  # noqa: PLC0415

    if re.fullmatch(VENDOR_NAME, name) is None:
        raise UsageError(f"'{name}' cannot be a name.", "Use letters, digits, '.', '-' and '_'.")
    return name
