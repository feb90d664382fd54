"""Repairs and second readings of whole columns: only distinct values that need them are read one by one."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
from phonenumbers import SUPPORTED_REGIONS, country_code_for_region

from schemas.contact.apply import Apply, apply_here
from schemas.contact.numbering.library import PHONE_POINT_SCHEMA
from schemas.contact.numbering.lookup import region_at, region_numbers
from schemas.contact.numbering.region_habits import habits
from schemas.contact.phone import decide_phones, put_each, read_each, undecided
from schemas.contact.phone_column import PhoneColumn, PointList, point_list
from schemas.contact.phone_questions import Question, answer_all
from schemas.contact.phone_readings import phone_point
from schemas.contact.phone_repairs import AHEAD_OF_PREFIX, WITH_PREFIX
from schemas.kernels.phones import FOREIGN, REFUSED, REGIONS, TWICE, look_again

__all__ = ["PHONE_POINT_SCHEMA", "phone_points", "read_points", "with_readings"]

#: What is before a number where a plus is meant, or nothing.
_ABROAD = re.compile(rf"^[{AHEAD_OF_PREFIX}]*(?:\+|\uff0b|011|00)")
#: Of what the library refuses, all that a repair could read: anything but plain digits in the usual dress, and of
#: these what is too short or too long for a number, or begins like a call abroad.
_ODD = re.compile(r"[^0-9 ().\-]|^[ ().\-]*0|^.{1,8}$|^.{15,}$")
_NO_DIGITS = re.compile("[^0-9]+")


def _point_chunk(items: Sequence[Question]) -> list[PointList]:
    return [point_list(answer_all([phone_point(*item) for item in items], read_each))]


def phone_points(values: pl.Series, regions: pl.Series, apply: Apply = apply_here) -> pl.DataFrame:
    """Read a column of trimmed values (null where blank), each with its region.

    Returns `PHONE_POINT_SCHEMA`, one row per value in the same order; all null where the value is null. Only distinct
    values that were refused, or that are valid as a number of two countries, are looked at one by one.
    """
    return read_points(values, regions, apply).frame()


def read_points(
    values: pl.Series, regions: pl.Series, apply: Apply = apply_here, numbers: npt.NDArray[np.int16] | None = None
) -> PhoneColumn:
    """As `phone_points`, before it is put into a frame. ``numbers`` are those of the regions, where they are known."""
    numbers = region_numbers(regions.cast(pl.String)) if numbers is None else numbers
    read = decide_phones(values.cast(pl.String), numbers)
    return with_readings(read, values, regions, apply, numbers)


def with_readings(
    read: PhoneColumn,
    values: pl.Series,
    regions: pl.Series,
    apply: Apply = apply_here,
    numbers: npt.NDArray[np.int16] | None = None,
) -> PhoneColumn:
    """Read what is undecided, add second readings to numbers that have one, and repair what was refused.

    Changes ``read`` and returns it.
    """
    regions = regions.cast(pl.String)
    numbers = region_numbers(regions) if numbers is None else numbers
    column = _Column(values.cast(pl.String), regions, numbers, _traits_of(numbers))
    kinds = np.empty(len(read), np.uint8)
    traits = column.traits
    look_again(
        *(read.at, read.e164, numbers, *read.forms_ok(), traits.codes, traits.has_bogus_plus, traits.may_repeat_code),
        kinds,
    )
    refused, foreign, twice = (np.flatnonzero(kinds == kind) for kind in (REFUSED, FOREIGN, TWICE))
    rows = np.concatenate(
        [
            undecided(read, column.values),
            _with_nationals(foreign, column),
            _written_with_code(twice, column),
            _repairable(refused, column),
        ]
    )
    put_each(read, rows, column.pairs(rows), _point_chunk, apply)
    return read


class _Traits(NamedTuple):
    """What is to know of regions here, by their numbers: the calling code (0: none), and what numbers may be taken for.

    Of regions that do not occur nothing is known.
    """

    codes: npt.NDArray[np.int32]
    has_bogus_plus: npt.NDArray[np.bool_]
    may_repeat_code: npt.NDArray[np.bool_]
    keeps_zero: npt.NDArray[np.bool_]


def _traits_of(numbers: npt.NDArray[np.int16]) -> _Traits:
    traits = _Traits(np.zeros(REGIONS, np.int32), *(np.zeros(REGIONS, np.bool_) for _ in range(3)))
    for number in np.flatnonzero(np.bincount(numbers, minlength=REGIONS)).tolist():
        region = region_at(number)
        if region in SUPPORTED_REGIONS:
            traits.codes[number] = country_code_for_region(region)
            known = habits(region)
            traits.has_bogus_plus[number] = known.has_bogus_plus
            traits.may_repeat_code[number] = known.may_repeat_code
            traits.keeps_zero[number] = known.keeps_zero
    return traits


class _Column(NamedTuple):
    """A column of values, each with its region, and with the number of that."""

    values: pl.Series
    regions: pl.Series
    numbers: npt.NDArray[np.int16]
    traits: _Traits

    def codes(self, rows: npt.NDArray[np.intp]) -> list[int]:
        """Calling codes of the regions of some rows; 0 where there is none."""
        codes: list[int] = self.traits.codes[self.numbers[rows]].tolist()
        return codes

    def pairs(self, rows: npt.NDArray[np.intp]) -> list[tuple[str, str | None]]:
        """Values with their regions."""
        return list(zip(self.values[rows].to_list(), self.regions[rows].to_list(), strict=True))


def _with_nationals(rows: npt.NDArray[np.intp], column: _Column) -> npt.NDArray[np.intp]:
    """Which numbers of another country may be, without their plus, a number of the region as well."""
    return rows[
        _may_be_numbers([(_ABROAD.sub("", value).strip(" ().-"), region) for value, region in column.pairs(rows)])
    ]


def _written_with_code(rows: npt.NDArray[np.intp], column: _Column) -> npt.NDArray[np.intp]:
    """Which of these national numbers, which begin with the calling code, may be a number behind a plus as well."""
    return rows[_begin(rows, column, lambda value: not WITH_PREFIX.match(value))]


def _repairable(rows: npt.NDArray[np.intp], column: _Column) -> npt.NDArray[np.intp]:
    """Which of what was refused may be repaired, or named."""
    pairs = column.pairs(rows)
    odd = column.traits.keeps_zero[column.numbers[rows]] | np.array(
        [_ODD.search(value) is not None for value, _ in pairs], dtype=np.bool_
    )
    # Or it begins with the region's calling code, and is a number once a plus is put before it.
    places = np.flatnonzero(~odd & _begin(rows, column))
    odd[places] = _may_be_numbers([(f"+{pairs[place][0]}", None) for place in places.tolist()])
    return rows[odd]


def _begin(
    rows: npt.NDArray[np.intp], column: _Column, also: Callable[[str], bool] = lambda value: True
) -> npt.NDArray[np.bool_]:
    """Which values have digits that begin with their region's calling code."""
    begin = [
        code > 0 and _NO_DIGITS.sub("", value).startswith(str(code)) and also(value)
        for code, (value, _) in zip(column.codes(rows), column.pairs(rows), strict=True)
    ]
    return np.array(begin, dtype=np.bool_)


def _may_be_numbers(pairs: Sequence[Question]) -> npt.NDArray[np.bool_]:
    """Which texts are valid numbers, each in its region, or not decided by tables."""
    values, regions = (pl.Series([pair[place] for pair in pairs], dtype=pl.String) for place in (0, 1))
    read = decide_phones(values, region_numbers(regions))
    may_be: npt.NDArray[np.bool_] = read.is_ok() | (read.at == 0)
    return may_be
