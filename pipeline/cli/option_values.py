"""What the value of an option means: a day, an instant, phones and emails on stdin, a store, a name."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path

from schemas.errors import UsageError

#: What --region takes where numbers without a country are to be set aside.
NO_REGION = "none"
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
