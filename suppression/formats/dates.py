"""Dates as lists write them, to dates. What cannot be read for sure is null, never guessed."""

from __future__ import annotations

import polars as pl

from schemas.contact.blank import trimmed


def read_dates(texts: pl.Series, day_first: bool | None = None) -> pl.Series:
    """Read YYYYMMDD, YYYY-MM-DD (with or without a time), MM/DD/YYYY, MM/DD/YY and seconds since 1970.

    The date is the one that is written, whatever its time zone. ``day_first`` is the order of dates with slashes;
    when it is not known, only those are read that allow one order. Years of two digits are of this century.
    """
    # A list has few dates and many entries, so each date is read once.
    distinct = texts.alias("as_written").unique().to_frame()
    text = trimmed(pl.col("as_written"))
    parsed = [*_plain(text)]
    if distinct.select(text.str.contains("/", literal=True).any()).item():
        parsed.append(_slashed(text, day_first))
    read = distinct.with_columns(pl.coalesce(parsed).alias("read"))
    whole = texts.alias("as_written").to_frame()
    return whole.join(read, on="as_written", how="left", nulls_equal=True, maintain_order="left").get_column("read")


def _plain(text: pl.Expr) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    compact = pl.when(text.str.contains(r"^[0-9]{8}(?:$|[T ])")).then(text.str.slice(0, 8))
    dashed = pl.when(text.str.contains(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:$|[T ])")).then(text.str.slice(0, 10))
    seconds = pl.when(text.str.contains(r"^[0-9]{10}$")).then(text).cast(pl.Int64, strict=False)
    return (
        compact.str.to_date("%Y%m%d", strict=False),
        dashed.str.to_date("%Y-%m-%d", strict=False),
        pl.from_epoch(seconds, time_unit="s").dt.date(),
    )


def _slashed(text: pl.Expr, day_first: bool | None) -> pl.Expr:
    slashed = r"^([0-9]{1,2})/([0-9]{1,2})/([0-9]{4}|[0-9]{2})(?:$|[T ])"
    first, second, year = (text.str.extract(slashed, position) for position in (1, 2, 3))
    year = pl.when(year.str.len_chars() == 2).then(pl.lit("20") + year).otherwise(year)
    by_day = _date(year, second, first)
    by_month = _date(year, first, second)
    if day_first is not None:
        return by_day if day_first else by_month
    # One of the orders gives no date, or both give the same.
    one = pl.coalesce(by_day, by_month)
    return pl.when(by_day.is_null() | by_month.is_null() | (by_day == by_month)).then(one)


def _date(year: pl.Expr, month: pl.Expr, day: pl.Expr) -> pl.Expr:
    parts = pl.concat_str(year, month.str.pad_start(2, "0"), day.str.pad_start(2, "0"))
    return parts.str.to_date("%Y%m%d", strict=False)
