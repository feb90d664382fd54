"""Dates whose figures are at fixed positions, read on the column's bytes: almost every date of a file is one.

Only what is certain is read: every other cell is left to the patterns of ``dates.py``, which agree with all of this.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.support.column_bytes import column_bytes

#: How instants are written: ``y m d h n s`` are figures, ``ooo`` is a month's name; T stands for a T or a blank, / for
#: any separator of figures.
ISO_FORMS = ("yyyy-mm-ddThh:nn:ss", "yyyy-mm-ddThh:nn:ssZ", "yyyy-mm-dd")
FIGURE_FORMS = {
    "mdy": ("mm/dd/yyyyThh:nn:ss", "mm/dd/yyyy"),
    "dmy": ("dd/mm/yyyyThh:nn:ss", "dd/mm/yyyy"),
}
WORD_FORMS = ("dd ooo yyyyThh:nn:ss", "dd ooo yyyy")
_SIGNS = {"T": b"T ", "/": b"/.-"}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_UTC = pl.Datetime("us", "UTC")
_FIRST_YEAR, _LAST_YEAR = 1800, 2199
#: Days from 1970 to the first of each month, from January of the first year on.
_FIRST_DAYS = (
    np.arange(f"{_FIRST_YEAR}-01", f"{_LAST_YEAR + 1}-02", dtype="datetime64[M]")
    .astype("datetime64[D]")
    .astype(np.int64)
)


def fixed_instants(cells: pl.Series, forms: Iterable[str]) -> pl.Series:
    """Read the cells that are written in one of these forms, in UTC; null where a cell is in none, or no date."""
    bounds, data = column_bytes(cells)
    sizes = np.where(cells.is_not_null().to_numpy(), np.diff(bounds), 0)
    found = np.zeros(len(cells), dtype=bool)
    instants = np.zeros(len(cells), dtype=np.int64)
    for form in forms:
        rows = np.flatnonzero((sizes == len(form)) & ~found)
        if len(rows):
            read, micros = _read(data.take(bounds[rows] + np.arange(len(form))[:, None]), form)
            found[rows], instants[rows] = read, micros
    return pl.select(pl.when(pl.lit(pl.Series(found))).then(pl.lit(pl.Series(instants)).cast(_UTC))).to_series()


def _read(places: npt.NDArray[np.uint8], form: str) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
    """Read texts of which row ``i`` of ``places`` holds all i-th bytes: which are dates, and their microseconds."""
    figures = places - np.uint8(ord("0"))
    certain = np.ones(places.shape[1], dtype=bool)
    parts = {letter: np.zeros(places.shape[1], dtype=np.int64) for letter in "ymdhns"}
    word = np.zeros(places.shape[1], dtype=np.uint32)
    for place, letter in enumerate(form):
        if letter in parts:
            certain &= figures[place] <= 9
            parts[letter] = parts[letter] * 10 + figures[place]
        elif letter == "o":
            word = word << 8 | (places[place] | 0x20)  # in lower case
        else:
            signs = _SIGNS.get(letter, letter.encode())
            certain &= np.logical_or.reduce([places[place] == sign for sign in signs])
    for number, name in enumerate(_MONTHS if "o" in form else (), start=1):
        parts["m"][word == int.from_bytes(name.encode())] = number
    year, month, day, hour, minute, second = parts.values()
    certain &= (year >= _FIRST_YEAR) & (year <= _LAST_YEAR) & (month >= 1) & (month <= 12)
    of_month = np.where(certain, (year - _FIRST_YEAR) * 12 + month - 1, 0)
    first = _FIRST_DAYS.take(of_month)
    certain &= (day >= 1) & (day <= _FIRST_DAYS.take(of_month + 1) - first)
    certain &= (hour < 24) & (minute < 60) & (second < 60)
    return certain, ((((first + day - 1) * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000
