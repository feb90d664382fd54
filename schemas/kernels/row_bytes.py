"""Rows of a table as bytes, cell after cell: as they are hashed for the root of a result (docs/proof.md).

A cell that is not null is its column's number, the size of its content and the content. Numbers and sizes have seven
bits a byte, the lowest first, with the eighth set where more follow (LEB128).

How cells come: column after column, ``firsts[column * rows + row]`` and ``lasts`` say where in ``data`` a cell is, -1
that it is null. The cell of a list says the same of its items, whose places in ``data`` are ``item_firsts`` and
``item_lasts``.
"""

from __future__ import annotations

import numpy as np

from schemas.kernels.kernel import Bytes, Flags, Int64s, helper, kernel

#: Bytes that are copied at once: what is copied from has as many behind what is used of it.
STEP = 16
_1, _2, _3, _4, _5 = np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(4), np.uint64(5)
_6, _7, _8, _9, _10 = np.uint64(6), np.uint64(7), np.uint64(8), np.uint64(9), np.uint64(10)
_11, _12, _13, _14, _15 = np.uint64(11), np.uint64(12), np.uint64(13), np.uint64(14), np.uint64(15)
_16 = np.uint64(STEP)


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


@helper
def _copy(data: Bytes, start: int, end: int, at: int, limit: int, out: Bytes) -> int:
    """Copy some bytes, and where there is room up to ``limit`` some more, which are written over; returns their end.

    All of a step are read before they are written, by places that cannot be negative: the compiler moves them at once.
    """
    if at + end - start + STEP > limit:
        for place in range(start, end):
            out[at] = data[place]
            at += 1
        return at
    i, j = np.uint64(start), np.uint64(at)
    for _ in range((end - start + STEP - 1) // STEP):
        b0, b1, b2, b3, b4, b5 = data[i], data[i + _1], data[i + _2], data[i + _3], data[i + _4], data[i + _5]
        b6, b7, b8, b9, b10 = data[i + _6], data[i + _7], data[i + _8], data[i + _9], data[i + _10]
        b11, b12, b13, b14, b15 = data[i + _11], data[i + _12], data[i + _13], data[i + _14], data[i + _15]
        out[j], out[j + _1], out[j + _2], out[j + _3], out[j + _4], out[j + _5] = b0, b1, b2, b3, b4, b5
        out[j + _6], out[j + _7], out[j + _8], out[j + _9], out[j + _10] = b6, b7, b8, b9, b10
        out[j + _11], out[j + _12], out[j + _13], out[j + _14], out[j + _15] = b11, b12, b13, b14, b15
        i += _16
        j += _16
    return at + end - start


@helper
def _list_size(first: int, last: int, item_firsts: Int64s, item_lasts: Int64s) -> int:
    size = 0
    for item in range(first, last):
        of_item = item_lasts[item] - item_firsts[item]
        size += _width(of_item) + of_item
    return size


@kernel
def measure_rows(
    sizes: Int64s,
    numbers: Int64s,
    lists: Flags,
    firsts: Int64s,
    lasts: Int64s,
    item_firsts: Int64s,
    item_lasts: Int64s,
) -> None:
    """Add the size of each row's cells to ``sizes``. ``numbers``: of the columns; ``lists``: which have lists."""
    rows = len(sizes)
    for column in range(len(numbers)):
        ahead = _width(numbers[column])
        for row in range(rows):
            first, last = firsts[column * rows + row], lasts[column * rows + row]
            if first >= 0:
                size = _list_size(first, last, item_firsts, item_lasts) if lists[column] else last - first
                sizes[row] += ahead + _width(size) + size


@kernel
def put_rows(
    ends: Int64s,
    limits: Int64s,
    numbers: Int64s,
    lists: Flags,
    firsts: Int64s,
    lasts: Int64s,
    item_firsts: Int64s,
    item_lasts: Int64s,
    data: Bytes,
    out: Bytes,
) -> None:
    """Write each row's cells from ``ends[row]`` on, and zeros behind them up to ``limits[row]``."""
    rows = len(ends)
    for row in range(rows):
        at, limit = ends[row], limits[row]
        for column in range(len(numbers)):
            first, last = firsts[column * rows + row], lasts[column * rows + row]
            if first < 0:
                continue
            at = _put(numbers[column], at, out)
            if lists[column]:
                at = _put(_list_size(first, last, item_firsts, item_lasts), at, out)
                for item in range(first, last):
                    at = _put(item_lasts[item] - item_firsts[item], at, out)
                    at = _copy(data, item_firsts[item], item_lasts[item], at, limit, out)
            else:
                at = _copy(data, first, last, _put(last - first, at, out), limit, out)
        for place in range(at, limit):
            out[place] = 0


@kernel
def put_heads(
    shared: Int64s, hashes: Bytes, firsts: Int64s, lasts: Int64s, findings: Bytes, kind: int, ends: Int64s, out: Bytes
) -> None:
    """Write what is ahead of the cells of each row, and move ``ends`` behind it.

    That is: what kind of message it is, the hash of its shared cells (the ``shared[row]``-th of ``hashes``), how many
    findings it has, and their hashes.
    """
    for row in range(len(ends)):
        at = ends[row]
        out[at] = kind
        limit = len(out)
        at = _copy(hashes, shared[row] * 32, shared[row] * 32 + 32, at + 1, limit, out)
        at = _put(lasts[row] - firsts[row], at, out)
        ends[row] = _copy(findings, firsts[row] * 32, lasts[row] * 32, at, limit, out)
