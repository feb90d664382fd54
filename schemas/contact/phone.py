"""What a phone number is: the answer of libphonenumber (``phonenumbers``), for columns of values.

A value ends in one of these states: ``ok`` (valid for its region), ``invalid`` (a number, in no range that is given
out), ``unparseable`` (not one number) or ``damaged`` (a spreadsheet destroyed digits). Almost all values are decided by
tables that are derived from the library's metadata (see docs/phones.md), the others by the library itself.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import phonenumbers
import polars as pl

from schemas.contact.apply import Apply, apply_here, each_once
from schemas.contact.numbering.answers import UNDECIDED
from schemas.contact.numbering.known import read_known
from schemas.contact.numbering.library import PHONE_FORM_SCHEMA, PhoneForm, read_phone
from schemas.contact.numbering.lookup import numbering, region_numbers
from schemas.contact.phone_column import PhoneColumn
from schemas.support.column_bytes import given_rows

__all__ = [
    "PHONE_AUTHORITY",
    "PHONE_FORM_SCHEMA",
    "PhoneForm",
    "phone_forms",
    "read_phone",
    "read_phones",
]

#: Odd values repeat from batch to batch: so many of each kind are read only once in a run.
MOST_REMEMBERED = 1 << 17

#: Who decides, with the metadata version that decided. Stands in findings and in the manifest.
PHONE_AUTHORITY = f"phonenumbers {phonenumbers.__version__}"


def _read_chunk(items: Sequence[tuple[str, str | None]]) -> list[PhoneForm]:
    # A column with many regions in it uses more patterns than `re` keeps on its own.
    phonenumbers.enable_pattern_cache()
    return [_read_once(value, region) for value, region in items]


@functools.lru_cache(maxsize=MOST_REMEMBERED)
def _read_once(value: str, region: str | None) -> PhoneForm:
    return read_known(value, region)


def phone_forms(values: pl.Series, regions: pl.Series, apply: Apply = apply_here) -> pl.DataFrame:
    """Read a column of trimmed values (null where blank), each with its region.

    Returns `PHONE_FORM_SCHEMA`, one row per value in the same order; all null where the value is null. What the tables
    leave undecided is given to the library, each distinct pair of value and region once.
    """
    return read_phones(values, regions, apply).frame().select(list(PHONE_FORM_SCHEMA))


def read_phones(
    values: pl.Series, regions: pl.Series, apply: Apply = apply_here, numbers: npt.NDArray[np.int16] | None = None
) -> PhoneColumn:
    """As `phone_forms`, before it is put into a frame. ``numbers`` are those of the regions, where they are known."""
    values, regions = values.cast(pl.String), regions.cast(pl.String)
    tables = numbering()
    answer, e164, more = tables.decide(values, region_numbers(regions) if numbers is None else numbers)
    read = PhoneColumn(tables.answers.table(), answer - np.int32(UNDECIDED), e164, more)
    undecided = np.flatnonzero(answer == UNDECIDED)
    rows = undecided[given_rows(values)[undecided]] if values.null_count() else undecided
    if len(rows):
        pairs = list(zip(values[rows].to_list(), regions[rows].to_list(), strict=True))
        for row, form in zip(rows.tolist(), each_once(_read_chunk, pairs, apply), strict=True):
            read.put(row, form)
    return read
