"""What a phone number is: the answer of libphonenumber (``phonenumbers``), for columns of values.

A value ends in one of these states: ``ok`` (valid for its region), ``invalid`` (a number, in no range that is given
out), ``unparseable`` (not one number) or ``damaged`` (a spreadsheet destroyed digits). Almost all values are decided by
tables that are derived from the library's metadata (see docs/phones.md), the others by the library itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import phonenumbers
import polars as pl

from schemas.contact.apply import Apply, apply_here
from schemas.contact.forms import form_frame
from schemas.contact.numbering.answers import UNDECIDED
from schemas.contact.numbering.library import PHONE_FORM_SCHEMA, PhoneForm, read_phone
from schemas.contact.numbering.lookup import numbering
from schemas.contact.numbering.shapes import unwrap
from schemas.kernels.phones import e164_text
from schemas.support.column_bytes import text_column

__all__ = [
    "PHONE_AUTHORITY",
    "PHONE_FORM_SCHEMA",
    "PhoneColumn",
    "PhoneForm",
    "phone_forms",
    "read_phone",
    "read_phones",
]

#: A plus and nineteen digits, which is as many as an integer has.
_E164_BYTES = 20

#: Who decides, with the metadata version that decided. Stands in findings and in the manifest.
PHONE_AUTHORITY = f"phonenumbers {phonenumbers.__version__}"


def _read_chunk(items: Sequence[tuple[str, str | None]]) -> list[PhoneForm]:
    # A column with many regions in it uses more patterns than `re` keeps on its own.
    phonenumbers.enable_pattern_cache()
    return [read_phone(value, region) for value, region in items]


class PhoneColumn(NamedTuple):
    """A column of phones, read.

    ``forms`` are different readings (`PHONE_FORM_SCHEMA`, or more, without ``e164``); of each value, ``at`` says which
    is its own (`UNDECIDED` where the value is null), and ``e164`` its digits as an integer, of meaning where it is ok.
    """

    forms: pl.DataFrame
    at: npt.NDArray[np.int32]
    e164: npt.NDArray[np.int64]

    def take(self, rows: npt.NDArray[np.intp] | slice) -> PhoneColumn:
        """Some of the values."""
        return PhoneColumn(self.forms, self.at[rows], self.e164[rows])

    def of_values(self, flags: pl.Series) -> npt.NDArray[np.bool_]:
        """What is true of each value, from what is true of each of the forms; false where the value is null."""
        # What is null is the last one, to numpy.
        return np.append(flags.to_numpy(), False)[self.at]

    def is_ok(self) -> npt.NDArray[np.bool_]:
        """Whether each value is a valid number."""
        return self.of_values(self.forms.get_column("state") == "ok")

    def column(self, name: str) -> pl.Series:
        """Values of one column of the forms, or the E.164 text."""
        if name == "e164":
            numbers = np.where(self.is_ok(), self.e164, 0)
            bounds, data = np.empty(len(numbers) + 1, np.int64), np.empty(_E164_BYTES * len(numbers) + 1, np.uint8)
            e164_text(numbers, bounds, data)
            return text_column(bounds, data, numbers > 0).alias(name)
        values = self.forms.get_column(name)
        if values.null_count() == len(values):
            return pl.repeat(None, len(self.at), dtype=values.dtype, eager=True).alias(name)
        return values.gather(_positions(self.at))

    def frame(self) -> pl.DataFrame:
        """Return one row per value: ``state``, ``e164`` and what else the forms have."""
        first, *others = self.forms.columns
        return pl.DataFrame([self.column(name) for name in (first, "e164", *others)])

    def with_read(self, rows: npt.NDArray[np.intp], read: pl.DataFrame) -> PhoneColumn:
        """Replace the reading of these rows by those of a frame, as `frame` returns it."""
        at, e164 = self.at.copy(), self.e164.copy()
        at[rows] = len(self.forms) + np.arange(len(rows))
        e164[rows] = read.get_column("e164").cast(pl.Int64).fill_null(0).to_numpy()
        return PhoneColumn(pl.concat([self.forms, read.select(self.forms.columns)]), at, e164)


def _positions(at: npt.NDArray[np.int32]) -> pl.Series:
    positions = pl.Series(at)
    return positions.set(positions < 0, None) if len(at) and at.min() < 0 else positions


def phone_forms(values: pl.Series, regions: pl.Series, apply: Apply = apply_here) -> pl.DataFrame:
    """Read a column of trimmed values (null where blank), each with its region.

    Returns `PHONE_FORM_SCHEMA`, one row per value in the same order; all null where the value is null. What the tables
    leave undecided is given to the library, each distinct pair of value and region once.
    """
    return read_phones(values, regions, apply).frame()


def read_phones(values: pl.Series, regions: pl.Series, apply: Apply = apply_here) -> PhoneColumn:
    """As `phone_forms`, before it is put into a frame."""
    values, regions = values.cast(pl.String), regions.cast(pl.String)
    read = _by_tables(values, regions)
    rest = _undecided(read, values)
    return read.with_read(rest, _wrapped(values[rest], regions[rest], apply)) if len(rest) else read


def _by_tables(values: pl.Series, regions: pl.Series) -> PhoneColumn:
    tables = numbering()
    answer, e164 = tables.decide(values, regions)
    return PhoneColumn(tables.answers.frame().drop("e164"), answer, e164)


def _wrapped(values: pl.Series, regions: pl.Series, apply: Apply) -> pl.DataFrame:
    """Read values with more in them than a number: by the tables where that is certain, else by the library."""
    number, extension, repair = unwrap(values)
    read = _by_tables(number, regions)
    is_ok = pl.lit(pl.Series(read.is_ok()))
    by_tables = read.frame().with_columns(
        extension=pl.when(is_ok).then(extension).otherwise("extension"),
        repair=pl.when(is_ok).then(repair).otherwise("repair"),
    )
    rest = _undecided(read, values)
    pairs = pl.DataFrame({"value": values[rest], "given": regions[rest]})
    distinct = pairs.unique(maintain_order=True)
    by_library = form_frame(apply(_read_chunk, distinct.rows()) if len(distinct) else [], PHONE_FORM_SCHEMA)
    at = pairs.join(
        distinct.with_row_index("at", offset=len(values)),
        on=["value", "given"],
        how="left",
        nulls_equal=True,
        maintain_order="left",
    )
    # Each value now points into one list: the answers by tables, behind them those of the library.
    points = np.arange(len(values), dtype=np.int64)
    points[rest] = at.get_column("at")
    return pl.concat([by_tables, by_library]).select(pl.all().gather(pl.lit(pl.Series(points))))


def _undecided(read: PhoneColumn, values: pl.Series) -> npt.NDArray[np.intp]:
    """Rows of values that no table has decided."""
    rows = np.flatnonzero(read.at == UNDECIDED)
    return rows[values.is_not_null().to_numpy()[rows]]
