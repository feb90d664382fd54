"""Which of many keys cannot be among those of a list: one bit says so, and most of what is asked is not listed."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from schemas.kernels.kernel import FEW_ROWS
from schemas.kernels.keys import mark_keys
from schemas.support.key_marks import KeyMarks, unused_bits

Keys = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int64]

#: At most so many bits, as a power of two: of what is not listed, at most an eighth passes while there are eight a key.
#: With more keys than a quarter of them, too much would.
_MOST_BITS = 28
_MOST_KEYS = 1 << _MOST_BITS - 2


class KeyFilter:
    """Marks of keys, made when many are asked for. ``by``: which of their bits differ most from key to key."""

    def __init__(self, keys: Keys, by: Literal["high", "low"]) -> None:
        self._keys, self._marked = keys, np.empty(0, np.uint64)
        unused = unused_bits(len(keys), _MOST_BITS)
        self._marks = KeyMarks(unused if by == "low" else 0, unused)

    def passing(self, wanted: Keys) -> Rows:
        """Rows of ``wanted`` whose key may be one of the list's; all others are not."""
        if len(wanted) <= FEW_ROWS or len(self._keys) > _MOST_KEYS:
            return np.arange(len(wanted))
        if not len(self._marked):
            marked = self._marks.none()
            mark_keys(self._keys, self._marks.left, self._marks.right, marked)
            # Whole from the moment at which another thread can see it.
            self._marked = marked
        return self._marks.rows(wanted, self._marked)
