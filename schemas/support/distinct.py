"""The different values of a column, and which of them each row has: each question is asked once for each of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.kernels.distinct import number_texts, number_values
from schemas.kernels.kernel import Int32s, Int64s
from schemas.support.text_views import text_views

Number = TypeVar("Number", np.int64, np.uint64)
#: Places of a small table of values.
_FEW_VALUES = 1 << 11


def distinct(values: pl.Series) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Return the distinct values, and for each row which of them it has; null has the place after the last."""
    texts = text_views(values)
    _, memory, parts, _ = texts.in_memory()
    read = (texts.words, memory, parts, texts.null_bits, texts.offset)
    firsts, numbers = _numbered(len(values), lambda *told: number_texts(*read, *told))
    return values[firsts].to_list(), numbers


def distinct_numbers(values: npt.NDArray[Number]) -> tuple[npt.NDArray[Number], npt.NDArray[np.int64]]:
    """Distinct values in order of appearance, and which of them each row has."""
    bits = np.ascontiguousarray(values).view(np.uint64)
    firsts, numbers = _numbered(len(values), lambda *told: number_values(bits, *told))
    return values[firsts], numbers


def row_of_each(numbers: npt.NDArray[np.integer], count: int) -> npt.NDArray[np.int64]:
    """A row of each of the numbers below ``count``, the last one that has it; 0 of a number that no row has."""
    rows = np.zeros(count, np.int64)
    rows[numbers] = np.arange(len(numbers))
    return rows


def _numbered(
    rows: int, find: Callable[[Int32s, Int64s, Int64s, Int64s], None]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The first row of each distinct value, and which of them each row has. ``find``: a loop of `kernels.distinct`."""
    numbers, count, size = np.empty(rows, np.int64), np.full(1, -1), _FEW_VALUES
    while count[0] < 0:
        # Most columns have few values, and a small table is near.
        firsts = np.empty(size // 2, np.int64)
        find(np.full(size, -1, np.int32), firsts, numbers, count)
        size *= 16
    return firsts[: count[0]], numbers
