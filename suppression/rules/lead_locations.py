"""Where the leads of a batch are: countries and states that numbers and addresses name, and what cannot be read."""

from __future__ import annotations

import functools
import operator
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
from suppression.rules.encode import Bits, Coded, Scalar, distinct, looked_up, looked_up_numbers
from suppression.rules.postal_codes import country_of_postal_code
from suppression.rules.time_windows import Bools, bools
from suppression.rules.us_states import UNREAD, bits_of_area_codes, states_in, states_of, zip_states_of

_NOWHERE = Countries((), False)
#: Words for nothing; NA is Namibia.
_BLANK_COUNTRIES = EMPTY_WORDS - {"na"}
#: The United States with its territories: there a state column means a state.
_THE_US = frozenset({"US", "PR", "GU", "VI", "AS", "MP", "UM"})
#: Fields that say where a lead is.
UNREAD_PLACES = ("country", "state", "postal_code")


def _country(word: str) -> Countries:
    return _NOWHERE if word.strip().casefold() in _BLANK_COUNTRIES else read_country(word)


def without_blanks(cells: pl.Series) -> pl.Series:
    """Cells of a place, without the words that stand for nothing."""
    return (
        cells.to_frame("cell")
        .select(pl.when(~pl.col("cell").str.to_lowercase().is_in(EMPTY_WORDS)).then("cell"))
        .to_series()
    )


class LeadLocations:
    """Locations of one batch. ``region`` is where the file's national numbers belong, which stands in for a lead of
    whom neither number nor address says the country; ``meaning`` gives the bits of a country.
    """

    def __init__(self, batch: Batch, region: str | None, meaning: Callable[[str], int]) -> None:
        self._batch, self._region, self._meaning = batch, region, meaning

    def unread(self, name: str) -> Bools:
        """Whether each row has something in one of `UNREAD_PLACES` that cannot be read."""
        makers = {"country": self._unread_country, "state": self._unread_state, "postal_code": self._unread_code}
        return self._batch.once(("unread", name), makers[name])

    def _has_state(self) -> Bools:
        named = self._batch.column("state")
        if named is None:
            return self._batch.all(False)
        return self._batch.once("has state", lambda: without_blanks(named).is_not_null().to_numpy())

    def _countries(self) -> Coded[Countries]:
        """What the country column names in each row."""

        def make() -> Coded[Countries]:
            cells = self._batch.column("country")
            if cells is None:
                return Coded([_NOWHERE], np.zeros(self._batch.rows, dtype=np.int64))
            words, of_row = distinct(cells)
            return Coded([*(_country(word) for word in words), _NOWHERE], of_row)

        return self._batch.once("countries", make)

    def _unread_country(self) -> Bools:
        countries = self._countries()
        return np.array([each.unread for each in countries.values])[countries.of_row]

    def address_regions(self) -> list[pl.Series]:
        """Countries that each row's address names: the first of each row, the second …; null where there is none."""

        def make() -> list[pl.Series]:
            countries = self._countries()
            most = max((len(each.regions) for each in countries.values), default=0)
            named = [[*each.regions, *[None] * (most - len(each.regions))] for each in countries.values]
            columns = [pl.Series([each[at] for each in named], dtype=pl.String) for at in range(most)]
            return [column.gather(countries.of_row) for column in columns]

        return self._batch.once("address regions", make)

    def by_countries(
        self, answer: Callable[[tuple[str, ...]], object], dtype: type[Scalar], default: object
    ) -> npt.NDArray[Scalar]:
        """What the countries of each row's address answer; ``default`` where it names none that can be read."""
        countries = self._countries()
        said = [answer(each.regions) if each.regions else default for each in countries.values]
        return np.array(said, dtype=dtype)[countries.of_row]

    def _of_number(self, point: str) -> Bits:
        """Territories of a number, in each of its readings."""

        def make() -> Bits:
            bits = looked_up(self._batch.frame.get_column(REGION.of(point)), self._meaning, np.uint64)
            other = self._batch.column(OTHER_REGION.of(point))
            if other is not None:
                bits = bits | looked_up(other, self._meaning, np.uint64)
            return bits | self._of_code_beside(point)

        return self._batch.once(("number", point), make)

    def _of_code_beside(self, point: str) -> Bits:
        """Territories of a calling code in a column of its own, where the number contradicts it."""
        own = next((name for name, slot in CODE_FIELDS.items() if slot == point), "")
        column = self._batch.column(own)
        column = self._batch.column("phone_code") if column is None else column
        if column is None:
            return np.zeros(self._batch.rows, dtype=np.uint64)
        beside = pl.DataFrame({"number": self._batch.frame.get_column(point), "code": calling_codes(column)})
        other = beside.select(pl.when(~pl.col("number").str.starts_with("+" + pl.col("code"))).then("code")).to_series()
        return looked_up(other, lambda code: self._meaning(COUNTRY_CODE_TO_REGION_CODE[int(code)][0]), np.uint64)

    def _of_numbers(self) -> Bits:
        bits = np.zeros(self._batch.rows, dtype=np.uint64)
        for point in PHONE_SLOTS:
            if self._batch.column(point) is not None:
                bits |= self._of_number(point)
        return bits

    def _of_address(self) -> Bits:
        """Territories of the countries that the address names; by the postal code where it names none."""

        def meaning(regions: tuple[str, ...]) -> int:
            return functools.reduce(operator.or_, map(self._meaning, regions))

        bits = self.by_countries(meaning, np.uint64, 0)
        codes = self._batch.column("postal_code")
        if codes is None or bits.all():
            return bits
        telling = pl.DataFrame({"code": codes, "open": bits == 0}).select(
            pl.when(pl.col("open") & pl.col("code").str.contains("[A-Za-z]")).then("code")
        )
        return bits | looked_up(telling.to_series(), self._meaning_of_code, np.uint64)

    def _meaning_of_code(self, code: str) -> int:
        country = country_of_postal_code(code)
        return 0 if country is None else self._meaning(country)

    def territory(self, point: str | None) -> Bits:
        """Territories of a phone: its number's and the address's. Of another point: the address's and any number's."""

        def make() -> Bits:
            address = self._batch.once("address bits", self._of_address)
            own = self._of_number(point) if point in PHONE_SLOTS else self._batch.once("number bits", self._of_numbers)
            bits = address | own
            if self._region is not None:
                nowhere = (bits == 0) & ~self.unread("country")
                bits = np.where(nowhere, np.uint64(self._meaning(self._region)), bits)
            return bits

        return self._batch.once(("territory", point if point in PHONE_SLOTS else None), make)

    def states(self, point: str | None) -> Bits:
        """States of the United States that the address or the number's area code names."""

        def of_number(slot: str) -> Bits:
            return self._batch.once(
                ("area", slot),
                lambda: bits_of_area_codes(
                    self._batch.frame.get_column(slot), self._batch.frame.get_column(REGION.of(slot))
                ),
            )

        def make() -> Bits:
            bits = self._named_states()[0]
            for slot in (point,) if point in PHONE_SLOTS else PHONE_SLOTS:
                if slot is not None and self._batch.column(slot) is not None:
                    bits = bits | of_number(slot)
            return bits

        return self._batch.once(("states", point if point in PHONE_SLOTS else None), make)

    def _named_states(self) -> tuple[Bits, Bools, Bools]:
        """States that the address names by its state or its ZIP code; and where either is there and unread."""
        return self._batch.once("named states", self._read_states)

    def _read_states(self) -> tuple[Bits, Bools, Bools]:
        nothing = np.zeros(self._batch.rows, dtype=np.uint64)
        here = self._perhaps_in_the_us()
        named, codes = self._batch.column("state"), self._batch.column("postal_code")
        bits = nothing if named is None else states_of(without_blanks(named))
        unread = (bits == UNREAD) & here
        bits = np.where(here & ~unread, bits, np.uint64(0))
        if codes is None:
            return bits, unread, self._batch.all(False)
        # What the state column says is not looked for in the code.
        open_rows = here & (bits == 0)
        left = pl.DataFrame({"code": without_blanks(codes), "open": open_rows}).select(pl.when("open").then("code"))
        by_code = zip_states_of(left.to_series())
        lost = (by_code == UNREAD) & ~self._has_state()
        return bits | np.where(by_code == UNREAD, np.uint64(0), by_code), unread, lost

    def _perhaps_in_the_us(self) -> Bools:
        """Rows whose address is in the United States; where it names no country, those of its numbers or the run's."""
        numbered, here = self._batch.all(False), self._batch.all(False)
        for point in PHONE_SLOTS:
            if self._batch.column(point) is not None:
                regions = self._batch.frame.get_column(REGION.of(point))
                numbered = numbered | regions.is_not_null().to_numpy()
                here = here | regions.is_in(_THE_US).fill_null(False).to_numpy()
        unsaid = np.where(numbered, here, self._region is None or self._region in _THE_US)
        said = self.by_countries(lambda regions: 1 if not _THE_US.isdisjoint(regions) else 0, np.int8, -1)
        return bools(np.where(said < 0, unsaid, said > 0))

    def state_parts(self) -> pl.Series | None:
        """The state or province of each row's address, by its ZIP code where the column says nothing."""
        named, codes = self._batch.column("state"), self._batch.column("postal_code")
        if codes is None:
            return named
        bits = np.where(self._has_state(), np.uint64(0), self._named_states()[0])
        if not bits.any():
            return named
        by_code = looked_up_numbers(bits, lambda value: next(iter(states_in(value)), None) if value else None)
        return by_code if named is None else named.zip_with(named.is_not_null(), by_code)

    def _unread_state(self) -> Bools:
        return self._named_states()[1]

    def _unread_code(self) -> Bools:
        return self._named_states()[2]
