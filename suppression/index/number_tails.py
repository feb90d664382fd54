"""Numbers in ascending order, each in two bytes of memory where its neighbours begin as it does."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from schemas.kernels.listed import TAIL, find_tails
from suppression.index.key_filter import KeyFilter

Numbers = npt.NDArray[np.uint64]

_TAIL = np.uint64(TAIL)
#: Numbers searched at once.
_TOGETHER = 64


class NumberTails:
    """A set of numbers: the tail of each, and for each different head where the tails begin that are behind it.

    ``parts``: ``count`` different numbers in ascending order, not none; of these, nothing is kept.
    """

    def __init__(self, parts: Iterable[Numbers], count: int) -> None:
        self._filter = KeyFilter(count, "low")
        self._tails = np.empty(count, np.uint16)
        heads, starts = [np.empty(0, np.uint64)], [np.empty(0, np.int64)]
        at, last = 0, np.uint64(0)
        for numbers in parts:
            self._filter.mark(numbers)
            self._tails[at : at + len(numbers)] = numbers.astype(np.uint16)
            head = numbers >> _TAIL
            is_new = np.ones(len(head), dtype=bool)
            np.not_equal(head[1:], head[:-1], out=is_new[1:])
            is_new[0] = not at or head[0] != last
            heads.append(head[is_new])
            starts.append(np.flatnonzero(is_new) + at)
            at, last = at + len(numbers), head[-1]
        self._heads = np.concatenate(heads)
        self._bounds = np.concatenate([*starts, [at]])
        first, span = self._heads[0], int(self._heads[-1] - self._heads[0])
        # As many jumps as heads, or fewer: where heads are evenly far apart, each leads to one or two of them.
        self._shift = (span // len(self._heads)).bit_length()
        jumps = np.arange((span >> self._shift) + 2, dtype=np.uint64) << np.uint64(self._shift)
        self._jumps = np.searchsorted(self._heads, jumps + first)

    def among(self, wanted: Numbers) -> npt.NDArray[np.bool_]:
        """Whether each number is in the set."""
        found = np.zeros(len(wanted), dtype=bool)
        ats, ends = np.empty((2, _TOGETHER), np.uint64)
        find_tails(
            self._filter.passing(wanted),
            wanted,
            self._shift,
            self._jumps,
            self._heads,
            self._bounds,
            self._tails,
            ats,
            ends,
            found,
        )
        return found
