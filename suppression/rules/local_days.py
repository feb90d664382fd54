"""On which day something was where the lead is: an instant that names its own zone can be another day there.

A date, and a time without a zone, is of the day that it names. Where the lead's zone is not known, or there are
several, an instant has an earliest and a latest day; a rule takes the one that speaks against contact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from schemas.columns import PHONE_SLOTS
from suppression.rules.row_locations import Codes, Rows, locations_of_rows
from suppression.rules.time_windows import NEVER, NO_DAY, Bools, Days
from suppression.rules.time_zones import Zones
from suppression.rules.zone_offsets import Offsets, in_years

if TYPE_CHECKING:  # facts ask this module
    from suppression.rules.facts import Facts

_DAY = 86_400_000_000
#: Every zone that is in use is between these.
_ANYWHERE = ("Etc/GMT+12", "Etc/GMT-14")


def local_days(facts: Facts, instants: pl.Series, days: Days, zoned: pl.Series) -> tuple[Days, Days]:
    """The earliest and the latest day of each instant where its lead is.

    ``days`` are those of the instants in UTC; they stay where ``zoned`` says that the cell named no zone, and count
    beside the local ones where it is null: a result does not say what the cell was.
    """
    rows = np.flatnonzero(zoned.fill_null(True).to_numpy() & instants.is_not_null().to_numpy())
    if not len(rows):
        return days, days
    earliest, latest = days.copy(), days.copy()
    zones, of_rows = _zones_of_leads(facts, rows)
    at = instants[rows].cast(pl.Datetime("us", "UTC")).to_physical().to_numpy()
    years, since = in_years(at)
    offsets = Offsets.of(zones, years)
    first, last = np.full(len(rows), NEVER), np.full(len(rows), NO_DAY)
    for which, mine in of_rows:
        least, most = offsets.at(since, which)
        first = np.where(mine, np.minimum(first, (at + least) // _DAY), first)
        last = np.where(mine, np.maximum(last, (at + most) // _DAY), last)
    unsaid = zoned.is_null().to_numpy()[rows]
    earliest[rows] = np.where(unsaid, np.minimum(first, days[rows]), first)
    latest[rows] = np.where(unsaid, np.maximum(last, days[rows]), last)
    return earliest, latest


def _zones_of_leads(facts: Facts, rows: Rows) -> tuple[list[Zones], list[tuple[Codes, Bools]]]:
    """Sets of time zones, and for each number and the address which of them each of some leads has, if it has any.

    Leads of whom no zone is known have the first set, `_ANYWHERE`.
    """
    given = {slot: numbers for slot in PHONE_SLOTS if (numbers := facts.column(slot)) is not None}
    usable = {slot: numbers.is_not_null() for slot, numbers in given.items()}
    places, of_rows = locations_of_rows(facts, usable, rows)
    zones: dict[Zones, int] = {_ANYWHERE: 0}
    of_place = np.array([zones.setdefault(place.zones, len(zones)) if place and place.zones else 0 for place in places])
    found = [(which := of_place[place_of], which > 0) for place_of in of_rows]
    nowhere = ~np.logical_or.reduce([known for _, known in found])
    return list(zones), [*found, (np.zeros(len(rows), dtype=np.int64), nowhere)]
