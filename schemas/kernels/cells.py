"""Cells: without what nobody sees at their ends, and which of them mean nothing at all."""

from __future__ import annotations

import numpy as np

from schemas.kernels.kernel import Bytes, Flags, Int32s, Int64s, UInt32s, helper, kernel
from schemas.kernels.views import VIEW_WORDS, put_part, text_start
from schemas.kernels.word_lists import is_word

#: What becomes of a cell.
AS_IT_IS, NOTHING, TRIMMED = 0, 1, 2

_INVISIBLE = np.zeros(256, dtype=np.bool_)
_INVISIBLE[list(b" \t\r\n\v\f\x00")] = True


@helper
def invisible_width(data: Bytes, at: int, end: int) -> int:
    """Bytes of the character that begins here, where it is white space or looks like nothing; else 0.

    Besides ASCII's: U+0085, 00A0, 00AD, 1680, 2000 to 200F, 2028 to 202F, 205F, 2060 to 2064, 3000 and FEFF.
    """
    first = int(data[at])
    if first < 128:
        return 1 if _INVISIBLE[first] else 0
    second = int(data[at + 1]) if at + 1 < end else 0
    if first == 0xC2:
        return 2 if second == 0x85 or second == 0xA0 or second == 0xAD else 0
    third = int(data[at + 2]) if at + 2 < end else 0
    if first == 0xE2 and second == 0x80:
        return 3 if 0x80 <= third <= 0x8F or 0xA8 <= third <= 0xAF else 0
    if first == 0xE2 and second == 0x81:
        return 3 if 0x9F <= third <= 0xA4 else 0
    if (first == 0xE1 and second == 0x9A and third == 0x80) or (first == 0xE3 and second == 0x80 and third == 0x80):
        return 3
    return 3 if first == 0xEF and second == 0xBB and third == 0xBF else 0


@helper
def visible_start(data: Bytes, start: int, end: int) -> int:
    """Find the first character that is seen."""
    while start < end:
        width = invisible_width(data, start, end)
        if width == 0:
            break
        start += width
    return start


@helper
def visible_end(data: Bytes, start: int, end: int) -> int:
    """Find the end of the last character that is seen."""
    while start < end:
        lead = end - 1
        while lead > start and 0x80 <= data[lead] < 0xC0:
            lead -= 1
        if invisible_width(data, lead, end) != end - lead:
            break
        end = lead
    return end


@helper
def without_kelvin(data: Bytes, start: int, end: int, text: Bytes) -> int:
    """Copy some bytes, the sign of kelvin (U+212A) as the k that it is in lower case; returns how many were written."""
    size, at = 0, start
    while at < end:
        is_kelvin = at + 2 < end and data[at] == 0xE2 and data[at + 1] == 0x84 and data[at + 2] == 0xAA
        text[size] = ord("k") if is_kelvin else data[at]
        at += 3 if is_kelvin else 1
        size += 1
    return size


@helper
def fate_of(
    data: Bytes,
    start: int,
    end: int,
    seldom: Flags,
    longest: int,
    lines: int,
    word_bounds: Int64s,
    words: Bytes,
    text: Bytes,
) -> int:
    """Say what becomes of a cell; the parameters are those of `judge_cells`."""
    size = end - start
    if start < end and (data[start] <= 32 or data[start] >= 128):
        start = visible_start(data, start, end)
    if start < end and (data[end - 1] <= 32 or data[end - 1] >= 128):
        end = visible_end(data, start, end)
    if start == end:
        return NOTHING
    if lines and data[start] == ord("_"):
        at = start
        while at < end and data[at] == ord("_"):
            at += 1
        if at == end:
            return NOTHING
    if end - start < longest and seldom[int(data[start]) * longest + end - start]:
        if is_word(text, 0, without_kelvin(data, start, end, text), word_bounds, words):
            return NOTHING
    return TRIMMED if end - start < size else AS_IT_IS


@kernel
def judge_cells(
    views: Int32s,
    memory: Bytes,
    starts: Int64s,
    valid: Flags,
    seldom: Flags,
    longest: int,
    lines: int,
    word_bounds: Int64s,
    words: Bytes,
    text: Bytes,
    fate: Bytes,
    fates: Int64s,
) -> None:
    """Say what becomes of each cell; ``fates`` counts.

    ``views`` of the cells; for ``memory`` and ``starts`` see `schemas.support.text_views.InMemory`. ``seldom`` says, by
    first byte and length (``longest`` and more are one), which may be one of the words. ``lines``: nor does a cell of
    underscores alone mean anything. ``text``: room for ``longest`` bytes.
    """
    for row in range(len(fate)):
        kind = AS_IT_IS
        if len(valid) == 0 or valid[row]:
            size, (start, _) = int(views[row * VIEW_WORDS]), text_start(views, row, starts)
            if size == 0:
                kind = NOTHING
            else:
                head, tail = int(views[row * VIEW_WORDS + 1]) & 255, int(memory[start + size - 1])
                plain = 32 < head < 127 and 32 < tail < 127 and not (lines and head == ord("_"))
                if not plain or (size < longest and seldom[head * longest + size]):
                    # Of few cells there is more to ask; a call for each would cost more than all the rest.
                    kind = fate_of(memory, start, start + size, seldom, longest, lines, word_bounds, words, text)
        fate[row] = kind
        fates[kind] += 1


@kernel
def trim_cells(views: Int32s, memory: Bytes, starts: Int64s, ends: Int64s, fate: Bytes, trimmed: UInt32s) -> None:
    """Write the views of what is seen of the cells that are to be trimmed; the first four are as in `judge_cells`."""
    for row in range(len(fate)):
        if fate[row] != TRIMMED:
            continue
        place, (begin, part) = row * VIEW_WORDS, text_start(views, row, starts)
        end = begin + int(views[place])
        start = visible_start(memory, begin, end)
        end = visible_end(memory, start, end)
        put_part(trimmed, place, memory, start, end, ends[part], int(views[place + 2]), start - starts[part])
