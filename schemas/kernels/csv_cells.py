"""Cells of a regular CSV text, found where they are: a view of each."""

from __future__ import annotations

import numpy as np

from schemas.kernels.kernel import Bytes, Flags, Int64s, UInt32s, helper, kernel
from schemas.kernels.views import INLINE, VIEW_WORDS, put_short_view, put_view

#: Buffers of the views: the text itself, and cells without the second of each two quotes.
OF_TEXT, OF_UNQUOTED = 0, 1
#: What was found: text that is regular; a quote or a record that is where, or as, RFC 4180 has none; more records than
#: there is room for.
REGULAR, IRREGULAR, CROWDED = 0, 1, 2
#: Places in ``state``: records, bytes and lines that they take, bytes of the longest one, records with another number
#: of fields, and which of the three above.
STATE = RECORDS, CONSUMED, LINES, LONGEST, RAGGED, KIND = tuple(range(6))

#: A line feed in a count of marks.
FEED = 1 << 32

_QUOTE, _LF, _CR = 34, 10, 13
#: Of a text that fits into its view, which bytes of each of the three words are its own: by its size.
_OWN = np.array(
    [(1 << 8 * min(max(size - 4 * word, 0), 4)) - 1 for size in range(INLINE + 1) for word in range(3)], dtype=np.int64
)


@helper
def put_unquoted(views: UInt32s, place: int, data: Bytes, start: int, stop: int, unquoted: Bytes, copied: int) -> int:
    """Copy a text without the second of each two quotes, write its view, and return where the copy ends."""
    first = copied
    while start < stop:
        unquoted[copied] = data[start]
        copied += 1
        start += 2 if data[start] == _QUOTE else 1
    put_view(views, place, unquoted, first, copied, OF_UNQUOTED)
    return copied


@kernel
def find_marks(data: Bytes, steps: Int64s, marks: UInt32s, counted: Int64s) -> None:
    """Write where the bytes are that a parser stops at; ``marks`` has room for one more than there are.

    ``steps``: what to add to ``counted`` for each byte: 1 for a mark, and `FEED` besides for a line feed.
    Without a branch: where the next one is, no processor can guess.
    """
    found = 0
    for at in range(len(data)):
        marks[found & (FEED - 1)] = at
        found += steps[data[at]]
    counted[0] = found


@helper
def closing_quote(data: Bytes, marks: UInt32s, mark: int) -> tuple[int, int, int]:
    """Find the quote that closes a cell, from the first mark in it on; how many are doubled, and lines end, before."""
    doubled, feeds, count = 0, 0, len(marks)
    while mark < count:
        at = int(marks[mark])
        if data[at] == _QUOTE:
            if mark + 1 == count or marks[mark + 1] != at + 1 or data[at + 1] != _QUOTE:
                break
            doubled += 1
            mark += 1
        elif data[at] == _LF:
            feeds += 1
        mark += 1
    return mark, doubled, feeds


@helper
def ends_cell(data: Bytes, at: int, mark: int) -> bool:
    """Whether the mark behind a closing quote ends its cell, and nothing but a carriage return is between them."""
    return data[mark] != _QUOTE and (mark == at or (mark == at + 1 and data[mark] == _LF and data[at] == _CR))


@helper
def has_line_end(data: Bytes, marks: UInt32s, mark: int) -> bool:
    """Whether a line ends outside quotes from a mark on that is outside them, wherever quotes are."""
    inside = False
    while mark < len(marks):
        if data[marks[mark]] == _QUOTE:
            inside = not inside
        elif data[marks[mark]] == _LF and not inside:
            return True
        mark += 1
    return False


@kernel
def cut_cells(  # noqa: PLR0915  # a helper called for every cell would cost as much as the cell
    data: Bytes,
    marks: UInt32s,
    width: int,
    lenient: int,
    room: int,
    views: UInt32s,
    unquoted: Bytes,
    starts: Int64s,
    lines: Int64s,
    ragged: Flags,
    sizes: Int64s,
    state: Int64s,
) -> None:
    """Cut a text into records of ``width`` cells; stop before one whose end is not there.

    ``marks``: where its delimiters, quotes and line feeds are. ``lenient``: 1 where a quote inside a cell that does not
    begin with one is text. ``views``: room for as many records as ``room``, column after column. ``unquoted``: room for
    the text. ``starts`` and ``lines``: where each record begins, and its line, both from 0. ``ragged``: which of them
    have another number of fields; their views say nothing. A blank line is a record of empty cells. ``sizes``: no fewer
    bytes than the cells of each column have.
    """
    count = len(marks)
    begun, first_line, column = 0, 0, 0
    start, line, row, copied, mark = 0, 0, 0, 0, 0
    while mark < count:
        stop, opened, doubled = int(marks[mark]), 0, 0
        if data[stop] == _QUOTE:
            fits = stop == start
            if not fits and lenient:
                mark += 1
                continue
            if fits:
                opened = 1
                mark, doubled, feeds = closing_quote(data, marks, mark + 1)
                line += feeds
                if mark + 1 >= count:
                    break
                stop = int(marks[mark])
                mark += 1
                fits = ends_cell(data, stop + 1, int(marks[mark]))
            if not fits:
                # Of a record whose end is not there, nobody knows yet.
                if has_line_end(data, marks, mark):
                    state[KIND] = IRREGULAR
                    return
                break
        if row == room:
            state[KIND] = CROWDED
            return
        at = int(marks[mark])
        ends = data[at] == _LF
        if opened == 0 and ends and stop > start and data[stop - 1] == _CR:
            stop -= 1
        if column < width:
            place = (column * room + row) * VIEW_WORDS
            first, size = start + opened, stop - start - opened
            sizes[column] += size
            if doubled:
                copied = put_unquoted(views, place, data, first, stop, unquoted, copied)
            elif size > INLINE:
                views[place] = size
                views[place + 1] = (
                    int(data[first])
                    | int(data[first + 1]) << 8
                    | int(data[first + 2]) << 16
                    | int(data[first + 3]) << 24
                )
                views[place + 2] = OF_TEXT
                views[place + 3] = first
            elif first + INLINE <= len(data):
                views[place] = size
                for word in range(3):
                    of_word = first + 4 * word
                    views[place + 1 + word] = _OWN[3 * size + word] & (
                        int(data[of_word])
                        | int(data[of_word + 1]) << 8
                        | int(data[of_word + 2]) << 16
                        | int(data[of_word + 3]) << 24
                    )
            else:
                put_short_view(views, place, data, first, stop)
        column += 1
        mark += 1
        start = at + 1
        if not ends:
            continue
        starts[row], lines[row], ragged[row] = begun, first_line, False
        if column != width:
            is_blank = at == begun or (at == begun + 1 and data[begun] == _CR)
            if not is_blank and line > first_line:
                # It may hide other records.
                state[KIND] = IRREGULAR
                return
            for each in range(width):
                put_short_view(views, (each * room + row) * VIEW_WORDS, data, begun, begun)
            if not is_blank:
                ragged[row] = True
                state[RAGGED] += 1
        state[LONGEST] = max(state[LONGEST], start - begun)
        row += 1
        line += 1
        begun, first_line, column = start, line, 0
    state[RECORDS], state[CONSUMED], state[LINES] = row, begun, first_line
