"""Contact points as the history keeps them: 128 bits each, from which no address can be read.

A phone is its E.164 digits as a number, followed by zero; an email is two XXH3-64 of its match key, with the seeds
0 and 1. With a hundred million addresses the odds that two of them share all 128 bits are one in 10^22.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.support.hashing import xxh3_64
from suppression.index.numbers import number_key

Words = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Points:
    """Contact points: the upper and the lower 64 bits of each."""

    keys: Words
    rests: Words

    def __len__(self) -> int:
        return len(self.keys)

    def part(self, rows: npt.NDArray[np.intp] | npt.NDArray[np.bool_] | slice) -> Points:
        """Some of them."""
        return Points(self.keys[rows], self.rests[rows])


def phone_history_points(e164: pl.Series) -> Points:
    """Phones in E.164, none null."""
    numbers = pl.select(number_key(pl.lit(e164))).to_series().to_numpy()
    return Points(numbers, np.zeros(len(numbers), np.uint64))


def email_history_points(keys: pl.Series) -> Points:
    """Emails by their match keys (see `email_key`), none null."""
    return Points(*xxh3_64(keys, seeds=(0, 1)))


def joined(parts: list[Points]) -> Points:
    """One after the other."""
    empty = np.empty(0, np.uint64)
    return Points(
        np.concatenate([empty, *(part.keys for part in parts)]),
        np.concatenate([empty, *(part.rests for part in parts)]),
    )
