"""How a text file is written: encoding, punctuation, header, and the tables in it."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.reading.guessing import guess_punctuation
from pipeline.reading.punctuation import Punctuation
from pipeline.reading.sample import SampleRecord, read_sample
from pipeline.reading.structure import Structure, find_structure, other_headers
from schemas.errors import DropError
from schemas.files.encoding import Encoding, TextSurvey, display_name, survey_text
from schemas.files.inputs import Input
from schemas.files.unique_names import unique_names
from schemas.layout import Layout

_SAMPLE = 64 << 10
#: What follows a blank line is looked at for another header.
_AFTER_BLANK = 16 << 10


@dataclass(frozen=True)
class Dialect:
    """How to read one table of a text file. ``columns`` are the header's names, made unique; ``header`` as it came.

    Lines are 0-based. The table's records begin on line ``body`` and end before line ``end`` (None: the file's end);
    ``skipped`` lines between ``start`` and the header are no records.
    """

    encoding: Encoding
    punctuation: Punctuation
    header: tuple[str, ...]
    columns: tuple[str, ...]
    has_header: bool
    start: int
    skipped: int
    body: int
    end: int | None = None

    @property
    def delimiter(self) -> str:
        """What separates cells."""
        return self.punctuation.delimiter

    def describe(self) -> dict[str, str]:
        """For the manifest and for people: always encoding, delimiter and quote, else what is unusual."""
        found = {
            "encoding": display_name(self.encoding.codec),
            "delimiter": self.delimiter,
            "quote": self.punctuation.quote or "none",
        }
        if self.punctuation.escape:
            found["escape"] = self.punctuation.escape
        if self.punctuation.returns:
            found["line_end"] = "CR"
        if not self.has_header:
            found["header"] = "none"
        if self.skipped:
            found["lines_before_header"] = str(self.skipped)
        return found

    def notes(self) -> tuple[str, ...]:
        """Sentences for a person about what was passed over or inferred."""
        notes = []
        if self.skipped:
            which = f"line {self.start + 1}" if self.skipped == 1 else f"lines {self.start + 1} to {self.body_start}"
            notes.append(f"{which} stand before the table and are no records")
        if not self.has_header:
            notes.append(
                "there is no header: columns are named by their position and mapped only where values are sure"
            )
        return tuple(notes)

    @property
    def body_start(self) -> int:
        """1-based last line that was passed over."""
        return self.start + self.skipped


def detect_dialects(path: Input, layout: Layout | None = None) -> list[Dialect]:
    """Detect how each table of a file is written. What the layout says wins. `DropError` when there is no text."""
    layout = layout or Layout()
    if path.size == 0:
        raise DropError(f"'{path}' is empty.", "Ask the vendor to send it again.")
    survey = survey_text(path, layout.encoding)
    text, is_whole = _head(path, survey.encoding)
    if not text.strip():
        raise DropError(f"'{path}' has no text in it.", "Ask the vendor to send it again.")
    passed = layout.skip_lines or 0
    body = _after_lines(text, passed)
    given = Punctuation(layout.delimiter or ",", '"' if layout.quote is None else layout.quote, layout.escape or "")
    guess = guess_punctuation(
        body,
        given,
        delimiter=layout.delimiter is not None,
        quote=layout.quote is not None or layout.escape is not None,
    )
    records = read_sample(body, guess.punctuation)
    if not is_whole:
        records = records[:-1] or records
    structure = find_structure(records, header=layout.header)
    tables = [(passed, structure)]
    if layout.header is not False:
        tables += _others(path, survey, records, structure, guess.punctuation, passed)
    ends = [start for start, _ in tables[1:]]
    return [
        _dialect(
            survey.encoding, guess.punctuation, start, structure, end, passed if number == 0 else 0, layout.column_names
        )
        for number, ((start, structure), end) in enumerate(zip(tables, [*ends, None], strict=True))
    ]


def _dialect(
    encoding: Encoding,
    punctuation: Punctuation,
    start: int,
    found: Structure,
    end: int | None,
    passed: int,
    names: Sequence[str],
) -> Dialect:
    header = found.header
    if header is None:
        # A file may leave out the last of the columns that its layout names.
        given = tuple(names[: found.width])
        header = given + tuple(f"column {number}" for number in range(len(given) + 1, found.width + 1))
    return Dialect(
        encoding,
        punctuation,
        header,
        unique_names(header),
        found.header is not None,
        start - passed,
        found.skipped + passed,
        start + found.body,
        end,
    )


def _others(
    path: Input,
    survey: TextSurvey,
    records: Sequence[SampleRecord],
    first: Structure,
    punctuation: Punctuation,
    passed: int,
) -> list[tuple[int, Structure]]:
    """Further tables: in the sample, and after blank lines anywhere. Each is its first line and its structure."""
    found = {passed + record.line: _beginning(record) for record in other_headers(records, first)}
    for offset in () if punctuation.returns else survey.after_blank:
        with path.open("rb") as stream:
            stream.seek(offset)
            text = stream.read(_AFTER_BLANK).decode(survey.encoding.codec, errors="replace")
        # A title may stand between the blank line and the header.
        filled = [record for record in read_sample(text, punctuation) if not record.is_blank][:3]
        for record in other_headers(filled, replace(first, body=0)):
            line = survey.line_at(path, offset) + record.line
            if line >= passed + first.body:
                found[line] = _beginning(record)
    return sorted(found.items())


def _beginning(header: SampleRecord) -> Structure:
    """Return a table that begins with its header."""
    cells = header.cells or ()
    return Structure(0, cells, header.lines, len(cells))


def _head(path: Input, encoding: Encoding) -> tuple[str, bool]:
    """Text at the start of the file, and whether it is all of it."""
    with path.open("rb") as stream:
        stream.seek(encoding.bom)
        block = stream.read(_SAMPLE)
        is_whole = not stream.read(1)
    # The sample may end inside a character.
    try:
        return codecs.getincrementaldecoder(encoding.codec)().decode(block), is_whole
    except UnicodeDecodeError as error:
        raise DropError(f"'{path}' is not {display_name(encoding.codec)}.", "Correct the layout's encoding.") from error


def _after_lines(text: str, count: int) -> str:
    """Text after that many lines."""
    line_end = "\n" if "\n" in text else "\r"
    position = 0
    for _ in range(count):
        position = text.find(line_end, position) + 1
        if not position:
            return ""
    return text[position:]
