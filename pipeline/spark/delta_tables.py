"""The tables of a published result as Delta tables: tasks write their files, one commit for each table names them.

Delta has neither times of day nor numbers without a sign, so columns of these are written as an export writes them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.results.folder import PARQUETS, table_files
from pipeline.spark.tasks import collected, places
from schemas.errors import OutputError, UsageError
from schemas.support.extras import library_for
from schemas.support.places import new_file

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

#: What a task says of a file that it wrote.
_WROTE: Final = "part int, name string, size long, rows long"
_BATCH: Final = 65_536


def check_delta(folder: Path, out: Path, *, force: bool) -> None:
    """Check where Delta tables are to go, before the job begins.

    Raises `UsageError` when the library is not installed or the folder is the result's, `OutputError` when something
    that is no such table, or a table without ``force``, is there.
    """
    library_for("Delta tables", "deltalake", "delta")
    if out.resolve() in {folder.resolve(), *folder.resolve().parents}:
        raise UsageError(
            f"'{folder}' is in the result's folder, which holds what its run wrote and nothing else.",
            "Name a folder elsewhere.",
        )
    for name in PARQUETS:
        table = folder / name
        if not table.exists():
            continue
        if not (table / "_delta_log").is_dir():
            raise OutputError(f"'{table}' is no Delta table.", "Name a new folder.")
        if not force:
            raise OutputError(f"'{table}' exists already.", "Name another folder, or replace the tables with --force.")


def write_delta(session: SparkSession, out: Path, folder: Path, run_id: str, *, force: bool) -> None:
    """Write the tables of a result as Delta tables, each complete from its commit on; ``force`` replaces earlier ones.

    A job that is run again after it was ended in between writes them again. Raises `OutputError` when one cannot be
    written, `LeadscrubError` when a task failed.
    """
    for name in PARQUETS:
        table = (folder / name).absolute()
        table.mkdir(parents=True, exist_ok=True)
        files = table_files(out, name)
        schema = _schema(files[0])
        refuse_twins(schema)
        write = partial(_files_of, files, table, run_id)
        wrote = {row["part"]: row for row in collected(places(session, len(files)).mapInArrow(write, _WROTE))}
        _commit(table, schema, [wrote[part] for part in sorted(wrote)], run_id, force=force)


def _commit(table: Path, schema: pa.Schema, wrote: list[dict[str, int | str]], run_id: str, *, force: bool) -> None:
    from deltalake import CommitProperties, Schema  # noqa: PLC0415  # it needs the extra
    from deltalake.exceptions import DeltaError  # noqa: PLC0415
    from deltalake.transaction import AddAction, create_table_with_add_actions  # noqa: PLC0415

    adds = []
    for file in wrote:
        path = table / str(file["name"])
        modified = int(path.stat().st_mtime * 1000)
        counted = json.dumps({"numRecords": file["rows"]})
        adds.append(AddAction(path.name, int(file["size"]), {}, modified, data_change=True, stats=counted))
    try:
        create_table_with_add_actions(
            str(table),
            Schema.from_arrow(schema),
            adds,
            mode="overwrite" if force else "error",
            partition_by=[],
            commit_properties=CommitProperties(custom_metadata={"run_id": run_id}),
        )
    except (DeltaError, OSError) as error:
        raise OutputError(f"The Delta table '{table}' cannot be written ({type(error).__name__}).", "") from error


def _files_of(
    files: list[Path], table: Path, run_id: str, batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Write the file of each part that a task is given. Its name has the number of the try: no try meets another."""
    from pyspark import TaskContext  # noqa: PLC0415  # there where a task is

    context = TaskContext.get()
    attempt = 0 if context is None else context.taskAttemptId()
    for batch in batches:
        for part in batch.column(0).to_pylist():
            path = table / f"part-{part:05d}-{run_id[:12]}-{attempt}.parquet"
            rows = _write(files[part], path)
            size = path.stat().st_size
            yield pa.RecordBatch.from_pylist([{"part": part, "name": path.name, "size": size, "rows": rows}], _SAID)


_SAID: Final = pa.schema([("part", pa.int32()), ("name", pa.string()), ("size", pa.int64()), ("rows", pa.int64())])


def _write(source: Path, path: Path) -> int:
    schema = _schema(source)
    with source.open("rb") as stream, pq.ParquetFile(stream) as file, new_file(path) as sink:
        with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
            for batch in file.iter_batches(_BATCH):
                frame = _plain(pl.DataFrame(pl.from_arrow(batch)))
                table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
                writer.write_table(table.cast(schema))
        return int(file.metadata.num_rows)


def _schema(source: Path) -> pa.Schema:
    """Columns of a table as Delta has them."""
    with source.open("rb") as stream:
        given = pq.read_schema(stream)
    empty = _plain(pl.DataFrame(pl.from_arrow(given.empty_table())))
    return empty.to_arrow(compat_level=pl.CompatLevel.oldest()).schema


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Times of day as text, numbers with a sign, words of few values as text."""
    made = []
    for name, dtype in frame.schema.items():
        column = pl.col(name)
        if dtype == pl.Time:
            made.append(column.dt.to_string("%H:%M:%S"))
        elif dtype.is_unsigned_integer():
            made.append(column.cast(pl.Int64))
        elif isinstance(dtype, pl.Categorical | pl.Enum):
            made.append(column.cast(pl.String))
    return frame.with_columns(made)


def refuse_twins(schema: pa.Schema) -> None:
    """Raise `OutputError` when columns of the drop differ in case alone: Delta takes them for one."""
    for field in schema:
        if not pa.types.is_struct(field.type):
            continue
        names = [inner.name.lower() for inner in field.type]
        twin = next((inner.name for place, inner in enumerate(field.type) if names[place] in names[:place]), None)
        if twin is not None:
            raise OutputError(
                f"Two columns of the drop are called '{twin}' but for the case, and a Delta table cannot hold both.",
                "Rename one of them, or take the Parquet files.",
            )
