"""Where the leads of a batch are: by country, and in the United States by state."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from pipeline.report.decided_rows import DecidedRows, codes_of
from schemas.contact.countries import read_country
from schemas.frame_columns import FORM, FORM_PARTS, REGION
from schemas.support.arrow_columns import column, few_values
from suppression.rules.us_states import area_codes, state_named, state_of_area_code

#: Cells whose answers are kept.
_KNOWN: Final = 1 << 12


def count_places(rows: DecidedRows) -> tuple[Counter[str], Counter[str]]:
    """Count all rows and clean rows by place: ``US-TX``, ``FR``, or empty where it is not known.

    A lead is where its country column says, else where its first phone is; a state is that of the state column, else
    that of the area code.
    """
    read, clean = Counter[str](), Counter[str]()
    countries, country = rows.coded("country")
    states, state = rows.coded("state")
    regions, of_phone = _regions(rows)
    # What a cell says is read once for each different cell: rows that differ otherwise are as many as the rows.
    where = [*(_country(cell) if cell else None for cell in countries), None]
    named = [*(_state(cell) if cell else None for cell in states), None]
    numbers = [*regions, None]
    # An area code says something only of numbers of the United States, where no state is named.
    areas = np.zeros(len(rows), dtype=np.int64)
    unsaid = np.array([each is None for each in named])[state]
    if "US" in regions and "phone" in rows.held.column_names:
        of_us = np.flatnonzero(unsaid & (of_phone == regions.index("US")))
        phones = column(rows.held, "phone").take(pa.array(of_us))
        areas[of_us] = area_codes(pl.Series(phones))
    parts = (country, state, of_phone, areas, rows.is_clean.astype(np.int64))
    sizes = (len(countries) + 1, len(states) + 1, len(regions) + 1, 1000, 2)
    # numpy's own looks at every number first.
    key = parts[0]
    for part, size in zip(parts[1:], sizes[1:], strict=True):
        key = key * size + part
    keys, counts = pa.array(key).value_counts().flatten()
    for *at, count in zip(*np.unravel_index(keys.to_numpy(), sizes), counts.to_pylist(), strict=True):
        in_country, in_state, in_region, area, is_clean = map(int, at)
        place = _place(where[in_country] or numbers[in_region], named[in_state], f"{area:03}" if area else None)
        read[place] += count
        if is_clean:
            clean[place] += count
    return read, clean


def _regions(rows: DecidedRows) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Regions of the phones, and which each row's first phone has."""
    if FORM.of("phone") not in rows.held.column_names:
        return rows.coded("phone_region")
    forms = column(rows.held, FORM.of("phone"))
    told = forms.dictionary.flatten()[FORM_PARTS.index(REGION)]
    return codes_of(few_values(told, forms.indices.to_numpy()))


@lru_cache(_KNOWN)
def _country(cell: str) -> str | None:
    return read_country(cell).region


_state = lru_cache(_KNOWN)(state_named)


def _place(where: str | None, state: str | None, code: str | None) -> str:
    if where not in (None, "US"):
        return where or ""
    # A state of the United States says which country is meant, where nothing else does.
    within = state
    if within is None and where == "US" and code and code.isdigit():
        within = state_of_area_code(code)
    return where or "" if within is None else f"US-{within}"
