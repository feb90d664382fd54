"""Every record of a file is clean, rejected, a header, or named in a note; over workbooks as over text."""

from __future__ import annotations

import csv
import io
import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.reading.opening import open_tables
from schemas.errors import FileError
from schemas.files.table import FileTally, read_batches
from schemas.layout import Layout
from tests.pipeline.reading.builders import Rows, ods_content, write_ods, write_xls, write_xlsx

pytestmark = pytest.mark.slow

_CELLS = st.sampled_from(
    [
        *(
            "2025550100",
            "(202) 555-0101",
            "ann@example.com",
            "Bo <bo@example.com>",
            "Ann",
            "Lee",
            "Austin",
            "TX",
            "0",
            "",
        ),
        *("phone", "email", "name", "city", "Phone", "Email", "Leads of November", "2026-11-20", "84", "Total", "=1"),
    ]
)
GRIDS = st.lists(st.lists(_CELLS, min_size=1, max_size=4), min_size=1, max_size=14)
_NAMED = re.compile(r"(\d+)(?: to (\d+))?(?=[ ,])")


def lines_of(path: Path) -> tuple[list[int], set[int], int] | None:
    """Lines of the records, lines that notes name, and how many tables have a header; None when it was refused."""
    records: list[int] = []
    named: set[int] = set()
    headers = 0
    try:
        for table in open_tables(path, path.name, Layout()):
            for batch in read_batches(table, FileTally(), 1 << 20):
                records += batch.get_column("source_line").to_list()
            headers += table.has_header
            for note in table.notes:
                if note.endswith("before the table: no records"):
                    for first, last in _NAMED.findall(note):
                        named |= set(range(int(first), int(last or first) + 1))
    except FileError:
        return None
    return records, named, headers


def check(path: Path, grid: list[list[str]]) -> None:
    found = lines_of(path)
    if found is None:
        return
    records, named, headers = found
    assert len(records) == len(set(records))
    assert not named & set(records)
    filled = {line for line, row in enumerate(grid, start=1) if any(map(str.strip, row))}
    left = filled - set(records) - named
    assert len(left) <= headers
    for line in left | named & filled:
        text = " ".join(grid[line - 1])
        assert "@" not in text
        assert not re.search(r"\d{3}.?.?\d{3}.?\d{4}", text)


@settings(max_examples=8)
@given(GRIDS, st.sampled_from(["xlsx", "xls", "ods"]))
@example([["Ann", "ann@example.com"], ["name", "email"], ["Bo", "bo@example.com"]], "xls")
@example([["ann@example.com"], ["name", "email"], ["Bo", "bo@example.com"]], "ods")
def test_every_row_of_a_sheet_is_somewhere(grid: list[list[str]], kind: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        check(written(Path(folder) / f"drop.{kind}", grid), grid)


def written(path: Path, grid: list[list[str]]) -> Path:
    """Write a grid as the workbook that the name of its file says."""
    sheets: dict[str, Rows] = {"A": [[*row] for row in grid]}
    if path.suffix == ".ods":
        return write_ods(path, ods_content(sheets))
    return (write_xls if path.suffix == ".xls" else write_xlsx)(path, sheets)


@settings(max_examples=60)
@given(GRIDS, st.sampled_from([",", ";", "\t"]))
def test_every_line_of_a_text_is_somewhere(grid: list[list[str]], delimiter: str) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(grid)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "drop.csv"
        path.write_text(text.getvalue(), encoding="utf-8")
        check(path, grid)


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "xls", "ods"])
def test_the_same_rows_are_read_from_text_and_from_a_sheet(tmp_path: Path, suffix: str) -> None:
    rows = [
        ["November"],
        *([f"L{n}", f"lead{n}@example.com"] for n in range(3)),
        ["email", "name"],
        ["a@example.com", "A"],
    ]
    path = tmp_path / f"drop.{suffix}"
    if suffix == "csv":
        path.write_text("\n".join(map(",".join, rows)), encoding="utf-8")
    else:
        written(path, rows)
    assert lines_of(path) == ([2, 3, 4, 6], {1}, 1)
