"""Where the leads of a batch are: countries and states that numbers and addresses name, and what cannot be read."""

from __future__ import annotations

import functools
import operator
import weakref
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import polars as pl
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from schemas.columns import CODE_FIELDS, PHONE_SLOTS
from schemas.contact.blank import EMPTY_WORDS
from schemas.contact.calling_codes import calling_codes
from schemas.contact.countries import Countries, read_country
from schemas.frame_columns import OTHER_REGION, REGION
from suppression.rules.batch import Batch
from suppression.rules.encode import Bits, Coded, Scalar, looked_up
from suppression.rules.lead_states import LeadStates, NamedStates
from suppression.rules.postal_codes import country_of_postal_code
from suppression.rules.time_windows import Bools, bools
from suppression.rules.us_states import area_codes, states_of_areas

_NOWHERE = Countries((), False)
#: Words for nothing; NA is Namibia.
_BLANK_COUNTRIES = EMPTY_WORDS - {"na"}
#: The United States with its territories: there a state column means a state.
_THE_US = frozenset({"US", "PR", "GU", "VI", "AS", "MP", "UM"})
#: Fields that say where a lead is.
UNREAD_PLACES = ("country", "state", "postal_code")


@functools.lru_cache(1 << 12)
def _country(word: str) -> Countries:
    return _NOWHERE if word.strip().casefold() in _BLANK_COUNTRIES else read_country(word)


class LeadLocations:
    """Locations of one batch. ``region`` is where the file's national numbers belong, which stands in for a lead of
    whom neither number nor address says the country; ``meaning`` gives the bits of a country.
    """

    def __init__(self, batch: Batch, region: str | None, meaning: Callable[[str], int]) -> None:
        # The batch has these: with each holding the other, its memory would wait for the collector of garbage.
        self._batch: Batch = weakref.proxy(batch)
        self._region, self._meaning = region, meaning
        self._states = LeadStates(self._batch, self._perhaps_in_the_us)

    def unread(self, name: str) -> Bools:
        """Whether each row has something in one of `UNREAD_PLACES` that cannot be read."""
        if name == "country":
            return self._batch.once(("unread", name), self._unread_country)
        named = self.named_states()
        return named.state_unread if name == "state" else named.code_unread

    def _countries(self) -> Coded[Countries]:
        """What the country column names in each row."""

        def make() -> Coded[Countries]:
            cells = self._batch.coded("country")
            return Coded([_NOWHERE if word is None else _country(word) for word in cells.values], cells.of_row)

        return self._batch.once("countries", make)

    def _unread_country(self) -> Bools:
        countries = self._countries()
        return np.array([each.unread for each in countries.values])[countries.of_row]

    def address_regions(self) -> list[Coded[str | None]]:
        """Countries that each row's address names: the first of each row, the second …; None where there is none."""
        countries = self._countries()
        most = max((len(each.regions) for each in countries.values), default=0)
        named = [[*each.regions, *[None] * (most - len(each.regions))] for each in countries.values]
        return [Coded([each[at] for each in named], countries.of_row) for at in range(most)]

    def by_countries(
        self, answer: Callable[[tuple[str, ...]], object], dtype: type[Scalar], default: object
    ) -> npt.NDArray[Scalar]:
        """What the countries of each row's address answer; ``default`` where it names none that can be read."""
        countries = self._countries()
        said = [answer(each.regions) if each.regions else default for each in countries.values]
        return np.array(said, dtype=dtype)[countries.of_row]

    def regions(self, point: str) -> Coded[str | None]:
        """Region of each row's number."""
        return self._batch.coded(REGION.of(point))

    def territory(self, point: str | None) -> Bits:
        """Territories of a phone: its number's and the address's. Of another point: the address's and any number's."""

        def make() -> Bits:
            bits = self._batch.once("address bits", self._of_address)
            for slot in self._seen_from(point):
                bits = bits | self._batch.once(("number", slot), functools.partial(self._of_number, slot))
            if self._region is not None and not bits.all():
                nowhere = (bits == 0) & ~self.unread("country")
                bits = np.where(nowhere, np.uint64(self._meaning(self._region)), bits)
            return bits

        return self._batch.once(("territory", point if point in PHONE_SLOTS else None), make)

    def states(self, point: str | None) -> Bits:
        """States of the United States that the address or the number's area code names."""

        def make() -> Bits:
            bits = self.named_states().bits
            for slot in self._seen_from(point):
                bits = bits | self._batch.once(("area", slot), functools.partial(self._area, slot))
            return bits

        return self._batch.once(("states", point if point in PHONE_SLOTS else None), make)

    def _seen_from(self, point: str | None) -> list[str]:
        """Numbers of which one who has the point learns."""
        slots = (point,) if point in PHONE_SLOTS else PHONE_SLOTS
        return [slot for slot in slots if slot is not None and self._batch.column(slot) is not None]

    def _of_number(self, point: str) -> Bits:
        """Territories of a number, in each of its readings."""
        regions = self.regions(point)
        meanings = [0 if each is None else self._meaning(each) for each in regions.values]
        bits = np.array(meanings, dtype=np.uint64)[regions.of_row]
        other = self._batch.column(OTHER_REGION.of(point))
        if other is not None:
            bits = bits | looked_up(other, self._meaning, np.uint64)
        beside = self._code_beside(point)
        if beside is None:
            return bits
        return bits | looked_up(
            beside, lambda code: self._meaning(COUNTRY_CODE_TO_REGION_CODE[int(code)][0]), np.uint64
        )

    def _code_beside(self, point: str) -> pl.Series | None:
        """Calling codes in a column of their own, where the number contradicts them."""
        own = next((name for name, slot in CODE_FIELDS.items() if slot == point), "")
        column = self._batch.column(own)
        column = self._batch.column("phone_code") if column is None else column
        if column is None:
            return None
        beside = pl.DataFrame({"number": self._batch.frame.get_column(point), "code": calling_codes(column)})
        return beside.select(pl.when(~pl.col("number").str.starts_with("+" + pl.col("code"))).then("code")).to_series()

    def _area(self, point: str) -> Bits:
        regions = self.regions(point)
        ours = np.array([each == "US" for each in regions.values])[regions.of_row]
        return states_of_areas(np.where(ours, self.area_codes(point), 0))

    def area_codes(self, point: str) -> npt.NDArray[np.int64]:
        """Area code of each number of the North American plan, 0 of the others and where there is none."""
        return self._batch.once(("area codes", point), lambda: area_codes(self._batch.frame.get_column(point)))

    def _of_address(self) -> Bits:
        """Territories of the countries that the address names; by the postal code where it names none."""

        def meaning(regions: tuple[str, ...]) -> int:
            return functools.reduce(operator.or_, map(self._meaning, regions))

        bits = self.by_countries(meaning, np.uint64, 0)
        codes = self._batch.column("postal_code")
        if codes is None or bits.all():
            return bits
        left = np.flatnonzero(bits == 0)
        telling = codes[left].to_frame("code").select(pl.when(pl.col("code").str.contains("[A-Za-z]")).then("code"))
        bits[left] = looked_up(telling.to_series(), self._meaning_of_code, np.uint64)
        return bits

    def _meaning_of_code(self, code: str) -> int:
        country = country_of_postal_code(code)
        return 0 if country is None else self._meaning(country)

    def named_states(self) -> NamedStates:
        """States that the address names by its state or its ZIP code; and where either is there and unread."""
        return self._states.named()

    def state_parts(self) -> Coded[str | None]:
        """The state or province of each row's address, by its ZIP code where the column says nothing."""
        return self._states.parts()

    def _perhaps_in_the_us(self) -> Bools:
        """Rows whose address is in the United States; where it names no country, those of its numbers or the run's."""
        numbered, here = self._batch.all(False), self._batch.all(False)
        for point in PHONE_SLOTS:
            if self._batch.column(point) is not None:
                regions = self.regions(point)
                numbered = numbered | np.array([each is not None for each in regions.values])[regions.of_row]
                here = here | np.array([each in _THE_US for each in regions.values])[regions.of_row]
        unsaid = np.where(numbered, here, self._region is None or self._region in _THE_US)
        said = self.by_countries(lambda regions: 1 if not _THE_US.isdisjoint(regions) else 0, np.int8, -1)
        return bools(np.where(said < 0, unsaid, said > 0))
