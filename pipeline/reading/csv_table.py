"""CSV files as tables of text: by Arrow where they are regular, record by record where they are not."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.reading.dialect import Dialect, detect_dialect
from pipeline.reading.records import Records, Shape, split_block
from pipeline.reading.table import SOURCE, FileTally, Table
from schemas.config import Layout
from schemas.errors import DropError


def open_csv(path: Path, name: str, layout: Layout) -> Table:
    """Detect the dialect of a file. `DropError` when it is empty or no text."""
    dialect = detect_dialect(path, delimiter=layout.delimiter, encoding=layout.encoding)
    return Table(path, name, dialect.columns, dialect.header, CsvReader(path, dialect))


@dataclass(frozen=True)
class CsvReader:
    """Reads the records of a CSV file in blocks."""

    path: Path
    dialect: Dialect

    def describe(self) -> dict[str, str]:
        """See `Reader`."""
        return {"format": "csv", **self.dialect.describe()}

    def batches(self, tally: FileTally, block_bytes: int) -> Iterator[pl.DataFrame]:
        """See `Reader`."""
        dialect = self.dialect
        shape = Shape(len(dialect.columns), dialect.delimiter, [SOURCE + name for name in dialect.columns])
        rest, line, header_seen = b"", 1, False
        blocks = self._blocks(tally, block_bytes)
        block = next(blocks, None)
        while block is not None:
            following = next(blocks, None)
            text = rest + block if rest else block
            records = split_block(text, shape, line, last=following is None) if text else None
            if records is not None:
                rest, line = text[records.consumed :], line + records.lines_consumed
                tally.careful_blocks += records.careful
                frame = records.cells.with_columns(records.lines, records.raw.alias("raw"))
                if not header_seen and len(frame) > dialect.blank_lines:
                    _check_header(records, dialect)
                    frame, header_seen = frame.slice(dialect.blank_lines + 1), True
                tally.records += len(frame)
                if len(frame):
                    yield frame
            block = following
        tally.close()

    def _blocks(self, tally: FileTally, block_bytes: int) -> Iterator[bytes]:
        """Blocks of the file in UTF-8, without the byte order mark."""
        encoding = self.dialect.encoding
        decoder = None if encoding.codec == "utf-8" else codecs.getincrementaldecoder(encoding.codec)()
        with self.path.open("rb") as stream:
            skip = encoding.bom
            while block := stream.read(block_bytes):
                tally.take(block)
                text = block[skip:]
                skip = 0
                yield text if decoder is None else decoder.decode(text).encode()
            if decoder is not None:
                yield decoder.decode(b"", final=True).encode()


def _check_header(records: Records, dialect: Dialect) -> None:
    if records.cells.row(dialect.blank_lines) != dialect.header:
        raise DropError("the header line cannot be parsed.", "Correct its quotes, or name the delimiter in a layout.")
