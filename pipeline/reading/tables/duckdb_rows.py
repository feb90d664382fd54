"""Rows of a table or view in a DuckDB database, in the order in which the database keeps them, or the one asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import duckdb

from pipeline.reading.tables.stream import BATCH_ROWS, RowStream
from pipeline.reading.tables.urls import TableUrl, quoted, written
from schemas.errors import DropError
from schemas.support.names import did_you_mean
from schemas.support.scratch import scratch_folder

#: A database is the vendor's: it may neither read other files (a view could), nor load anything, nor change this.
_SETTINGS: Final = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "threads": "1",
    "memory_limit": "1GB",
    "preserve_insertion_order": "true",
}
_PARTS: Final = 2
#: Behind the first eight bytes, a checksum.
_MAGIC: Final = b"DUCK"
_MAGIC_AT: Final = 8


@contextmanager
def open_rows(url: TableUrl, shown: str) -> Iterator[RowStream]:
    """Open the table, to read only.

    Raises `DropError` when file, table or column does not exist, or another program is writing to the database.
    """
    if len(url.table) > _PARTS:
        raise DropError(f"'{written(url.table)}' has too many parts.", "Write schema.table.")
    with scratch_folder() as scratch, _database(url, shown, scratch) as database:
        try:
            schema, table = _found(database, url, shown)
            order = ", ".join(map(quoted, _columns(database, schema, table, url, shown)))
            # Every name is quoted, and was found in the catalogue.
            query = f"SELECT * FROM {quoted(schema)}.{quoted(table)}" + (f" ORDER BY {order}" if order else "")  # noqa: S608
            reader = database.sql(query).to_arrow_reader(BATCH_ROWS)
            yield RowStream(reader.schema, _batches(reader, shown))
        except duckdb.OutOfMemoryException as error:
            raise MemoryError from error
        except duckdb.Error as error:
            raise _unreadable(shown, error) from error


@contextmanager
def _database(url: TableUrl, shown: str, scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    path = Path(url.place)
    if not path.is_file():
        raise DropError(f"Drop '{shown}' does not exist.", "Check the path.")
    # The library would take other databases, and files of rows, for one as well.
    with path.open("rb") as stream:
        if stream.read(len(_MAGIC) + _MAGIC_AT)[_MAGIC_AT:] != _MAGIC:
            raise DropError(f"'{shown}' is no DuckDB database.", "Check the path.")
    try:
        database = duckdb.connect(
            str(path.absolute()), read_only=True, config={**_SETTINGS, "temp_directory": str(scratch)}
        )
    except (duckdb.IOException, duckdb.SerializationException) as error:
        if "lock" in str(error):
            raise DropError(
                f"Another program is writing to '{shown}'.", "Close it there, or copy the database."
            ) from error
        raise DropError(
            f"'{shown}' is damaged, or was written by a version of DuckDB that this one does not read.",
            "Check it with DuckDB itself.",
        ) from error
    except duckdb.Error as error:
        raise _unreadable(shown, error) from error
    with database:
        database.execute("SET enable_progress_bar = false")
        database.execute("SET lock_configuration = true")
        yield database


def _found(database: duckdb.DuckDBPyConnection, url: TableUrl, shown: str) -> tuple[str, str]:
    """Find the table in the catalogue: its schema and its name, as written there."""
    rows = database.execute(
        "SELECT table_schema, table_name FROM information_schema.tables WHERE table_catalog = current_database()"
    ).fetchall()
    wanted = url.table if len(url.table) == _PARTS else ("main", *url.table)
    for schema, table in rows:
        if (schema, table) == wanted:
            return schema, table
    known = [written((table,) if schema == "main" else (schema, table)) for schema, table in rows]
    raise DropError(
        f"'{url.place}' has no table '{written(url.table)}'.",
        did_you_mean(written(url.table), known) or "Check its name.",
    )


def _columns(
    database: duckdb.DuckDBPyConnection, schema: str, table: str, url: TableUrl, shown: str
) -> tuple[str, ...]:
    """Check the columns to order by."""
    known = [
        row[0]
        for row in database.execute(
            "SELECT column_name FROM information_schema.columns "
            "WHERE table_catalog = current_database() AND table_schema = ? AND table_name = ?",
            [schema, table],
        ).fetchall()
    ]
    for name in url.order:
        if name not in known:
            raise DropError(f"'{shown}' has no column '{name}' to order by.", did_you_mean(name, known))
    return url.order


def _batches(reader: Iterator[object], shown: str) -> Iterator[object]:
    try:
        yield from reader
    except duckdb.OutOfMemoryException as error:
        raise MemoryError from error
    except (duckdb.Error, OSError) as error:
        raise _unreadable(shown, error) from error


def _unreadable(shown: str, error: Exception) -> DropError:
    # Its own words may quote cells.
    return DropError(f"'{shown}' cannot be read ({type(error).__name__}).", "Check the table with DuckDB itself.")
