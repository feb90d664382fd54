"""What a phone number is: the answer of libphonenumber (``phonenumbers``), for columns of values.

A value ends in one of these states: ``ok`` (valid for its region), ``invalid`` (a number, in no range that is given
out), ``unparseable`` (not one number) or ``damaged`` (a spreadsheet destroyed digits). Almost all values are decided by
tables that are derived from the library's metadata (see docs/phones.md), the others by the library itself.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import phonenumbers
import polars as pl

from schemas.contact.apply import Apply, apply_here
from schemas.contact.forms import form_frame
from schemas.contact.numbering.answers import UNDECIDED
from schemas.contact.numbering.library import PHONE_FORM_SCHEMA, PhoneForm, read_phone
from schemas.contact.numbering.lookup import Decided, Numbering, numbering
from schemas.contact.numbering.shapes import unwrap

__all__ = ["PHONE_AUTHORITY", "PHONE_FORM_SCHEMA", "PhoneForm", "phone_forms", "read_phone"]

#: Who decides, with the metadata version that decided. Stands in findings and in the manifest.
PHONE_AUTHORITY = f"phonenumbers {phonenumbers.__version__}"


def _read_chunk(items: Sequence[tuple[str, str | None]]) -> list[PhoneForm]:
    # A column with many regions in it uses more patterns than `re` keeps on its own.
    phonenumbers.enable_pattern_cache()
    return [read_phone(value, region) for value, region in items]


def phone_forms(values: pl.Series, regions: pl.Series, apply: Apply = apply_here) -> pl.DataFrame:
    """Read a column of trimmed values (null where blank), each with its region.

    Returns `PHONE_FORM_SCHEMA`, one row per value in the same order; all null where the value is null. What the tables
    leave undecided is given to the library, each distinct pair of value and region once.
    """
    pairs = pl.DataFrame({"value": values.cast(pl.String), "given": regions.cast(pl.String)})
    tables = numbering()
    decided, extension, repair = _by_tables(tables, pairs)
    by_tables = tables.answers.frame()
    decided_ok = pl.lit(pl.Series(decided.answer != UNDECIDED)) & (pl.col("state") == "ok")

    rest = _undecided(decided, pairs)
    distinct = pairs[rest].unique(maintain_order=True)
    read: list[PhoneForm] = apply(_read_chunk, distinct.rows()) if len(distinct) else []
    by_library = form_frame(read, PHONE_FORM_SCHEMA)
    at = pairs[rest].join(
        distinct.with_row_index("at", offset=len(by_tables)),
        on=["value", "given"],
        how="left",
        nulls_equal=True,
        maintain_order="left",
    )
    # Every row now points into one list: the answers of the tables, behind them those of the library.
    decided.answer[rest] = at.get_column("at")
    points = pl.select(pl.lit(pl.Series("at", decided.answer)).replace(UNDECIDED, None)).to_series()
    forms = pl.concat([by_tables, by_library]).select(pl.all().gather(points))
    return forms.with_columns(
        e164=pl.when(decided_ok).then(pl.format("+{}", pl.lit(pl.Series(decided.e164)))).otherwise("e164"),
        extension=pl.when(decided_ok).then(extension).otherwise("extension"),
        repair=pl.when(decided_ok).then(repair).otherwise("repair"),
    )


def _by_tables(tables: Numbering, pairs: pl.DataFrame) -> tuple[Decided, pl.Series, pl.Series]:
    """Decide what the tables can; first of values that are nothing but a number, then of those with more in them.

    Returns also the extensions and the repairs.
    """
    decided = tables.decide(*pairs)
    rest = _undecided(decided, pairs)
    number, extension, repair = unwrap(pairs.get_column("value")[rest])
    decided.answer[rest], decided.e164[rest] = tables.decide(number, pairs.get_column("given")[rest])
    extensions, repairs = (pl.repeat(None, len(pairs), dtype=pl.String, eager=True) for _ in range(2))
    return decided, extensions.scatter(rest, extension), repairs.scatter(rest, repair)


def _undecided(decided: Decided, pairs: pl.DataFrame) -> npt.NDArray[np.intp]:
    given = pairs.get_column("value").is_not_null().to_numpy()
    return np.flatnonzero((decided.answer == UNDECIDED) & given)
