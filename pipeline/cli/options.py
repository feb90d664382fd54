"""Options and arguments that several commands share, and how they are understood."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated

import typer

from schemas.errors import UsageError

StoreFolder = Annotated[Path | None, typer.Option("--store", help="Folder of the store; the workspace's.")]
AsOfDay = Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="YYYY-MM-DD; today.")]
Json = Annotated[bool, typer.Option("--json", help="Print as JSON.")]
ListName = Annotated[str, typer.Argument(metavar="NAME", help="Name of the list.")]
MaxAgeDays = Annotated[
    list[str] | None,
    typer.Option(
        "--max-age",
        metavar="[KIND=]DAYS",
        help="How old a copy of the store may be, where that is less than its kind allows; repeatable.",
    ),
]
DncFiles = Annotated[
    list[Path] | None,
    typer.Option(metavar="FILE[@DATE]", help="Do-Not-Call registry file, and the day of the copy; repeatable."),
]
InternalFiles = Annotated[list[Path] | None, typer.Option(help="Your own do-not-contact file; repeatable.")]
UnsubscribeFiles = Annotated[list[Path] | None, typer.Option(help="Unsubscribed emails; repeatable.")]
OtherLists = Annotated[
    list[str] | None,
    typer.Option(
        "--list", metavar="KIND:NAME=FILE[@DATE]|NAME", help="Any other list, or one of the store; repeatable."
    ),
]
MaxRefused = Annotated[
    list[str] | None,
    typer.Option(
        metavar="[NAME=]SHARE",
        help="Share of a list's entries that may be unreadable (0.01); 1 accepts any. Lists of this run; repeatable.",
    ),
]
ListColumns = Annotated[
    list[str] | None, typer.Option(metavar="NAME=COLUMN", help="Column that holds a CSV list's entries.")
]
ListHashes = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=RECIPE", help="How a list's hashes were made, as in trim+lower+md5."),
]
#: What --region takes where numbers without a country are to be set aside.
NO_REGION = "none"
NoLists = Annotated[
    bool, typer.Option("--no-lists", help="Screen against nothing, and say so; without it no list at all is exit 5.")
]
StaleLists = Annotated[
    list[str] | None, typer.Option(metavar="NAME", help="Use this list although it is stale; it is recorded.")
]
RulePacks = Annotated[
    list[str] | None, typer.Option(metavar="PACK", help="Rule pack to apply (us, fr, … or all); repeatable.")
]
AcceptWeaker = Annotated[
    bool, typer.Option("--accept-weaker", help="The workspace's packs may allow more than the shipped ones.")
]


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
        raise UsageError("No store is named, and this folder is no workspace.", "Add --store DIR.")
    return Path("store")


def list_name(name: str) -> str:
    """Check a list's or a vendor's name: it also names files. Raises `UsageError` when it cannot."""
    from schemas.config import VENDOR_NAME  # noqa: PLC0415

    if re.fullmatch(VENDOR_NAME, name) is None:
        raise UsageError(f"'{name}' cannot be a name.", "Use letters, digits, '.', '-' and '_'.")
    return name
