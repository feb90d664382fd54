"""Batches between the two passes of a run: on disk, so that memory does not grow with the drop."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pyarrow as pa

from schemas.coded_findings import CodedFindings
from schemas.support.arrow_columns import column
from schemas.support.summed_file import SummedFile

#: Bytes that are written at once, at least.
_BUFFER = 1 << 18


class Stored(NamedTuple):
    """A batch as it was put away, of the file number ``source``."""

    source: int
    files: tuple[SummedFile, ...]


class BatchSpool:
    """Puts batches away, on several threads at once, and gives them back once, in the order in which they were kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()
        self._stored: list[Stored] = []
        folder.mkdir()

    def put(self, source: int, rows: pa.Table, found: CodedFindings) -> Stored:
        """Write a batch of the file number ``source`` (any columns) with its findings; `keep` gives it its turn."""
        number = next(self._numbers)
        tables = {
            f"batch-{number:06d}.arrow": rows,
            f"findings-{number:06d}.arrow": pa.table({"row_id": found.row_id, "which": found.which}),
            f"said-{number:06d}.arrow": found.said.to_arrow(compat_level=pl.CompatLevel.oldest()),
        }
        return Stored(source, tuple(_write(self._folder / name, table) for name, table in tables.items()))

    def keep(self, stored: Stored) -> None:
        """Say which batch comes next."""
        self._stored.append(stored)

    def take(self) -> Iterator[tuple[int, pa.Table, CodedFindings]]:
        """Yield file number, batch and findings, and delete each from disk once it was used.

        Raises `LeadscrubError` when a byte of them is not as it was written.
        """
        for stored in self._stored:
            for file in stored.files:
                file.check()
            rows, found, said = (_mapped(file.path) for file in stored.files)
            for file in stored.files:
                file.path.unlink()
            ids, which = (column(found, name).to_numpy() for name in ("row_id", "which"))
            yield stored.source, rows, CodedFindings(ids, which, pl.DataFrame(said))


def _write(path: Path, table: pa.Table) -> SummedFile:
    """Write a table."""
    # Arrow pads each array: without a buffer that would be a write of a few bytes for each.
    with (
        SummedFile(path) as file,
        io.BufferedWriter(file, _BUFFER) as buffered,
        pa.PythonFile(buffered, "w") as sink,
        pa.ipc.new_file(sink, table.schema) as writer,
    ):
        writer.write_table(table)
    return file


def _mapped(path: Path) -> pa.Table:
    """Give the table that a file holds without reading it: what of it is never asked for never leaves the disk.

    It stays whole when the file is deleted.
    """
    with pa.memory_map(str(path)) as mapped, pa.ipc.open_file(mapped) as reader:
        return reader.read_all()
