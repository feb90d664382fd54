"""The places of a batch's rows: of every usable number and of the address, as numbers of few distinct places."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.columns import PHONE_SLOTS
from schemas.frame_columns import ZONES
from schemas.support.distinct import distinct
from suppression.rules.encode import Coded, distinct_codes, paired
from suppression.rules.locations import Location, location_of_address, location_of_number
from suppression.rules.time_zones import SEPARATOR

if TYPE_CHECKING:  # facts ask where their rows are
    from suppression.rules.facts import Facts

Codes = npt.NDArray[np.int64]
#: Rows of a batch, by place.
Rows = npt.NDArray[np.int64]
#: Area codes, which have three digits; none has the number 0.
_AREAS: list[str | None] = [None, *(f"{area:03}" for area in range(1, 1000))]


@dataclass
class Places:
    """Places that occur; the first stands for none."""

    known: list[Location | None] = field(default_factory=lambda: [None])
    _at: dict[Location | None, int] = field(default_factory=lambda: {None: 0})

    def number(self, place: Location | None) -> int:
        """Number of a place."""
        number = self._at.setdefault(place, len(self.known))
        if number == len(self.known):
            self.known.append(place)
        return number

    def regions(self) -> list[str]:
        """Region of each place; nothing for none."""
        return [place.region if place else "" for place in self.known]


def locations_of_rows(
    facts: Facts, usable: dict[str, pl.Series], rows: Rows | None = None
) -> tuple[list[Location | None], list[Codes]]:
    """Return the distinct places, and for each phone slot, then for the address, which of them each of ``rows`` has.

    ``usable`` says of each contact point whether the row may use it; the frame of ``facts`` has ``<phone>:region`` and
    ``<phone>:zones``. What names only a country of several zones counts for nothing where something else of the row
    names a zone of that country, and for the whole country where nothing does.
    """
    places, some = Places(), slice(None) if rows is None else rows
    of_rows = [_of_numbers(facts, slot, usable[slot], places, some) for slot in PHONE_SLOTS if slot in usable]
    regions = [Coded(each.values, each.of_row[some]) for each in facts.locations.address_regions()]
    part = facts.locations.state_parts()
    part = Coded(part.values, part.of_row[some])
    first = regions[0] if regions else Coded[str | None]([None], np.zeros(len(part.of_row), dtype=np.int64))
    of_rows.append(_of_address(facts.region, first, part, places, of_rows))
    # An address that names several countries: hours have to suit each of them.
    of_rows += [_of_address(facts.region, more, part, places) for more in regions[1:]]
    return places.known, _settled(of_rows, places)


def _of_numbers(facts: Facts, slot: str, usable: pl.Series, places: Places, some: Rows | slice) -> Codes:
    """Place of each usable number: by its area code in the North American plan, else by its time zones."""
    regions, open_rows = facts.locations.regions(slot), usable.to_numpy()[some]
    areas = np.where(open_rows, facts.locations.area_codes(slot)[some], 0)
    words = _AREAS
    left = np.flatnonzero(open_rows & (areas == 0))
    if len(left):
        zoned = facts.frame.get_column(ZONES.of(slot))[left if isinstance(some, slice) else some[left]]
        zones, of_left = distinct(zoned.list.join(SEPARATOR).fill_null(""))
        areas[left] = len(words) + of_left
        words = [*words, *zones]
    occurring, which = distinct_codes(areas, len(words))
    named = [words[area] for area in occurring.tolist()]

    def place(region: int, word: int) -> int:
        return places.number(location_of_number(regions.values[region], named[word]))

    return paired(regions.of_row[some], which, place)


def _of_address(
    region: str | None,
    country: Coded[str | None],
    part: Coded[str | None],
    places: Places,
    numbers: list[Codes] | None = None,
) -> Codes:
    """Place of the address; in the country of the first number, or the file's, where it names none of its own.

    ``region``: the file's. ``part``: the state or province. Without ``numbers`` it is a further country of the address,
    which most rows do not have.
    """
    own = np.array([each is not None for each in country.values])[country.of_row]
    has_part = np.array([each is not None for each in part.values])[part.of_row]

    # Countries of the column, then the file's, then those of the numbers' places.
    of_number = np.zeros(len(part.of_row), dtype=np.int64)
    for slot in reversed(numbers or []):
        of_number = np.where(slot > 0, slot, of_number)
    choices: list[str | None] = [*country.values, region, *places.regions()[1:]]
    chosen = np.where(own, country.of_row, len(country.values) + of_number)
    said = own if numbers is None else own | has_part | (of_number == 0)

    names = list(dict.fromkeys(choices))
    number_of = {name: number for number, name in enumerate(names)}

    def place(which: int, word: int) -> int:
        named = names[which]
        return places.number(None if named is None else location_of_address(named, part.values[word]))

    of_name = np.array([number_of[name] for name in choices])[chosen]
    return np.where(said, paired(of_name, part.of_row, place), 0)


def _settled(of_rows: list[Codes], places: Places) -> list[Codes]:
    """Give places without zones those of their whole country, or drop them where the row names a zone of it."""
    anywhere = np.array(
        [
            at if place is None or place.zones else places.number(place.anywhere)
            for at, place in enumerate(list(places.known))
        ]
    )
    regions = np.unique(places.regions(), return_inverse=True)[1]
    zoned = np.array([place is not None and bool(place.zones) for place in places.known])
    settled = []
    for place in of_rows:
        loose = (place > 0) & ~zoned[place]
        if loose.any():
            named = np.logical_or.reduce([zoned[other] & (regions[other] == regions[place]) for other in of_rows])
            place = np.where(loose, np.where(named, 0, anywhere[place]), place)  # noqa: PLW2901  # the settled one
        settled.append(place)
    return settled
