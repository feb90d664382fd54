"""How a phone or an email is shown where a whole one must never stand: logs, errors, findings, reports."""

from __future__ import annotations

import functools

import polars as pl

from schemas.support.shown import HIDDEN, shown_digits


def masked_phone(e164: pl.Expr, behind: str = "") -> pl.Expr:
    """Keep the first digits and the last: ``+12025550123`` -> ``+1202*****23``; of a short number at most half.

    ``behind``: what is said behind it.
    """
    length = e164.str.len_chars().clip(upper_bound=_LONGEST)
    head, tail = (pl.lit(table).gather(length) for table in _shown())
    return pl.concat_str(e164.str.slice(0, head), pl.lit(HIDDEN), e164.str.tail(tail), pl.lit(behind))


#: What is longer is masked as a text of that length.
_LONGEST = 33


@functools.cache
def _shown() -> tuple[pl.Series, pl.Series]:
    """How many characters are shown of a number of each length, at its beginning and at its end."""
    parts = [(0, 0), *(shown_digits(digits) for digits in range(_LONGEST))]
    return pl.Series([head + 1 for head, _ in parts]), pl.Series([tail for _, tail in parts])


def masked_email(address: pl.Expr, behind: str = "") -> pl.Expr:
    """Keep the first letter of each side and the top-level domain: ``jo@mail.example`` -> ``j*****@m*****.example``."""
    domain, top = address.str.extract("@([^@]?)[^@]*$", 1), address.str.extract(r"(\.[^.@]*)$", 1)
    return pl.concat_str(
        address.str.slice(0, 1), pl.lit(HIDDEN + "@"), domain, pl.lit(HIDDEN), top.fill_null(""), pl.lit(behind)
    )


def masked_text(cell: pl.Expr) -> pl.Expr:
    """Mask a cell whose kind is not known: its shape (letters ``x``, digits ``#``), at most 40 characters."""
    is_long = cell.str.len_chars() > 40
    shown = pl.when(is_long).then(cell.str.slice(0, 37)).otherwise(cell)
    shape = shown.str.replace_all(r"\p{L}", "x").str.replace_all(r"\p{N}", "#")
    return shape + pl.when(is_long).then(pl.lit("...")).otherwise(pl.lit(""))


def mask(value: str) -> str:
    """Mask one value, whatever it is."""
    column = pl.col("value")
    masked = masked_email(column) if "@" in value else masked_phone(column) if value[:1] == "+" else masked_text(column)
    return str(pl.DataFrame({"value": [value]}).select(masked).item())
