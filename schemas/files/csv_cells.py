"""Regular CSV text as a table of text: its cells are found by compiled loops, and put column after column.

What reads a column afterwards finds its texts near each other, and nobody has to put them together again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa

from schemas.files.encoding import valid_utf8
from schemas.kernels.csv_cells import (
    CONSUMED,
    CROWDED,
    FEED,
    IRREGULAR,
    KIND,
    LINES,
    LONGEST,
    RAGGED,
    RECORDS,
    STATE,
    cut_cells,
    find_marks,
)
from schemas.kernels.kernel import Bytes, Flags, Int64s, UInt32s
from schemas.kernels.laid_out import lay_out
from schemas.kernels.row_bytes import STEP
from schemas.kernels.views import VIEW_BYTES, VIEW_WORDS


@dataclass(frozen=True)
class Cut:
    """The complete records of a text. ``cells``: a column of text for each name, null in the ``ragged`` records.

    ``starts`` and ``lines``: where each begins, and its line, both from 0. ``consumed`` and ``lines_consumed``: bytes
    and lines of all of them, ``longest`` bytes of one. ``ragged``: those with another number of fields than names;
    empty where there is none.
    """

    cells: pl.DataFrame
    starts: Int64s
    lines: Int64s
    ragged: Flags
    consumed: int
    lines_consumed: int
    longest: int

    def __len__(self) -> int:
        return len(self.starts)


def cut_text(text: bytes, delimiter: str, names: list[str], *, lenient: bool = False) -> Cut | None:
    """Cut a text that begins with a record into records of as many cells as names.

    A record whose line end is not there is left. None where a quote is not where RFC 4180 has one (``lenient``: in a
    cell that does not begin with a quote it is text), where a record of several lines has another number of fields, or
    where the text is no UTF-8.
    """
    data = np.frombuffer(text, np.uint8)
    steps = np.zeros(256, np.int64)
    steps[[ord(delimiter), ord('"'), ord("\n")]] = 1, 1, 1 + FEED
    marks, counted = np.empty(len(data) + 1, np.uint32), np.zeros(1, np.int64)
    find_marks(data, steps, marks, counted)
    feeds, count = divmod(int(counted[0]), FEED)
    # A line in a cell is no record, and a record of many cells is no short one; but many lines may be blank.
    found = _find(data, marks[:count], len(names), lenient, min(feeds, 2 * len(text) // len(names) + 1))
    if found.state[KIND] == CROWDED:
        found = _find(data, marks[:count], len(names), lenient, feeds)
    rows, consumed, state = int(found.state[RECORDS]), int(found.state[CONSUMED]), found.state
    if state[KIND] == IRREGULAR or not (text.isascii() or valid_utf8(memoryview(text)[:consumed])):
        return None
    ragged = found.ragged[:rows] if state[RAGGED] else np.empty(0, np.bool_)
    valid = pa.py_buffer(np.packbits(~ragged, bitorder="little")) if len(ragged) else None
    cells = pl.DataFrame(pa.Table.from_arrays(list(_columns(data, found, rows, valid)), names))
    starts, lines = found.starts[:rows], found.lines[:rows]
    return Cut(cells, starts, lines, ragged, consumed, int(state[LINES]), int(state[LONGEST]))


def _columns(data: Bytes, found: _Found, rows: int, valid: pa.Buffer | None) -> Iterator[pa.Array]:
    """Put the cells of each column one behind the other."""
    room = len(found.starts)
    places = np.zeros(len(found.sizes) + 1, np.int64)
    np.cumsum(found.sizes + 2 * STEP, out=places[1:])
    begins, out = places[:-1], np.empty(places[-1], np.uint8)
    ends = begins.copy()
    lay_out(data, found.unquoted, rows, room, found.views, found.views.view(np.uint8), begins, ends, out)
    views, texts = pa.py_buffer(found.views), pa.py_buffer(out)
    for column, (begin, end) in enumerate(zip(begins.tolist(), ends.tolist(), strict=True)):
        of_column = views.slice(column * room * VIEW_BYTES, rows * VIEW_BYTES)
        yield pa.Array.from_buffers(pa.string_view(), rows, [valid, of_column, texts.slice(begin, end - begin)])


class _Found(NamedTuple):
    """What `cut_cells` fills."""

    views: UInt32s
    unquoted: Bytes
    starts: Int64s
    lines: Int64s
    ragged: Flags
    sizes: Int64s
    state: Int64s


def _find(data: Bytes, marks: UInt32s, width: int, lenient: bool, room: int) -> _Found:
    found = _Found(
        np.empty((room * width + 1) * VIEW_WORDS, np.uint32),
        np.empty_like(data),
        np.empty(room, np.int64),
        np.empty(room, np.int64),
        np.empty(room, np.bool_),
        np.zeros(width, np.int64),
        np.zeros(len(STATE), np.int64),
    )
    cut_cells(data, marks, width, lenient, room, *found)
    return found
