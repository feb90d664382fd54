"""Where values stand in a large sorted array."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_AT_ONCE = 1 << 12


def places(ordered: npt.NDArray[np.uint64], wanted: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """Return, for each value, how many of ``ordered`` are smaller: where it stands, if it is there.

    In order and some thousand at a time, so that memory is read once from its beginning to its end and each search
    stays in the processor's cache: several times as fast as a search among all for each.
    """
    found = np.empty(len(wanted), dtype=np.int64)
    order = np.argsort(wanted)
    values = wanted[order]
    for start in range(0, len(values), _AT_ONCE):
        some = values[start : start + _AT_ONCE]
        low, high = np.searchsorted(ordered, some[[0, -1]])
        found[order[start : start + _AT_ONCE]] = low + np.searchsorted(ordered[low:high], some)
    return found
