"""Parquet and Arrow files (IPC, Feather) as tables of text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, Literal

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from schemas.errors import FileError
from schemas.files.as_text import as_text
from schemas.files.inputs import Input
from schemas.files.limits import refuse_width
from schemas.files.table import FileTally, Table
from schemas.files.unique_names import unique_names
from schemas.frame_columns import SOURCE

Form = Literal["parquet", "arrow"]
_ARROW_FILE = b"ARROW1"
_DAMAGE = (pa.ArrowException, OSError, ValueError)


def open_arrow(given: Input, name: str, form: Form) -> Table:
    """Open a file of either kind. `FileError` when it is damaged."""
    try:
        with given.open("rb") as stream:
            header = tuple(_schema(stream, form).names)
    except _DAMAGE as error:
        raise _damaged(given, form) from error
    refuse_width(str(given), len(header))
    return Table(given, name, unique_names(header), header, ArrowReader(given, form))


@dataclass(frozen=True)
class ArrowReader:
    """Reads row groups or record batches in order; a record's line is its row, 1-based."""

    input: Input
    form: Form = "parquet"

    def describe(self) -> dict[str, str]:
        """See `Reader`."""
        return {"format": self.form}

    def batches(self, tally: FileTally, block_bytes: int) -> Iterator[pl.DataFrame]:
        """See `Reader`."""
        tally.take_whole(self.input, block_bytes)
        # Rows of a hundred bytes: about the same memory as a block of text.
        rows = max(block_bytes // 128, 1)
        with self.input.open("rb") as stream, _reading(self.input, self.form):
            for part in _parts(stream, self.form, rows):
                columns = [pl.Series(pl.from_arrow(column)) for column in part.columns]
                names = unique_names(part.schema.names)
                text = pl.DataFrame(
                    [as_text(cells).alias(SOURCE + name) for cells, name in zip(columns, names, strict=True)]
                )
                lines = pl.int_range(tally.records + 1, tally.records + len(text) + 1, dtype=pl.UInt64, eager=True)
                tally.records += len(text)
                yield text.with_columns(lines.alias("source_line"), pl.lit(None, pl.String).alias("raw"))


def _schema(stream: BinaryIO, form: Form) -> pa.Schema:
    if form == "parquet":
        return pq.read_schema(stream)
    return _arrow(stream).schema


def _arrow(stream: BinaryIO) -> pa.RecordBatchFileReader | pa.RecordBatchStreamReader:
    is_file = stream.read(len(_ARROW_FILE)) == _ARROW_FILE
    stream.seek(0)
    return pa.ipc.open_file(stream) if is_file else pa.ipc.open_stream(stream)


def _parts(stream: BinaryIO, form: Form, rows: int) -> Iterator[pa.RecordBatch]:
    if form == "parquet":
        with pq.ParquetFile(stream) as source:
            yield from source.iter_batches(rows)
        return
    reader = _arrow(stream)
    if isinstance(reader, pa.RecordBatchFileReader):
        batches: Iterator[pa.RecordBatch] = (reader.get_batch(n) for n in range(reader.num_record_batches))
    else:
        batches = iter(reader)
    for batch in batches:
        for start in range(0, len(batch), rows):
            yield batch.slice(start, rows)


@contextmanager
def _reading(given: Input, form: Form) -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        raise _damaged(given, form) from error


def _damaged(given: Input, form: Form) -> FileError:
    what = "Parquet" if form == "parquet" else "Arrow"
    return FileError(f"'{given}' is a damaged {what} file.", "Ask for it again.")
