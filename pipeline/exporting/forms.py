"""How a value is written in an export: nested values as plain text, and the forms and hashes that layouts name."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import polars as pl
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from schemas.contact.countries import read_countries
from schemas.export_layout import Form
from schemas.recipes import parse_recipe
from suppression.rules.us_states import state_named

#: What stands between the values of a list.
BETWEEN = "; "
_MARKS = r"[\p{P}\p{S}]"


def flat(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """Turn a column into one that every file can hold: lists and times of day as text, whole numbers with a sign."""
    if isinstance(dtype, pl.List):
        return column.list.join(BETWEEN, ignore_nulls=True)
    if dtype == pl.Time:
        return column.dt.to_string("%H:%M:%S")
    return column.cast(pl.Int64) if dtype.is_unsigned_integer() else column


def text(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """Turn a column into text: days and instants (in UTC) in ISO 8601, yes and no as ``true`` and ``false``."""
    if isinstance(dtype, pl.Datetime):
        return column.dt.to_string("%Y-%m-%dT%H:%M:%SZ")
    plain = flat(column, dtype)
    return plain if isinstance(dtype, pl.List) or dtype in {pl.String, pl.Time} else plain.cast(pl.String)


def formed(cells: pl.Series, form: Form) -> pl.Series:
    """Write a column of text (phones in E.164) in a form; null stays null, and what is none becomes null or stays."""
    return _FORMS[form](cells)


def hashed(cells: pl.Series, recipe: str) -> pl.Series:
    """Hash the cells by a recipe, spelled as it says; null and empty stay null."""
    given = cells.set(cells == "", None)
    known = given.drop_nulls().unique(maintain_order=True)
    if known.is_empty():
        return given
    by = parse_recipe(recipe)
    digests = pl.Series([row.tobytes() for row in by.digest_all(known)], dtype=pl.Binary)
    spelled = digests.bin.encode("hex" if by.spelling == "hex" else "base64")
    return given.replace_strict(known, spelled, default=None, return_dtype=pl.String)


def calling_code(phones: pl.Series) -> pl.Series:
    """The calling code of each number in E.164, as digits."""
    return phones.str.extract(_calling_codes(), 1)


@cache
def _calling_codes() -> str:
    # No calling code is the beginning of another (ITU-T E.164).
    return rf"^\+({'|'.join(map(str, sorted(COUNTRY_CODE_TO_REGION_CODE)))})"


def _national(phones: pl.Series) -> pl.Series:
    return phones.str.replace(_calling_codes(), "")


def _ten_digits(phones: pl.Series) -> pl.Series:
    return phones.str.strip_prefix("+1")


def _country(cells: pl.Series) -> pl.Series:
    trimmed = cells.str.strip_chars()
    return read_countries(trimmed.set(trimmed == "", None)).get_column("region")


def _state(cells: pl.Series) -> pl.Series:
    words = cells.unique().drop_nulls().to_list()
    return cells.replace({word: code for word in words if (code := state_named(word)) is not None})


def _zip5(cells: pl.Series) -> pl.Series:
    plain = cells.str.replace_all(r"\s", "")
    return plain.str.replace(r"^(\d{5})-?\d{4}$", "$1")


_FORMS: dict[Form, Callable[[pl.Series], pl.Series]] = {
    "digits": lambda cells: cells.str.replace_all(r"[^0-9]", ""),
    "national": _national,
    "ten_digits": _ten_digits,
    "calling_code": calling_code,
    "country": _country,
    "state": _state,
    "zip5": _zip5,
    "words": lambda cells: cells.str.replace_all(_MARKS, "").str.strip_chars(),
    "letters": lambda cells: cells.str.replace_all(rf"{_MARKS}|\s", ""),
}
