"""The records at the start of a text file, read with any punctuation, for detection to look at."""

from __future__ import annotations

from typing import NamedTuple

from pipeline.reading.punctuation import Punctuation, rewrite
from schemas.files.record_parser import read_carefully, sound_cells


class SampleRecord(NamedTuple):
    """``line`` is the 0-based line on which it starts, ``lines`` how many it takes. No cells when it is malformed.

    ``text`` is the record as it came, without its line end.
    """

    line: int
    lines: int
    cells: tuple[str, ...] | None
    text: str

    @property
    def is_blank(self) -> bool:
        """Whether the line holds nothing at all, not even a delimiter."""
        return self.cells is not None and len(self.cells) == 1 and not self.cells[0].strip()


def with_line_feeds(text: str, punctuation: Punctuation) -> str:
    """End lines with LF where a carriage return ends them too."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if punctuation.returns else text


def read_sample(text: str, punctuation: Punctuation) -> list[SampleRecord]:
    """Read all records of the text, whatever their number of fields."""
    feeds = with_line_feeds(text, punctuation)
    given = feeds.split("\n")
    body = feeds.encode()
    if not body.endswith(b"\n"):
        body += b"\n"
    plain = rewrite(body, punctuation)
    read = read_carefully(plain.text, None, plain.delimiter, last=True, max_record=len(plain.text))
    sound = iter(sound_cells(read.sound, plain.delimiter))
    lines = read.lines.tolist()
    ends = [*lines[1:], read.lines_consumed]
    meaning = bytes.decode if punctuation.is_plain else plain.meaning
    return [
        SampleRecord(
            line,
            end - line,
            None if number in read.malformed else tuple(map(meaning, next(sound))),
            "\n".join(given[line:end]).removesuffix("\r"),
        )
        for number, (line, end) in enumerate(zip(lines, ends, strict=True))
    ]
