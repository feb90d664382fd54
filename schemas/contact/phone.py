"""What a phone number is: the answer of libphonenumber (``phonenumbers``), for columns of values.

A value ends in one of these states: ``ok`` (valid for its region), ``invalid`` (a number, in no range that is given
out), ``unparseable`` (not one number) or ``damaged`` (a spreadsheet destroyed digits). Almost all values are decided by
tables that are derived from the library's metadata (see docs/phones.md), the others by the library itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import phonenumbers
import polars as pl

from schemas.contact.apply import Apply, apply_here
from schemas.contact.numbering.answers import UNDECIDED
from schemas.contact.numbering.library import PHONE_FORM_SCHEMA, PhoneForm, PhonePoint, read_phone
from schemas.contact.numbering.lookup import numbering, region_numbers
from schemas.contact.phone_column import PhoneColumn, PointList, joined, point_list
from schemas.contact.phone_questions import Question
from schemas.support.column_bytes import given_rows

__all__ = [
    "PHONE_AUTHORITY",
    "PHONE_FORM_SCHEMA",
    "PhoneForm",
    "phone_forms",
    "read_phone",
    "read_phones",
]

#: Who decides, with the metadata version that decided. Stands in findings and in the manifest.
PHONE_AUTHORITY = f"phonenumbers {phonenumbers.__version__}"


def _read_chunk(items: Sequence[Question]) -> list[PointList]:
    return [point_list(map(PhonePoint, read_each(items)))]


def read_each(pairs: Sequence[Question]) -> list[PhoneForm]:
    """Read texts, each with its region (None: none is known)."""
    # A column with many regions in it uses more patterns than `re` keeps on its own.
    phonenumbers.enable_pattern_cache()
    values, regions = (pl.Series([pair[place] for pair in pairs], dtype=pl.String) for place in (0, 1))
    read = decide_phones(values, region_numbers(regions), odd=True)
    return [
        read.form(row) if is_decided else read_phone(*pair)
        for row, (pair, is_decided) in enumerate(zip(pairs, (read.at > 0).tolist(), strict=True))
    ]


def decide_phones(values: pl.Series, numbers: npt.NDArray[np.int16], *, odd: bool = False) -> PhoneColumn:
    """Read what tables decide of a column of texts, each with the number of its region; the rest is as if null.

    ``odd``: in every shape; else in those that are common.
    """
    tables = numbering()
    answer, e164, more = tables.decide(values, numbers, odd=odd)
    return PhoneColumn(tables.answers.table(), answer - np.int32(UNDECIDED), e164, more)


def undecided(read: PhoneColumn, values: pl.Series) -> npt.NDArray[np.intp]:
    """Rows of what tables did not decide."""
    rows = np.flatnonzero(read.at == 0)
    return rows[given_rows(values)[rows]] if values.null_count() else rows


def put_each(
    read: PhoneColumn,
    rows: npt.NDArray[np.intp],
    pairs: Sequence[Question],
    work: Callable[[Sequence[Question]], list[PointList]],
    apply: Apply,
) -> None:
    """Do the work once for each different pair, and put what it read in the place of some rows."""
    places: dict[Question, int] = {}
    taken = np.array([places.setdefault(pair, len(places)) for pair in pairs], np.intp)
    read.put(rows, joined(apply(work, list(places)) if places else []).take(taken))


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
    read = decide_phones(values, region_numbers(regions) if numbers is None else numbers)
    rows = undecided(read, values)
    pairs = list(zip(values[rows].to_list(), regions[rows].to_list(), strict=True)) if len(rows) else []
    put_each(read, rows, pairs, _read_chunk, apply)
    return read
