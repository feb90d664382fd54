"""Texts one behind the other, as Arrow has them: cells are put so, and a column is asked whether its texts are."""

from __future__ import annotations

import numpy as np

from schemas.kernels.kernel import Bytes, Int64s, UInt32s, kernel
from schemas.kernels.keys import eight_bytes
from schemas.kernels.row_bytes import STEP, copy_step
from schemas.kernels.views import HEAD_BYTES, INLINE, VIEW_BYTES, VIEW_WORDS

#: Rows whose cells are copied column after column: their text should still be near.
_TILE = 512
_1, _2, _3, _8 = np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(8)
_STEP, _STEPS = np.uint64(STEP), np.uint64(2 * STEP)
_INLINE, _WORDS, _BYTES, _HEAD = np.uint64(INLINE), np.uint64(VIEW_WORDS), np.uint64(VIEW_BYTES), np.uint64(HEAD_BYTES)
#: Of a text that fits into its view, which bytes of its first eight and of the next are its own: by its size.
_OWN = np.array(
    [(1 << 8 * min(max(size - 8 * word, 0), 8)) - 1 for size in range(INLINE + 1) for word in range(2)], dtype=np.uint64
)


@kernel
def lay_out(
    data: Bytes,
    copied: Bytes,
    rows: int,
    room: int,
    views: UInt32s,
    memory: Bytes,
    begins: Int64s,
    ends: Int64s,
    out: Bytes,
) -> None:
    """Copy the cells of each column one behind the other, and let their views say where they are now.

    ``views``: of columns with room for ``room`` cells each, of which ``rows`` are there; a long cell is in ``data``
    (buffer 0) or ``copied`` (1), and afterwards in buffer 0 of its column. ``memory``: that of the views, and a view
    more. ``begins`` and ``ends``: where each column is to begin in ``out``, twice; ``ends`` becomes where it ends. Each
    column has room for two steps more.
    """
    inside = np.uint64(len(data))
    for tile in range(0, rows, _TILE):
        for column in range(len(ends)):
            begin, at = np.uint64(begins[column]), np.uint64(ends[column])
            for row in range(tile, min(tile + _TILE, rows)):
                cell = np.uint64(column * room + row)
                place = cell * _WORDS
                size = np.uint64(views[place])
                if size <= _INLINE:
                    # What follows is written over.
                    copy_step(memory, cell * _BYTES + _HEAD, at, out)
                    at += size
                    continue
                start, stop = np.uint64(views[place + _3]), at + size
                if views[place + _2] == 0 and start + size + _STEPS <= inside:
                    to = at
                    while to < stop:
                        copy_step(data, start, to, out)
                        copy_step(data, start + _STEP, to + _STEP, out)
                        start += _STEPS
                        to += _STEPS
                elif views[place + _2] == 0:
                    for byte in range(size):
                        out[at + np.uint64(byte)] = data[start + np.uint64(byte)]
                else:
                    for byte in range(size):
                        out[at + np.uint64(byte)] = copied[start + np.uint64(byte)]
                views[place + _2], views[place + _3] = 0, at - begin
                at = stop
            ends[column] = at


@kernel
def find_bounds(views: UInt32s, memory: Bytes, data: Bytes, bounds: Int64s, laid_out: Int64s) -> None:
    """Find where each text begins and ends in ``data``, if all are there one behind the other, and nothing else.

    ``views``: of the texts, of which ``data`` is buffer 0; ``memory``: that of the views. ``bounds``: one more than
    there are texts, the first is 0. ``laid_out`` becomes 1 if they are; else ``bounds`` say nothing.
    """
    at, inside = np.uint64(0), np.uint64(len(data))
    for row in range(len(bounds) - 1):
        place = np.uint64(row) * _WORDS
        size = np.uint64(views[place])
        if at + size > inside:
            return
        if size > _INLINE:
            if views[place + _2] != 0 or np.uint64(views[place + _3]) != at:
                return
        else:
            here = np.uint64(row) * _BYTES + _HEAD
            if row + 2 < len(bounds) and at + _STEP <= inside:
                other = (eight_bytes(data, at) ^ eight_bytes(memory, here)) & _OWN[2 * size]
                other |= (eight_bytes(data, at + _8) ^ eight_bytes(memory, here + _8)) & _OWN[2 * size + _1]
                if other != 0:
                    return
            else:
                for byte in range(size):
                    if data[at + np.uint64(byte)] != memory[here + np.uint64(byte)]:
                        return
        at += size
        bounds[row + 1] = at
    laid_out[0] = at == inside
