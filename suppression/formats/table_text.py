"""Tables that came as no text (workbook, Parquet, Arrow, JSON) as the CSV that somebody would have saved them as.

Every format of a list is then found and read in them as it is in a text file. A row is one line: a line break inside a
cell becomes U+2028, which separates entries as it does. The delimiter is a comma, the quote a double quote.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import polars as pl

from schemas.files.converted import read_part
from schemas.files.table import FileTally, Table
from schemas.files.workbook.table import Sheet
from schemas.frame_columns import SOURCE

_BREAKS: Final = r"\r\n|\r|\n"
_LINE_SEPARATOR: Final = "\u2028"
_TO_QUOTE: Final = '[,"]'
_BLOCK: Final = 4 << 20


class TableText:
    """The lines of frames of text columns, as a `Stream`. A row without content is a blank line."""

    def __init__(self, frames: Iterable[pl.DataFrame]) -> None:
        self._lines = (_as_lines(frame) for frame in frames)
        self._rest = b""

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes; none at the end."""
        while not self._rest and (block := next(self._lines, None)) is not None:
            self._rest = block
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken


def sheet_frames(sheet: Sheet) -> Iterator[pl.DataFrame]:
    """Yield the rows of a sheet from its first on, in pieces, without columns that hold nothing at all."""
    filled = [column for column, last in sheet.last.items() if last is not None]
    for part in sheet.parts:
        yield read_part(part).select(filled)


def table_frames(table: Table) -> Iterator[pl.DataFrame]:
    """Yield the header of a table, then its records in pieces.

    What is no record (``raw``) is put into each column: whichever holds entries, its points are found.
    """
    columns = [SOURCE + name for name in table.columns]
    yield pl.DataFrame([list(table.header)], schema=dict.fromkeys(columns, pl.String()), orient="row")
    for batch in table.reader.batches(FileTally(), _BLOCK):
        yield batch.select(pl.coalesce("raw", name).alias(name) for name in columns)


def _as_lines(frame: pl.DataFrame) -> bytes:
    if frame.is_empty() or not frame.columns:
        return b""
    cells = [
        pl.col(name).fill_null("").str.replace_all(_BREAKS, _LINE_SEPARATOR).alias(str(at))
        for at, name in enumerate(frame.columns)
    ]
    frame = frame.select(cells)
    quoted = [
        pl.when(pl.col(name).str.contains(_TO_QUOTE))
        .then('"' + pl.col(name).str.replace_all('"', '""', literal=True) + '"')
        .otherwise(pl.col(name))
        for name in frame.columns
    ]
    blank = pl.all_horizontal(pl.all() == "")
    lines = frame.select(pl.when(blank).then(pl.lit("")).otherwise(pl.concat_str(quoted, separator=",")))
    return ("\n".join(lines.to_series().to_list()) + "\n").encode()
