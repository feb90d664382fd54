"""The drop's other shapes hold what their names say."""

from __future__ import annotations

import csv
from pathlib import Path

import fastexcel
import pytest

from pipeline.reading.csv_table import open_csv
from schemas.files.inputs import LocalFile
from schemas.files.table import FileTally
from schemas.layout import Layout
from tests.bench.shapes import EVERY, WIDTH, make

ROWS = 4 * EVERY


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A drop of `ROWS` records, some of them on two lines."""
    with (tmp_path / "drop.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["name", "phone", "email"])
        writer.writerows(
            [f"Ann{number}" if number % 7 else "Ann\nLee", f"2025550{number % 1000:03}", f"a{number}@example.com"]
            for number in range(ROWS)
        )
    return tmp_path


def test_the_wide_drop_has_all_records_and_more_columns(folder: Path) -> None:
    with make(folder, "wide.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert len(rows) == ROWS + 1
    assert {len(row) for row in rows} == {WIDTH}
    assert rows[1][:3] == ["Ann\nLee", "2025550000", "a0@example.com"]


def test_the_damaged_drop_has_broken_records_in_every_block(folder: Path) -> None:
    (table,) = open_csv(LocalFile(make(folder, "dirty.csv")), "dirty.csv", Layout())
    tally = FileTally()
    batches = list(table.reader.batches(tally, 32 << 10))
    assert len(batches) >= 2
    # The last one is what is left, and may be shorter than the way to the next broken record.
    assert tally.careful_blocks >= len(batches) - 1


def test_the_workbook_has_every_cell(folder: Path) -> None:
    sheet = fastexcel.read_excel(make(folder, "drop.xlsx")).load_sheet(0, dtypes="string").to_polars()
    assert (len(sheet), sheet.columns) == (ROWS, ["name", "phone", "email"])
    assert sheet.row(1) == ("Ann1", "2025550001", "a1@example.com")


def test_a_shape_is_made_once(folder: Path) -> None:
    made = make(folder, "wide.csv").stat()
    assert make(folder, "wide.csv").stat() == made
