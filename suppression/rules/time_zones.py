"""In which time zones a person may be: what an area code, a number's zones and the part of a country say.

The zones themselves are those of the package ``tzdata``, not of the machine: a run gives the same hours anywhere.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

import phonenumbers
import tomli
from phonenumbers.tzdata import TIMEZONE_DATA

from suppression.rules.us_states import state_named

#: Who says when it is what time where. Stands in the manifest.
ZONES_AUTHORITY = f"tzdata {version('tzdata')}"
Zones = tuple[str, ...]
_PARTS = Path(__file__).parent / "zones.toml"
_UNKNOWN = "Etc/Unknown"
#: Between the names of zones where several stand in one text.
SEPARATOR = "|"


@functools.cache
def zone(name: str) -> ZoneInfo:
    """A time zone by its name, as in America/New_York."""
    with files("tzdata.zoneinfo").joinpath(*name.split("/")).open("rb") as stream:
        return ZoneInfo.from_file(stream, key=name)


def is_zone(name: str) -> bool:
    """Whether there is a zone of this name."""
    return bool(name) and files("tzdata.zoneinfo").joinpath(*name.split("/")).is_file()


def in_utc(day: date, at: time, name: str) -> datetime:
    """The instant at which it is ``at`` on ``day`` in a zone."""
    return datetime.combine(day, at, zone(name)).astimezone(UTC)


def stretches(spans: Iterable[tuple[datetime, datetime]], name: str | None) -> list[str]:
    """Spans in the local time of a zone (UTC if none is known), as in 10:00-13:00."""
    local = zone(name or "UTC")
    return [f"{start.astimezone(local):%H:%M}-{end.astimezone(local):%H:%M}" for start, end in spans]


@functools.cache
def _countries() -> dict[str, Zones]:
    """Zones of each country (ISO 3166-1 alpha-2), as the tz database lists them."""
    found: dict[str, list[str]] = {}
    for line in files("tzdata.zoneinfo").joinpath("zone.tab").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            country, _, name = line.split("\t")[:3]
            found.setdefault(country, []).append(name)
    return {country: tuple(names) for country, names in found.items()}


def zones_of_country(region: str) -> Zones:
    """Every zone of a country; none where it is not known."""
    return _countries().get(region, ())


@functools.cache
def _parts() -> dict[str, dict[str, Zones]]:
    """Zones of parts of countries, by code, and by any other name, in lower case."""
    read = tomli.loads(_PARTS.read_text(encoding="utf-8"))
    return {
        country: {
            spelled.casefold(): tuple(part["zones"])
            for code, part in parts.items()
            for spelled in (code, *part.get("names", ()))
        }
        for country, parts in read.items()
    }


def zones_of_part(region: str, word: str | None) -> Zones:
    """Zones of the state or province that an address names; none where the word says nothing."""
    if word is None:
        return ()
    if region == "US":
        word = state_named(word) or ""
    return _parts().get(region, {}).get(" ".join(word.split()).casefold(), ())


@functools.cache
def _area_codes() -> dict[str, Zones]:
    found: dict[str, set[str]] = {}
    for prefix, names in TIMEZONE_DATA.items():
        if prefix.startswith("1") and len(prefix) > 3:
            found.setdefault(prefix[1:4], set()).update(names)
    return {code: tuple(sorted(names - {_UNKNOWN})) for code, names in found.items()}


def zones_of_area_code(code: str) -> Zones:
    """Zones that the numbers of a +1 area code lie in.

    The metadata tells them apart by exchange where it knows one, and guesses where it does not; a number that moved
    within its area keeps its exchange. So every zone of the area code counts.
    """
    return _area_codes().get(code, ())


def zones_of_number(region: str, named: str) -> Zones:
    """Zones that the metadata gives a number (joined by `SEPARATOR`); none where they are its whole country's.

    A mobile number of a country with several zones says no more than its country does.
    """
    zones = tuple(name for name in named.split(SEPARATOR) if name not in {"", _UNKNOWN})
    whole = TIMEZONE_DATA.get(str(phonenumbers.country_code_for_region(region)), ())
    return () if len(zones) > 1 and set(zones) >= set(whole) else zones
