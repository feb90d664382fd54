"""Writes an export as a table of a lake: a version of a Delta table, or a snapshot of an Iceberg table.

Nobody reads a table before its log or its catalogue names the new version, so an export is there as a whole or not at
all. The version names its export: the same one again changes nothing.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import pyarrow as pa

from pipeline.exporting.files import arrow_batches, arrow_schema
from pipeline.exporting.table import Source, Tally
from pipeline.reading.tables.iceberg_catalogs import open_catalog
from pipeline.reading.tables.opening import NEEDS
from pipeline.reading.tables.urls import DELTA_LOG, TableUrl, written
from schemas.errors import FileError, LeadscrubError, OutputError
from schemas.support.extras import library_for
from schemas.support.shortage import raise_shortage

#: What a version says of the export that wrote it, beside ``run_id`` and ``as_of``.
EXPORT: Final = "export"
_PREFIX: Final = "leadscrub."
#: The rows of a file are in memory while it is written: 512 MB, if nothing is said.
_SMALL_FILES: Final = {"write.target-file-size-bytes": str(128 << 20)}


class LakeTable(Protocol):
    """A table that an export goes to."""

    @property
    def shown(self) -> str:
        """What people call it."""
        ...

    def last_export(self) -> dict[str, str] | None:
        """What the latest version says of the export that wrote it; None where there is no table yet."""
        ...

    def write(self, source: Source, metadata: dict[str, str]) -> Tally:
        """Write all rows as the next version, in place of those before. Raises `OutputError` when that fails."""
        ...


def open_delta(folder: Path) -> DeltaFolder:
    """Find the folder of a Delta table, which need not be there. Raises `UsageError` when the library is missing."""
    library_for(*NEEDS["delta"])
    return DeltaFolder(folder)


def open_iceberg(url: TableUrl) -> IcebergName:
    """Find a table in its catalogue.

    Raises `UsageError` when the library is missing, `OutputError` when the catalogue does not answer, or lacks the
    namespace.
    """
    library_for(*NEEDS["iceberg"])
    from pyiceberg.exceptions import NoSuchTableError  # noqa: PLC0415  # it needs the extra

    shown = str(url)
    with _faults(shown):
        catalog = open_catalog(url)
        try:
            return IcebergName(shown, url.table, catalog, catalog.load_table(url.table))
        except NoSuchTableError:
            if len(url.table) < 2 or not catalog.namespace_exists(url.table[:-1]):
                space = written(url.table[:-1])
                raise OutputError(
                    f"Catalogue '{url.place}' has no namespace '{space}'.",
                    f"Create it: pyiceberg --catalog {url.place} create namespace {space}.",
                ) from None
            return IcebergName(shown, url.table, catalog, None)


@dataclass(frozen=True)
class DeltaFolder:
    """See `LakeTable`."""

    folder: Path

    @property
    def shown(self) -> str:
        """What people call it."""
        return str(self.folder)

    def last_export(self) -> dict[str, str] | None:
        """See `LakeTable`."""
        if not (self.folder / DELTA_LOG).is_dir():
            return None
        from deltalake import DeltaTable  # noqa: PLC0415  # it needs the extra

        with _faults(self.shown):
            commits = DeltaTable(str(self.folder.absolute())).history(1)
        return {key: str(value) for key, value in commits[0].items()} if commits else {}

    def write(self, source: Source, metadata: dict[str, str]) -> Tally:
        """See `LakeTable`."""
        from deltalake import CommitProperties, write_deltalake  # noqa: PLC0415  # it needs the extra

        tally = Tally()
        with _faults(self.shown), _owner_only():
            write_deltalake(
                str(self.folder.absolute()),
                _reader(source, tally),
                mode="overwrite",
                schema_mode="overwrite",
                commit_properties=CommitProperties(custom_metadata=metadata),
            )
        return tally


@dataclass(frozen=True)
class IcebergName:
    """See `LakeTable`. ``table``: None when it is not there yet."""

    shown: str
    name: tuple[str, ...]
    catalog: Any
    table: Any

    def last_export(self) -> dict[str, str] | None:
        """See `LakeTable`."""
        if self.table is None:
            return None
        snapshot = self.table.current_snapshot()
        said = {} if snapshot is None or snapshot.summary is None else snapshot.summary.additional_properties
        return {key.removeprefix(_PREFIX): value for key, value in said.items() if key.startswith(_PREFIX)}

    def write(self, source: Source, metadata: dict[str, str]) -> Tally:
        """See `LakeTable`. Raises `OutputError` when that fails, also where the table is partitioned."""
        tally = Tally()
        rows = _reader(source, tally)
        said = {f"{_PREFIX}{key}": value for key, value in metadata.items()}
        with _faults(self.shown), _owner_only(), warnings.catch_warnings():
            # A table without rows has none to replace, which is said in a warning.
            warnings.simplefilter("ignore", UserWarning)
            if self.table is None:
                with self.catalog.create_table_transaction(
                    self.name, schema=rows.schema, properties=_SMALL_FILES
                ) as change:
                    change.append(rows, snapshot_properties=said)
                return tally
            if not self.table.spec().is_unpartitioned():
                raise OutputError(f"'{self.shown}' is partitioned, which is not written.", "Name another table.")
            with self.table.transaction() as change:
                self._take_columns(change, rows.schema)
                change.overwrite(rows, snapshot_properties=said)
        return tally

    def _take_columns(self, change: Any, schema: pa.Schema) -> None:
        """Give the table the columns of the export. Raises `OutputError` when one has another type."""
        from pyiceberg.io.pyarrow import schema_to_pyarrow  # noqa: PLC0415  # it needs the extra

        there = {field.name: field.type for field in schema_to_pyarrow(self.table.schema(), include_field_ids=False)}
        for field in schema:
            if field.name in there and _plain(there[field.name]) != _plain(field.type):
                raise OutputError(
                    f"Column '{field.name}' of '{self.shown}' has another type.",
                    "Name another table, or drop this one.",
                )
        gone = [name for name in there if name not in schema.names]
        if gone or set(schema.names) - set(there):
            with change.update_schema(allow_incompatible_changes=True) as columns:
                columns.union_by_name(schema)
                for name in gone:
                    columns.delete_column((name,))


def _plain(kind: pa.DataType) -> pa.DataType:
    return pa.string() if pa.types.is_large_string(kind) else kind


def _reader(source: Source, tally: Tally) -> pa.RecordBatchReader:
    schema = arrow_schema(source.selection.columns)
    return pa.RecordBatchReader.from_batches(schema, arrow_batches(source, schema, tally))


@contextmanager
def _faults(shown: str) -> Iterator[None]:
    """Turn what a library raises into an `OutputError`; its own words may quote cells."""
    try:
        yield
    except FileError as error:
        raise OutputError(error.message, error.hint) from error
    except (LeadscrubError, MemoryError):
        raise
    except Exception as error:
        raise_shortage(error)
        raise OutputError(
            f"The table '{shown}' cannot be written ({type(error).__name__}).", "Look at it, and try again."
        ) from error


@contextmanager
def _owner_only() -> Iterator[None]:
    """What a library creates is for its owner only; its threads have our mask."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)
