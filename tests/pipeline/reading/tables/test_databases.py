"""DuckDB and PostgreSQL tables: whatever they are called, only read, and refused in one line that shows no secret."""

from __future__ import annotations

import socket
from pathlib import Path

import pyarrow as pa
import pytest

from schemas.errors import FileError
from schemas.files.limits import Limits, limited_to
from tests.conftest import leadscrub
from tests.pipeline.reading.tables.builders import as_duckdb, cells_of, opened, refusal

pytestmark = pytest.mark.slow

ODD = 'odd name; drop table "x'
IN_URL = 'public."odd name; drop table ""x"'


@pytest.fixture
def crm(postgres_url: str) -> str:
    """A database with a table under an odd name, and users who may read little of it."""
    import psycopg

    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute('CREATE TABLE public."odd name; drop table ""x" (phone text, "the ""day""" timestamptz)')
        connection.execute(
            'INSERT INTO "odd name; drop table ""x" VALUES (%s, %s), (%s, NULL), (NULL, %s), (%s, NULL)',
            ["2025550100", "2026-01-02 03:04:05+02", "\\.", "infinity", 'a,"b"\r\nc'],
        )
        connection.execute("CREATE TABLE keyed (b int, a int, phone text, PRIMARY KEY (a, b))")
        connection.execute("INSERT INTO keyed SELECT 100 - i, i % 2, i::text FROM generate_series(1, 5) i")
        connection.execute("CREATE TABLE nobody (phone text)")
        connection.execute("CREATE VIEW seen AS SELECT phone FROM keyed")
        connection.execute("CREATE TABLE written (phone text)")
        connection.execute(
            "CREATE FUNCTION sly() RETURNS text LANGUAGE sql AS 'INSERT INTO written VALUES (1) RETURNING phone'"
        )
        connection.execute("CREATE VIEW sly AS SELECT sly() AS phone")
        for role in ("reader", "columnist"):
            # The server is that of other tests, too.
            if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone() is None:
                connection.execute(f"CREATE ROLE {role} LOGIN".encode())
        connection.execute("GRANT SELECT (phone) ON keyed TO columnist")
    return postgres_url


def test_a_table_of_postgresql_is_read_whatever_its_name(crm: str) -> None:
    table = opened(f"{crm}?table={IN_URL}")
    assert cells_of(table).rows() == [
        ("2025550100", "2026-01-02 01:04:05.000000+00:00", 1, None),
        ("\\.", "", 2, None),
        ("", "infinity", 3, None),
        ('a,"b"\r\nc', "", 4, None),
    ]
    assert table.columns == ("phone", 'the "day"')
    assert "has no primary key" in table.notes[0]
    assert cells_of(opened(f"{crm}?table=nobody")).is_empty()


def test_rows_come_in_the_order_of_the_key_or_as_asked(crm: str) -> None:
    keyed = opened(f"{crm}?table=keyed")
    assert (cells_of(keyed).get_column("src:phone").to_list(), keyed.notes) == (["4", "2", "5", "3", "1"], ())
    ordered = opened(f"{crm}?table=public.keyed&order=b")
    assert cells_of(ordered).get_column("src:phone").to_list() == ["5", "4", "3", "2", "1"]
    assert ordered.reader.describe() == {"format": "postgresql", "order": "b"}
    seen = opened(f"{crm}?table=seen&order=phone")
    assert cells_of(seen).get_column("src:phone").to_list() == ["1", "2", "3", "4", "5"]


def test_what_cannot_be_read_of_postgresql_is_said_in_a_line(crm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import psycopg

    shown = crm.replace("postgres@", "")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("PGPASSWORD", "opensesame")
    for drop, why in (
        (f"{crm}?table=keyd", f"'{shown}' has no table 'keyd'. Did you mean 'keyed'?"),
        (f"{crm}?table=other.keyed", f"'{shown}' has no table 'other.keyed'."),
        (f"{crm}?table=a.b.keyed", "'a.b.keyed' has too many parts."),
        (f"{crm}?table=keyed&order=c", f"'{shown}?table=keyed&order=c' has no column 'c' to order by."),
        (crm.replace("postgres@", "reader@") + "?table=keyed", f"Access to '{shown}?table=keyed' is denied: the user"),
        (crm.replace("postgres@", "columnist@") + "?table=keyed", f"Access to '{shown}?table=keyed' is denied"),
        (crm.replace("postgres@", "jo@") + "?table=keyed", f"Access to '{shown}?table=keyed' is denied. Check user"),
        (f"{crm}_not?table=keyed", f"'{shown}_not?table=keyed': the server has no such database."),
        (f"postgresql://jo@127.0.0.1:{port}/crm?table=x", "does not answer. Check host, port"),
        (f"{crm}?table=sly", f"'{shown}?table=sly' cannot be read (ReadOnlySqlTransaction)."),
    ):
        ran = leadscrub("inspect", drop)
        assert ran.code == 4, drop
        assert why in ran.err
        assert ran.err.count("\n") == 1
        assert not {"opensesame", "jo@", "reader@"} & {
            word for word in ("opensesame", "jo@", "reader@") if word in ran.err
        }
    with psycopg.connect(crm) as connection:
        assert connection.execute("SELECT count(*) FROM written").fetchone() == (0,)


def test_a_table_of_duckdb_is_read_whatever_its_name_and_nothing_else(tmp_path: Path) -> None:
    import duckdb

    drop = as_duckdb(tmp_path, pa.table({"phone": ["2025550100"]}))
    path = tmp_path / "crm.duckdb"
    (tmp_path / "secret.csv").write_text("phone\n2025550199\n")
    with duckdb.connect(str(path)) as database:
        database.execute('CREATE SCHEMA "a.b"')
        database.execute('CREATE TABLE "a.b"."odd name; drop table ""x" AS SELECT i AS phone FROM range(5) r(i)')
        database.execute(f"CREATE VIEW outside AS FROM read_csv('{tmp_path}/secret.csv')")
    odd = f'duckdb:{path}?table="a.b".{IN_URL.removeprefix("public.")}'
    assert cells_of(opened(odd)).get_column("src:phone").to_list() == ["0", "1", "2", "3", "4"]
    assert opened(odd).name == f'crm.duckdb!"a.b".{IN_URL.removeprefix("public.")}'
    for named, why in (
        (f"duckdb:{path}?table=outside", "cannot be read (PermissionException)"),
        (f"duckdb:{path}?table=lead", "has no table 'lead'. Did you mean 'leads'?"),
        (f"duckdb:{path}?table=leads&order=phon", "has no column 'phon' to order by"),
        (f"duckdb:{tmp_path}/none.duckdb?table=leads", "does not exist"),
        (f"duckdb:{tmp_path}/secret.csv?table=leads", "is no DuckDB database"),
    ):
        said = refusal(named)
        assert why in said
        assert "2025550199" not in said
    with pytest.raises(FileError, match="Name a table of it"):
        opened(str(path))
    with duckdb.connect(str(path)), pytest.raises(FileError, match="Another program is writing to"):
        opened(drop)


def test_limits_hold_for_tables_as_for_files(tmp_path: Path, crm: str) -> None:
    drop = as_duckdb(tmp_path, pa.table({"phone": ["2025550100", "x" * (1 << 21)]}))
    assert len(cells_of(opened(drop))) == 2
    for limits, why in ((Limits(max_rows=1), "max_rows"), (Limits(max_record_mb=1), "max_record_mb")):
        with limited_to(limits), pytest.raises(FileError, match=why):
            opened(drop)
    with limited_to(Limits(max_columns=2)), pytest.raises(FileError, match="max_columns"):
        opened(f"{crm}?table=keyed")
    import psycopg

    with psycopg.connect(crm) as connection:
        connection.execute("INSERT INTO nobody VALUES ('1'), (repeat('x', 2097152))")
    assert len(cells_of(opened(f"{crm}?table=nobody"))) == 2
    with limited_to(Limits(max_record_mb=1)):
        assert "max_record_mb" in refusal(f"{crm}?table=nobody")
