"""Where the leads of a batch are: by country, and in the United States by state."""

from __future__ import annotations

from collections import Counter

import polars as pl

from pipeline.results.verdict import Verdict
from schemas.contact.countries import read_country
from suppression.rules.us_states import state_named, state_of_area_code

_COLUMNS = ("country", "state", "phone_region")


def count_places(verdict: Verdict) -> tuple[Counter[str], Counter[str]]:
    """Count all rows and clean rows by place: ``US-TX``, ``FR``, or empty where it is not known.

    A lead is where its country column says, else where its first phone is; a state is that of the state column, else
    that of the area code.
    """
    read, clean = Counter[str](), Counter[str]()
    for frame, is_clean in ((verdict.clean, True), (verdict.rejected, False)):
        here = _places(frame)
        read.update(here)
        if is_clean:
            clean.update(here)
    return read, clean


def _places(frame: pl.DataFrame) -> Counter[str]:
    found = Counter[str]()
    present = [pl.col(name) if name in frame.columns else pl.lit(None, pl.String).alias(name) for name in _COLUMNS]
    phone = pl.col("phone") if "phone" in frame.columns else pl.lit(None, pl.String)
    area = pl.when(pl.col("phone_region") == "US").then(phone.str.slice(2, 3)).alias("area")
    held = frame.lazy().with_columns(present).select(*_COLUMNS, area).group_by(pl.all()).len().collect()
    for country, state, region, code, rows in held.rows():
        found[_place(country, state, region, code)] += rows
    return found


def _place(country: str | None, state: str | None, region: str | None, code: str | None) -> str:
    where = (read_country(country).region if country else None) or region
    if where not in (None, "US"):
        return where or ""
    within = state_named(state) if state else None
    if within is None and where == "US" and code and code.isdigit():
        within = state_of_area_code(code)
    if within is None:
        return where or ""
    # A state of the United States says which country is meant, where nothing else does.
    return f"US-{within}"
