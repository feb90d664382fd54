"""How a text file is written: encoding, punctuation, header, and the tables in it."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from typing import NamedTuple

from pipeline.reading.guessing import guess_punctuation
from pipeline.reading.punctuation import Punctuation
from pipeline.reading.sample import SampleRecord, read_sample
from pipeline.reading.short_rows import column_classes
from pipeline.reading.structure import Structure, find_tables, other_headers, table_at
from schemas.errors import DropError
from schemas.files.encoding import END_MARKS, Encoding, TextSurvey, display_name, survey_text
from schemas.files.inputs import Input
from schemas.files.limits import refuse_width
from schemas.files.unique_names import unique_names
from schemas.layout import Layout

_SAMPLE = 64 << 10
#: What follows a blank line is looked at for another header.
_AFTER_BLANK = 16 << 10


class Dialect(NamedTuple):
    """How to read one table of a text file. ``columns`` are the header's names, made unique; ``header`` as it came.

    Lines are 0-based. The table's records begin on line ``body`` and end before line ``end`` (None: the file's end).
    ``above`` lines come before its header, of which ``aside`` are set aside: the line of each and its text. ``classes``
    are what the columns hold (see `column_classes`).
    """

    encoding: Encoding
    punctuation: Punctuation
    header: tuple[str, ...]
    columns: tuple[str, ...]
    has_header: bool
    above: int
    aside: tuple[tuple[int, str], ...]
    notes: tuple[str, ...]
    classes: tuple[str, ...]
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
        if self.above and not self.aside:
            found["lines_before_header"] = str(self.above)
        return found


def detect_dialects(path: Input, layout: Layout | None = None) -> list[Dialect]:
    """Detect how each table of a file is written. What the layout says wins.

    Raises `DropError` when it has no text.
    """
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
    records = [record._replace(line=record.line + passed) for record in read_sample(body, guess.punctuation)]
    if not is_whole:
        records = records[:-1] or records
    try:
        tables = find_tables(records, guess.punctuation.delimiter, header=layout.header)
    except DropError as error:
        raise DropError(f"'{path}', {error.message}", error.hint) from error
    if layout.header is not False:
        tables = _with_deep(path, survey, tables, guess.punctuation)
    for table in tables:
        refuse_width(str(path), table.width if table.header is None else len(table.header))
    ends = [table.start for table in tables[1:]]
    return [
        _dialect(survey.encoding, guess.punctuation, table, end, layout.column_names, records, notes)
        for table, end, notes in zip(tables, [*ends, None], [survey.encoding.notes, *[()] * len(ends)], strict=True)
    ]


def _dialect(
    encoding: Encoding,
    punctuation: Punctuation,
    found: Structure,
    end: int | None,
    names: Sequence[str],
    records: Sequence[SampleRecord],
    notes: tuple[str, ...],
) -> Dialect:
    header = found.header
    if header is None:
        # A file may leave out the last of the columns that its layout names.
        given = tuple(names[: found.width])
        header = given + tuple(f"column {number}" for number in range(len(given) + 1, found.width + 1))
    inside = (record for record in records if found.body <= record.line and (end is None or record.line < end))
    rows = [record.cells for record in inside if record.cells is not None and len(record.cells) <= len(header)]
    return Dialect(
        encoding,
        punctuation,
        header,
        unique_names(header),
        found.header is not None,
        found.top - found.start,
        tuple((record.line, record.text) for record in found.aside),
        (*found.notes("line", names), *notes),
        column_classes(rows, len(header)),
        found.body,
        end,
    )


def _with_deep(path: Input, survey: TextSurvey, tables: list[Structure], punctuation: Punctuation) -> list[Structure]:
    """Add the tables behind blank lines anywhere in the file to those of the sample."""
    found = {table.start: table for table in tables}
    for offset in () if punctuation.returns else survey.after_blank:
        with path.open("rb") as stream:
            stream.seek(offset)
            text = stream.read(_AFTER_BLANK).decode(survey.encoding.codec, errors="replace")
        # A title may come between the blank line and the header.
        filled = [record for record in read_sample(text, punctuation) if not record.is_blank][:3]
        for record in other_headers(filled, tables[0]._replace(body=0)):
            line = survey.line_at(path, offset) + record.line
            if line >= tables[0].body and line not in {table.top for table in found.values()}:
                found[line] = table_at(record._replace(line=line))
    return [found[line] for line in sorted(found)]


def _head(path: Input, encoding: Encoding) -> tuple[str, bool]:
    """Text at the start of the file, and whether it is all of it."""
    with path.open("rb") as stream:
        stream.seek(encoding.bom)
        block = stream.read(_SAMPLE)
        is_whole = not stream.read(1)
    # The sample may end inside a character.
    try:
        text = codecs.getincrementaldecoder(encoding.codec)().decode(block)
    except UnicodeDecodeError as error:
        raise DropError(f"'{path}' is not {display_name(encoding.codec)}.", "Correct the layout's encoding.") from error
    return text.rstrip(END_MARKS.decode()) if is_whole else text, is_whole


def _after_lines(text: str, count: int) -> str:
    """Text after that many lines."""
    line_end = "\n" if "\n" in text else "\r"
    position = 0
    for _ in range(count):
        position = text.find(line_end, position) + 1
        if not position:
            return ""
    return text[position:]
