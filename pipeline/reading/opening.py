"""Finds out what a file of a drop is, and opens the tables in it."""

from __future__ import annotations

from pathlib import Path

from pipeline.reading.csv_table import open_csv
from pipeline.reading.parquet_table import MAGIC, open_parquet
from pipeline.reading.table import Table
from schemas.config import Layout
from schemas.errors import DropError


def open_tables(path: Path, name: str, layout: Layout) -> list[Table]:
    """Open a file. `DropError` when it is missing, empty or in no format that is read."""
    try:
        with path.open("rb") as stream:
            magic = stream.read(len(MAGIC))
        return [open_parquet(path, name) if magic == MAGIC else open_csv(path, name, layout)]
    except OSError as error:
        raise DropError(f"Drop '{path}' cannot be read: {error.strerror}.", "Check its permissions.") from error
