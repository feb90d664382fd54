"""The beginning of a file, as detectors look at it."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from schemas.files.stream_guard import GuardedStream
from schemas.headers import fold_header
from suppression.formats.members import Member
from suppression.formats.options import Options
from suppression.formats.roles import has_entries
from suppression.formats.text import Recoder, text_chunks

_BYTES: Final = 64 << 10
_LINES: Final = 200
_DELIMITERS: Final = ",;\t|"
# Excel's own way to say which delimiter a file has.
_SEPARATOR_LINE: Final = re.compile(r"sep=(.)", re.IGNORECASE)
#: So many rows may be titles; none of them may hold what could be an entry.
_TITLES: Final = 20
#: What could be an entry, or hold one.
POINT: Final = re.compile(r"@|(?:\d[\s().+/-]*){7}|[0-9a-fA-F]{32}")


@dataclass(frozen=True)
class Sample:
    """What a detector may know. ``lines``: up to 200 lines that are not blank, untrimmed, without their line ends.

    ``names`` are the names that may say what the file holds; see `Member.names`.
    """

    names: tuple[str, ...]
    lines: tuple[str, ...]
    options: Options

    @property
    def name(self) -> str:
        """The file's own name in lower case."""
        return self.names[0].lower()

    @property
    def text(self) -> str:
        """The lines as one text."""
        return "\n".join(self.lines)

    @cached_property
    def all_rows(self) -> tuple[tuple[str, ...], ...]:
        """The lines as rows of trimmed cells, titles above the header among them."""
        lines = self.lines[1:] if self.lines and _SEPARATOR_LINE.fullmatch(self.lines[0]) else self.lines
        reader = csv.reader(io.StringIO("\n".join(lines), newline=""), delimiter=self.delimiter)
        try:
            return tuple(tuple(cell.strip() for cell in row) for row in reader)
        except csv.Error:
            return ()

    @cached_property
    def titles(self) -> int:
        """How many rows are titles above the header: nothing in them could be an entry."""
        if self.options.headerless:
            return 0
        for position, row in enumerate(self.all_rows[:_TITLES]):
            if has_entries(row, self.options):
                return position
            if any(POINT.search(cell) for cell in row):
                break
        return 0

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """The lines as rows of trimmed cells, the header first."""
        return self.all_rows[self.titles :]

    @property
    def width(self) -> int:
        """How many cells a record has: as many as the header, or more where most rows have."""
        widths = Counter(len(row) for row in self.rows[1:])
        usual = max(widths, key=lambda width: (widths[width], width)) if widths else 0
        return max(usual, len(self.rows[0]) if self.rows else 0, 1)

    @cached_property
    def delimiter(self) -> str:
        """The declared delimiter, else the likeliest."""
        return find_delimiter(self.lines[0] if self.lines else "", self.options)

    @cached_property
    def header(self) -> tuple[str, ...]:
        """The first row, folded as headers are: lower case, words apart."""
        return tuple(fold_header(name) for name in self.rows[0]) if self.rows else ()

    def all_lines(self, pattern: re.Pattern[str], share: float = 1.0) -> bool:
        """Whether at least this share of the lines fits the pattern as a whole. False for no lines."""
        fitting = sum(pattern.fullmatch(line) is not None for line in self.lines)
        return bool(self.lines) and fitting >= share * len(self.lines)

    def column_values(self, index: int) -> frozenset[str]:
        """Values of a column in lower case, without the header and without blanks."""
        return frozenset(row[index].lower() for row in self.rows[1:] if len(row) > index and row[index])


def take_sample(member: Member, options: Options) -> Sample:
    """Look at a member's beginning without moving on. Raises `FileError` when it is not text."""
    head = member.stream.peek(_BYTES)
    whole = len(head) < _BYTES
    beginning = GuardedStream(io.BytesIO(head), member.stream.name)
    text = Recoder().utf8(b"".join(text_chunks(beginning))).decode()
    lines = text.split("\n")
    if not whole and len(lines) > 1:
        lines.pop()
    kept = [line for line in lines if line.strip() and not (options.comments and line.lstrip().startswith("#"))]
    return Sample(member.names, tuple(kept[:_LINES]), options)


def find_delimiter(header: str, options: Options) -> str:
    """Return the declared delimiter, else the most frequent one of the first line."""
    if options.delimiter is not None:
        return options.delimiter
    if declared := _SEPARATOR_LINE.fullmatch(header.strip()):
        return declared[1]
    return max(_DELIMITERS, key=Counter(header).__getitem__)


def is_separator_line(cell: str) -> bool:
    """Whether a first line only names the delimiter, by its first cell, which ends where the delimiter is."""
    return _SEPARATOR_LINE.fullmatch(cell.strip()) is not None or cell.strip().lower() == "sep="
