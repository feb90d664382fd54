"""On which day something was where the lead is: an instant that names its own zone can be another day there.

A date, and a time without a zone, is of the day that it names. Where the lead's zone is not known, or there are
several, an instant has an earliest and a latest day; a rule takes the one that speaks against contact.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.columns import PHONE_SLOTS
from suppression.rules.locations import Location
from suppression.rules.row_locations import Codes, locations_of_rows
from suppression.rules.time_windows import NEVER, NO_DAY, Days, days_of

if TYPE_CHECKING:  # facts ask this module
    from suppression.rules.facts import Facts

Rows = npt.NDArray[np.int64]
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
    first, last = np.full(len(rows), NEVER), np.full(len(rows), NO_DAY)
    at = instants[rows]
    # Few cells of most columns name a zone, and to find out where a lead is costs more than all that is done with it.
    for name, mine in _rows_by_zone(facts.of_rows(rows)):
        local = days_of(at[mine].dt.convert_time_zone(name).dt.date())
        first[mine], last[mine] = np.minimum(first[mine], local), np.maximum(last[mine], local)
    unsaid = zoned.is_null().to_numpy()[rows]
    earliest[rows] = np.where(unsaid, np.minimum(first, days[rows]), first)
    latest[rows] = np.where(unsaid, np.maximum(last, days[rows]), last)
    return earliest, latest


def _rows_by_zone(facts: Facts) -> Iterator[tuple[str, Rows]]:
    """Each zone that leads may be in by one of their numbers or their address, with their rows.

    Leads of whom no zone is known are in each of `_ANYWHERE`.
    """
    places, of_rows = _places_of_leads(facts)
    zones = sorted({place.zones for place in places if place is not None and place.zones})
    known = np.array([zones.index(place.zones) + 1 if place and place.zones else 0 for place in places], np.uint16)
    of_zones = [known[place_of] for place_of in of_rows]
    # Rows by the zones of each of their places: what has none comes first.
    orders = [np.argsort(each, kind="stable") for each in of_zones]
    bounds = [
        np.searchsorted(each[order], np.arange(len(zones) + 2)) for each, order in zip(of_zones, orders, strict=True)
    ]
    for name in sorted({name for each in zones for name in each}):
        of_name = [at for at, each in enumerate(zones, 1) if name in each]
        parts = [o[b[at] : b[at + 1]] for o, b in zip(orders, bounds, strict=True) for at in of_name]
        # A lead may be in it twice; that changes neither its earliest nor its latest day.
        mine = np.concatenate(parts)
        if len(mine):
            yield name, mine
    nowhere = np.flatnonzero(np.logical_and.reduce([each == 0 for each in of_zones]))
    yield from ((name, nowhere) for name in _ANYWHERE if len(nowhere))


def _places_of_leads(facts: Facts) -> tuple[list[Location | None], list[Codes]]:
    given = {slot: numbers for slot in PHONE_SLOTS if (numbers := facts.column(slot)) is not None}
    return locations_of_rows(facts, {slot: numbers.is_not_null() for slot, numbers in given.items()})
