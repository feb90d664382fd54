"""Dates whose figures are at fixed positions, read on the column's bytes: almost every date of a file is one.

Only what is certain is read: every other cell is left to the patterns of ``date_cells.py``, which agree with all of
this.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from schemas.kernels import dates
from schemas.support.column_bytes import given_rows
from schemas.support.text_views import text_views

#: How instants are written, as `schemas.kernels.dates` reads it.
ISO_FORMS = ("yyyy-mm-ddThh:nn:ss", "yyyy-mm-ddThh:nn:ssZ", "yyyy-mm-dd")
FIGURE_FORMS = {
    "mdy": ("mm/dd/yyyyThh:nn:ss", "mm/dd/yyyy"),
    "dmy": ("dd/mm/yyyyThh:nn:ss", "dd/mm/yyyy"),
}
WORD_FORMS = ("dd ooo yyyyThh:nn:ss", "dd ooo yyyy")
_UTC = pl.Datetime("us", "UTC")


def fixed_instants(cells: pl.Series, forms: Iterable[str]) -> pl.Series:
    """Read the cells that are written in one of these forms, in UTC; null where a cell is in none, or no date."""
    written = list(forms)
    places = np.array([form.find(part) for form in written for part in dates.PARTS], np.int64)
    found, micros = np.empty(len(cells), np.bool_), np.zeros(len(cells), np.int64)
    texts = text_views(cells)
    dates.fixed_instants(*texts.in_memory()[:3], given_rows(cells), *_laid_out(written), places, found, micros)
    valid = pa.py_buffer(np.packbits(found, bitorder="little"))
    instants = pa.Array.from_buffers(pa.timestamp("us", "UTC"), len(cells), [valid, pa.py_buffer(micros)])
    return pl.Series(instants, dtype=_UTC)


def fixed_shape(cells: pl.Series, forms: Iterable[str]) -> pl.Series:
    """Say which cells have figures and separators where one of these forms has them, whether or not they are a date."""
    found = np.empty(len(cells), np.bool_)
    texts = text_views(cells)
    dates.fixed_shape(*texts.in_memory()[:3], given_rows(cells), *_laid_out(list(forms)), found)
    return pl.Series(found)


def _laid_out(forms: list[str]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """Where each form begins and ends, and their letters."""
    return np.cumsum([0, *map(len, forms)], dtype=np.int64), np.frombuffer("".join(forms).encode(), np.uint8)
