"""Typed columns as the text that a person would have typed."""

from __future__ import annotations

import polars as pl
import pyarrow as pa


def array_as_text(column: pa.Array) -> pl.Series:
    """Write an Arrow array, which was validated, as text. What is raised for types that have none is Arrow's own."""
    plain = column.dictionary_decode() if isinstance(column, pa.DictionaryArray) else column
    return as_text(pl.Series(pl.from_arrow(plain)))


def as_text(column: pl.Series) -> pl.Series:
    """Whole numbers without a point, instants in ISO 8601, nested values as JSON, and an empty text for what is absent.

    The result has no name: operations on a series take a name such as ``^x$`` for a pattern.
    """
    column = column.alias("")
    if column.dtype.is_float():
        whole = column.cast(pl.Int64, strict=False)
        is_whole = (whole.cast(column.dtype) == column).fill_null(False)
        return column.cast(pl.String).zip_with(~is_whole, whole.cast(pl.String)).fill_null("")
    if column.dtype.is_nested():
        wrapped = column.alias("v").to_frame().select(pl.struct("v").struct.json_encode()).to_series()
        inner = wrapped.str.strip_prefix('{"v":').str.strip_suffix("}")
        return inner.zip_with(column.is_not_null(), pl.repeat("", len(column), dtype=pl.String, eager=True))
    if isinstance(column.dtype, pl.Datetime) and column.dtype.time_zone:
        return column.dt.to_string("iso").fill_null("")
    if column.dtype == pl.Binary:
        return column.cast(pl.String, strict=False)
    return column.cast(pl.String).fill_null("")
