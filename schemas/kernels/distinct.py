"""The different values of a column, numbered in the order in which they first appear.

``table``: where values are looked for by their hash, -1 everywhere and as long as a power of two. ``firsts``: the first
row of each value; what has more values than it has room for ends the loop. ``count``: how many there are, -1 where it
was ended. ``numbers``: the number of each row's value.
"""

from __future__ import annotations

import numpy as np

from schemas.kernels.kernel import Bytes, Int32s, Int64s, UInt64s, helper, kernel

#: Spread the bits of a number (2^64 over the golden ratio), and those of a text's bytes (FNV-1a).
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_PRIME = np.uint64(0x100000001B3)
_HALF, _SIZE = np.uint64(32), np.uint64(0xFFFFFFFF)
#: Texts of so many bytes are in their views.
WITHIN = 12


@kernel
def number_values(values: UInt64s, table: Int32s, firsts: Int64s, numbers: Int64s, count: Int64s) -> None:
    """Number the different values of a column of numbers."""
    last, found = len(table) - 1, 0
    for row in range(len(values)):
        value = values[row]
        slot = _slot(value) & last
        while table[slot] >= 0 and values[firsts[table[slot]]] != value:
            slot = (slot + 1) & last
        if table[slot] < 0:
            found = _took(row, slot, found, table, firsts)
            if found < 0:
                break
        numbers[row] = table[slot]
    count[0] = found


@kernel
def number_texts(
    views: UInt64s,
    memory: Bytes,
    parts: Int64s,
    given: Bytes,
    bit: int,
    table: Int32s,
    firsts: Int64s,
    numbers: Int64s,
    count: Int64s,
) -> None:
    """Number the different texts of a column; what is not given has the number after the last.

    ``given``: bits that say which rows have a text, from ``bit`` on (empty: all have).
    ``views``: two numbers for each text, as Arrow lays them out: its size, and its bytes if it has no more than
    `WITHIN`; else its first four, and in the second number which buffer it is in, and in the upper half of that where.
    For ``memory`` and ``parts`` see `schemas.support.text_views.InMemory`.
    """
    last, found, has_none = len(table) - 1, 0, False
    for row in range(len(numbers)):
        if len(given) > 0 and (given[(bit + row) >> 3] >> ((bit + row) & 7)) & 1 == 0:
            numbers[row] = -1
            has_none = True
            continue
        head, tail = views[2 * row], views[2 * row + 1]
        size = int(head & _SIZE)
        key = head
        if size <= WITHIN:
            key ^= tail * _SPREAD
        else:
            start = _start(tail, parts)
            for at in range(start, start + size):
                key = (key ^ np.uint64(memory[at])) * _PRIME
        slot = _slot(key) & last
        while table[slot] >= 0:
            other = firsts[table[slot]]
            if views[2 * other] == head:
                if views[2 * other + 1] == tail:
                    break
                if size > WITHIN and _alike(memory, _start(tail, parts), _start(views[2 * other + 1], parts), size):
                    break
            slot = (slot + 1) & last
        if table[slot] < 0:
            found = _took(row, slot, found, table, firsts)
            if found < 0:
                break
        numbers[row] = table[slot]
    count[0] = found
    if has_none:
        for row in range(len(numbers)):
            if numbers[row] < 0:
                numbers[row] = found


@kernel
def order_by_number(numbers: Int64s, bounds: Int64s, order: Int64s) -> None:
    """List the rows in order of their numbers, those of one number as they come.

    ``bounds``: zeros, one for each number and one more; in the end where the rows of each begin, and the last ones end.
    """
    for row in range(len(numbers)):
        bounds[numbers[row] + 1] += 1
    for number in range(1, len(bounds)):
        bounds[number] += bounds[number - 1]
    for row in range(len(numbers)):
        order[bounds[numbers[row]]] = row
        bounds[numbers[row]] += 1
    for number in range(len(bounds) - 2, 0, -1):
        bounds[number] = bounds[number - 1]
    bounds[0] = 0


@helper
def _took(row: int, slot: int, found: int, table: Int32s, firsts: Int64s) -> int:
    """Give a value that is new the next number; returns how many are numbered then, -1 where there is no room."""
    if found == len(firsts):
        return -1
    firsts[found] = row
    table[slot] = found
    return found + 1


@helper
def _slot(key: np.uint64) -> int:
    """Where in a table of any size a value is looked for first: its bits are spread twice, over all of it."""
    key = (key ^ (key >> _HALF)) * _SPREAD
    return int((key ^ (key >> _HALF)) & _SIZE)


@helper
def _start(tail: np.uint64, parts: Int64s) -> int:
    """Where a text of more than `WITHIN` bytes begins."""
    return int(parts[int(tail & _SIZE) + 1]) + int(tail >> _HALF)


@helper
def _alike(data: Bytes, start: int, other: int, size: int) -> bool:
    for at in range(size):
        if data[start + at] != data[other + at]:
            return False
    return True
