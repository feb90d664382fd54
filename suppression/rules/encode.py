"""Columns as codes: distinct values and classes of leads are few, so each question is asked once for each of them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.support.distinct import distinct, distinct_numbers
from suppression.rules.time_windows import Bools

Scalar = TypeVar("Scalar", bound=np.generic)
T = TypeVar("T")
#: Countries and states, one bit each.
Bits = npt.NDArray[np.uint64]
#: So many numbers fit into the processor's cache.
_FEW = 1 << 16


@dataclass(frozen=True)
class Coded(Generic[T]):
    """A column of few distinct values: the values, and which of them each row has."""

    values: list[T]
    of_row: npt.NDArray[np.int64]

    def among(self, wanted: Collection[T]) -> Bools:
        """Rows whose value is one of these."""
        return np.take(np.array([value in wanted for value in self.values], dtype=np.bool_), self.of_row)


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
        known = np.flatnonzero(occur)
        answered[known] = [answer(*divmod(pair, size)) for pair in known.tolist()]
        return np.take(answered, pairs)
    found, of_row = distinct_numbers(pairs)
    return np.array([answer(*divmod(pair, size)) for pair in found.tolist()], dtype=np.int64)[of_row]


class Classes(NamedTuple):
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


def distinct_codes(codes: npt.NDArray[np.int64], size: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The same of numbers from 0 to below ``size``; of small ones in their own order, by a table."""
    if size > _FEW:
        return distinct_numbers(codes)
    occur = np.zeros(size, dtype=np.int64)
    occur[codes] = 1
    return np.flatnonzero(occur), np.take(np.cumsum(occur) - 1, codes)
