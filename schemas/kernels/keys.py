"""Keys of 64 bits: made of texts, and which of many cannot be among those of a list."""

from __future__ import annotations

import numpy as np

from schemas.kernels.kernel import Bytes, Flags, Int64s, UInt64s, helper, kernel
from schemas.kernels.views import INLINE

# Without a pattern, and odd: the fractions of the golden ratio, and of the square roots of 2 and 3.
BY_LENGTH, STEP, LAST = 0x9E3779B97F4A7C15, 0x6A09E667F3BCC909, 0xBB67AE8584CAA73B
#: Bytes of a text that count.
MOST = 256
_BY_LENGTH, _STEP, _LAST = np.uint64(BY_LENGTH), np.uint64(STEP), np.uint64(LAST)
_1, _2, _3, _4 = np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(4)
_5, _6, _7 = np.uint64(5), np.uint64(6), np.uint64(7)
_8, _16, _24, _32 = np.uint64(8), np.uint64(16), np.uint64(24), np.uint64(32)
_HALF = np.uint64(0xFFFFFFFF)
_EACH_TOP, _EACH_LOW = np.uint64(0x8080808080808080), np.uint64(0x7F7F7F7F7F7F7F7F)
_FROM_A, _BEYOND_Z = np.uint64(0x3F3F3F3F3F3F3F3F), np.uint64(0x2525252525252525)
_40, _48, _56, _29, _63 = np.uint64(40), np.uint64(48), np.uint64(56), np.uint64(29), np.uint64(63)


@helper
def eight_bytes(data: Bytes, at: np.uint64) -> np.uint64:
    """Read eight bytes, the lowest first. The compiler reads them at once."""
    low = np.uint64(data[at]) | np.uint64(data[at + _1]) << _8
    low |= np.uint64(data[at + _2]) << _16 | np.uint64(data[at + _3]) << _24
    low |= np.uint64(data[at + _4]) << _32 | np.uint64(data[at + _5]) << _40
    return low | np.uint64(data[at + _6]) << _48 | np.uint64(data[at + _7]) << _56


@helper
def _in_case(word: np.uint64, lower: np.uint64) -> np.uint64:
    """Eight bytes with A to Z as a to z where ``lower`` is `_EACH_TOP`; as they are where it is 0."""
    low = word & _EACH_LOW
    # The top bit of each byte: from A on, not beyond Z, and of ASCII.
    return word | ((low + _FROM_A) & ~(low + _BEYOND_Z) & ~word & lower) >> _2


@helper
def _mixed(key: np.uint64, word: np.uint64) -> np.uint64:
    key = (key ^ word) * _STEP
    return key ^ (key >> _32)


@helper
def _key_of(data: Bytes, start: int, size: int, limit: int, lower: np.uint64) -> np.uint64:
    """The key of a text, but for the last step; nothing of ``data`` is read from ``limit`` on."""
    key = np.uint64(size) * _BY_LENGTH
    at, end = np.uint64(start), np.uint64(start + min(size, MOST))
    while at + _8 <= end:
        key = _mixed(key, _in_case(eight_bytes(data, at), lower))
        at += _8
    if at < end and at + _8 <= np.uint64(limit):
        key = _mixed(key, _in_case(eight_bytes(data, at) & ((_1 << (end - at) * _8) - _1), lower))
    elif at < end:
        word, shift = np.uint64(0), np.uint64(0)
        while at < end:
            word |= np.uint64(data[at]) << shift
            shift += _8
            at += _1
        key = _mixed(key, _in_case(word, lower))
    return key


@kernel
def key_texts(
    views: UInt64s, memory: Bytes, starts: Int64s, ends: Int64s, valid: Flags, lower: int, keys: UInt64s
) -> None:
    """Find the key of each text, as `suppression.index.packed.text_keys` says; 0 where it is not ``valid``.

    ``views``: two numbers for each text; for ``memory``, ``starts`` and ``ends`` see
    `schemas.support.text_views.InMemory`. ``valid``: empty where all texts are. ``lower``: 1 where A to Z count as
    a to z.
    """
    case = _EACH_TOP if lower else np.uint64(0)
    for row in range(len(keys)):
        if len(valid) and not valid[row]:
            keys[row] = 0
            continue
        head, tail = views[2 * row], views[2 * row + 1]
        size = int(head & _HALF)
        if size > INLINE:
            part = int(tail & _HALF) + 1
            key = _key_of(memory, starts[part] + int(tail >> _32), size, ends[part], case)
        else:
            # What is behind a short text is zeros.
            key = np.uint64(size) * _BY_LENGTH
            if size > 0:
                key = _mixed(key, _in_case((head >> _32) | (tail << _32), case))
            if size > 8:
                key = _mixed(key, _in_case(tail >> _32, case))
        key *= _LAST
        keys[row] = key ^ (key >> _29)


@kernel
def mark_keys(keys: UInt64s, left: int, right: int, marks: UInt64s) -> None:
    """Set a bit for each key: the one that is left of its own when it is moved to the left, then to the right."""
    for row in range(len(keys)):
        bit = (keys[row] << np.uint64(left)) >> np.uint64(right)
        marks[bit >> _6] |= _1 << (bit & _63)


@kernel
def find_marked(keys: UInt64s, left: int, right: int, marks: UInt64s, rows: Int64s, count: Int64s) -> None:
    """List the rows whose key's bit is set; ``count`` says how many they are."""
    found = 0
    for row in range(len(keys)):
        bit = (keys[row] << np.uint64(left)) >> np.uint64(right)
        # Written each time, so that nothing has to be foreseen.
        rows[found] = row
        found += int((marks[bit >> _6] >> (bit & _63)) & _1)
    count[0] = found


@kernel
def find_most(keys: UInt64s, found: Int64s, candidate: UInt64s) -> None:
    """Find the key that more than half of those that are not 0 have, if there is one.

    ``found``: how many are not 0, and how many are the ``candidate``, which is no such key unless these are enough.
    """
    given, lead, same = 0, 0, 0
    for row in range(len(keys)):
        if keys[row] == 0:
            continue
        given += 1
        # Each of it and one of another cancel out: what holds more than half is left (Boyer and Moore's vote).
        if lead == 0:
            candidate[0] = keys[row]
        lead += 1 if keys[row] == candidate[0] else -1
    for row in range(len(keys)):
        same += keys[row] != 0 and keys[row] == candidate[0]
    found[0], found[1] = given, same


@kernel
def mark_repeated(keys: UInt64s, left: int, right: int, once: UInt64s, again: UInt64s) -> None:
    """Set a key's bit (`mark_keys`) in ``once`` when it comes, and in ``again`` when it was set already."""
    for row in range(len(keys)):
        bit = (keys[row] << np.uint64(left)) >> np.uint64(right)
        mark = _1 << (bit & _63)
        again[bit >> _6] |= once[bit >> _6] & mark
        once[bit >> _6] |= mark
