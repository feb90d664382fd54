"""A published suite of CSV files, each with what it must parse to."""

from __future__ import annotations

import json

import pytest

from pipeline.reading.opening import open_tables
from schemas.files.table import FileTally, read_batches
from schemas.layout import Layout
from tests.conftest import SHARED, needs_shared_data

SUITE = SHARED / "suites" / "csv_spectrum"
CASES = sorted(path.stem for path in (SUITE / "csvs").glob("*.csv")) if SUITE.is_dir() else []


@needs_shared_data
@pytest.mark.parametrize("block", [1, 7, 1 << 20])
@pytest.mark.parametrize("case", CASES)
def test_a_file_reads_as_its_json_says(case: str, block: int) -> None:
    """In blocks of any size; degree signs that the suite itself has lost are not compared."""
    path = SUITE / "csvs" / f"{case}.csv"
    expected = json.loads((SUITE / "json" / f"{case}.json").read_text(encoding="utf-8"))
    [table] = open_tables(path, path.name, Layout())
    found: list[dict[str, str]] = []
    for batch in read_batches(table, FileTally(), block):
        assert batch.get_column("raw").null_count() == len(batch)
        cells = batch.select(name for name in batch.columns if name.startswith("src:"))
        found += [{name.removeprefix("src:"): value for name, value in row.items()} for row in cells.to_dicts()]
    assert table.reader.describe()["delimiter"] == ","
    assert comparable(found) == comparable(expected if isinstance(expected, list) else [expected])


def comparable(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Rows without what the suite itself has wrong: in one file the phone of the JSON is not the one of the CSV."""
    return [
        {name: value.replace("\ufffd", "°") for name, value in row.items() if name != "Contact Phone Number"}
        for row in rows
    ]
