"""Views of texts: what Arrow and polars hold of a value in a column of text.

A view is four integers of 32 bits. The first is the text's length in bytes. Up to twelve bytes are in the other three;
of a longer text these are its first four bytes, which buffer it is in, and where.
"""

from __future__ import annotations

from schemas.kernels.kernel import Bytes, UInt32s, helper

#: Words of a view, its bytes, and bytes of a text that fit into it, which begin at the fifth.
VIEW_WORDS, VIEW_BYTES, INLINE, HEAD_BYTES = 4, 16, 12, 4


@helper
def put_short_view(views: UInt32s, place: int, data: Bytes, start: int, stop: int) -> None:
    """Write the view of a text of no more than twelve bytes, wherever in the buffer it is."""
    views[place] = stop - start
    for word in range(3):
        value = 0
        for at in range(min(start + 4 * word, stop), min(start + 4 * word + 4, stop)):
            value |= int(data[at]) << 8 * (at - start - 4 * word)
        views[place + 1 + word] = value


@helper
def put_view(views: UInt32s, place: int, data: Bytes, start: int, stop: int, buffer: int) -> None:
    """Write the view of a text in the buffer of that number."""
    if stop - start <= INLINE:
        put_short_view(views, place, data, start, stop)
    else:
        put_short_view(views, place, data, start, start + HEAD_BYTES)
        views[place], views[place + 2], views[place + 3] = stop - start, buffer, start
