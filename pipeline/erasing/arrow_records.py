"""Rows of Parquet and Arrow files that are a person's, and how they are blanked: all of their values become null."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.erasing.text_records import with_rows
from pipeline.reading.opening import open_tables
from pipeline.results.exact_search import search_frame
from pipeline.results.person_wanted import Wanted
from schemas.errors import FileError
from schemas.files.inputs import Input
from schemas.files.kinds import Kind
from schemas.files.spool import Spool
from schemas.files.table import FileTally, read_batches
from schemas.layout import Layout

_BLOCK = 8 << 20
_ARROW_FILE = b"ARROW1"


def find_in_arrow(given: Input, wanted: Sequence[Wanted], known: set[int], spool: Spool) -> list[int]:
    """Find a person's rows (1-based), and those that are ``known``. Raises `FileError` when the file is damaged."""
    hits = set(known)
    for table in open_tables(given, str(given), Layout(), spool):
        for batch in read_batches(table, FileTally(), _BLOCK):
            hits |= set(search_frame(with_rows(batch, wanted).lazy(), wanted, "source_line")["source_line"].to_list())
    return sorted(hits)


def blank_arrow(given: Input, kind: Kind, records: list[int], sink: BinaryIO) -> None:
    """Copy a file with nulls in these rows (1-based). Raises `FileError` when it has columns that cannot be copied."""
    rows = np.array(records, np.int64) - 1
    try:
        with given.open("rb") as source:
            if kind == "parquet":
                _blank_parquet(source, rows, sink)
            else:
                _blank_ipc(source, rows, sink)
    except pa.ArrowNotImplementedError as error:
        raise FileError(
            f"'{given}' has a column of a type that cannot be written again.",
            "Save it without the person, or delete it; then run the same command again.",
        ) from error


def _blank_parquet(source: BinaryIO, rows: np.ndarray, sink: BinaryIO) -> None:
    with pq.ParquetFile(source) as file:
        schema = _nullable(file.schema_arrow)
        codec = file.metadata.row_group(0).column(0).compression if file.metadata.num_row_groups else "SNAPPY"
        with pq.ParquetWriter(sink, schema, compression="none" if codec == "UNCOMPRESSED" else codec) as writer:
            first = 0
            for number in range(file.num_row_groups):
                table = file.read_row_group(number)
                writer.write_table(_blanked(table, rows - first, schema))
                first += len(table)


def _blank_ipc(source: BinaryIO, rows: np.ndarray, sink: BinaryIO) -> None:
    is_file = source.read(len(_ARROW_FILE)) == _ARROW_FILE
    source.seek(0)
    reader = pa.ipc.open_file(source) if is_file else pa.ipc.open_stream(source)
    schema = _nullable(reader.schema)
    with (pa.ipc.new_file if is_file else pa.ipc.new_stream)(sink, schema) as writer:
        first = 0
        for batch in _batches(reader):
            table = _blanked(pa.Table.from_batches([batch]), rows - first, schema)
            writer.write_table(table.combine_chunks(), max_chunksize=max(len(table), 1))
            first += len(batch)


def _batches(reader: pa.RecordBatchFileReader | pa.RecordBatchStreamReader) -> Iterator[pa.RecordBatch]:
    if isinstance(reader, pa.RecordBatchFileReader):
        yield from (reader.get_batch(number) for number in range(reader.num_record_batches))
    else:
        yield from reader


def _nullable(schema: pa.Schema) -> pa.Schema:
    """The same columns, which may be null, in types of which rows can be taken.

    Dictionaries are written out: one keeps values that no row has any more.
    """
    return pa.schema(
        [field.with_nullable(True).with_type(_plain(field.type)) for field in schema], metadata=schema.metadata
    )


def _plain(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind):
        return _plain(kind.value_type)
    if pa.types.is_string_view(kind):
        return pa.large_string()
    return pa.large_binary() if pa.types.is_binary_view(kind) else kind


def _blanked(table: pa.Table, rows: np.ndarray, schema: pa.Schema) -> pa.Table:
    here = rows[(rows >= 0) & (rows < len(table))]
    mask = np.zeros(len(table), dtype=bool)
    mask[here] = True
    order = pa.array(np.arange(len(table), dtype=np.int64), mask=mask)
    columns = [
        (column if column.type == field.type else column.cast(field.type)).take(order)
        for column, field in zip(table.columns, schema, strict=True)
    ]
    return pa.table(columns, schema=schema)
