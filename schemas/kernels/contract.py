"""What is true of every text of a column: how many there are of which it is not."""

from __future__ import annotations

from schemas.kernels.kernel import Bytes, Int64s, helper, kernel


@helper
def _given(given: Bytes, bit: int) -> bool:
    """Whether there is a text. ``given``: bits that say so (empty: all are given)."""
    return len(given) == 0 or (int(given[bit >> 3]) >> (bit & 7)) & 1 == 1


@kernel
def count_not_begun(bounds: Int64s, given: Bytes, bit: int, data: Bytes, byte: int, count: Int64s) -> None:
    """Count the texts that do not begin with a byte. ``bit``: of the first text in ``given``."""
    for row in range(len(bounds) - 1):
        start = bounds[row]
        if _given(given, bit + row) and (start == bounds[row + 1] or data[start] != byte):
            count[0] += 1


@kernel
def count_without(bounds: Int64s, given: Bytes, bit: int, data: Bytes, byte: int, count: Int64s) -> None:
    """Count the texts that do not have a byte. ``bit``: of the first text in ``given``."""
    for row in range(len(bounds) - 1):
        at, end = bounds[row], bounds[row + 1]
        while at < end and data[at] != byte:
            at += 1
        if at == end and _given(given, bit + row):
            count[0] += 1
