"""Where the leads of a batch are: by country, and in the United States by state."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

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
    where = frame.lazy().select(
        pl.col(name).alias(key) if name in frame.columns else pl.lit(None, pl.String).alias(key)
        for key, name in columns.items()
    )
    area = pl.when(pl.col("region") == "US").then(pl.col("phone").str.slice(2, 3)).alias("area")
    marked = where.select("country", "state", "region", area, pl.Series("clean", rows.is_clean))
    for country, state, of_phone, code, is_clean, count in marked.group_by(pl.all()).len().collect().rows():
        place = _place(country, state, of_phone, code)
        read[place] += count
        if is_clean:
            clean[place] += count
    return read, clean


@lru_cache(maxsize=10_000)
def _place(country: str | None, state: str | None, region: str | None, code: str | None) -> str:
    where = (read_country(country).region if country else None) or region
    if where not in (None, "US"):
        return where or ""
    # A state of the United States says which country is meant, where nothing else does.
    within = state_named(state) if state else None
    if within is None and where == "US" and code and code.isdigit():
        within = state_of_area_code(code)
    return where or "" if within is None else f"US-{within}"
