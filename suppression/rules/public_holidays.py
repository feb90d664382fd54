"""Public holidays of a place, of the package ``holidays``; what is observed on another day counts on both."""

from __future__ import annotations

import functools
from datetime import date
from importlib.metadata import version

#: Who says which days are public holidays. Stands in the manifest.
HOLIDAYS_AUTHORITY = f"holidays {version('holidays')}"


@functools.cache
def _calendar(region: str, state: str | None, year: int) -> dict[date, str]:
    # The package costs half a second to import, and few runs ask.
    from holidays import country_holidays  # noqa: PLC0415

    return dict(country_holidays(region, subdiv=state, years=year))


def holiday(day: date, region: str, state: str | None) -> str | None:
    """Name of the public holiday that the day is in a country, or in a state of the United States."""
    return _calendar(region, state, day.year).get(day)


def has_calendar(region: str) -> bool:
    """Whether holidays of the country are known."""
    try:
        _calendar(region, None, 2026)
    except NotImplementedError:
        return False
    return True
