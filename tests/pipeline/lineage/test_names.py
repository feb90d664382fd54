"""What tables are called in lineage: without version, order and user, since each is the same dataset."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.lineage.names import file_name


@pytest.mark.parametrize(
    ("place", "namespace", "name"),
    [
        ("delta:/lake/leads?version=3", "file", "/lake/leads"),
        ("delta:lake/leads?version=3", "file", f"{Path.cwd()}/lake/leads"),
        ("duckdb:/x/crm.duckdb?table=leads", "file", "/x/crm.duckdb#leads"),
        ("iceberg://lake/sales.leads?snapshot=42", "iceberg://lake", "sales.leads"),
        ("postgresql://jo@h:5432/crm?table=public.leads&order=id", "postgres://h:5432", "crm.public.leads"),
        ("s3://drops/nov/a.csv", "s3://drops", "nov/a.csv"),
    ],
)
def test_what_a_table_is_called(place: str, namespace: str, name: str) -> None:
    assert file_name(place) == (namespace, name)
