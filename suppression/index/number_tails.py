"""Numbers in ascending order, each in two bytes of memory where its neighbours begin as it does."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from suppression.index.key_filter import KeyFilter

Numbers = npt.NDArray[np.uint64]

#: Bits of a number that are its tail; what is before them is its head.
_TAIL = np.uint64(16)


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
        # Whoever is found between two bounds takes a step of each size.
        self._steps = [1 << bit for bit in reversed(range(int(np.diff(self._bounds).max(initial=0)).bit_length()))]

    def among(self, wanted: Numbers) -> npt.NDArray[np.bool_]:
        """Whether each number is in the set."""
        found = np.zeros(len(wanted), dtype=bool)
        rows = self._filter.passing(wanted)
        # In ascending order, so that memory is read once from its beginning to its end.
        rows = rows[np.argsort(wanted[rows])]
        head = wanted[rows] >> _TAIL
        place = np.searchsorted(self._heads, head)
        is_head = self._heads.take(place, mode="clip") == head
        rows, place = rows[is_head], place[is_head]
        tail = wanted[rows].astype(np.uint16)
        # The last of the tails of its head that is not greater, or the first of them.
        at, end = self._bounds[place], self._bounds[place + 1]
        for step in self._steps:
            further = at + step
            at = np.where((further < end) & (self._tails.take(further, mode="clip") <= tail), further, at)
        found[rows] = self._tails[at] == tail
        return found
