"""Finds the records of a damaged CSV by regular expressions: what the compiled loop is compared with."""

from __future__ import annotations

import re
from dataclasses import dataclass

from schemas.files.record_parser import LineTooLongError


@dataclass(frozen=True)
class ByPatterns:
    """Records in order: the 0-based line of each, and the text of those that are malformed, by their number.

    ``sound`` is the text of all the others, put together. ``consumed`` and ``lines_consumed`` are the bytes and lines
    of the text that the records took.
    """

    lines: list[int]
    malformed: dict[int, str]
    sound: bytes
    consumed: int
    lines_consumed: int


def by_patterns(text: bytes, width: int | None, delimiter: str, *, last: bool, max_record: int) -> ByPatterns:
    """Read all complete records, of ``width`` fields or, without it, of any number of them.

    Unless ``last``, stop before a record that the next block might complete. A blank line is sound.
    """
    grammar = _Grammar(text, delimiter)
    mark = grammar.mark
    lines: list[int] = []
    malformed: dict[int, str] = {}
    kept: list[bytes] = []
    position = line = run = 0
    end = len(text)
    while position < end:
        line_end = text.find(b"\n", position)
        if line_end < 0 and not last and end - position <= max_record:
            break
        after = end if line_end < 0 else line_end + 1
        content = text[position:after]
        fields: int | None
        stop: int | None
        if b'"' in content:
            fields, stop = grammar.fields(text, position)
            open_ended = stop is None or (stop == end and not text.endswith(b"\n"))
            if open_ended and not last and end - position <= max_record:
                break
        else:
            fields, stop = content.count(mark) + 1, after
            if fields != width and content in (b"\n", b"\r\n"):
                fields = width
        lines.append(line)
        if stop is not None and fields is not None and fields == (width or fields) and stop - position <= max_record:
            line += 1 if stop == after else text.count(b"\n", position, stop)
            position = stop
            continue
        if after - position > max_record:
            raise LineTooLongError(line)
        malformed[len(lines) - 1] = content.decode().removesuffix("\n").removesuffix("\r")
        kept.append(text[run:position])
        position = run = after
        line += 1
    kept.append(text[run:position])
    return ByPatterns(lines, malformed, b"".join(kept), position, line)


# Groups are repeated greedily, not possessively: Python before 3.11.5 matches possessive groups wrongly (gh-106052).
# What follows a cell cannot begin inside it, so nothing is matched twice.
_CLOSED_CELL = re.compile(rb'"[^"]*+(?:""[^"]*+)*"(?!"|\r?\Z)')


class _Grammar:
    """What a cell and a record look like, for one delimiter."""

    def __init__(self, text: bytes, delimiter: str) -> None:
        self.mark = delimiter.encode()
        mark = re.escape(self.mark)
        lone_returns = text.count(b"\r") != text.count(b"\r\n")
        plain_text = rb"[^\r\n" + mark + rb"]*+"
        plain = rb'(?!")' + plain_text + (rb"(?:\r(?!\n)" + plain_text + rb")*" if lone_returns else b"")
        cell = rb'(?:"[^"]*+(?:""[^"]*+)*"|' + plain + rb")"
        self._cell = re.compile(rb"(?:\A|" + mark + rb")(" + cell + rb")")
        self._step = re.compile(cell + rb"(" + mark + rb"|\r?\n|\Z)")
        self._record = re.compile(cell + rb"(?:" + mark + cell + rb")*(\r?\n|\Z)")

    def fields(self, text: bytes, start: int) -> tuple[int | None, int | None]:
        """Count the fields of the record at ``start``, and find where it stops.

        None when a quoted cell is followed by the wrong thing; then the stop is None if more text could mend it.
        """
        if match := self._record.match(text, start):
            return len(self._cell.findall(text[start : match.start(1)])), match.end()
        position = start
        while (step := self._step.match(text, position)) and step[1] == self.mark:
            position = step.end()
        return None, position if _CLOSED_CELL.match(text, position) else None
