"""Turns Parquet and Arrow (IPC, Feather) to parts of text, in a process of its own (`schemas.files.apart.process`).

Both formats say where their values are. Nothing is taken from a batch before Arrow has validated it in full: offsets,
UTF-8, dictionary indices, lengths. What a file claims of rows and sizes is looked at before anything is decoded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, Final

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from schemas.errors import FileError
from schemas.files.apart.parts import PART_ROWS, PartWriter
from schemas.files.apart.task import Task
from schemas.files.as_text import array_as_text
from schemas.files.converted import CELL
from schemas.files.limits import limits, nesting_error, refuse_bomb, refuse_width

NOUNS: Final = {
    "parquet": "Parquet file",
    "arrow": "Arrow file",
    "delta": "Delta table",
    "iceberg": "Iceberg table",
    "duckdb": "DuckDB database",
    "postgresql": "PostgreSQL table",
}
_ARROW_FILE: Final = b"ARROW1"
_DAMAGE: Final = (pa.ArrowException, OSError, ValueError, OverflowError)
#: Rows of the first piece that becomes text. Pieces grow while their text is short: a dictionary makes much of little.
_FIRST_ROWS: Final = 16
_PIECE_BYTES: Final = 4 << 20
_PAGE_BYTES: Final = 1 << 20


def convert(task: Task, source: BinaryIO, sink: BinaryIO) -> dict[str, Any]:
    """Write all rows. Returns ``header``, the columns' names, and ``parts``, their sizes.

    Raises `FileError` when the file is damaged or exceeds a limit, `MemoryError` when that is the limit of memory.
    """
    writer = PartWriter(sink, task.shown, task.size)
    with damage(task):
        if task.kind == "parquet":
            with _parquet(source) as file:
                header = header_of(task, file.schema_arrow)
                _look_at_claims(task, file.metadata, writer)
                rows = write_batches(task, _batches_of_parquet(file), writer)
                if rows != file.metadata.num_rows:
                    raise _damaged(task, "it has another number of rows than it claims")
        else:
            reader = _arrow(source)
            header = header_of(task, reader.schema)
            write_batches(task, _batches_of_arrow(reader), writer)
    return {"header": header, "parts": writer.close()}


def _parquet(source: BinaryIO) -> pq.ParquetFile:
    return pq.ParquetFile(source, buffer_size=_PAGE_BYTES, page_checksum_verification=True)


def _arrow(source: BinaryIO) -> pa.RecordBatchFileReader | pa.RecordBatchStreamReader:
    is_file = source.read(len(_ARROW_FILE)) == _ARROW_FILE
    source.seek(0)
    return pa.ipc.open_file(source) if is_file else pa.ipc.open_stream(source)


def header_of(task: Task, schema: pa.Schema) -> list[str]:
    """Return the names of the columns. Raises `FileError` when one has too many others in it or lies too deep."""
    if not len(schema):
        raise FileError(f"'{task.shown}' has no column.", "Ask for it again.")
    refuse_width(task.shown, len(schema))
    waiting = [(field.type, 0) for field in schema]
    seen = 0
    while waiting:
        kind, depth = waiting.pop()
        seen += 1
        refuse_width(task.shown, seen)
        if depth > limits().max_nesting:
            raise nesting_error(task.shown)
        waiting += [(inner, depth + 1) for inner in _inside(kind)]
    return list(schema.names)


def _inside(kind: pa.DataType) -> list[pa.DataType]:
    if isinstance(kind, pa.BaseExtensionType):
        return [kind.storage_type]
    if pa.types.is_dictionary(kind):
        return [kind.value_type]
    return [kind.field(number).type for number in range(kind.num_fields)]


def _look_at_claims(task: Task, claims: pq.FileMetaData, writer: PartWriter) -> None:
    """Compare what the footer says of rows and sizes with itself and with the limits, before a page is unpacked."""
    groups = [claims.row_group(number) for number in range(claims.num_row_groups)]
    counts = [group.num_rows for group in groups]
    sizes = [group.total_byte_size for group in groups]
    flat = [at for at in range(claims.num_columns) if claims.schema.column(at).max_repetition_level == 0]
    if min([*counts, *sizes, claims.num_rows, 0]) < 0 or sum(counts) != claims.num_rows:
        raise _damaged(task, "it claims different numbers of rows")
    writer.foresee(claims.num_rows, claims.num_columns)
    refuse_bomb(task.shown, task.size, sum(sizes))
    if any(group.column(at).num_values != group.num_rows for group in groups for at in flat):
        raise _damaged(task, "a column claims another number of rows than its group")


def _batches_of_parquet(file: pq.ParquetFile) -> Iterator[pa.RecordBatch]:
    yield from file.iter_batches(PART_ROWS, use_threads=False)


def _batches_of_arrow(reader: pa.RecordBatchFileReader | pa.RecordBatchStreamReader) -> Iterator[pa.RecordBatch]:
    if isinstance(reader, pa.RecordBatchFileReader):
        yield from (reader.get_batch(number) for number in range(reader.num_record_batches))
    else:
        yield from reader


def write_batches(
    task: Task,
    batches: Iterator[pa.RecordBatch],
    writer: PartWriter,
    seen: Callable[[pl.DataFrame], None] = lambda _: None,
) -> int:
    """Write batches as text, and show each piece of it to ``seen``; returns how many rows.

    Raises `FileError` when a batch is damaged, has a column without text, or exceeds a limit.
    """
    done, rows = 0, _FIRST_ROWS
    for number, batch in enumerate(batches, start=1):
        writer.foresee(len(batch), batch.num_columns)
        validate(task, batch, number)
        start = 0
        while start < len(batch):
            piece = batch.slice(start, rows)
            text = text_of(task, piece, done + 1)
            seen(text)
            size = writer.add(text)
            start += len(piece)
            done += len(piece)
            rows = min(rows * 2, PART_ROWS) if size < _PIECE_BYTES else max(rows // 2, 1)
    return done


def validate(task: Task, batch: pa.RecordBatch, number: int) -> None:
    """Raise `FileError` unless all values of a batch, the file's ``number``-th, are inside its buffers and sound."""
    try:
        batch.validate(full=True)
    except _DAMAGE as error:
        if isinstance(error, MemoryError):
            raise
        raise _damaged(task, f"the values of its batch {number} are not where it says, or not what it says") from error


def text_of(task: Task, batch: pa.RecordBatch, first: int) -> pl.DataFrame:
    """Write the cells of a batch that was validated as text; ``first`` is the 1-based row of its first one."""
    columns = []
    for at, column in enumerate(batch.columns):
        try:
            columns.append(array_as_text(column).alias(f"{CELL}{at}"))
        except MemoryError:
            raise
        except (Exception, pl.exceptions.PanicException) as error:
            raise _no_text(task, at, column.type) from error
    lines = pl.int_range(first, first + len(batch), dtype=pl.UInt64, eager=True)
    return pl.DataFrame([*columns, lines.alias("source_line")])


def _no_text(task: Task, at: int, kind: pa.DataType) -> FileError:
    # The names of inner fields are the vendor's, and may be anything.
    name = str(kind).partition("<")[0].partition("(")[0]
    return FileError(f"'{task.shown}': column {at + 1} cannot be read as text (type {name}).", "Write it as text.")


@contextmanager
def damage(task: Task) -> Iterator[None]:
    """Say in our words what Arrow says of a damaged file. Raises `FileError` when it is."""
    try:
        yield
    except _DAMAGE as error:
        # Words of a library may quote cells; a system's number says that the machine is at fault.
        if isinstance(error, MemoryError) or getattr(error, "errno", None):
            raise
        raise FileError(f"'{task.shown}' is a damaged {NOUNS[task.kind]}.", "Ask for it again.") from error


def _damaged(task: Task, why: str) -> FileError:
    return FileError(f"'{task.shown}' is a damaged {NOUNS[task.kind]}: {why}.", "Ask for it again.")
