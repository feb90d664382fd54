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
from schemas.contact.numbering.region_habits import has_bogus_plus, keeps_zero, may_repeat_code
from schemas.contact.phone import MOST_REMEMBERED, PhoneForm, read_phones
from schemas.contact.phone_column import PhoneColumn
from schemas.contact.phone_readings import read_phone_point
from schemas.contact.phone_repairs import AHEAD_OF_PREFIX, WITH_PREFIX, repair_phone
from schemas.kernels.phones import REGIONS

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


def read_points(values: pl.Series, regions: pl.Series, apply: Apply = apply_here) -> PhoneColumn:
    """As `phone_points`, before it is put into a frame."""
    numbers = region_numbers(regions.cast(pl.String))
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
    column = _Column(values.cast(pl.String), regions, region_numbers(regions) if numbers is None else numbers)
    is_ok, codes, of_region = read.is_ok(), read.codes(), column.trait("code")
    refused = np.flatnonzero(~is_ok & (read.at > 0))
    foreign = is_ok & (column.trait("has_bogus_plus") > 0) & (codes != of_region)
    own = np.flatnonzero(is_ok & (column.trait("may_repeat_code") > 0) & (codes == of_region))
    _put_nationals(read, np.flatnonzero(foreign), column, apply)
    _put_without_plus(read, own[_begins_twice(read.e164[own], of_region[own])], column, apply)
    _put_repaired(read, refused, column, apply)
    return read


class _Traits(NamedTuple):
    """What is to know of a region here: its calling code (0: none), and what its numbers may be taken for."""

    code: int
    has_bogus_plus: bool
    may_repeat_code: bool
    keeps_zero: bool


@functools.cache
def _traits(number: int) -> _Traits:
    region = region_at(number)
    if region not in SUPPORTED_REGIONS:
        return _Traits(0, False, False, False)
    code = country_code_for_region(region)
    return _Traits(code, has_bogus_plus(region), may_repeat_code(region), keeps_zero(region))


class _Column(NamedTuple):
    """A column of values, each with its region, and with the number of that."""

    values: pl.Series
    regions: pl.Series
    numbers: npt.NDArray[np.int16]

    def trait(self, name: str) -> npt.NDArray[np.int32]:
        """One of the traits of each value's region."""
        table = np.zeros(REGIONS, dtype=np.int32)
        for number in np.flatnonzero(np.bincount(self.numbers, minlength=REGIONS)).tolist():
            table[number] = getattr(_traits(number), name)
        return table.take(self.numbers)

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


def _begins_twice(e164: npt.NDArray[np.int64], codes: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
    """Whether the digits behind the calling code begin with it again."""
    # A number of Japan may have nineteen digits: the next power of ten is beyond 64 bits.
    powers = 10 ** np.arange(19, dtype=np.int64)
    of_code = powers.searchsorted(codes, "right")
    behind = powers[np.maximum(powers.searchsorted(e164, "right") - 2 * of_code, 0)]
    twice: npt.NDArray[np.bool_] = e164 // behind == codes * powers[of_code] + codes
    return twice


def _put_without_plus(read: PhoneColumn, rows: npt.NDArray[np.intp], column: _Column, apply: Apply) -> None:
    """Find which of these national numbers, which begin with the calling code, are a number behind a plus as well."""
    codes = column.trait("code")[rows].tolist()
    begun = [
        (row, f"+{read.e164[row]}".removeprefix(f"+{code}"))
        for row, code, (value, _) in zip(rows.tolist(), codes, column.pairs(rows), strict=True)
        # Whoever writes a national prefix in front means a national number.
        if _digits(value).startswith(str(code)) and not WITH_PREFIX.match(value)
    ]
    others = _read([(f"+{digits}", None) for _, digits in begun], apply)
    for place in np.flatnonzero(others.is_ok()).tolist():
        row, other = begun[place][0], others.form(place)
        read.put(row, read.form(row), other.e164, other.region)


def _put_repaired(read: PhoneColumn, rows: npt.NDArray[np.intp], column: _Column, apply: Apply) -> None:
    """Repair what was refused, or name it."""
    pairs, codes = column.pairs(rows), column.trait("code")[rows].tolist()
    odd = column.trait("keeps_zero")[rows] > 0
    odd |= np.array([_ODD.search(value) is not None for value, _ in pairs], dtype=np.bool_)
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
