"""Repairs and second readings of whole columns: only distinct values that need them are read one by one."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import phonenumbers
import polars as pl
from phonenumbers import SUPPORTED_REGIONS, country_code_for_region

from schemas.contact.apply import Apply, apply_here
from schemas.contact.forms import form_frame
from schemas.contact.numbering.lookup import region_at, region_numbers
from schemas.contact.phone import PHONE_FORM_SCHEMA, PhoneColumn, PhoneForm, phone_forms, read_phones
from schemas.contact.phone_repairs import (
    AHEAD_OF_PREFIX,
    has_bogus_plus,
    keeps_zero,
    may_repeat_code,
    read_phone_point,
    repair_phone,
)
from schemas.kernels.phones import REGIONS

#: As `PHONE_FORM_SCHEMA`, and the other reading of a number that has two.
PHONE_POINT_SCHEMA: dict[str, pl.DataType] = {
    **PHONE_FORM_SCHEMA,
    "other": pl.String(),
    "other_region": pl.String(),
}

#: What is before a number where a plus is meant, or nothing.
_ABROAD_PATTERN = rf"^[{AHEAD_OF_PREFIX}]*(?:\+|\x{{ff0b}}|011|00)"
#: A number that is written to be called from abroad.
_WITH_PREFIX = rf"^\D*[+\x{{ff0b}}]|^[{AHEAD_OF_PREFIX}]*(?:011|00)"
#: Of what the library refuses, all that a repair could read: anything but plain digits in the usual dress, and of
#: these what is too short or too long for a number, or begins like a call abroad.
_ODD = r"[^0-9 ().\-]|^[ ().\-]*0|^.{1,8}$|^.{15,}$"


def _repair_chunk(items: Sequence[tuple[str, str | None, str, str | None]]) -> list[tuple[object, ...]]:
    phonenumbers.enable_pattern_cache()
    points = (repair_phone(value, region, PhoneForm(state, why=why)) for value, region, state, why in items)
    return [(*form, *((other.e164, other.region) if other else (None, None))) for form, other in points]


def _other_chunk(items: Sequence[tuple[str, str]]) -> list[tuple[object, ...]]:
    found = (read_phone_point(value, region).other for value, region in items)
    return [(other.e164, other.region) if other else (None, None) for other in found]


def phone_points(values: pl.Series, regions: pl.Series, apply: Apply = apply_here) -> pl.DataFrame:
    """Read a column of trimmed values (null where blank), each with its region.

    Returns `PHONE_POINT_SCHEMA`, one row per value in the same order; all null where the value is null. Only distinct
    values that were refused, or that are valid as a number of two countries, are looked at one by one.
    """
    return read_points(values, regions, apply).frame().select(list(PHONE_POINT_SCHEMA))


def read_points(values: pl.Series, regions: pl.Series, apply: Apply = apply_here) -> PhoneColumn:
    """As `phone_points`, before it is put into a frame."""
    return with_readings(read_phones(values, regions, apply), values, regions, apply)


def with_readings(read: PhoneColumn, values: pl.Series, regions: pl.Series, apply: Apply = apply_here) -> PhoneColumn:
    """Repair what was refused, and add ``other`` and ``other_region`` to the forms."""
    column = _Column(values.cast(pl.String), regions.cast(pl.String), region_numbers(regions.cast(pl.String)))
    nothing = (pl.lit(None, pl.String).alias(name) for name in ("other", "other_region"))
    read = read._replace(forms=read.forms.with_columns(nothing))
    read = _with_code_read(_with_national(read, column, apply), column, apply)
    return _with_repairs(read, column, apply)


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

    def trait(self, name: str) -> npt.NDArray[np.int64]:
        """One of the traits of each value's region."""
        table = np.zeros(REGIONS, dtype=np.int64)
        for number in np.flatnonzero(np.bincount(self.numbers, minlength=REGIONS)).tolist():
            table[number] = getattr(_traits(number), name)
        return table[self.numbers]

    def rows(self, rows: npt.NDArray[np.intp]) -> pl.DataFrame:
        """Some of it as a frame: ``value``, ``given``, and where they are, ``at``."""
        return pl.DataFrame({"at": rows, "value": self.values[rows], "given": self.regions[rows]})


def _with_repairs(read: PhoneColumn, column: _Column, apply: Apply) -> PhoneColumn:
    refused = np.flatnonzero((read.at >= 0) & ~read.is_ok())
    rows = column.rows(refused).with_columns(read.take(refused).column(name) for name in ("state", "why"))
    keeps_zero = pl.Series(column.trait("keeps_zero")[refused] > 0)
    odd = rows.get_column("value").str.contains(_ODD) | keeps_zero
    candidates = rows.filter(odd | _without_plus(rows, column.trait("code")[refused], apply))
    if candidates.is_empty():
        return read
    keys = ["value", "given", "state", "why"]
    distinct = candidates.select(keys).unique(maintain_order=True)
    repaired = form_frame(apply(_repair_chunk, distinct.rows()), PHONE_POINT_SCHEMA)
    position = candidates.select(keys).join(
        distinct.with_row_index("position"), on=keys, how="left", nulls_equal=True, maintain_order="left"
    )
    return read.with_read(candidates.get_column("at").to_numpy(), repaired[position.get_column("position")])


def _without_plus(refused: pl.DataFrame, codes: npt.NDArray[np.int64], apply: Apply) -> pl.Series:
    """Whether a value begins with the region's calling code and is a number once a plus is put before it."""
    found = pl.repeat(False, len(refused), dtype=pl.Boolean, eager=True)
    begins = _first_digits().str.starts_with(pl.lit(pl.Series(codes)).cast(pl.String)) & pl.lit(pl.Series(codes > 0))
    at = refused.select(begins).to_series().arg_true()
    nowhere = pl.repeat(None, len(at), dtype=pl.String, eager=True)
    again = phone_forms("+" + refused.get_column("value")[at], nowhere, apply)
    return found.scatter(at, again.get_column("state") == "ok")


def _first_digits() -> pl.Expr:
    return pl.col("value").str.replace_all("[^0-9]", "")


def _calling_codes(read: PhoneColumn) -> npt.NDArray[np.int64]:
    """Calling code of each value that is ok; 0 for one that belongs to no country."""
    regions = read.forms.get_column("region")
    codes = {region: country_code_for_region(region) for region in regions.unique().drop_nulls().to_list()}
    of_forms = regions.replace_strict(codes, default=0, return_dtype=pl.Int64).fill_null(0)
    return np.append(of_forms.to_numpy(), 0)[read.at]


def _with_code_read(read: PhoneColumn, column: _Column, apply: Apply) -> PhoneColumn:
    """Find national numbers that begin with the region's calling code and are a number behind a plus as well."""
    may_repeat = column.trait("may_repeat_code") > 0
    if not may_repeat.any():
        return read
    codes = column.trait("code")
    at = np.flatnonzero(may_repeat & read.is_ok() & (_calling_codes(read) == codes))
    code = pl.lit(pl.Series(codes[at])).cast(pl.String)
    rows = column.rows(at).with_columns(code.alias("code"), read.take(at).column("e164"))
    twice = pl.col("e164").str.starts_with("+" + pl.col("code") + pl.col("code"))
    # Whoever writes a national prefix in front means a national number.
    first = _first_digits().str.starts_with(pl.col("code"))
    rows = rows.filter(twice).filter(first & ~pl.col("value").str.contains(_WITH_PREFIX))
    behind = rows.select("+" + pl.col("e164").str.strip_prefix("+" + pl.col("code"))).to_series()
    nowhere = pl.repeat(None, len(rows), dtype=pl.String, eager=True)
    others = phone_forms(behind, nowhere, apply).select(other="e164", other_region="region")
    return _with_others(read, rows.select("at").hstack(others).filter(pl.col("other").is_not_null()))


def _with_national(read: PhoneColumn, column: _Column, apply: Apply) -> PhoneColumn:
    """Find numbers of another country that are, without their plus, a number of the region as well."""
    may_be_national = column.trait("has_bogus_plus") > 0
    at = np.flatnonzero(may_be_national & read.is_ok() & (_calling_codes(read) != column.trait("code")))
    if not len(at):
        return read
    rows = column.rows(at)
    national = phone_forms(
        rows.get_column("value").str.replace(_ABROAD_PATTERN, "").str.strip_chars(" ().-"),
        rows.get_column("given"),
        apply,
    )
    both = rows.filter(national.get_column("state") == "ok")
    distinct = both.select("value", "given").unique(maintain_order=True)
    if distinct.is_empty():
        return read
    others = {"other": pl.String(), "other_region": pl.String()}
    found = form_frame(apply(_other_chunk, distinct.rows()), others)
    both = both.join(pl.concat([distinct, found], how="horizontal"), on=["value", "given"], maintain_order="left")
    return _with_others(read, both.select("at", "other", "other_region").filter(pl.col("other").is_not_null()))


def _with_others(read: PhoneColumn, found: pl.DataFrame) -> PhoneColumn:
    """Add the other readings that were found for the rows ``at``."""
    rows = found.get_column("at").to_numpy()
    return read.with_read(rows, read.take(rows).frame().with_columns(found.drop("at"))) if len(rows) else read
