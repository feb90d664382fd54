"""Batches between the two passes of a run: on disk, so that memory does not grow with the drop."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pyarrow as pa

from schemas.coded_findings import CodedFindings
from schemas.support.arrow_columns import column
from schemas.support.summed_file import SummedFile

#: Bytes that are written at once, at least.
_BUFFER = 1 << 18


#: A column and what is said of it.
HeldColumn = tuple[pa.Field, pa.Array | pa.ChunkedArray]


class _File(NamedTuple):
    """A file of columns, and where each of them ends."""

    summed: SummedFile
    ends: tuple[int, ...]


class Stored(NamedTuple):
    """A batch as it was put away, of the file number ``source``."""

    source: int
    files: tuple[_File, ...]


class BatchSpool:
    """Puts batches away, on several threads at once, and gives them back once, in the order in which they were kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()
        self._stored: list[Stored] = []
        folder.mkdir()

    def put(self, source: int, columns: Iterable[HeldColumn], found: CodedFindings) -> Stored:
        """Write a batch of the file number ``source`` (any columns) with its findings; `keep` gives it its turn."""
        number = next(self._numbers)
        said = found.said.to_arrow(compat_level=pl.CompatLevel.oldest())
        tables = {
            f"batch-{number:06d}.arrow": columns,
            f"findings-{number:06d}.arrow": _columns(pa.table({"row_id": found.row_id, "which": found.which})),
            f"said-{number:06d}.arrow": _columns(said),
        }
        return Stored(source, tuple(_write(self._folder / name, each) for name, each in tables.items()))

    def keep(self, stored: Stored) -> None:
        """Say which batch comes next."""
        self._stored.append(stored)

    def take(self) -> Iterator[tuple[int, pa.Table, CodedFindings]]:
        """Yield file number, batch and findings, and delete each from disk once it was used.

        Raises `LeadscrubError` when a byte of them is not as it was written.
        """
        for stored in self._stored:
            for file in stored.files:
                file.summed.check()
            rows, found, said = map(_mapped, stored.files)
            for file in stored.files:
                file.summed.path.unlink()
            ids, which = (column(found, name).to_numpy() for name in ("row_id", "which"))
            yield stored.source, rows, CodedFindings(ids, which, pl.DataFrame(said))


def _columns(table: pa.Table) -> Iterable[HeldColumn]:
    return zip(table.schema, map(table.column, table.column_names), strict=True)


def _write(path: Path, columns: Iterable[HeldColumn]) -> _File:
    """Write columns one behind the other, each as it comes: in its memory the next one is made."""
    ends = []
    # Arrow pads each array: without a buffer that would be a write of a few bytes for each.
    with SummedFile(path) as file, io.BufferedWriter(file, _BUFFER) as buffered, pa.PythonFile(buffered, "w") as sink:
        for field, values in columns:
            table = pa.Table.from_arrays([values], schema=pa.schema([field]))
            with pa.ipc.new_stream(sink, table.schema) as writer:
                writer.write_table(table)
            ends.append(sink.tell())
    return _File(file, tuple(ends))


def _mapped(file: _File) -> pa.Table:
    """Give the table that a file holds without reading it: what of it is never asked for never leaves the disk.

    It stays whole when the file is deleted.
    """
    with pa.memory_map(str(file.summed.path)) as mapped:
        content = mapped.read_buffer()
    starts = [0, *file.ends]
    columns = [pa.ipc.open_stream(content.slice(start, end - start)).read_all() for start, end in pairwise(starts)]
    schema = pa.schema([each.schema.field(0) for each in columns])
    return pa.Table.from_arrays([each.column(0) for each in columns], schema=schema)
