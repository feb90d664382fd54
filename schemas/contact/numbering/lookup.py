"""Deciding whole columns: from the digits in them to answers, by the tables of the regions and calling codes in them.

Tables come with the program (see ``shipped.py``), or are built when enough values ask for them, and are kept for the
life of the process. Whether a value is decided here or by the library makes no difference to the answer.
"""

from __future__ import annotations

import functools
import threading
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import phonenumbers
import polars as pl
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, SUPPORTED_REGIONS, country_code_for_region

from schemas.contact.numbering.answers import Answers
from schemas.contact.numbering.labels import ASCII_LABELS
from schemas.contact.numbering.library import (
    NO_COUNTRY,
    NO_NUMBER,
    SEVERAL,
    WORD_AHEAD,
    WORDS_BETWEEN,
    PhoneForm,
)
from schemas.contact.numbering.patterns import UnsupportedPatternError
from schemas.contact.numbering.plan import Plan, build_plan
from schemas.contact.numbering.ranges import BLOCK_EDGES, Codes, code_of, digits_of
from schemas.contact.numbering.shipped import Habits, Key, ShippedTables
from schemas.contact.numbering.tables import (
    Table,
    fixed_table,
    international_table,
    national_table,
    undecided_table,
)
from schemas.kernels import dressed, odd_phones, phones
from schemas.kernels.word_lists import word_list
from schemas.support.column_bytes import column_bytes, given_rows
from schemas.support.text_views import text_views

#: A table takes about as long to build as the library takes to read this many values.
WORTH_A_TABLE = 4000
#: Bits of the fraction of a floating-point number.
_MANTISSA = 52
_LABELS, _BETWEEN = word_list(ASCII_LABELS), word_list(WORDS_BETWEEN)
#: Answers that no table gives, in the order of `schemas.kernels.odd_phones`.
_FIXED = [NO_NUMBER, NO_COUNTRY, *(PhoneForm("unparseable", why=why) for why in (SEVERAL, WORD_AHEAD))]


class Decided(NamedTuple):
    """Of each value, the number of its answer (`UNDECIDED`: ask the library) and its E.164 digits as an integer.

    The integer means something only where the answer is a valid number, and so does ``more``: the code of an
    extension's digits, `schemas.kernels.dressed.DECIMAL` where a decimal zero was taken off, 0 where nothing was.
    """

    answer: npt.NDArray[np.int32]
    e164: Codes
    more: npt.NDArray[np.int32]


class _Loaded(NamedTuple):
    """Tables one behind the other, as `schemas.kernels.phones.decide` takes them."""

    of_region: npt.NDArray[np.int32]
    of_code: npt.NDArray[np.int32]
    tables: npt.NDArray[np.int64]
    starts: Codes
    answers: npt.NDArray[np.int32]
    deltas: Codes
    lasts: npt.NDArray[np.int32]

    def has(self, place: int) -> bool:
        """Whether a place of the two directories, one behind the other, has a table."""
        directory, at = self._directory(place)
        return bool(directory[at] >= 0)

    def with_tables(self, tables: Mapping[int, Table]) -> _Loaded:
        """Add tables at places of the directories."""
        of_region, of_code = self.of_region.copy(), self.of_code.copy()
        heads, lasts = [self.tables], [self.lasts]
        first, first_bucket = len(self.starts), len(self.lasts)
        for table in tables.values():
            shift, lowest, ends = buckets(table.starts)
            heads.append(np.array([first, first_bucket, shift, lowest]))
            lasts.append(ends)
            first += len(table.starts)
            first_bucket += len(ends)
        added = _Loaded(
            of_region,
            of_code,
            np.concatenate(heads),
            np.concatenate([self.starts, *(table.starts for table in tables.values())]),
            np.concatenate([self.answers, *(table.answer.astype(np.int32) for table in tables.values())]),
            np.concatenate([self.deltas, *(table.delta for table in tables.values())]),
            np.concatenate(lasts),
        )
        for number, place in enumerate(tables, len(self.tables) // 4):
            directory, at = added._directory(place)
            directory[at] = number
        return added

    def _directory(self, place: int) -> tuple[npt.NDArray[np.int32], int]:
        of_code = place - len(self.of_region)
        return (self.of_region, place) if of_code < 0 else (self.of_code, of_code)


def _nothing_loaded() -> _Loaded:
    of_code = np.full(2000, phones.NO_TABLE, dtype=np.int32)
    of_code[[code_of(str(code)) for code in COUNTRY_CODE_TO_REGION_CODE]] = phones.NOT_LOADED
    of_region = np.full(phones.REGIONS, phones.NOT_LOADED, dtype=np.int32)
    of_region[phones.OTHER_REGION] = phones.NO_TABLE
    return _Loaded(of_region, of_code, *(np.empty(0, dtype) for dtype in ("i8", "i8", "i4", "i8", "i4")))


class Numbering:
    """All tables, with the answers they point to."""

    def __init__(self, worth_a_table: int = WORTH_A_TABLE, shipped: ShippedTables | None = None) -> None:
        self._shipped = shipped
        self.answers = Answers(shipped.answers if shipped is not None else [])
        self._worth_a_table = worth_a_table
        self._asked_for: Counter[Key | None] = Counter()
        self._loaded = _nothing_loaded()
        self._plans: dict[int, Plan] = {}
        self._building = threading.Lock()

    def decide(self, values: pl.Series, regions: npt.NDArray[np.int16], *, odd: bool = False) -> Decided:
        """Decide what can be decided of a column of trimmed values, each with the number of its region.

        ``odd``: in every shape; else in those that are common.
        """
        texts, given = text_views(values), given_rows(values)
        views, memory, parts, _ = texts.in_memory()
        rows = len(values)
        decided = Decided(np.empty(rows, np.int32), np.empty(rows, np.int64), np.empty(rows, np.int32))
        text = np.empty(dressed.MOST_BYTES, np.uint8)
        asked: set[int] = set()
        while True:
            loaded, wanted = self._loaded, np.zeros(phones.REGIONS + 2000, dtype=np.int64)
            arguments = (views, memory, parts, given, regions, *loaded, *_LABELS, text, wanted, *decided)
            phones.decide(*arguments)
            if odd:
                is_ok = self.answers.table().is_ok
                odd_phones.decide_odd(*arguments, *_BETWEEN, self._fixed, is_ok)
            if not self._load(loaded, wanted, asked):
                return decided

    @functools.cached_property
    def _fixed(self) -> npt.NDArray[np.int32]:
        with self._building:
            return np.array([self.answers.number_of(form) for form in _FIXED], np.int32)

    def _load(self, loaded: _Loaded, wanted: Codes, asked: set[int]) -> bool:
        """Load the tables that values asked for and did not find, where they are worth it; say whether any was.

        ``asked``: places of which the same values have asked already.
        """
        missing = np.concatenate([loaded.of_region, loaded.of_code]) == phones.NOT_LOADED
        places = set(np.flatnonzero(missing & (wanted > 0)).tolist()) - asked
        if not places:
            return False
        asked |= places
        with self._building:
            faster = any(self._loaded.has(place) for place in places)  # another thread was
            tables = {
                place: table
                for place in sorted(places)
                if not self._loaded.has(place)
                and (table := self._table(_key_at(place), int(wanted[place]))) is not None
            }
            if tables:
                self._loaded = self._loaded.with_tables(tables)
        return faster or bool(tables)

    def _table(self, key: Key | None, rows: int) -> Table | None:
        """Return the table of a region or a calling code, once as many values as it is worth have asked for it.

        Where no region is known, or there is no such region, it is made of a few answers.
        """
        table = None if self._shipped is None else self._shipped.table(key)
        if table is None:
            self._asked_for[key] += rows
            is_fixed = not isinstance(key, int) and key not in SUPPORTED_REGIONS
            if is_fixed or self._asked_for[key] >= self._worth_a_table:
                table = self.build(key)
        return table

    def build(self, key: Key | None) -> Table:
        """Build the table of a region (None: no region is known) or of a calling code."""
        phonenumbers.enable_pattern_cache()
        try:
            if isinstance(key, int):
                return international_table(self.plan(key), self.answers)
            if key not in SUPPORTED_REGIONS:
                return fixed_table(key, self.answers)
            return national_table(key, self.plan(country_code_for_region(key)), self.answers)
        except UnsupportedPatternError:
            return undecided_table()

    def shipped_table(self, key: Key) -> Table | None:
        """Return the table of a region or a calling code that comes with the program; None where none does."""
        return None if self._shipped is None else self._shipped.table(key)

    def shipped_habits(self, region: str) -> Habits | None:
        """Return the habits of a region that come with the program; None where none do."""
        return None if self._shipped is None else self._shipped.habits.get(region)

    def plan(self, calling_code: int) -> Plan:
        """Return the plan of a calling code."""
        if calling_code not in self._plans:
            self._plans[calling_code] = build_plan(calling_code, self.answers)
        return self._plans[calling_code]


def _key_at(place: int) -> Key | None:
    """The region or calling code of a place in the directories, one behind the other."""
    if place > phones.REGIONS:
        return int(digits_of(place - phones.REGIONS))
    return region_at(place)


@functools.cache
def numbering() -> Numbering:
    """Return the tables of this process."""
    return Numbering(shipped=ShippedTables())


def region_numbers(regions: pl.Series) -> npt.NDArray[np.int16]:
    """Number the region of each row, for `Numbering.decide`."""
    numbers = np.empty(len(regions), np.int16)
    phones.region_numbers(*column_bytes(regions), given_rows(regions), numbers)
    return numbers


def region_at(number: int) -> str | None:
    """The region that has this number; None where no region has."""
    first, second = divmod(number, 26)
    return None if number >= phones.NO_REGION else chr(ord("A") + first) + chr(ord("A") + second)


def buckets(starts: Codes) -> tuple[int, int, npt.NDArray[np.int32]]:
    """Sort the pieces of a table into buckets, as `schemas.kernels.phones.piece_of` needs them.

    Returns the shift and the lowest bucket, and the last piece that begins in each bucket or before it. The first
    piece must start at or below every code.
    """
    # Buckets per doubling of the code, which is what the strings of one length are: a quarter of the pieces at most.
    # With more, all tables take 150 MB, and a piece is found no sooner.
    shift = _MANTISSA - min(max(len(starts).bit_length() - 3, 6), 12)

    def bucket(codes: Codes) -> Codes:
        return codes.astype(np.float64).view(np.int64) >> shift

    lowest, highest = bucket(BLOCK_EDGES[[0, -1]]).tolist()
    # A piece that starts in an earlier bucket starts below the code, in a later one above it, however the conversion
    # rounded. Nearly all of a million buckets repeat the one before.
    until_next = np.diff(bucket(starts), prepend=lowest, append=highest + 1)
    return shift, lowest, np.repeat(np.arange(-1, len(starts), dtype=np.int32), until_next)
