"""Texts of some rows of a column, one behind the other."""

from __future__ import annotations

import numpy as np

from schemas.kernels.kernel import Bytes, Int64s, kernel
from schemas.kernels.row_bytes import STEP, copy_step

_1, _3, _7, _STEP, _STEPS = np.uint64(1), np.uint64(3), np.uint64(7), np.uint64(STEP), np.uint64(2 * STEP)


@kernel
def take_texts(
    rows: Int64s, bounds: Int64s, data: Bytes, given: Bytes, ends: Int64s, out: Bytes, given_out: Bytes
) -> None:
    """Copy the texts of ``rows``: the first begins at 0, and each ends where ``ends`` says.

    A text is ``data[bounds[row] : bounds[row + 1]]``. ``given``: bits that say which rows have one (empty: all have);
    ``given_out``, as many zeros as it takes, becomes those of the chosen ones. ``out``: all texts fit in, and two steps
    more.
    """
    j, some = np.uint64(0), len(given) > 0
    size_in = np.uint64(len(data))
    for at in range(len(rows)):
        row = np.uint64(rows[at])
        start = np.uint64(bounds[row])
        size = np.uint64(bounds[row + _1]) - start
        if some:
            # What is there for a null may be anything. Which rows are null follows no pattern: no branch.
            here = (np.uint64(given[row >> _3]) >> (row & _7)) & _1
            size *= here
            place = np.uint64(at)
            given_out[place >> _3] |= here << (place & _7)
        if size <= _STEPS and start + _STEPS <= size_in:
            # Most texts: whole steps are copied, and what follows is written over them.
            copy_step(data, start, j, out)
            copy_step(data, start + _STEP, j + _STEP, out)
        else:
            for k in range(size):
                out[j + np.uint64(k)] = data[start + np.uint64(k)]
        j += size
        ends[at] = j
