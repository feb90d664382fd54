"""How a phone or an email is shown where a whole one must never stand: logs, errors, findings, reports."""

from __future__ import annotations

import polars as pl

_HIDDEN = "*****"


def masked_phone(e164: pl.Expr) -> pl.Expr:
    """Keep the first five characters and the last two: ``+12025550123`` -> ``+1202*****23``."""
    return pl.format("{}" + _HIDDEN + "{}", e164.str.slice(0, 5), e164.str.tail(2))


def masked_email(address: pl.Expr) -> pl.Expr:
    """Keep the first letter of each side and the top-level domain: ``jo@mail.example`` -> ``j*****@m*****.example``."""
    local = address.str.slice(0, 1) + _HIDDEN
    domain = address.str.extract("@([^@]*)$", 1)
    return local + "@" + domain.str.slice(0, 1) + _HIDDEN + domain.str.extract(r"(\.[^.]*)$", 1).fill_null("")


def masked_text(cell: pl.Expr) -> pl.Expr:
    """Mask a cell whose kind is not known: its shape (letters ``x``, digits ``#``), at most 40 characters."""
    shape = cell.str.replace_all(r"\p{L}", "x").str.replace_all(r"\p{N}", "#")
    return pl.when(shape.str.len_chars() > 40).then(shape.str.slice(0, 37) + "...").otherwise(shape)


def mask(value: str) -> str:
    """Mask one value, whatever it is."""
    column = pl.col("value")
    masked = masked_email(column) if "@" in value else masked_phone(column) if value[:1] == "+" else masked_text(column)
    return str(pl.DataFrame({"value": [value]}).select(masked).item())
