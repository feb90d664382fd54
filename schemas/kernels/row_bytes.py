"""Rows of a table as bytes, cell after cell: as they are hashed for the root of a result (docs/proof.md).

A cell that is not null is its column's number and its content: of a text the size and the bytes, of a list how many
texts it has and these, of a number eight bytes. Sizes and the like have seven bits a byte, the lowest first, with the
eighth set where more follow (LEB128).

A table has any number of columns, a kernel a fixed number of arrays: so the columns come as one array over all the
memory in which they are (``memory``; as numbers of 64 and 32 bits ``longs`` and ``ints``), and as places in it, as many
as `FIELDS` for each of ``columns``. Nothing is read but what a column has. Each loop does a column, of a lot of rows:
next to each other are cells of about the same size, and what is written is still near.
"""

from __future__ import annotations

import numpy as np

from schemas.kernels.kernel import Bytes, Int32s, Int64s, UInt64s, helper, kernel

#: What is said of a column: its kind and its number; where the bits are that say which rows have a value (-1: all
#: have), and the bit of the first row; where texts, or items of lists, begin and end in ``longs``, and where in
#: ``memory`` their bytes are and end; where in ``ints`` is which text a row or an item has (-1: each has its own), and
#: where in ``longs`` the items of each row's list begin and end. A number has its bytes where texts have theirs.
FIELDS = 9
TEXT, NUMBER, LIST = 0, 1, 2
_KIND, _NUMBER, _GIVEN, _BIT, _BOUNDS, _DATA, _END, _CODES, _LISTS = range(FIELDS)
#: Rows of which a column is written before the next: they are near as long as they are written to.
_LOT = 64
#: Bytes that are copied at once.
STEP = 16
_1, _2, _3, _4, _5 = np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(4), np.uint64(5)
_6, _7, _8, _9, _10 = np.uint64(6), np.uint64(7), np.uint64(8), np.uint64(9), np.uint64(10)
_11, _12, _13, _14, _15 = np.uint64(11), np.uint64(12), np.uint64(13), np.uint64(14), np.uint64(15)
_16, _32 = np.uint64(STEP), np.uint64(2 * STEP)


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
def copy_step(data: Bytes, i: np.uint64, j: np.uint64, out: Bytes) -> None:
    """Copy the bytes of a step. All are read before they are written: the compiler moves them at once."""
    b0, b1, b2, b3, b4, b5 = data[i], data[i + _1], data[i + _2], data[i + _3], data[i + _4], data[i + _5]
    b6, b7, b8, b9, b10 = data[i + _6], data[i + _7], data[i + _8], data[i + _9], data[i + _10]
    b11, b12, b13, b14, b15 = data[i + _11], data[i + _12], data[i + _13], data[i + _14], data[i + _15]
    out[j], out[j + _1], out[j + _2], out[j + _3], out[j + _4], out[j + _5] = b0, b1, b2, b3, b4, b5
    out[j + _6], out[j + _7], out[j + _8], out[j + _9], out[j + _10] = b6, b7, b8, b9, b10
    out[j + _11], out[j + _12], out[j + _13], out[j + _14], out[j + _15] = b11, b12, b13, b14, b15


@helper
def _copy_digest(digests: Bytes, number: int, at: int, out: Bytes) -> None:
    i, j = np.uint64(number * 32), np.uint64(at)
    copy_step(digests, i, j, out)
    copy_step(digests, i + _16, j + _16, out)


@helper
def _clear(start: int, end: int, words: UInt64s) -> None:
    """Write zeros. ``end`` is a multiple of 8."""
    word, last = np.uint64(start >> 3), np.uint64(end >> 3)
    if word < last:
        words[word] &= (_1 << np.uint64((start & 7) * 8)) - _1
        word += _1
    while word < last:
        words[word] = 0
        word += _1


@helper
def _given(given: int, bit: int, memory: Bytes) -> int:
    """Whether there is a value: 1 or 0, for what is faster without a branch."""
    return 1 if given < 0 else (int(memory[np.uint64(given + (bit >> 3))]) >> (bit & 7)) & 1


@helper
def _text(place: int, codes: int, ints: Int32s) -> int:
    """Which text one is."""
    return place if codes < 0 else int(ints[np.uint64(codes + place)])


@helper
def _text_size(text: np.uint64, longs: Int64s) -> int:
    """Bytes of a text with its size ahead of it, without a branch. None has 2**35 bytes."""
    size = longs[text + _1] - longs[text]
    return int(size + 1 + (size >= 1 << 7) + (size >= 1 << 14) + (size >= 1 << 21) + (size >= 1 << 28))


@kernel
def measure_rows(sizes: Int64s, first: int, columns: Int64s, memory: Bytes, longs: Int64s, ints: Int32s) -> None:
    """Add the size of each row's cells to ``sizes``; of rows from ``first`` on."""
    for column in range(0, len(columns), FIELDS):
        kind, bounds, codes = columns[column + _KIND], columns[column + _BOUNDS], columns[column + _CODES]
        given, bit, lists = columns[column + _GIVEN], columns[column + _BIT] + first, columns[column + _LISTS] + first
        ahead = _width(columns[column + _NUMBER])
        if kind == TEXT and codes < 0 and given < 0:
            for row in range(len(sizes)):
                sizes[row] += ahead + _text_size(np.uint64(bounds + first + row), longs)
            continue
        if codes < 0 and kind != LIST:
            # Which rows have a value follows no pattern: no branch.
            for row in range(len(sizes)):
                size = _text_size(np.uint64(bounds + first + row), longs) if kind == TEXT else 8
                sizes[row] += (ahead + size) * _given(given, bit + row, memory)
            continue
        for row in range(len(sizes)):
            if _given(given, bit + row, memory) == 0:
                continue
            size, item = 8, first + row
            if kind == TEXT:
                size = _text_size(np.uint64(bounds + _text(item, codes, ints)), longs)
            elif kind == LIST:
                item, last = longs[lists + row], longs[lists + row + 1]
                size = _width(last - item)
                while item < last:
                    size += _text_size(np.uint64(bounds + _text(item, codes, ints)), longs)
                    item += 1
            sizes[row] += ahead + size


@kernel
def put_rows(
    ends: Int64s,
    limits: Int64s,
    first: int,
    columns: Int64s,
    memory: Bytes,
    longs: Int64s,
    ints: Int32s,
    out: Bytes,
    words: UInt64s,
) -> None:
    """Write each row's cells from ``ends[row]`` on, and zeros behind them up to ``limits[row]``, a multiple of 8.

    ``words``: the memory of ``out``.
    """
    for lot in range(0, len(ends), _LOT):
        for column in range(0, len(columns), FIELDS):
            kind, bounds, codes = columns[column + _KIND], columns[column + _BOUNDS], columns[column + _CODES]
            given, bit, lists = (
                columns[column + _GIVEN],
                columns[column + _BIT] + first,
                columns[column + _LISTS] + first,
            )
            number, data, behind = columns[column + _NUMBER], columns[column + _DATA], columns[column + _END]
            for row in range(lot, min(lot + _LOT, len(ends))):
                # A place that cannot be negative is not looked at twice.
                this = np.uint64(row)
                here, limit = _given(given, bit + row, memory), limits[this]
                item, last = first + row, first + row + 1
                # Which text a row has is not said where it has none.
                if kind == TEXT and number < 128 and (codes < 0 or here != 0):
                    # Most texts: whole steps are written whether there is a value or not, and count where there is.
                    text, at = np.uint64(bounds + _text(item, codes, ints)), ends[this]
                    start = longs[text]
                    size = longs[text + _1] - start
                    if size <= 2 * STEP and at + 2 + 2 * STEP <= limit and data + start + 2 * STEP <= behind:
                        i, j = np.uint64(data + start), np.uint64(at)
                        out[j], out[j + _1] = number, size
                        copy_step(memory, i, j + _2, out)
                        copy_step(memory, i + _16, j + _2 + _16, out)
                        ends[this] = at + here * (2 + size)
                        continue
                if here == 0:
                    continue
                at = _put(number, ends[this], out)
                if kind == LIST:
                    item, last = longs[lists + row], longs[lists + row + 1]
                    at = _put(last - item, at, out)
                while item < last:
                    start, end = item * 8, item * 8 + 8
                    if kind != NUMBER:
                        text = np.uint64(bounds + _text(item, codes, ints))
                        start, end = longs[text], longs[text + _1]
                        at = _put(end - start, at, out)
                    i, j, stop = np.uint64(data + start), np.uint64(at), np.uint64(data + end)
                    at += end - start
                    # More than there is, where that is the column's own and there is room for it: it is written over.
                    if at + 2 * STEP <= limit and data + end + 2 * STEP <= behind:
                        # Most texts are no longer: a loop that goes round as often each time is foreseen.
                        while i < stop:
                            copy_step(memory, i, j, out)
                            copy_step(memory, i + _16, j + _16, out)
                            i += _32
                            j += _32
                    else:
                        while i + _16 <= stop:
                            copy_step(memory, i, j, out)
                            i += _16
                            j += _16
                        while i < stop:
                            out[j] = memory[i]
                            i += _1
                            j += _1
                    item += 1
                ends[this] = at
        for row in range(lot, min(lot + _LOT, len(ends))):
            _clear(ends[row], limits[row], words)


@kernel
def count_findings(rows: UInt64s, about: UInt64s, firsts: Int64s, sizes: Int64s) -> None:
    """Find the findings of each row: those from ``firsts[row]`` to ``firsts[row] + sizes[row]``.

    ``about``: the row of each finding, in order. ``rows`` too are in order, at least in long runs.
    """
    at = 0
    for row in range(len(rows)):
        if row > 0 and rows[row] <= rows[row - 1]:
            at = 0
        while at < len(about) and about[at] < rows[row]:
            at += 1
        firsts[row] = at
        while at < len(about) and about[at] == rows[row]:
            at += 1
        sizes[row] = at - firsts[row]


@kernel
def put_heads(
    shared: Int64s, hashes: Bytes, firsts: Int64s, counts: Int64s, which: Int64s, said: Bytes, ends: Int64s, out: Bytes
) -> None:
    """Write what is ahead of the cells of each row, but for its first byte, and move ``ends`` behind it.

    That is the hash of its shared cells (the ``shared[row]``-th of ``hashes``), how many findings it has, and the hash
    of each: the ``which[finding]``-th of ``said``.
    """
    for row in range(len(ends)):
        at = ends[row]
        _copy_digest(hashes, shared[row], at, out)
        at = _put(counts[row], at + 32, out)
        for finding in range(firsts[row], firsts[row] + counts[row]):
            _copy_digest(said, which[finding], at, out)
            at += 32
        ends[row] = at
