"""Exact membership of many values: no false positives and no false negatives."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

_SEED = 20_261_121


class NumberIndex:
    """E.164 numbers as sorted 64-bit integers (at most 15 digits, so each number is its own key)."""

    def __init__(self, numbers: npt.NDArray[np.uint64]) -> None:
        """Take ``numbers`` over: they are sorted in place."""
        # Sorting and dropping repeats is three times as fast as numpy's unique.
        numbers.sort()
        fresh = np.ones(len(numbers), dtype=bool)
        np.not_equal(numbers[1:], numbers[:-1], out=fresh[1:])
        self._sorted = numbers if fresh.all() else numbers[fresh]

    def __len__(self) -> int:
        return len(self._sorted)

    def contains(self, numbers: pl.Series) -> pl.Series:
        """Whether each number (u64, null allowed) is in the index; null is not."""
        if not len(self._sorted):
            return pl.repeat(False, len(numbers), dtype=pl.Boolean, eager=True)
        wanted = numbers.fill_null(0).to_numpy()
        place = np.searchsorted(self._sorted, wanted)
        place[place == len(self._sorted)] = 0
        return pl.Series(self._sorted[place] == wanted) & numbers.is_not_null()


class TextIndex:
    """Strings, ordered by a 64-bit hash for the search; what is found is compared in full."""

    def __init__(self, values: pl.Series) -> None:
        unique = values.drop_nulls().unique()
        frame = pl.DataFrame({"text": unique, "hash": unique.hash(_SEED)}).sort("hash")
        self._texts = frame.get_column("text")
        self._hashes = frame.get_column("hash").to_numpy()

    def __len__(self) -> int:
        return len(self._texts)

    def contains(self, values: pl.Series) -> pl.Series:
        """Whether each string (null allowed) is in the index; null is not."""
        hits = pl.repeat(False, len(values), dtype=pl.Boolean, eager=True)
        if not len(self._texts) or not len(values):
            return hits
        wanted = values.hash(_SEED).to_numpy()
        place = np.searchsorted(self._hashes, wanted)
        # Two different texts may share a hash: look at every entry that has it.
        while True:
            inside = place < len(self._hashes)
            same = np.zeros(len(wanted), dtype=bool)
            same[inside] = self._hashes[place[inside]] == wanted[inside]
            if not same.any():
                return hits
            at = np.where(same, place, 0)
            hits |= (self._texts.gather(at) == values).fill_null(False) & pl.Series(same)
            place = place + 1


def number_key(e164: pl.Expr) -> pl.Expr:
    """Turn E.164 text (``+12025550123``) into its integer; null stays null."""
    return e164.str.strip_prefix("+").cast(pl.UInt64, strict=False)
