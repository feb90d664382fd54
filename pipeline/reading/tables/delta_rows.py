"""Rows of a version of a Delta table, read file by file in the order of the files' names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError, DeltaProtocolError, TableNotFoundError

from pipeline.reading.tables.stream import BATCH_ROWS, RowStream
from pipeline.reading.tables.urls import DELTA_LOG, TableUrl
from schemas.errors import DropError

_MAPPING: Final = "delta.columnMapping.mode"
#: What a version may ask of its readers, beside what the library's own message says.
_READER_FEATURES: Final = ("deletionVectors", "columnMapping", "v2Checkpoint", "typeWidening")


@contextmanager
def open_rows(url: TableUrl, shown: str) -> Iterator[RowStream]:
    """Open the version that the URL names, or the latest.

    Raises `DropError` when there is no such table or version, or rows of it could not be read as its log says.
    """
    folder = Path(url.place)
    if not (folder / DELTA_LOG).is_dir():
        there = f"is no Delta table: it has no {DELTA_LOG}" if folder.is_dir() else "does not exist"
        raise DropError(f"Drop '{shown}' {there}.", "Check the path.")
    table = _opened(folder, shown, url.pinned)
    _refuse_features(table, shown)
    _refuse_elsewhere(table, folder, shown)
    try:
        dataset = table.to_pyarrow_dataset()
    except DeltaProtocolError as error:
        raise _unsupported(shown, _features(table)) from error
    yield RowStream(dataset.schema, _batches(dataset), str(table.version()))


def _opened(folder: Path, shown: str, version: str | None) -> DeltaTable:
    try:
        latest = DeltaTable(str(folder.absolute()))
        if version is None or int(version) == latest.version():
            return latest
        if int(version) > latest.version():
            raise DropError(
                f"'{shown}' has no version {version}: its latest is {latest.version()}.", "Name one that it has."
            )
        return DeltaTable(str(folder.absolute()), version=int(version))
    except TableNotFoundError as error:
        raise DropError(f"'{shown}' is no Delta table.", "Check the path.") from error
    except DeltaError as error:
        what = f"version {version} of '{shown}'" if version else f"'{shown}'"
        raise DropError(
            f"{what[0].upper()}{what[1:]} cannot be read: its log is damaged, or no longer has it.",
            "Name another ?version=, or check the table.",
        ) from error


def _features(table: DeltaTable) -> list[str]:
    """What the table asks of its readers that we do not do."""
    asked = set(table.protocol().reader_features or ())
    if table.metadata().configuration.get(_MAPPING, "none") != "none":
        asked.add("columnMapping")
    return sorted(asked - {"timestampNtz"})


def _refuse_features(table: DeltaTable, shown: str) -> None:
    """Rows that are marked as deleted, or columns under another name, would be read wrongly without a word."""
    if features := _features(table):
        raise _unsupported(shown, features)


def _unsupported(shown: str, features: list[str]) -> DropError:
    what = ", ".join(features) or "a newer protocol"
    purge = " after REORG TABLE … APPLY (PURGE)" if "deletionVectors" in features else ""
    return DropError(
        f"'{shown}' is a Delta table that needs what is not read here: {what}.",
        f"Write it as a table without that{purge}, or read it with 'leadscrub spark scrub'.",
    )


def _refuse_elsewhere(table: DeltaTable, folder: Path, shown: str) -> None:
    """Refuse files that are not in the table's folder: whoever writes the log could have any file of ours read."""
    within = folder.resolve()
    for uri in table.file_uris():
        path = Path(unquote(urlsplit(uri).path)) if uri.startswith("file://") else Path(uri)
        if not path.resolve().is_relative_to(within):
            raise DropError(
                f"'{shown}' is a Delta table with files outside of its folder.",
                "Ask for a copy that has all of its own.",
            )


def _batches(dataset: Any) -> Iterator[pa.RecordBatch]:
    for fragment in sorted(dataset.get_fragments(), key=lambda each: each.path):
        scanner = fragment.scanner(
            schema=dataset.schema, batch_size=BATCH_ROWS, use_threads=False, batch_readahead=1, fragment_readahead=1
        )
        yield from scanner.to_batches()
