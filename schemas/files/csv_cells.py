"""Regular CSV text as a table of text: its cells are found by compiled loops, and stay where they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa

from schemas.files.encoding import valid_utf8
from schemas.kernels.csv_cells import (
    CONSUMED,
    COPIED,
    CROWDED,
    FEED,
    IRREGULAR,
    KIND,
    LINES,
    LONGEST,
    RAGGED,
    RECORDS,
    cut_cells,
    find_marks,
)
from schemas.kernels.kernel import Bytes, Flags, Int64s, UInt32s
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
    views, texts = pa.py_buffer(found.views), [pa.py_buffer(text)]
    # Loops over views are faster where all texts are in one buffer, as they nearly always are.
    texts += [pa.py_buffer(found.unquoted)] if state[COPIED] else []
    room = len(found.starts) * VIEW_BYTES
    columns = [
        pa.Array.from_buffers(pa.string_view(), rows, [valid, views.slice(column * room, rows * VIEW_BYTES), *texts])
        for column in range(len(names))
    ]
    cells = pl.DataFrame(pa.Table.from_arrays(columns, names))
    starts, lines = found.starts[:rows], found.lines[:rows]
    return Cut(cells, starts, lines, ragged, consumed, int(state[LINES]), int(state[LONGEST]))


class _Found(NamedTuple):
    """What `cut_cells` fills."""

    views: UInt32s
    unquoted: Bytes
    starts: Int64s
    lines: Int64s
    ragged: Flags
    state: Int64s


def _find(data: Bytes, marks: UInt32s, width: int, lenient: bool, room: int) -> _Found:
    found = _Found(
        np.empty(room * width * VIEW_WORDS, np.uint32),
        np.empty_like(data),
        np.empty(room, np.int64),
        np.empty(room, np.int64),
        np.empty(room, np.bool_),
        np.zeros(7, np.int64),
    )
    cut_cells(data, marks, width, lenient, room, *found)
    return found
