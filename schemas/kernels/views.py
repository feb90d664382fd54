"""Views of texts: what Arrow and polars hold of a value in a column of text.

A view is four integers of 32 bits. The first is the text's length in bytes. Up to twelve bytes are in the other three;
of a longer text these are its first four bytes, which buffer it is in, and where.
"""

from __future__ import annotations

import numpy as np

from schemas.kernels.kernel import Bytes, Int32s, Int64s, UInt32s, helper, kernel

#: Words of a view, its bytes, and bytes of a text that fit into it, which begin at the fifth.
VIEW_WORDS, VIEW_BYTES, INLINE, HEAD_BYTES = 4, 16, 12, 4


#: By how many bytes of a word count: which these are.
_MASKS = np.array([(1 << 8 * size) - 1 for size in range(5)], dtype=np.uint32)
_8, _16, _24 = np.uint32(8), np.uint32(16), np.uint32(24)


@helper
def four_bytes(data: Bytes, at: np.uint64) -> np.uint32:
    """Read four bytes, the lowest first. The compiler reads them at once."""
    low = np.uint32(data[at]) | np.uint32(data[at + np.uint64(1)]) << _8
    return low | np.uint32(data[at + np.uint64(2)]) << _16 | np.uint32(data[at + np.uint64(3)]) << _24


@helper
def text_start(views: Int32s, row: int, starts: Int64s) -> tuple[int, int]:
    """Find where a text of a column begins in the memory that has all of it, and in which part of that it is.

    ``starts``: where the views are, and each of their buffers (`schemas.support.text_views.InMemory`).
    """
    place = row * VIEW_WORDS
    if views[place] <= INLINE:
        return starts[0] + row * VIEW_BYTES + HEAD_BYTES, 0
    part = int(views[place + 2]) + 1
    return starts[part] + int(views[place + 3]), part


@helper
def put_short_view(views: UInt32s, place: int, data: Bytes, start: int, stop: int) -> None:
    """Write the view of a text of no more than twelve bytes, wherever in the buffer it is."""
    put_short_view_of(views, place, data, start, stop, len(data))


@helper
def put_short_view_of(views: UInt32s, place: int, data: Bytes, start: int, stop: int, end: int) -> None:
    """Write the view of a text of no more than twelve bytes; nothing is read from ``end`` on."""
    size = stop - start
    views[place] = size
    if start + INLINE <= end:
        for word in range(3):
            mask = _MASKS[min(max(size - 4 * word, 0), 4)]
            views[place + 1 + word] = four_bytes(data, np.uint64(start + 4 * word)) & mask
        return
    for word in range(3):
        value = 0
        for at in range(min(start + 4 * word, stop), min(start + 4 * word + 4, stop)):
            value |= int(data[at]) << 8 * (at - start - 4 * word)
        views[place + 1 + word] = value


@helper
def put_part(views: UInt32s, place: int, data: Bytes, start: int, stop: int, end: int, buffer: int, begin: int) -> None:
    """Write the view of a part of a text, which begins at ``begin`` in that text's own ``buffer`` if it is long.

    Nothing of ``data`` is read from ``end`` on.
    """
    if stop - start <= INLINE:
        put_short_view_of(views, place, data, start, stop, end)
    else:
        views[place], views[place + 1] = stop - start, four_bytes(data, np.uint64(start))
        views[place + 2], views[place + 3] = buffer, begin


@helper
def put_view(views: UInt32s, place: int, data: Bytes, start: int, stop: int, buffer: int) -> None:
    """Write the view of a text in the buffer of that number."""
    if stop - start <= INLINE:
        put_short_view(views, place, data, start, stop)
    else:
        views[place], views[place + 1] = stop - start, four_bytes(data, np.uint64(start))
        views[place + 2], views[place + 3] = buffer, start


@kernel
def put_texts(rows: Int64s, bounds: Int64s, data: Bytes, start: int, buffer: int, views: UInt32s) -> None:
    """Write the views of texts at some rows; they begin at ``bounds`` in a part of that buffer, ``start`` bytes on."""
    for text in range(len(rows)):
        place = rows[text] * VIEW_WORDS
        put_view(views, place, data, bounds[text], bounds[text + 1], buffer)
        if bounds[text + 1] - bounds[text] > INLINE:
            views[place + 3] += start
