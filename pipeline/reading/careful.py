"""Reads CSV records one by one where the text is damaged: each record is either parsed or kept as its exact text.

The rules: a quote opens a cell only at the cell's start; a quoted cell must be followed by a delimiter or a line end;
a record must have the header's number of fields. A record that breaks a rule is malformed, and it is one physical
line: reading goes on at the next line, so an unclosed quote costs its own line and not the rest of the file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class CarefulRecord:
    """``line`` is 0-based within the text. Either ``cells`` or ``raw`` is set."""

    line: int
    cells: list[str] | None
    raw: str | None


class LineTooLongError(Exception):
    """A physical line is longer than any record may be. ``line`` is 0-based within the text."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


@dataclass(frozen=True)
class CarefulRead:
    """Records in order, and how many bytes and lines of the text they took."""

    records: list[CarefulRecord]
    consumed: int
    lines_consumed: int


def read_carefully(text: bytes, width: int, delimiter: str, *, last: bool, max_record: int) -> CarefulRead:
    """Read all complete records. Unless ``last``, stop before a record that the next block might complete."""
    cell = _cell_pattern(delimiter.encode())
    records: list[CarefulRecord] = []
    position = line = 0
    end = len(text)
    while position < end:
        cells, stop = _cells(text, position, cell, delimiter.encode())
        open_ended = stop is None or (stop == end and not text.endswith(b"\n"))
        if open_ended and not last and end - position <= max_record:
            break
        if cells == [b""] and stop is not None and not text[position:stop].strip(b"\r\n"):
            cells = [b""] * width  # a blank line is a record without content
        if cells is not None and stop is not None and len(cells) == width and stop - position <= max_record:
            records.append(CarefulRecord(line, [content.decode() for content in cells], None))
            line += text.count(b"\n", position, stop)
            position = stop
            continue
        line_end = text.find(b"\n", position)
        if line_end < 0 and not last and end - position <= max_record:
            break
        stop = end if line_end < 0 else line_end + 1
        if stop - position > max_record:
            raise LineTooLongError(line)
        raw = text[position:stop].decode().removesuffix("\n").removesuffix("\r")
        records.append(CarefulRecord(line, None, raw))
        position, line = stop, line + 1
    return CarefulRead(records, position, line)


def _cell_pattern(mark: bytes) -> re.Pattern[bytes]:
    """One cell and what follows it: a quoted cell (group 1) or a plain one (group 2), then group 3."""
    escaped = re.escape(mark)
    quoted = rb'"((?:[^"]++|"")*+)"'
    plain = rb'((?!")(?:[^\r\n' + escaped + rb"]++|\r(?!\n))*+)"
    return re.compile(rb"(?:" + quoted + rb"|" + plain + rb")(" + escaped + rb"|\r?\n|\Z)")


_CLOSED_CELL = re.compile(rb'"(?:[^"]++|"")*+"(?!\r?\Z)')


def _cells(text: bytes, start: int, cell: re.Pattern[bytes], mark: bytes) -> tuple[list[bytes] | None, int | None]:
    """Cells of the record at ``start`` and where it stops.

    No cells when a quoted cell is followed by the wrong thing; then the stop is None if more text could still mend it.
    """
    cells: list[bytes] = []
    position = start
    while match := cell.match(text, position):
        quoted, plain, after = match.groups()
        cells.append(plain if quoted is None else quoted.replace(b'""', b'"'))
        position = match.end()
        if after != mark:
            return cells, position
    return None, position if _CLOSED_CELL.match(text, position) else None
