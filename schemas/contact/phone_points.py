"""Repairs and second readings of whole columns: only distinct values that need them are read one by one."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import phonenumbers
import polars as pl
from phonenumbers import SUPPORTED_REGIONS, country_code_for_region

from schemas.contact.apply import Apply, apply_here, each_once
from schemas.contact.numbering.library import PHONE_POINT_SCHEMA
from schemas.contact.numbering.lookup import region_at, region_numbers
from schemas.contact.numbering.region_habits import habits
from schemas.contact.phone import MOST_REMEMBERED, PhoneForm, read_phones
from schemas.contact.phone_column import PhoneColumn
from schemas.contact.phone_readings import read_phone_point
from schemas.contact.phone_repairs import AHEAD_OF_PREFIX, WITH_PREFIX, repair_phone
from schemas.kernels.phones import FOREIGN, REFUSED, REGIONS, TWICE, look_again

__all__ = ["PHONE_POINT_SCHEMA", "phone_points", "read_points", "with_readings"]

#: What is before a number where a plus is meant, or nothing.
_ABROAD = re.compile(rf"^[{AHEAD_OF_PREFIX}]*(?:\+|\uff0b|011|00)")
#: Of what the library refuses, all that a repair could read: anything but plain digits in the usual dress, and of
#: these what is too short or too long for a number, or begins like a call abroad.
_ODD = re.compile(r"[^0-9 ().\-]|^[ ().\-]*0|^.{1,8}$|^.{15,}$")
_NO_DIGITS = re.compile("[^0-9]+")

#: A reading, and E.164 and region of the second one.
_Point = tuple[PhoneForm, str | None, str | None]


def _repair_chunk(items: Sequence[tuple[str, str | None, str, str | None]]) -> list[_Point]:
    phonenumbers.enable_pattern_cache()
    return [_repaired_once(*item) for item in items]


@functools.lru_cache(maxsize=MOST_REMEMBERED)
def _repaired_once(value: str, region: str | None, state: str, why: str | None) -> _Point:
    form, other = repair_phone(value, region, PhoneForm(state, why=why))
    return (form, other.e164, other.region) if other else (form, None, None)


def _other_chunk(items: Sequence[tuple[str, str | None]]) -> list[tuple[str | None, str | None]]:
    return [_other_once(value, region) for value, region in items]


@functools.lru_cache(maxsize=MOST_REMEMBERED)
def _other_once(value: str, region: str | None) -> tuple[str | None, str | None]:
    other = read_phone_point(value, region).other
    return (other.e164, other.region) if other else (None, None)


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
    return with_readings(read_phones(values, regions, apply, numbers), values, regions, apply, numbers)


def with_readings(
    read: PhoneColumn,
    values: pl.Series,
    regions: pl.Series,
    apply: Apply = apply_here,
    numbers: npt.NDArray[np.int16] | None = None,
) -> PhoneColumn:
    """Add second readings to numbers that have one, and repair what was refused; changes ``read`` and returns it."""
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
    _put_nationals(read, foreign, column, apply)
    _put_without_plus(read, twice, column, apply)
    _put_repaired(read, refused, column, apply)
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


def _put_nationals(read: PhoneColumn, rows: npt.NDArray[np.intp], column: _Column, apply: Apply) -> None:
    """Find numbers of another country that are, without their plus, a number of the region as well."""
    pairs = column.pairs(rows)
    national = [(_ABROAD.sub("", value).strip(" ().-"), region) for value, region in pairs]
    are = _read(national, apply).is_ok()
    found = each_once(_other_chunk, list(itertools.compress(pairs, are)), apply)
    for row, (other, region) in zip(rows[are].tolist(), found, strict=True):
        if other is not None:
            read.put(row, read.form(row), other, region)


def _put_without_plus(read: PhoneColumn, rows: npt.NDArray[np.intp], column: _Column, apply: Apply) -> None:
    """Find which of these national numbers, which begin with the calling code, are a number behind a plus as well."""
    begun = [
        (row, f"+{read.e164[row]}".removeprefix(f"+{code}"))
        for row, code, (value, _) in zip(rows.tolist(), column.codes(rows), column.pairs(rows), strict=True)
        # Whoever writes a national prefix in front means a national number.
        if _digits(value).startswith(str(code)) and not WITH_PREFIX.match(value)
    ]
    others = _read([(f"+{digits}", None) for _, digits in begun], apply)
    for place in np.flatnonzero(others.is_ok()).tolist():
        row, other = begun[place][0], others.form(place)
        read.put(row, read.form(row), other.e164, other.region)


def _put_repaired(read: PhoneColumn, rows: npt.NDArray[np.intp], column: _Column, apply: Apply) -> None:
    """Repair what was refused, or name it."""
    pairs, codes = column.pairs(rows), column.codes(rows)
    odd = column.traits.keeps_zero[column.numbers[rows]] | np.array(
        [_ODD.search(value) is not None for value, _ in pairs], dtype=np.bool_
    )
    # Or it begins with the region's calling code, and is a number once a plus is put before it.
    begins = [code > 0 and _digits(value).startswith(str(code)) for code, (value, _) in zip(codes, pairs, strict=True)]
    places = np.flatnonzero(~odd & np.array(begins, dtype=np.bool_))
    odd[places] = _read([(f"+{pairs[place][0]}", None) for place in places.tolist()], apply).is_ok()
    refused = [(row, read.form(row)) for row in rows[odd].tolist()]
    items = [
        (*pair, form.state, form.why) for pair, (_, form) in zip(itertools.compress(pairs, odd), refused, strict=True)
    ]
    for (row, _), point in zip(refused, each_once(_repair_chunk, items, apply), strict=True):
        read.put(row, *point)


def _read(pairs: Sequence[tuple[str, str | None]], apply: Apply) -> PhoneColumn:
    values, regions = ([pair[place] for pair in pairs] for place in (0, 1))
    return read_phones(pl.Series(values, dtype=pl.String), pl.Series(regions, dtype=pl.String), apply)


def _digits(text: str) -> str:
    return _NO_DIGITS.sub("", text)
