"""Which of many keys cannot be among those of a list: one bit says so, and most of what is asked is not listed."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from schemas.kernels.keys import mark_keys
from schemas.support.key_marks import KeyMarks, unused_bits

Keys = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int64]

#: At most so many bits, as a power of two: of what is not listed, at most an eighth passes while there are eight a key.
#: With more keys than a quarter of them, too much would.
_MOST_BITS = 28
_MOST_KEYS = 1 << _MOST_BITS - 2


class KeyFilter:
    """Marks of a list's ``count`` keys. ``by``: which of their bits differ most from key to key."""

    def __init__(self, count: int, by: Literal["high", "low"]) -> None:
        unused = unused_bits(count, _MOST_BITS)
        self._marks = KeyMarks(unused if by == "low" else 0, unused)
        self._marked = self._marks.none() if count <= _MOST_KEYS else None

    def mark(self, keys: Keys) -> None:
        """Take some of the list's keys; what was not taken does not pass."""
        if self._marked is not None:
            mark_keys(keys, self._marks.left, self._marks.right, self._marked)

    def passing(self, wanted: Keys) -> Rows:
        """Rows of ``wanted`` whose key may be one of the list's; all others are not."""
        return np.arange(len(wanted)) if self._marked is None else self._marks.rows(wanted, self._marked)
