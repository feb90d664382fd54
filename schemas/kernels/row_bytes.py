"""Rows of a table as bytes, cell after cell: as they are hashed for the root of a result (docs/proof.md).

A cell that is not null is its column's number, the size of its content and the content. Numbers and sizes have seven
bits a byte, the lowest first, with the eighth set where more follow (LEB128). Every column is measured, then put.
"""

from __future__ import annotations

import numpy as np

from schemas.kernels.kernel import Bytes, Flags, Int64s, helper, kernel


@helper
def _width(number: int) -> int:
    """Bytes of a number."""
    width = 1
    while number >= 128:
        number >>= 7
        width += 1
    return width


@helper
def _put(number: int, at: int, out: Bytes) -> int:
    """Write a number; returns where it ends."""
    while number >= 128:
        out[at] = 128 | (number & 127)
        number >>= 7
        at += 1
    out[at] = number
    return at + 1


_ONE, _TWO, _THREE, _FOUR = np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(4)
_FIVE, _SIX, _SEVEN, _EIGHT = np.uint64(5), np.uint64(6), np.uint64(7), np.uint64(8)


@helper
def _copy(data: Bytes, start: int, end: int, at: int, out: Bytes) -> int:
    """Copy some bytes; returns where they end.

    Eight are read before they are written, by places that cannot be negative: the compiler moves them at once.
    """
    i, j, count = np.uint64(start), np.uint64(at), end - start
    while count >= 8:
        b0, b1, b2, b3 = data[i], data[i + _ONE], data[i + _TWO], data[i + _THREE]
        b4, b5, b6, b7 = data[i + _FOUR], data[i + _FIVE], data[i + _SIX], data[i + _SEVEN]
        out[j], out[j + _ONE], out[j + _TWO], out[j + _THREE] = b0, b1, b2, b3
        out[j + _FOUR], out[j + _FIVE], out[j + _SIX], out[j + _SEVEN] = b4, b5, b6, b7
        i += _EIGHT
        j += _EIGHT
        count -= 8
    while count > 0:
        out[j] = data[i]
        i += _ONE
        j += _ONE
        count -= 1
    return at + end - start


@kernel
def put_same(ends: Int64s, data: Bytes, out: Bytes) -> None:
    """Write the same bytes where each row ends, and move that."""
    for row in range(len(ends)):
        ends[row] = _copy(data, 0, len(data), ends[row], out)


@kernel
def measure_texts(firsts: Int64s, lasts: Int64s, valid: Flags, number: int, sizes: Int64s) -> None:
    """Add the size of each cell of a column of text: bytes from ``firsts`` up to ``lasts``."""
    for row in range(len(sizes)):
        if len(valid) == 0 or valid[row]:
            size = lasts[row] - firsts[row]
            sizes[row] += _width(number) + _width(size) + size


@kernel
def put_texts(firsts: Int64s, lasts: Int64s, data: Bytes, valid: Flags, number: int, ends: Int64s, out: Bytes) -> None:
    """Write each cell of a column of text where its row ends, and move that."""
    for row in range(len(ends)):
        if len(valid) == 0 or valid[row]:
            at = _put(lasts[row] - firsts[row], _put(number, ends[row], out), out)
            ends[row] = _copy(data, firsts[row], lasts[row], at, out)


@helper
def _list_size(item_firsts: Int64s, item_lasts: Int64s, first: int, last: int) -> int:
    size = 0
    for item in range(first, last):
        bytes_of_item = item_lasts[item] - item_firsts[item]
        size += _width(bytes_of_item) + bytes_of_item
    return size


@kernel
def measure_lists(
    firsts: Int64s,
    lasts: Int64s,
    item_firsts: Int64s,
    item_lasts: Int64s,
    valid: Flags,
    number: int,
    sizes: Int64s,
) -> None:
    """Add the size of each cell of a column of lists of texts: items from ``firsts`` up to ``lasts``."""
    for row in range(len(sizes)):
        if len(valid) == 0 or valid[row]:
            size = _list_size(item_firsts, item_lasts, firsts[row], lasts[row])
            sizes[row] += _width(number) + _width(size) + size


@kernel
def put_lists(
    firsts: Int64s,
    lasts: Int64s,
    item_firsts: Int64s,
    item_lasts: Int64s,
    data: Bytes,
    valid: Flags,
    number: int,
    ends: Int64s,
    out: Bytes,
) -> None:
    """Write each cell of a column of lists of texts: of each item its size and its bytes."""
    for row in range(len(ends)):
        if len(valid) == 0 or valid[row]:
            size = _list_size(item_firsts, item_lasts, firsts[row], lasts[row])
            at = _put(size, _put(number, ends[row], out), out)
            for item in range(firsts[row], lasts[row]):
                at = _put(item_lasts[item] - item_firsts[item], at, out)
                at = _copy(data, item_firsts[item], item_lasts[item], at, out)
            ends[row] = at


@kernel
def measure_numbers(values: Int64s, valid: Flags, number: int, sizes: Int64s) -> None:
    """Add the size of each cell of a column of numbers."""
    for row in range(len(values)):
        if len(valid) == 0 or valid[row]:
            sizes[row] += _width(number) + 9


@kernel
def put_numbers(values: Int64s, valid: Flags, number: int, ends: Int64s, out: Bytes) -> None:
    """Write each cell of a column of numbers: eight bytes, the lowest first."""
    for row in range(len(values)):
        if len(valid) == 0 or valid[row]:
            at = _put(8, _put(number, ends[row], out), out)
            value = values[row]
            for _ in range(8):
                out[at] = value & 255
                value >>= 8
                at += 1
            ends[row] = at
