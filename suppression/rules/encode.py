"""Columns as codes: distinct values and classes of leads are few, so each question is asked once for each of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.kernels.distinct import number_texts, number_values
from schemas.kernels.kernel import Int32s, Int64s
from schemas.support.text_views import text_views
from suppression.rules.time_windows import Bools

Scalar = TypeVar("Scalar", bound=np.generic)
Number = TypeVar("Number", np.int64, np.uint64)
T = TypeVar("T")
#: Countries and states, one bit each.
Bits = npt.NDArray[np.uint64]
#: So many numbers fit into the processor's cache.
_FEW = 1 << 16
#: Places of a small table of values.
_FEW_VALUES = 1 << 11


@dataclass(frozen=True)
class Coded(Generic[T]):
    """A column of few distinct values: the values, and which of them each row has."""

    values: list[T]
    of_row: npt.NDArray[np.int64]


def distinct(values: pl.Series) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Return the distinct values, and for each row which of them it has; null has the place after the last."""
    texts = text_views(values, most=1)
    read = (texts.words, texts.data(0), texts.null_bits, texts.offset)
    firsts, numbers = _numbered(len(values), lambda *told: number_texts(*read, *told))
    return values[firsts].to_list(), numbers


def looked_up(
    values: pl.Series, answer: Callable[[str], object], dtype: type[Scalar], default: object = 0
) -> npt.NDArray[Scalar]:
    """Answer each distinct value once; ``default`` for null."""
    words, place = distinct(values)
    return np.array([*(answer(word) for word in words), default], dtype=dtype)[place]


def paired(
    first: npt.NDArray[np.int64], second: npt.NDArray[np.int64], answer: Callable[[int, int], int]
) -> npt.NDArray[np.int64]:
    """Answer each distinct pair of numbers (neither negative) once, and give each row its pair's answer."""
    size = int(second.max(initial=0)) + 1
    pairs = first * size + second
    most = int(pairs.max(initial=0)) + 1
    if most <= _FEW:
        # A table of all pairs that there could be takes a fifth of the time.
        occur = np.zeros(most, dtype=np.bool_)
        occur[pairs] = True
        answered = np.zeros(most, dtype=np.int64)
        for pair in np.flatnonzero(occur).tolist():
            answered[pair] = answer(*divmod(pair, size))
        return np.take(answered, pairs)
    found, of_row = distinct_numbers(pairs)
    return np.array([answer(*divmod(pair, size)) for pair in found.tolist()], dtype=np.int64)[of_row]


@dataclass(frozen=True)
class Classes:
    """For each class its territory, states and audience; and the class of each row. ``anywhere``: all territories."""

    territory: Bits
    states: Bits
    business: Bools
    of_row: npt.NDArray[np.int64]
    anywhere: np.uint64

    def rows(self, chosen: Bools) -> Bools | None:
        """Rows of the classes that are chosen; None when there is none."""
        return np.take(chosen, self.of_row) if chosen.any() else None


def classes_of(territory: Bits, states: Bits, business: Bools) -> Classes:
    """Put the rows of a batch into classes."""
    places, of_place = distinct_numbers(territory)
    within, of_within = distinct_numbers(states)
    size = max(len(within), 1)
    found, of_row = distinct_codes((of_place * size + of_within) * 2 + business, len(places) * size * 2)
    found, audience = np.divmod(found, 2)
    place, state = np.divmod(found, size)
    return Classes(places[place], within[state], audience.astype(bool), of_row, np.bitwise_or.reduce(places))


def distinct_numbers(values: npt.NDArray[Number]) -> tuple[npt.NDArray[Number], npt.NDArray[np.int64]]:
    """Distinct values in order of appearance, and which of them each row has."""
    bits = np.ascontiguousarray(values).view(np.uint64)
    firsts, numbers = _numbered(len(values), lambda *told: number_values(bits, *told))
    return values[firsts], numbers


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


def distinct_codes(codes: npt.NDArray[np.int64], size: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The same of numbers from 0 to below ``size``; of small ones in their own order, by a table."""
    if size > _FEW:
        return distinct_numbers(codes)
    occur = np.zeros(size, dtype=np.int64)
    occur[codes] = 1
    return np.flatnonzero(occur), np.take(np.cumsum(occur) - 1, codes)
