"""The places of a batch's rows: of every usable number and of the address, as numbers of few distinct places."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.columns import PHONE_SLOTS
from schemas.frame_columns import REGION, ZONES
from suppression.rules.encode import distinct, paired
from suppression.rules.facts import Facts
from suppression.rules.locations import Location, location_of_address, location_of_number
from suppression.rules.time_zones import SEPARATOR

Codes = npt.NDArray[np.int64]


@dataclass
class Places:
    """Places that occur; the first stands for none."""

    known: list[Location | None] = field(default_factory=lambda: [None])
    _at: dict[Location | None, int] = field(default_factory=lambda: {None: 0})

    def number(self, place: Location | None) -> int:
        """Number of a place."""
        if place not in self._at:
            self._at[place] = len(self.known)
            self.known.append(place)
        return self._at[place]

    def regions(self) -> list[str]:
        """Region of each place; nothing for none."""
        return [place.region if place else "" for place in self.known]


def locations_of_rows(facts: Facts, usable: dict[str, pl.Series]) -> tuple[list[Location | None], list[Codes]]:
    """Return the distinct places, and for each phone slot, then for the address, which of them each row has.

    ``usable`` says of each contact point whether the row may use it; the frame of ``facts`` has ``<phone>:region`` and
    ``<phone>:zones``. What names only a country of several zones counts for nothing where something else of the row
    names a zone of that country, and for the whole country where nothing does.
    """
    places = Places()
    of_rows = [_of_numbers(facts.frame, slot, usable[slot], places) for slot in PHONE_SLOTS if slot in usable]
    regions = facts.locations.address_regions()
    of_rows.append(_of_address(facts, regions[0] if regions else None, places, of_rows))
    # An address that names several countries: hours have to suit each of them.
    of_rows += [_of_address(facts, more, places) for more in regions[1:]]
    return places.known, _settled(of_rows, places)


def _of_numbers(frame: pl.DataFrame, slot: str, usable: pl.Series, places: Places) -> Codes:
    number = pl.when(usable).then(slot)
    named = frame.select(pl.when(number.str.starts_with("+1")).then(number.str.slice(2, 3))).to_series()
    if named.null_count() > int((~usable).sum()):
        zones = pl.when(usable).then(pl.col(ZONES.of(slot)).list.join(SEPARATOR).fill_null(""))
        named = frame.select(pl.coalesce(named, zones)).to_series()
    regions, in_region = distinct(frame.get_column(REGION.of(slot)))
    words, which = distinct(named)
    known_regions, known_words = [*regions, None], [*words, None]
    return paired(in_region, which, lambda r, w: places.number(location_of_number(known_regions[r], known_words[w])))


def _of_address(facts: Facts, country: pl.Series | None, places: Places, numbers: list[Codes] | None = None) -> Codes:
    """Place of the address; in the country of the first number, or the file's, where it names none of its own.

    Without ``numbers`` it is a further country of the address, which most rows do not have.
    """
    nothing: tuple[list[str], Codes] = ([], np.zeros(facts.rows, dtype=np.int64))
    part = facts.locations.state_parts()
    countries, country_of = nothing if country is None else distinct(country)
    parts, part_of = nothing if part is None else distinct(part)
    own, has_part = country_of < len(countries), part_of < len(parts)

    # Countries of the column, then those of the numbers' places, then none.
    of_number = np.zeros(facts.rows, dtype=np.int64)
    for slot in reversed(numbers or []):
        of_number = np.where(slot > 0, slot, of_number)
    choices: list[str | None] = [*countries, facts.region, *places.regions()[1:]]
    chosen = np.where(own, country_of, len(countries) + of_number)
    said = own if numbers is None else own | has_part | (of_number == 0)
    known_parts = [*parts, None]

    def place(which: int, word: int) -> int:
        region = choices[which]
        return places.number(None if region is None else location_of_address(region, known_parts[word]))

    return np.where(said, paired(chosen, part_of, place), 0)


def _settled(of_rows: list[Codes], places: Places) -> list[Codes]:
    """Give places without zones those of their whole country, or drop them where the row names a zone of it."""
    anywhere = np.array([places.number(place.anywhere) if place else 0 for place in list(places.known)])
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
