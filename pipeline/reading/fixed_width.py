"""Text with fields at fixed places, as the layout says: no header, no delimiter."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import NamedTuple, TextIO

import polars as pl

from schemas.errors import DropError
from schemas.files.encoding import END_MARKS, Encoding, display_name, survey_text
from schemas.files.inputs import Input
from schemas.files.limits import limits
from schemas.files.table import FileTally, Table
from schemas.frame_columns import SOURCE
from schemas.layout import FixedField, Layout


def open_fixed_width(given: Input, name: str, layout: Layout) -> Table:
    """Open a file by its layout. Raises `DropError` when it is empty or not text."""
    if given.size == 0:
        raise DropError(f"'{given}' is empty.", "Ask the vendor to send it again.")
    encoding = survey_text(given, layout.encoding).encoding
    columns = tuple(field.name for field in layout.fields)
    reader = FixedWidthReader(given, encoding, tuple(layout.fields))
    return Table(given, name, columns, columns, reader, notes=encoding.notes)


class FixedWidthReader(NamedTuple):
    """Reads a record from each line. Starts and widths count characters.

    A line may end early: blanks at its end are often cut off. One that goes on after the last field is malformed.
    """

    input: Input
    encoding: Encoding
    fields: tuple[FixedField, ...]

    def describe(self) -> dict[str, str]:
        """See `Reader`."""
        return {"format": "fixed width", "encoding": display_name(self.encoding.codec)}

    def batches(self, tally: FileTally, block_bytes: int) -> Iterator[pl.DataFrame]:
        """See `Reader`."""
        tally.take_whole(self.input, block_bytes)
        before = 0
        with self.input.open("rb") as stream:
            stream.seek(self.encoding.bom)
            text = io.TextIOWrapper(stream, self.encoding.codec)
            while lines := _lines(text, block_bytes, before):
                yield self._frame(lines, before + 1)
                before += len(lines)
                tally.records += len(lines)

    def _frame(self, lines: list[str], first: int) -> pl.DataFrame:
        line = pl.col("line")
        last = max(field.start + field.width for field in self.fields) - 1
        fits = line.str.slice(last).str.strip_chars() == ""
        cells = [
            pl.when(fits).then(line.str.slice(field.start - 1, field.width).str.strip_chars_end(" ")).alias(name)
            for field, name in ((field, SOURCE + field.name) for field in self.fields)
        ]
        return pl.DataFrame({"line": lines}, schema={"line": pl.String}).select(
            *cells,
            pl.int_range(first, first + len(lines), dtype=pl.UInt64).alias("source_line"),
            pl.when(~fits).then(line).alias("raw"),
        )


def _lines(text: TextIO, characters: int, before: int) -> list[str]:
    """Read whole lines of about so many characters, without their ends; none at the end of the file."""
    lines: list[str] = []
    held, most = 0, limits().record_bytes
    while held < characters and (line := text.readline(most + 1)):
        if len(line) > most:
            raise DropError(
                f"line {before + len(lines) + 1} is longer than {limits().max_record_mb} MB (max_record_mb).",
                "Is this the file that the layout is for?",
            )
        held += len(line)
        if line.rstrip("\n").strip(END_MARKS.decode()) or line == "\n":
            lines.append(line.removesuffix("\n"))
    return lines
