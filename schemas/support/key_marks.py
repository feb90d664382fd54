"""A bit for each of many keys, so that most of what has to be looked for is not."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from schemas.kernels.keys import find_marked

Words = npt.NDArray[np.uint64]

#: Bits for each key, at least; and bits of a word of marks, as a power of two.
_BITS, _WORD = 8, 6


class KeyMarks(NamedTuple):
    """Where a key's bit is: what is left of the key when it is moved to the left, then to the right."""

    left: int
    right: int

    def none(self) -> Words:
        """Marks of no key."""
        return np.zeros(1 << (64 - self.right - _WORD), np.uint64)

    def rows(self, keys: Words, marks: Words) -> npt.NDArray[np.int64]:
        """Rows of the keys whose bit is set."""
        rows, count = np.empty(len(keys), np.int64), np.zeros(1, np.int64)
        find_marked(keys, self.left, self.right, marks, rows, count)
        return rows[: count[0]]


def unused_bits(keys: int, most: int = 64) -> int:
    """Bits of a key that do not say where its bit is, for so many keys and at most two to the ``most`` bits."""
    return 64 - min(max((keys * _BITS).bit_length(), _WORD), most)
