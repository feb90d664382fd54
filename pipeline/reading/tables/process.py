"""Reads a table in a process of its own (`schemas.files.apart.process`): its rows go to the spool as parts of text.

What libraries of lakes and databases make of damaged or hostile files is their business alone: every batch is validated
in full, as those of a Parquet file are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib import import_module
from typing import Any, BinaryIO, Final

from pipeline.reading.tables.cell_digest import CellDigest
from pipeline.reading.tables.stream import RowStream, in_utc
from pipeline.reading.tables.urls import TableKind, TableUrl, url_of_argument
from schemas.errors import FileError
from schemas.files.apart.parts import PartWriter
from schemas.files.apart.task import Task
from schemas.files.arrow_process import damage, header_of, write_batches
from schemas.files.limits import limits

#: Kind -> the module that opens such a table, by its function ``open_rows``.
_OPENERS: Final[dict[TableKind, str]] = {
    "delta": "delta_rows",
    "iceberg": "iceberg_rows",
    "duckdb": "duckdb_rows",
    "postgresql": "postgres_rows",
}
Opener = Callable[[TableUrl, str], AbstractContextManager[RowStream]]


def convert(task: Task, source: BinaryIO, sink: BinaryIO) -> dict[str, Any]:
    """Write all rows of the table that ``wanted`` names.

    Returns ``header``, ``parts`` (their sizes), ``sha256`` and ``bytes`` of the cells, ``pinned`` and ``notes``.
    Raises `FileError` when the table is missing, denied, damaged or exceeds a limit.
    """
    url = url_of_argument(task.wanted[0])
    # Nothing is packed: only what a table may unpack to is a limit.
    writer = PartWriter(sink, task.shown, limits().unpacked_bytes)
    with damage(task), _gone(task), opener_of(url.kind)(url, task.shown) as opened:
        stream = in_utc(opened)
        header = header_of(task, stream.schema)
        digest = CellDigest(header)
        write_batches(task, stream.batches, writer, digest.add)
    return {
        "header": header,
        "parts": writer.close(),
        "sha256": digest.hexdigest(),
        "bytes": writer.total,
        "pinned": stream.pinned,
        "notes": list(stream.notes),
    }


def opener_of(kind: TableKind) -> Opener:
    """What opens a table of a kind. Raises `ImportError` when its library is not installed."""
    opener: Opener = import_module(f"pipeline.reading.tables.{_OPENERS[kind]}").open_rows
    return opener


@contextmanager
def _gone(task: Task) -> Iterator[None]:
    """Files that a table names, and that are not there or not for us, are the table's fault and not ours."""
    try:
        yield
    except FileNotFoundError as error:
        raise FileError(
            f"'{task.shown}' names files that are gone.", "Check the table: files of an old version may be removed."
        ) from error
    except PermissionError as error:
        raise FileError(f"Access to files of '{task.shown}' is denied.", "Check their permissions.") from error
