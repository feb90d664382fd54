"""Records of a CSV text in which something is damaged: where each begins and ends, and whether it is sound."""

from __future__ import annotations

from schemas.kernels.kernel import Bytes, Int64s, helper, kernel

#: No end is known: more text could still make the cell a sound one.
OPEN = -1
#: A cell that is followed by what no cell may be followed by.
SPOILT = -2


@helper
def cell_end(data: Bytes, at: int, end: int, mark: int) -> int:
    """Position behind a cell: of a delimiter, a line end or ``end``; `OPEN` or `SPOILT` for a quoted one without."""
    if at < end and data[at] == ord('"'):
        at += 1
        while True:
            while at < end and data[at] != ord('"'):
                at += 1
            if at >= end:
                return OPEN
            at += 1
            if at < end and data[at] == ord('"'):
                at += 1
            else:
                break
        if at == end or data[at] == mark or data[at] == ord("\n"):
            return at
        if data[at] == ord("\r"):
            if at + 1 == end:
                return OPEN
            if data[at + 1] == ord("\n"):
                return at
        return SPOILT
    while at < end and data[at] != mark and data[at] != ord("\n"):
        if data[at] == ord("\r") and at + 1 < end and data[at + 1] == ord("\n"):
            return at
        at += 1
    return at


@helper
def quoted_record(data: Bytes, at: int, end: int, mark: int) -> tuple[int, int]:
    """Fields of a record, and where the next one begins; -1, and `OPEN` or `SPOILT`, where a cell is not sound."""
    fields, place = 1, cell_end(data, at, end, mark)
    while 0 <= place < end and data[place] == mark:
        fields += 1
        place = cell_end(data, place + 1, end, mark)
    if place < 0:
        return -1, place
    if place < end and data[place] == ord("\r"):
        place += 1
    return fields, min(place + 1, end)


@helper
def line_feeds(data: Bytes, start: int, end: int) -> int:
    """Count them."""
    count = 0
    for place in range(start, end):
        count += data[place] == ord("\n")
    return count


@kernel
def find_records(
    data: Bytes,
    width: int,
    mark: int,
    last: int,
    longest: int,
    starts: Int64s,
    lines: Int64s,
    sound: Bytes,
    state: Int64s,
) -> None:
    """Find all complete records, by the rules of `schemas.files.record_parser`.

    ``width``: fields of a sound record, 0 for any number. ``last``: 1 where nothing follows the text. ``starts`` and
    ``lines`` have room for a record a line and one more: where each begins, and behind the last one where reading ends.
    ``sound``: 1 or 0. ``state``: how many records; 1 where the line behind them is longer than ``longest``.
    """
    end = len(data)
    at, line, count = 0, 0, 0
    while at < end:
        after, quoted, fields = at, False, 1
        while after < end and data[after] != ord("\n"):
            quoted |= data[after] == ord('"')
            fields += data[after] == mark
            after += 1
        has_end = after < end
        if not has_end and last == 0 and end - at <= longest:
            break
        after = min(after + 1, end)
        stop = after
        if quoted:
            # What is longer than a record may be is none, wherever its quote is closed.
            bound = min(end, at + longest + 2)
            fields, stop = quoted_record(data, at, bound, mark)
            open_ended = stop == OPEN or (stop == end and data[end - 1] != ord("\n"))
            if open_ended and last == 0 and end - at <= longest:
                break
        elif has_end and (after - at == 1 or (after - at == 2 and data[at] == ord("\r"))):
            fields = width if width > 0 else -1
        starts[count], lines[count] = at, line
        if fields > 0 and (width == 0 or fields == width) and stop - at <= longest:
            sound[count] = 1
            if stop == after:
                line += 1
            else:
                line += line_feeds(data, at, stop)
            at = stop
        else:
            if after - at > longest:
                state[1] = 1
                break
            sound[count] = 0
            line += 1
            at = after
        count += 1
    starts[count], lines[count] = at, line
    state[0] = count
