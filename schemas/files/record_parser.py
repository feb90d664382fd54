"""Reads CSV records one by one where the text is damaged: each record is either sound or kept as its exact text.

The rules: a quote opens a cell only at the cell's start; a quoted cell must be followed by a delimiter or a line end;
a record must have the header's number of fields. A record that breaks a rule is malformed, and it is one physical
line: reading goes on at the next line, so an unclosed quote costs its own line and not the rest of the file.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

from schemas.kernels.kernel import Int64s
from schemas.kernels.records import find_records


class LineTooLongError(Exception):
    """A physical line is longer than any record may be. ``line`` is 0-based within the text."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


class CarefulRead(NamedTuple):
    """Records in order: the 0-based line of each, and the text of those that are malformed, by their number.

    ``sound`` is the text of all the others, put together. ``consumed`` and ``lines_consumed`` are the bytes and lines
    of the text that the records took.
    """

    lines: Int64s
    malformed: dict[int, str]
    sound: bytes
    consumed: int
    lines_consumed: int


def read_carefully(text: bytes, width: int | None, delimiter: str, *, last: bool, max_record: int) -> CarefulRead:
    """Read all complete records, of ``width`` fields or, without it, of any number of them.

    Unless ``last``, stop before a record that the next block might complete. A blank line is sound where the width is
    known. Raises `LineTooLongError` when a line is longer than ``max_record`` bytes.
    """
    most = text.count(b"\n") + 2
    starts, lines, state = np.empty(most, np.int64), np.empty(most, np.int64), np.zeros(2, np.int64)
    sound = np.zeros(most, np.uint8)
    data = np.frombuffer(text, dtype=np.uint8)
    find_records(data, width or 0, ord(delimiter), int(last), max_record, starts, lines, sound, state)
    count = int(state[0])
    if state[1]:
        raise LineTooLongError(int(lines[count]))
    bad = np.flatnonzero(sound[:count] == 0)
    kept, run = [], 0
    malformed: dict[int, str] = {}
    for number, start, after in zip(bad.tolist(), starts[bad].tolist(), starts[bad + 1].tolist(), strict=True):
        malformed[number] = text[start:after].decode().removesuffix("\n").removesuffix("\r")
        kept.append(text[run:start])
        run = after
    consumed = int(starts[count])
    kept.append(text[run:consumed])
    return CarefulRead(lines[:count], malformed, b"".join(kept), consumed, int(lines[count]))


def sound_cells(text: bytes, delimiter: str) -> list[list[bytes]]:
    """Cells of each record of a text in which every record is sound; a blank line has one, which is empty."""
    encoded = delimiter.encode()
    mark = re.escape(encoded)
    # A carriage return that no line feed follows is text. What follows a cell cannot begin inside it, so nothing is
    # matched twice. Greedy groups, not possessive ones: Python before 3.11.5 matches those wrongly (gh-106052).
    plain_text = rb"[^\r\n" + mark + rb"]*+"
    plain = rb'(?!")' + plain_text + rb"(?:\r(?!\n)" + plain_text + rb")*"
    cell = rb'(?:"[^"]*+(?:""[^"]*+)*"|' + plain + rb")"
    one = re.compile(rb"(?:\A|" + mark + rb")(" + cell + rb")")
    record = re.compile(cell + rb"(?:" + mark + cell + rb")*(\r?\n|\Z)")
    found: list[list[bytes]] = []
    position = 0
    while position < len(text):
        end = text.find(b"\n", position) + 1 or len(text) + 1
        line = text[position : end - 1]
        if b'"' not in line:
            found.append((line if end > len(text) else line.removesuffix(b"\r")).split(encoded))
            position = end
            continue
        match = record.match(text, position)
        assert match is not None  # noqa: S101  # every record is sound
        cells = one.findall(text[position : match.start(1)])
        found.append([each[1:-1].replace(b'""', b'"') if each[:1] == b'"' else each for each in cells])
        position = match.end()
    return found
