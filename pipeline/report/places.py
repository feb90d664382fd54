"""Where the leads of a batch are: by country, and in the United States by state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import polars as pl

from pipeline.report.decided_rows import DecidedRows
from schemas.contact.countries import read_country
from schemas.frame_columns import REGION
from suppression.rules.us_states import state_named, state_of_area_code


def count_places(rows: DecidedRows) -> tuple[Counter[str], Counter[str]]:
    """Count all rows and clean rows by place: ``US-TX``, ``FR``, or empty where it is not known.

    A lead is where its country column says, else where its first phone is; a state is that of the state column, else
    that of the area code.
    """
    read, clean = Counter[str](), Counter[str]()
    frame = rows.frame("country", "state", "phone", REGION.of("phone"), "phone_region")
    region = next((name for name in (REGION.of("phone"), "phone_region") if name in frame.columns), None)
    columns = {"country": "country", "state": "state", "region": region, "phone": "phone"}
    given = frame.select(
        pl.col(name).alias(key) if name in frame.columns else pl.lit(None, pl.String).alias(key)
        for key, name in columns.items()
    )
    # What a cell says is read once for each different cell: rows that differ otherwise are as many as the rows.
    marked = given.lazy().select(
        where=pl.coalesce(_read(given.get_column("country"), _country), pl.col("region")),
        state=_read(given.get_column("state"), state_named),
        area=pl.when(pl.col("region") == "US").then(pl.col("phone").str.slice(2, 3)),
        clean=pl.Series("clean", rows.is_clean),
    )
    # An area code says something only where no state is named.
    area = pl.when(pl.col("state").is_null() & (pl.col("where") == "US")).then("area")
    for where, state, code, is_clean, count in marked.group_by("where", "state", area, "clean").len().collect().rows():
        place = _place(where, state, code)
        read[place] += count
        if is_clean:
            clean[place] += count
    return read, clean


def _read(cells: pl.Series, reads: Callable[[str], str | None]) -> pl.Series:
    """What each cell means; null where it means nothing."""
    distinct = [cell for cell in cells.unique() if cell]
    return cells.replace_strict(distinct, [reads(cell) for cell in distinct], default=None, return_dtype=pl.String)


def _country(cell: str) -> str | None:
    return read_country(cell).region


def _place(where: str | None, state: str | None, code: str | None) -> str:
    if where not in (None, "US"):
        return where or ""
    # A state of the United States says which country is meant, where nothing else does.
    within = state
    if within is None and where == "US" and code and code.isdigit():
        within = state_of_area_code(code)
    return where or "" if within is None else f"US-{within}"
