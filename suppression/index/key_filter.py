"""Which of many keys cannot be among those of a list: one bit says so, and most of what is asked is not listed."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from schemas.kernels.kernel import FEW_ROWS
from schemas.kernels.keys import find_marked, mark_keys

Keys = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int64]

#: Bits for each key, at least, as long as all of them are at most so many: of what is not listed, at most an eighth
#: passes. With more keys than a quarter of that, too much would.
_BITS, _MOST_BITS = 8, 28
_MOST_KEYS = 1 << _MOST_BITS - 2
#: Bits of a mark, as a power of two.
_WORD = 6


class KeyFilter:
    """Marks of keys, made when many are asked for. ``by``: which of their bits differ most from key to key."""

    def __init__(self, keys: Keys, by: Literal["high", "low"]) -> None:
        self._keys, self._marks = keys, np.empty(0, np.uint64)
        bits = min(max((len(keys) * _BITS).bit_length(), _WORD), _MOST_BITS)
        self._right = 64 - bits
        self._left = self._right if by == "low" else 0

    def passing(self, wanted: Keys) -> Rows:
        """Rows of ``wanted`` whose key may be one of the list's; all others are not."""
        if len(wanted) <= FEW_ROWS or len(self._keys) > _MOST_KEYS:
            return np.arange(len(wanted))
        if not len(self._marks):
            marks = np.zeros(1 << (64 - self._right - _WORD), np.uint64)
            mark_keys(self._keys, self._left, self._right, marks)
            # Whole from the moment at which another thread can see it.
            self._marks = marks
        rows, count = np.empty(len(wanted), np.int64), np.zeros(1, np.int64)
        find_marked(wanted, self._left, self._right, self._marks, rows, count)
        return rows[: count[0]]
