"""Parquet and Arrow files (IPC, Feather) as tables of text."""

from __future__ import annotations

from typing import Final, Literal

from schemas.files.apart.child import Format, read_apart
from schemas.files.converted import CELL, ConvertedReader
from schemas.files.inputs import Input
from schemas.files.limits import memory_for
from schemas.files.spool import Spool
from schemas.files.table import Table
from schemas.files.unique_names import unique_names

Form = Literal["parquet", "arrow"]
FORMATS: Final = {
    "parquet": Format("Parquet file", "Write it in smaller row groups, or as CSV."),
    "arrow": Format("Arrow file", "Write it in smaller batches, or as CSV."),
}
#: Rows of a hundred bytes: about the same memory as a block of text.
ROW_BYTES: Final = 128


def open_arrow(given: Input, name: str, form: Form, spool: Spool) -> Table:
    """Convert a file of either kind, in a process of its own; a record's line is its row, 1-based.

    Raises `FileError` when it is damaged or more than a list of leads can be (see `read_apart`).
    """
    report = read_apart(given, "schemas.files.arrow_process", form, FORMATS[form], spool, memory=memory_for(given.size))
    header = tuple(report["header"])
    columns = unique_names(header)
    parts = tuple(spool.written(size, str(given)) for size in report["parts"])
    cells = {column: f"{CELL}{at}" for at, column in enumerate(columns)}
    return Table(
        given, name, columns, header, ConvertedReader(given, {"format": form}, parts, cells, row_bytes=ROW_BYTES)
    )
