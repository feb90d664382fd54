"""Finds values in a large sorted array, of which only a few bytes here and there are read."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from schemas.kernels.kernel import FEW_ROWS
from suppression.index.key_filter import KeyFilter

Keys = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]

#: Every so many keys, one is copied: where a value is among those says which few keys to look at. The copy stays
#: in the processor's cache while the keys themselves do not. A power of two.
_STEP = 64
#: Values at a time: what is computed of them stays in the processor's cache.
_AT_ONCE = 1 << 12


class SortedKeys:
    """Keys in ascending order, not nothing; several may be equal."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._filter: KeyFilter | None = None
        self._firsts = keys[::_STEP].copy()

    def matching(self, wanted: Keys, same: Callable[[Places, Places], npt.NDArray[np.bool_]]) -> npt.NDArray[np.bool_]:
        """Whether each value is at a place of which ``same(rows of wanted, their places)`` is true.

        Different entries may share a key: each that has the value is asked about, until one is the same.
        """
        found = np.zeros(len(wanted), dtype=bool)
        rows, places = self._first_places(wanted)
        while len(rows):
            is_same = same(rows, places)
            found[rows[is_same]] = True
            rows, places = rows[~is_same], places[~is_same] + 1
            again = self._keys[np.minimum(places, len(self._keys) - 1)] == wanted[rows]
            again &= places < len(self._keys)
            rows, places = rows[again], places[again]
        return found

    def _first_places(self, wanted: Keys) -> tuple[Places, Places]:
        """Rows of ``wanted`` whose value is there, and the first place of each, in ascending order."""
        passing = self._passing(wanted)
        # What has no text has the key 0, and to order many that are equal takes long: before the first key is none.
        passing = passing[wanted[passing] >= self._firsts[0]]
        # In order, so that memory is read once from its beginning to its end.
        order = passing[np.argsort(wanted[passing])]
        rows, places = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for start in range(0, len(order), _AT_ONCE):
            some = order[start : start + _AT_ONCE]
            place, there = self._search(wanted[some])
            rows.append(some[there])
            places.append(place[there])
        return np.concatenate(rows), np.concatenate(places)

    def _passing(self, wanted: Keys) -> Places:
        """Rows of those values that have to be searched."""
        if len(wanted) <= FEW_ROWS:
            return np.arange(len(wanted))
        if self._filter is None:
            marked = KeyFilter(len(self._keys), "high")
            marked.mark(self._keys)
            # Whole from the moment at which another thread can see it.
            self._filter = marked
        return self._filter.passing(wanted)

    def _search(self, values: Keys) -> tuple[Places, npt.NDArray[np.bool_]]:
        """Where each value is first, if it is there; and whether it is."""
        steps = np.searchsorted(self._firsts, values)
        # The key at `place` is smaller than the value, unless no key is. All values are searched at once, so that the
        # processor waits for many places of memory at the same time.
        place = np.maximum(steps - 1, 0) * _STEP
        half = _STEP // 2
        while half:
            place += half * (self._keys.take(place + half, mode="clip") < values)
            half //= 2
        place += steps > 0
        return place, self._keys.take(place, mode="clip") == values
