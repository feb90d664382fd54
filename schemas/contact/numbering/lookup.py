"""Deciding whole columns: from the digits in them to answers, by the tables of the regions and calling codes in them.

Tables come with the program (see ``shipped.py``), or are built when enough values ask for them, and are kept for the
life of the process. Whether a value is decided here or by the library makes no difference to the answer.
"""

from __future__ import annotations

import functools
import threading
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import phonenumbers
import polars as pl
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, SUPPORTED_REGIONS, country_code_for_region

from schemas.contact.numbering.answers import AS_IF_PLUS, UNDECIDED, Answers
from schemas.contact.numbering.digits import written_digits
from schemas.contact.numbering.finder import Finder
from schemas.contact.numbering.patterns import UnsupportedPatternError
from schemas.contact.numbering.plan import Plan, build_plan
from schemas.contact.numbering.prefixes import calling_code_before
from schemas.contact.numbering.range_sets import whole_pieces
from schemas.contact.numbering.ranges import Codes
from schemas.contact.numbering.shipped import ShippedTables
from schemas.contact.numbering.tables import (
    Table,
    fixed_table,
    international_table,
    national_table,
    undecided_table,
)

#: A table takes about as long to build as the library takes to read this many values.
WORTH_A_TABLE = 4000


class Decided(NamedTuple):
    """Of each value, the number of its answer (`UNDECIDED`: ask the library) and its E.164 digits as an integer.

    The integer means something only where the answer is a valid number.
    """

    answer: Codes
    e164: Codes


class Numbering:
    """All tables, with the answers they point to."""

    def __init__(self, worth_a_table: int = WORTH_A_TABLE, shipped: ShippedTables | None = None) -> None:
        self._shipped = shipped
        self.answers = Answers(shipped.answers if shipped is not None else [])
        self._worth_a_table = worth_a_table
        self._asked_for: Counter[str | int | None] = Counter()
        self._tables: dict[str | int | None, tuple[Table, Finder]] = {}
        self._plans: dict[int, Plan] = {}
        self._building = threading.Lock()
        rules = {code: calling_code_before(code) for code in COUNTRY_CODE_TO_REGION_CODE}
        starts = whole_pieces([rule.starts for rule in rules.values()])
        self._code_finder = Finder(starts)
        #: Calling code that the digits of each piece start with; 0 where there is none.
        self._codes = np.zeros(len(starts), dtype=np.int16)
        for code, rule in rules.items():
            self._codes[rule.at(starts)[0] != 0] = code

    def decide(self, values: pl.Series, regions: pl.Series) -> Decided:
        """Decide what can be decided of a column of trimmed values, each with its region."""
        codes, plus = written_digits(values)
        decided = Decided(np.full(len(codes), UNDECIDED, dtype=np.int64), np.zeros(len(codes), dtype=np.int64))
        read = codes > 0
        inland = np.flatnonzero(read & ~plus)
        for region, rows in _rows_by_region(regions, inland):
            abroad = self._look_up(region, rows, codes, decided)
            # What was dropped there is the prefix for calls abroad.
            plus[abroad] = True
            codes[abroad] = decided.e164[abroad]
            decided.answer[abroad] = UNDECIDED
        rows = np.flatnonzero(read & plus)
        calling_codes = self._codes[self._code_finder.piece_of(codes[rows])]
        order = calling_codes.argsort(kind="stable")
        found, first = np.unique(calling_codes[order], return_index=True)
        bounds = [*first.tolist(), len(rows)]
        for code, start, end in zip(found.tolist(), bounds[:-1], bounds[1:], strict=True):
            # 0: what is behind the plus is no calling code.
            if code != 0:
                self._look_up(code, rows[order[start:end]], codes, decided)
        return decided

    def _look_up(
        self, key: str | int | None, rows: npt.NDArray[np.intp], codes: Codes, decided: Decided
    ) -> npt.NDArray[np.intp]:
        """Write the answers for these rows; return those with a prefix for calls abroad."""
        table = self._table(key, len(rows))
        if table is None:
            return rows[:0]
        (_, answer, delta), finder = table
        sought = codes[rows]
        piece = finder.piece_of(sought)
        answers = answer.take(piece)
        decided.answer[rows] = answers
        decided.e164[rows] = sought + delta.take(piece)
        abroad: npt.NDArray[np.intp] = rows[answers == AS_IF_PLUS]
        return abroad

    def _table(self, key: str | int | None, rows: int) -> tuple[Table, Finder] | None:
        """Return the table of a region or a calling code, once as many values as it is worth have asked for it."""
        if key not in self._tables:
            with self._building:
                if key in self._tables:
                    return self._tables[key]
                table = self._shipped.table(key) if self._shipped is not None else None
                if table is None:
                    self._asked_for[key] += rows
                    if self._asked_for[key] < self._worth_a_table:
                        return None
                    table = self.build(key)
                self._tables[key] = table, Finder(table.starts)
        return self._tables[key]

    def build(self, key: str | int | None) -> Table:
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

    def plan(self, calling_code: int) -> Plan:
        """Return the plan of a calling code."""
        if calling_code not in self._plans:
            self._plans[calling_code] = build_plan(calling_code, self.answers)
        return self._plans[calling_code]


@functools.cache
def numbering() -> Numbering:
    """Return the tables of this process."""
    return Numbering(shipped=ShippedTables())


def _rows_by_region(
    regions: pl.Series, rows: npt.NDArray[np.intp]
) -> Iterator[tuple[str | None, npt.NDArray[np.intp]]]:
    """Yield each region with those of ``rows`` that are of it."""
    if len(rows) == 0:
        return
    first = regions[rows[0].item()]
    if regions.eq_missing(first).all():
        yield first, rows
        return
    table = pl.DataFrame({"region": regions[rows], "row": rows})
    groups = table.group_by("region", maintain_order=True).agg("row")
    for region, of_region in zip(*groups, strict=True):
        yield region, of_region.to_numpy()
