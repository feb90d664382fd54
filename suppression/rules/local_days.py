"""On which day something was where the lead is: an instant that names its own zone can be another day there.

A date, and a time without a zone, is of the day that it names. Where the lead's zone is not known, or there are
several, an instant has an earliest and a latest day; a rule takes the one that speaks against contact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from schemas.columns import PHONE_SLOTS
from suppression.rules.encode import Coded, distinct_codes, paired
from suppression.rules.row_locations import locations_of_rows
from suppression.rules.time_windows import Days, days_of
from suppression.rules.time_zones import Zones

if TYPE_CHECKING:  # facts ask this module
    from suppression.rules.facts import Facts

#: Every zone that is in use is between these.
_ANYWHERE = ("Etc/GMT+12", "Etc/GMT-14")


def local_days(facts: Facts, instants: pl.Series, days: Days, zoned: pl.Series) -> tuple[Days, Days]:
    """The earliest and the latest day of each instant where its lead is.

    ``days`` are those of the instants in UTC; they stay where ``zoned`` does not say that the cell named its zone.
    """
    rows = np.flatnonzero(zoned.fill_null(False).to_numpy() & instants.is_not_null().to_numpy())
    earliest, latest = days.copy(), days.copy()
    zones = facts.once("zones of leads", lambda: zones_of_leads(facts))
    of_row, at = zones.of_row[rows], instants[rows]
    for which in np.unique(of_row).tolist():
        mine = np.flatnonzero(of_row == which)
        local = [days_of(at[mine].dt.convert_time_zone(name).dt.date()) for name in zones.values[which] or _ANYWHERE]
        earliest[rows[mine]], latest[rows[mine]] = np.minimum.reduce(local), np.maximum.reduce(local)
    return earliest, latest


def zones_of_leads(facts: Facts) -> Coded[Zones]:
    """All zones of the places of each lead: of its numbers and its address. None where no place names any."""
    given = {slot: numbers for slot in PHONE_SLOTS if (numbers := facts.column(slot)) is not None}
    places, of_rows = locations_of_rows(facts, {slot: numbers.is_not_null() for slot, numbers in given.items()})
    known: list[Zones] = [()]
    number_of: dict[Zones, int] = {(): 0}

    def joined(some: int, place: int) -> int:
        at = places[place]
        zones = tuple(sorted({*known[some], *(at.zones if at is not None else ())}))
        if zones not in number_of:
            number_of[zones] = len(known)
            known.append(zones)
        return number_of[zones]

    of_row = np.zeros(facts.rows, dtype=np.int64)
    for place_of in of_rows:
        of_row = paired(of_row, place_of, joined)
    found, of_row = distinct_codes(of_row, len(known))
    return Coded([known[each] for each in found.tolist()], of_row)
