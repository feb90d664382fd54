"""JSON as a table of text: an object on each line, or an array of objects. Its columns are all keys of all objects."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from typing import Any, NamedTuple, TextIO

import polars as pl

from schemas.errors import FileError
from schemas.files.converted import CELL, ConvertedReader, write_part
from schemas.files.encoding import display_name, survey_text
from schemas.files.inputs import Input
from schemas.files.json_values import DECODER, Pairs, cells_of, is_text, is_too_deep
from schemas.files.limits import limits, nesting_error, record_error, refuse_bomb, refuse_width
from schemas.files.spool import Spool, Spooled
from schemas.files.table import Table
from schemas.files.unique_names import unique_names
from schemas.layout import Layout

_BLOCK = 1 << 20
#: Objects in a part, and characters: what stays in memory at once.
_ROWS, _CHARACTERS = 20_000, 16 << 20
#: A mark of the end (Ctrl-Z, NUL) is none of the values.
_BLANKS = " \t\r\n\x1a\0"
_SEND_AGAIN = "Ask for it again."


class _Record(NamedTuple):
    """``line`` on which it starts; ``cells``, or the text of what is no object."""

    line: int
    cells: dict[str, str] | None
    raw: str
    length: int


def open_json(given: Input, name: str, layout: Layout, spool: Spool) -> Table:
    """Convert a file. Raises `FileError` when it is not JSON, breaks off, or has objects that are too large."""
    encoding = survey_text(given, layout.encoding).encoding
    try:
        with given.open("rb") as stream:
            stream.seek(encoding.bom)
            text = io.TextIOWrapper(stream, encoding.codec, newline="\n")
            first = _first_character(given, encoding.codec, encoding.bom)
            records = _of_array(text, str(given)) if first == "[" else _of_lines(text, str(given))
            parts, keys = _convert(records, spool, given)
    except UnicodeDecodeError as error:
        raise FileError(
            f"'{given}' is not {error.encoding}: a byte of it does not fit.", "Correct the layout's encoding."
        ) from error
    if not keys:
        raise FileError(f"'{given}' holds no object with a key.", _SEND_AGAIN)
    columns = unique_names(keys)
    form = {"format": "json array" if first == "[" else "json lines", "encoding": display_name(encoding.codec)}
    named = {column: f"{CELL}{at}" for at, column in enumerate(columns)}
    return Table(given, name, columns, keys, ConvertedReader(given, form, parts, named), notes=encoding.notes)


def _first_character(given: Input, codec: str, bom: int) -> str:
    with given.open("rb") as stream:
        stream.seek(bom)
        head = codecs.getincrementaldecoder(codec)().decode(stream.read(_BLOCK))
    return head.lstrip(_BLANKS)[:1]


def _convert(records: Iterator[_Record], spool: Spool, given: Input) -> tuple[tuple[Spooled, ...], tuple[str, ...]]:
    """Put the records into parts, where a column is named by its position. Returns them and all keys, in that order.

    Raises `FileError` for too many columns, also for too many of too few bytes: each record has all of them.
    """
    shown = str(given)
    parts: list[Spooled] = []
    keys: dict[str, None] = {}
    waiting: list[_Record] = []
    held = total = 0

    def put() -> None:
        if waiting:
            parts.append(spool.add(write_part(_frame(waiting, keys)), shown))

    for record in records:
        if record.cells is not None:
            keys.update(dict.fromkeys(record.cells))
            refuse_width(shown, len(keys))
        waiting.append(record)
        held += record.length + len(keys)
        total += record.length + len(keys)
        refuse_bomb(shown, given.size, total)
        if len(waiting) >= _ROWS or held >= _CHARACTERS:
            put()
            waiting, held = [], 0
    put()
    return tuple(parts), tuple(keys)


def _frame(records: list[_Record], keys: dict[str, None]) -> pl.DataFrame:
    """Make a part. It lacks the columns of keys that none of its records has, which `ConvertedReader` knows."""
    used = {key for record in records for key in record.cells or ()}
    columns = {
        f"{CELL}{at}": [None if record.cells is None else record.cells.get(key, "") for record in records]
        for at, key in enumerate(keys)
        if key in used
    }
    types: dict[str, Any] = {**dict.fromkeys(columns, pl.String), "source_line": pl.UInt64, "raw": pl.String}
    lines = [record.line for record in records]
    raw = [record.raw if record.cells is None else None for record in records]
    return pl.DataFrame({**columns, "source_line": lines, "raw": raw}, schema=types)


def _of_lines(text: TextIO, shown: str) -> Iterator[_Record]:
    """Read an object from each line; a line that is none is kept as its text, a blank one is passed over."""
    number = 0
    most = limits().record_bytes
    while line := text.readline(most + 1):
        number += 1
        if len(line) > most:
            raise record_error(shown, f"line {number}")
        if line.strip(_BLANKS):
            record = _record(line, number)
            if number == 1 and record.raw == "{":
                raise FileError(
                    f"'{shown}' holds JSON objects that span several lines.",
                    "Ask for an array of objects, or for one object a line.",
                )
            yield record


def _record(text: str, line: int) -> _Record:
    raw = text.strip(_BLANKS)
    try:
        value, end = DECODER.raw_decode(raw)
    except (ValueError, RecursionError):
        return _Record(line, None, raw, len(raw))
    return _made(value if end == len(raw) else None, raw, line)


def _made(value: Any, raw: str, line: int) -> _Record:
    """Make a record of an object; anything else is kept as its text, as are half a surrogate pair and deep nesting."""
    if isinstance(value, Pairs) and not is_too_deep(value):
        cells = cells_of(value)
        if "\\u" not in raw or is_text(cells):
            return _Record(line, cells, "", len(raw))
    return _Record(line, None, raw, len(raw))


def _of_array(text: TextIO, shown: str) -> Iterator[_Record]:
    """Read an array piece by piece; an element that is no object is kept as its text."""
    window = _Window(text, shown)
    window.skip("[")
    if window.peek() == "]":
        return
    while True:
        yield window.element()
        mark = window.peek()
        if mark not in (",", "]"):
            raise window.broken()
        window.skip(mark)
        if mark == "]":
            break
    if window.peek():
        raise window.broken()


class _Window:
    """The part of a long text that is being read."""

    def __init__(self, text: TextIO, shown: str) -> None:
        self._text, self._shown = text, shown
        self._held, self._at, self._line = "", 0, 1

    def peek(self) -> str:
        """Return the next character that is not blank; none at the end."""
        while True:
            while self._at < len(self._held) and self._held[self._at] in _BLANKS:
                self._line += self._held[self._at] == "\n"
                self._at += 1
            if self._at < len(self._held) or not self._more():
                return self._held[self._at : self._at + 1]

    def skip(self, mark: str) -> None:
        """Pass over a character that is there."""
        self._at += self.peek() == mark

    def element(self) -> _Record:
        """Read one value; what follows it must be there as well, since a number may go on in the next block."""
        self.peek()
        while True:
            try:
                value, end = DECODER.raw_decode(self._held, self._at)
            except RecursionError as error:
                raise nesting_error(self._shown) from error
            except ValueError as error:
                if not self._more():
                    raise self.broken() from error
                continue
            if end < len(self._held) or not self._more():
                break
        text = self._held[self._at : end]
        line = self._line
        self._line += text.count("\n")
        self._at = end
        return _made(value, text, line)

    def broken(self) -> FileError:
        """Say where the text stops being an array."""
        return FileError(f"'{self._shown}' is not valid JSON from line {self._line} on.", _SEND_AGAIN)

    def _more(self) -> bool:
        if len(self._held) - self._at > limits().record_bytes:
            raise record_error(self._shown, f"line {self._line}")
        block = self._text.read(_BLOCK)
        self._held, self._at = self._held[self._at :] + block, 0
        return bool(block)
