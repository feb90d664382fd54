"""Rows of a snapshot of an Iceberg table, read file by file in the order of the files' names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
from pyiceberg.exceptions import NoSuchNamespaceError, NoSuchTableError
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.io.pyarrow import ArrowScan, _read_all_delete_files, schema_to_pyarrow
from pyiceberg.table import DataScan, Table

from pipeline.reading.tables.iceberg_catalogs import iceberg_faults, open_catalog
from pipeline.reading.tables.stream import RowStream
from pipeline.reading.tables.urls import TableUrl, written
from schemas.errors import DropError


@contextmanager
def open_rows(url: TableUrl, shown: str) -> Iterator[RowStream]:
    """Open the snapshot that the URL names, or the current one.

    Raises `DropError` when catalogue, table or snapshot is missing or denied, or rows are deleted in a way that is
    not read.
    """
    pa.set_cpu_count(1)
    with iceberg_faults(shown):
        catalog = open_catalog(url)
        try:
            table = catalog.load_table(url.table)
        except (NoSuchTableError, NoSuchNamespaceError) as error:
            raise DropError(
                f"Catalogue '{url.place}' has no table '{written(url.table)}'.", "Check its name."
            ) from error
        snapshot = _snapshot(table, url, shown)
        scan = table.scan(snapshot_id=snapshot)
        schema = schema_to_pyarrow(scan.projection(), include_field_ids=False)
        yield RowStream(schema, _batches(table, scan, schema), None if snapshot is None else str(snapshot))


def _snapshot(table: Table, url: TableUrl, shown: str) -> int | None:
    """The snapshot to read; None of a table that never had one."""
    if url.pinned is None:
        current = table.current_snapshot()
        return None if current is None else current.snapshot_id
    if table.snapshot_by_id(int(url.pinned)) is None:
        raise DropError(f"'{shown}': the table has no such snapshot (any more).", "Name one that it has.")
    return int(url.pinned)


def _batches(table: Table, scan: DataScan, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    tasks: list[Any] = sorted(scan.plan_files(), key=lambda task: task.file.file_path)
    rows = ArrowScan(table.metadata, table.io, scan.projection(), AlwaysTrue())
    for task in tasks:
        # What the library offers in public keeps all rows of a file in memory, and of several files at once.
        deletes = _read_all_delete_files(table.io, [task])
        for batch in rows._record_batches_from_scan_tasks_and_deletes([task], deletes):
            yield batch if batch.schema.equals(schema) else batch.cast(schema)
