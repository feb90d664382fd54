"""In which region the phone of a row of a list is read: by its own country or calling code, as the leads of a drop."""

from __future__ import annotations

import polars as pl

from schemas.contact.blank import COUNTRY_BLANKS
from schemas.contact.calling_codes import calling_codes, regions_by_code
from schemas.contact.regions import home_regions


def row_regions(countries: pl.Series | None, codes: pl.Series | None, home: str | None) -> pl.Series | None:
    """Return the region of each row: empty for that of the list (``home``), null where its country is not certain.

    A calling code is about the number itself and wins over a country. Either column may hold either of both. None when
    there is neither.
    """
    answers = [_regions(cells, home) for cells in (codes, countries) if cells is not None]
    if not answers:
        return None
    frame = pl.DataFrame({str(at): answer for at, answer in enumerate(answers)})
    known = [pl.when(pl.col(name) != "").then(pl.col(name)) for name in frame.columns]
    blank = pl.all_horizontal(pl.col(name).is_not_null() for name in frame.columns)
    return frame.select(pl.coalesce(*known, pl.when(blank).then(pl.lit(""))).alias("region")).to_series()


def _regions(cells: pl.Series, home: str | None) -> pl.Series:
    words = COUNTRY_BLANKS.cleaned(cells).alias("word")
    codes = calling_codes(words)
    homes = pl.repeat(home, len(words), dtype=pl.String, eager=True)
    read = home_regions(words, len(words), home).frame()
    frame = read.with_columns(words, code=codes, coded=regions_by_code(codes, homes))
    # A word that names countries of several calling codes names none for a number.
    sure = pl.col("certain") & pl.col("doubt").is_null()
    # Of digits alone, a calling code is meant, and not a country's number in ISO 3166.
    known = pl.when(pl.col("code").is_not_null()).then("coded").when(sure).then("region")
    return frame.select(pl.when(pl.col("word").is_null()).then(pl.lit("")).otherwise(known).alias("region")).to_series()
