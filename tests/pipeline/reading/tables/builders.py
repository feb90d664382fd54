"""The same rows as a file and as a table of each kind, made by the libraries that people make them with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.reading.opening import open_drop
from pipeline.reading.tables.process import opener_of
from pipeline.reading.tables.urls import table_url
from schemas.errors import FileError
from schemas.files.table import FileTally, Table, read_batches
from schemas.layout import Layout
from schemas.workspace import RemoteChoice

#: A number of each type, and texts that a format may read otherwise than they were written.
TYPED = pa.table(
    {
        "id": pa.array([1, 2, 3], pa.int32()),
        "Full Name": ["Ann, A", 'Bo\n"B"', None],
        "phone": ["2025550100", "\\.", ""],
        "email": ["a@example.com", None, "É@example.com"],
        "consent_at": pa.array(
            [datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), None, datetime(2026, 5, 6, 7, 8, 9, 120, tzinfo=UTC)],
            pa.timestamp("us", "UTC"),
        ),
        "made": pa.array([datetime(2026, 1, 2, 3, 4, 5), None, datetime(2026, 5, 6, 7, 8, 9, 120)], pa.timestamp("us")),
        "birth_date": pa.array([date(2026, 1, 2), None, date(1999, 1, 1)]),
        "score": [1.0, None, 0.25],
        "big": [1e20, -1e-7, 12345678.0],
        "ok": [True, False, None],
        "codes": [["a", 'b"'], None, []],
        "price": pa.array([Decimal("1.50"), None, Decimal("20.00")], pa.decimal128(10, 2)),
    }
)
_POSTGRES = {
    pa.int32(): "int primary key",
    pa.int64(): "bigint primary key",
    pa.string(): "text",
    pa.float64(): "double precision",
    pa.bool_(): "boolean",
    pa.date32(): "date",
    pa.timestamp("us"): "timestamp",
    pa.timestamp("us", "UTC"): "timestamptz",
    pa.decimal128(10, 2): "numeric(10,2)",
    pa.list_(pa.string()): "text[]",
}


def as_parquet(folder: Path, rows: pa.Table) -> str:
    """Write rows as a file."""
    path = folder / "leads.parquet"
    pq.write_table(rows, path)
    return str(path)


def as_delta(folder: Path, rows: pa.Table) -> str:
    """Write rows as a Delta table."""
    deltalake = pytest.importorskip("deltalake")
    deltalake.write_deltalake(str(folder / "leads"), rows)
    return str(folder / "leads")


def as_iceberg(folder: Path, rows: pa.Table, catalogs: dict[str, dict[str, str]]) -> str:
    """Write rows as an Iceberg table of the catalogue ``lake``, which is made when it is not there."""
    pytest.importorskip("pyiceberg")
    from pyiceberg.catalog import load_catalog

    catalogs["lake"] = lake_properties(folder)
    catalog = load_catalog("lake", **catalogs["lake"])
    catalog.create_namespace_if_not_exists("sales")
    catalog.create_table("sales.leads", schema=rows.schema).append(rows)
    return "iceberg://lake/sales.leads"


def lake_properties(folder: Path) -> dict[str, str]:
    """A catalogue in SQLite, and its files beside it."""
    return {"type": "sql", "uri": f"sqlite:///{folder}/catalog.db", "warehouse": f"file://{folder}/warehouse"}


def as_duckdb(folder: Path, rows: pa.Table) -> str:
    """Write rows as a table of a DuckDB database."""
    duckdb = pytest.importorskip("duckdb")
    with duckdb.connect(str(folder / "crm.duckdb")) as database:
        database.register("given", rows)
        database.sql("CREATE TABLE leads AS SELECT * FROM given")
    return f"duckdb:{folder}/crm.duckdb?table=leads"


def as_postgres(url: str, rows: pa.Table) -> str:
    """Write rows as a table of a PostgreSQL database."""
    import psycopg
    from psycopg import sql

    with psycopg.connect(url) as connection:
        columns = [
            sql.SQL("{} {}").format(sql.Identifier(field.name), sql.SQL(_POSTGRES[field.type])) for field in rows.schema
        ]
        connection.execute(sql.SQL("CREATE TABLE leads ({})").format(sql.SQL(", ").join(columns)))
        values = sql.SQL(", ").join([sql.Placeholder()] * len(rows.schema))
        with connection.cursor() as cursor:
            cursor.executemany(
                sql.SQL("INSERT INTO leads VALUES ({})").format(values),
                [tuple(row.values()) for row in rows.to_pylist()],
            )
    return f"{url}?table=leads"


def opened(drop: str, catalogs: dict[str, dict[str, str]] | None = None) -> Table:
    """Open the one table of a drop."""
    [table] = open_drop([drop], Layout(), RemoteChoice(catalogs=catalogs or {}))
    return table


def refusal(drop: str) -> str:
    """What is said of a table that cannot be read. It is opened in this process: another takes a second to start."""
    url = table_url(drop)
    assert url is not None
    with pytest.raises(FileError) as refused, opener_of(url.kind)(url, str(url)) as stream:
        assert len(list(stream.batches)) >= 0
    return str(refused.value)


def cells_of(table: Table) -> pl.DataFrame:
    """All rows of a table, as text."""
    return pl.concat(_batches(table))


def _batches(table: Table) -> Iterator[pl.DataFrame]:
    empty: dict[str, Any] = {f"src:{name}": pl.String for name in table.columns}
    yield pl.DataFrame(schema={**empty, "source_line": pl.UInt64, "raw": pl.String})
    yield from read_batches(table, FileTally(), 1 << 20)
