"""Opens a table of a lake or a database as a table of the drop."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from pipeline.reading.tables.urls import TableKind, TableUrl
from schemas.files.apart.child import Format, query_apart
from schemas.files.arrow_process import NOUNS
from schemas.files.arrow_table import ROW_BYTES
from schemas.files.converted import CELL, ConvertedReader
from schemas.files.inputs import Rows
from schemas.files.spool import Spool
from schemas.files.table import Table
from schemas.files.unique_names import unique_names
from schemas.support.extras import library_for
from schemas.support.shown import printable

#: Kind -> what people call it, the module that must be there, and the extra that brings it.
NEEDS: Final[dict[TableKind, tuple[str, str, str]]] = {
    "delta": ("Delta tables", "deltalake", "delta"),
    "iceberg": ("Iceberg tables", "pyiceberg", "iceberg"),
    "duckdb": ("DuckDB databases", "duckdb", "duckdb"),
    "postgresql": ("tables in PostgreSQL", "psycopg", "postgres"),
}
#: Those that are behind a network, and need what the environment says about it.
_CONNECTED: Final = frozenset({"iceberg", "postgresql"})
_INSTEAD: Final = "Write it in smaller files, or select what is needed as a table of its own."


def open_table(url: TableUrl, spool: Spool, catalogs: dict[str, dict[str, str]]) -> Table:
    """Read a table into the spool, in a process of its own; a record's line is its row, 1-based.

    ``catalogs``: properties of the catalogues that the workspace names. Raises `UsageError` when the library is not
    installed, `FileError` when the table is missing, denied, damaged or more than a list of leads can be.
    """
    library_for(*NEEDS[url.kind])
    url = with_properties(url, catalogs)
    form = Format(NOUNS[url.kind], _INSTEAD)
    report = query_apart(
        str(url),
        "pipeline.reading.tables.process",
        url.kind,
        form,
        spool,
        wanted=(url.as_argument(),),
        connected=url.kind in _CONNECTED,
    )
    pinned = replace(url, pinned=report["pinned"])
    given = Rows(str(pinned), report["sha256"], report["bytes"])
    header = tuple(report["header"])
    columns = unique_names(header)
    parts = tuple(spool.written(size, str(given)) for size in report["parts"])
    cells = {column: f"{CELL}{at}" for at, column in enumerate(columns)}
    reader = ConvertedReader(given, _form(pinned), parts, cells, row_bytes=ROW_BYTES)
    return Table(given, printable(pinned.name), columns, header, reader, notes=tuple(report["notes"]))


def with_properties(url: TableUrl, catalogs: dict[str, dict[str, str]]) -> TableUrl:
    """Add what the workspace says of an Iceberg table's catalogue; what it does not know, pyiceberg's own file may."""
    return replace(url, properties=catalogs.get(url.place, {})) if url.kind == "iceberg" else url


def _form(url: TableUrl) -> dict[str, str]:
    pin = "version" if url.kind == "delta" else "snapshot"
    said = {"format": url.kind, pin: url.pinned, "order": ", ".join(url.order)}
    return {name: value for name, value in said.items() if value}
