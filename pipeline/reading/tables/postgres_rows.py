"""Rows of a table or view in PostgreSQL, as a stream of ``COPY``, within one transaction that only reads."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

import polars as pl
import psycopg
import pyarrow as pa
from psycopg import errors, sql
from pyarrow import csv

from pipeline.reading.tables.stream import RowStream
from pipeline.reading.tables.urls import TableUrl, written
from schemas.errors import DropError
from schemas.files.as_text import as_text
from schemas.files.limits import limits, record_error
from schemas.support.names import did_you_mean

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
_PORT: Final = 5432
#: How a server says what it means, whatever it was configured to; and where a scan begins.
_SETTINGS: Final = (
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
    "SET LOCAL TimeZone = 'UTC'",
    "SET LOCAL DateStyle = 'ISO, YMD'",
    "SET LOCAL IntervalStyle = 'iso_8601'",
    "SET LOCAL extra_float_digits = 1",
    "SET LOCAL synchronize_seqscans = off",
)
_COLUMNS: Final = """
    SELECT a.attname, t.typname, t.typcategory
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
_KEY: Final = """
    SELECT a.attname FROM pg_index i, unnest(i.indkey) WITH ORDINALITY k(number, place), pg_attribute a
    WHERE i.indrelid = %s AND i.indisprimary AND a.attrelid = i.indrelid AND a.attnum = k.number ORDER BY k.place
"""
#: In the search path where no schema is named, as for the server itself.
_FIND: Final = """
    SELECT c.oid, n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relname = %s AND c.relkind IN ('r', 'v', 'm', 'p', 'f')
    AND (n.nspname = %s OR %s::text IS NULL AND pg_table_is_visible(c.oid))
"""
_KNOWN: Final = """
    SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
"""
#: Types of whose values a Parquet file would have another text: what they are there.
_TYPED: Final[dict[str, pl.DataType]] = {
    "float4": pl.Float64(),
    "float8": pl.Float64(),
    "time": pl.Time(),
    "timestamp": pl.Datetime("us"),
    "timestamptz": pl.Datetime("us", "UTC"),
}
#: Categories of types that are nested: arrays and composites.
_NESTED: Final = ("A", "C")


@contextmanager
def open_rows(url: TableUrl, shown: str) -> Iterator[RowStream]:
    """Open the table.

    Raises `DropError` when server, database, table or column does not exist, or we may not read it.
    """
    with _faults(url, shown), _connected(url, shown) as connection:
        for setting in _SETTINGS:
            connection.execute(setting)
        number, schema = _found(connection, url, shown)
        columns = connection.execute(_COLUMNS, [number]).fetchall()
        key = [row[0] for row in connection.execute(_KEY, [number])]
        names = [name for name, _, _ in columns]
        for name in url.order:
            if name not in names:
                raise DropError(f"'{shown}' has no column '{name}' to order by.", did_you_mean(name, names))
        order = list(dict.fromkeys([*url.order, *key]))
        notes = () if order else (_unordered(url),)
        query = sql.SQL("COPY (SELECT {} FROM {} AS t{}) TO STDOUT (FORMAT csv)").format(
            sql.SQL(", ").join(_cell(*column) for column in columns),
            sql.Identifier(schema, url.table[-1]),
            _order(order),
        )
        with connection.cursor() as cursor, cursor.copy(query) as copy:
            made = pa.schema([(name, pa.large_string()) for name in names])
            yield RowStream(made, _batches(copy, columns, made, shown), notes=notes)


@contextmanager
def _connected(url: TableUrl, shown: str) -> Iterator[psycopg.Connection[Any]]:
    parts = urlsplit(url.place)
    given: dict[str, Any] = {
        "host": parts.hostname,
        "port": parts.port or os.environ.get("PGPORT", _PORT),
        "dbname": unquote(parts.path.removeprefix("/")),
        "user": unquote(parts.username) if parts.username else None,
    }
    # Nobody on the way should read along; within this machine there is no way.
    if parts.hostname not in _LOOPBACK and "PGSSLMODE" not in os.environ:
        given["sslmode"] = "require"
    known = {name: value for name, value in given.items() if value is not None}
    alive: dict[str, Any] = {"keepalives_idle": 60, "keepalives_interval": 10, "keepalives_count": 6}
    try:
        connection = psycopg.connect(connect_timeout=30, application_name="leadscrub", **alive, **known)
    except psycopg.OperationalError as error:
        raise _unreached(shown, str(error)) from error
    with connection:
        yield connection


def _unreached(shown: str, said: str) -> DropError:
    """Say why there is no connection. The server's words name users: only their kind is shown."""
    if any(word in said for word in ("password", "authentication", "pg_hba", "role ")):
        return DropError(f"Access to '{shown}' is denied.", "Check user and password: PGUSER, PGPASSWORD, ~/.pgpass.")
    if "database" in said and "does not exist" in said:
        return DropError(f"'{shown}': the server has no such database.", "Check its name.")
    if "SSL" in said:
        return DropError(f"'{shown}' offers no protected connection (SSL).", "If that is right, set PGSSLMODE=prefer.")
    return DropError(f"The server of '{shown}' does not answer.", "Check host, port, and that it is running.")


def _found(connection: psycopg.Connection[Any], url: TableUrl, shown: str) -> tuple[int, str]:
    """Find the table: its number and its schema."""
    *schemas, table = url.table
    if len(schemas) > 1:
        raise DropError(f"'{written(url.table)}' has too many parts.", "Write schema.table.")
    schema = schemas[0] if schemas else None
    found: tuple[int, str] | None = connection.execute(_FIND, [table, schema, schema]).fetchone()
    if found is not None:
        return found
    rows = connection.execute(_KNOWN).fetchall()
    known = [written((name,) if space == "public" and schema is None else (space, name)) for space, name in rows]
    raise DropError(
        f"'{_database(shown)}' has no table '{written(url.table)}'.",
        did_you_mean(written(url.table), known) or "Check its name.",
    )


def _database(shown: str) -> str:
    return shown.partition("?")[0]


def _unordered(url: TableUrl) -> str:
    return (
        f"{written(url.table)} has no primary key: its rows are in the order in which the server gave them, which may "
        "be another one the next time; name columns with &order="
    )


def _order(columns: list[str]) -> sql.Composable:
    """By the columns of the table: without its name they would be those that are sent, which are text."""
    named = sql.SQL(", ").join(sql.Identifier("t", name) for name in columns)
    return sql.SQL(" ORDER BY ") + named if columns else sql.SQL("")


def _cell(name: str, kind: str, category: str) -> sql.Composable:
    """The text of a cell: of what is nested as JSON."""
    column = sql.Identifier(name)
    if kind == "timestamptz":
        column_text = sql.SQL("({} AT TIME ZONE 'UTC')::text")
    elif category in _NESTED:
        column_text = sql.SQL("to_json({})::text")
    else:
        column_text = sql.SQL("{}::text")
    return column_text.format(column)


def _batches(
    copy: psycopg.Copy, columns: list[tuple[str, str, str]], schema: pa.Schema, shown: str
) -> Iterator[pa.RecordBatch]:
    stream = _CopyStream(copy)
    if not stream.begun():
        return
    places = [f"{at}" for at in range(len(columns))]
    largest = limits().record_bytes
    try:
        reader = csv.open_csv(
            pa.PythonFile(stream, "r"),
            csv.ReadOptions(use_threads=False, block_size=largest, column_names=places),
            csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
            csv.ConvertOptions(
                column_types=dict.fromkeys(places, pa.large_string()),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
        for batch in reader:
            frame = pl.DataFrame(pl.from_arrow(batch))
            texts = [_text(frame.get_column(place), kind) for place, (_, kind, _) in zip(places, columns, strict=True)]
            yield pa.record_batch([each.to_arrow(compat_level=pl.CompatLevel.oldest()) for each in texts], schema)
    except pa.ArrowInvalid as error:
        if "straddling" in str(error):
            raise record_error(shown, f"a row after row {stream.rows:,}") from error
        raise DropError(f"'{shown}' sent what is no row of it.", "Try again.") from error


def _text(column: pl.Series, kind: str) -> pl.Series:
    """Write values as those of a Parquet file are. What Parquet has no value for, as ``infinity``, stays as it is."""
    dtype = _TYPED.get(kind)
    if dtype is None:
        return column
    if isinstance(dtype, pl.Datetime):
        typed = column.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", strict=False)
        typed = typed.dt.replace_time_zone(dtype.time_zone)
    elif isinstance(dtype, pl.Time):
        typed = column.str.to_time("%H:%M:%S%.f", strict=False)
    else:
        typed = column.cast(dtype, strict=False)
    return as_text(typed).zip_with(typed.is_not_null(), column)


class _CopyStream(io.RawIOBase):
    """What the server sends, row by row, as bytes to read in blocks."""

    def __init__(self, copy: psycopg.Copy) -> None:
        self._copy = copy
        self._waiting = bytearray()
        self._ended = False
        self.rows = 0

    def begun(self) -> bool:
        """Whether there is anything to read."""
        self._fill(1)
        return bool(self._waiting)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        self._fill(len(view))
        taken = min(len(view), len(self._waiting))
        view[:taken] = self._waiting[:taken]
        del self._waiting[:taken]
        return taken

    def _fill(self, wanted: int) -> None:
        while not self._ended and len(self._waiting) < wanted:
            row = self._copy.read()
            self.rows += 1
            self._waiting += row
            self._ended = not row


@contextmanager
def _faults(url: TableUrl, shown: str) -> Iterator[None]:
    """Turn what the server says into a `DropError`. Its words may quote cells: only their kind is shown."""
    try:
        yield
    except errors.InsufficientPrivilege as error:
        raise DropError(
            f"Access to '{shown}' is denied: the user may not read the table, or a column of it.",
            "Grant SELECT on it, or name a view of what may be read.",
        ) from error
    except psycopg.OperationalError as error:
        raise DropError(f"'{shown}' broke off ({type(error).__name__}).", "Try again.") from error
    except psycopg.Error as error:
        raise DropError(f"'{shown}' cannot be read ({type(error).__name__}).", "Check the table with psql.") from error
