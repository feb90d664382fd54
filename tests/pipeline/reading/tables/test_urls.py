"""How tables are named on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.reading.tables.urls import TableUrl, names_in, table_url, url_of_argument, written
from schemas.errors import UsageError

NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=8)


@given(st.lists(NAMES, min_size=1, max_size=2), st.lists(NAMES, max_size=2), st.sampled_from(["duckdb", "postgresql"]))
def test_whatever_a_table_is_called_its_url_names_it(table: list[str], order: list[str], kind: str) -> None:
    place = "/data/a b?.duckdb" if kind == "duckdb" else "postgresql://h:5/crm"
    url = TableUrl(kind, place, tuple(table), tuple(order))  # type: ignore[arg-type]  # both are kinds
    assert table_url(str(url)) == url
    assert url_of_argument(url.as_argument()) == url
    assert names_in(written(url.table), "table") == url.table


@pytest.mark.parametrize(
    ("drop", "shown", "name"),
    [
        ("delta:lake/leads?version=3", "delta:lake/leads?version=3", "leads@3"),
        ("delta:///lake/leads?version=3", "delta:/lake/leads?version=3", "leads@3"),
        ("duckdb:///x/crm.duckdb?table=leads", "duckdb:/x/crm.duckdb?table=leads", "crm.duckdb!leads"),
        ("duckdb:what?.db?table=Leads", "duckdb:what?.db?table=Leads", "what?.db!Leads"),
        (
            'postgres://jo%40x@h/crm?table=public."odd name; drop table"&order=id,"b c"',
            'postgresql://h/crm?table=public."odd name; drop table"&order=id,"b c"',
            'public."odd name; drop table"',
        ),
        ("postgresql://[::1]:6000/crm?table=a%26b", 'postgresql://[::1]:6000/crm?table="a%26b"', '"a&b"'),
        ("iceberg://lake/sales.leads?snapshot=42", "iceberg://lake/sales.leads?snapshot=42", "sales.leads@42"),
    ],
)
def test_what_is_shown_of_a_table(drop: str, shown: str, name: str) -> None:
    url = table_url(drop)
    assert url is not None
    assert (str(url), url.name) == (shown, name)


@pytest.mark.parametrize(
    ("drop", "why"),
    [
        ("delta:", "names nothing to read"),
        ("delta://host/table", "is followed by no path"),
        ("delta:x?version=one", "'one' is no version"),
        ("delta:x?verson=1", "Did you mean 'version'?"),
        ("duckdb:x.db", "names no table"),
        ("duckdb:x.db?table=a..b", "is no name"),
        ('duckdb:x.db?table="a', "is no name"),
        ('duckdb:x.db?table="a"b', "is no name"),
        ("iceberg://lake", "names no table"),
        ("postgresql://h/crm", "names no table"),
        ("postgresql://h?table=x", "no host, or no database"),
        ("postgresql://h:port/crm?table=x", "is none"),
        ("postgresql://jo:opensesame@h/crm?table=x", "A password in a postgresql:// URL"),
        ("postgresql://h/crm?table=x&password=opensesame", "A password in a postgresql:// URL"),
    ],
)
def test_what_names_no_table_is_refused_without_its_password(drop: str, why: str) -> None:
    with pytest.raises(UsageError) as refused:
        table_url(drop)
    assert why in str(refused.value)
    assert "opensesame" not in str(refused.value)


def test_files_are_no_tables(tmp_path: Path) -> None:
    for drop in ("leads.csv", "s3://lake/leads", "./delta:x", str(tmp_path)):
        assert table_url(drop) is None
    (tmp_path / "_delta_log").mkdir()
    assert table_url(str(tmp_path)) == TableUrl("delta", str(tmp_path))
