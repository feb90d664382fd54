"""Rows whose last cells were left out are read and flagged; rows that are short for another reason are not."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.reading.opening import open_tables
from pipeline.reading.punctuation import Punctuation
from pipeline.reading.sample import read_sample
from pipeline.reading.short_rows import column_classes
from schemas.files.table import FileTally, read_batches
from schemas.frame_columns import SOURCE
from schemas.layout import Layout
from tests.conftest import Scrub

pytestmark = pytest.mark.slow

HEADER = "name,phone,email,city,joined,zip\n"
WHOLE = [f'"Lead, {n}",202-555-01{n:02},lead{n}@example.com,Boise,2026-01-1{n},8370{n}' for n in range(5)]


@pytest.mark.parametrize(
    ("row", "missing"),
    [
        ("Ann,202-555-0150,ann@example.com,Boise,2026-01-02", 1),
        ("Ann,202-555-0150,ann@example.com,Boise", 2),
        ("Ann,202-555-0150,ann@example.com", 3),
        ("Ann,202-555-0150", 4),
        (",,ann@example.com", 3),
        ('"Ann ""A"" Lee",202-555-0150', 4),
        ('"Ann, B",202-555-0150,ann@example.com,"Boise, ID"', 2),
        # A delimiter is missing further left, and the cells behind it are in the wrong columns.
        ("Ann 202-555-0150,ann@example.com,Boise,2026-01-02,83702", None),
        ("Ann,202-555-0150 ann@example.com,Boise,2026-01-02,83702", None),
        ("Ann,202-555-0150,ann@example.com Boise,2026-01-02,83702", None),
        ("Ann,202-555-0150,ann@example.com,Boise 2026-01-02,83702", None),
        # Neither a phone nor an email says that the cells are in their columns.
        ("Ann", None),
        ("Ann,,,Boise", None),
        ("Total,5", None),
        ("# Ann,202-555-0150", None),
        ('Ann,"202-555-0150', None),
        ("Ann,202-555-0150,ann@example.com,Boise,2026-01-02,83702,more", None),
    ],
)
def test_a_short_row(scrub: Scrub, row: str, missing: int | None) -> None:
    ran = scrub(HEADER + "\n".join([*WHOLE, row]) + "\n")
    assert ran.code == 0, ran.err
    flagged = ran.findings.filter(code="row.short").select("row_id", "detail").rows()
    if missing is None:
        assert flagged == []
        assert ran.rejected_rows("row_id", "raw") == [(5, row)]
    else:
        assert flagged == [(5, f"{missing} of 6 cells missing at its end: taken for empty")]
        assert ran.clean.row(-1, named=True)["flags"] == ["row.short"]
        assert ran.rejected_rows("row_id") == []


def test_most_rows_may_be_short(scrub: Scrub) -> None:
    """The header has the columns; what a program leaves out at the end of nearly every row is none the less one."""
    ran = scrub(
        "name,phone,note\n" + "".join(f"Lead {n},202-555-01{n:02}\n" for n in range(9)) + "Z,202-555-0190,odd\n"
    )
    assert ran.clean.get_column("flags").to_list() == [["row.short"]] * 9 + [[]]
    assert ran.clean.row(-1, named=True)["extra"] == {"note": "odd"}


@given(st.integers(1, 6), st.integers(1, 400))
def test_a_cut_row_keeps_its_cells_in_blocks_of_any_size(kept: int, block: int) -> None:
    """What is cut off at the end of a row never changes the cells before it."""
    record = read_sample(WHOLE[2], Punctuation())[0]
    cells = record.cells or ()
    cut = ",".join(f'"{cell}"' for cell in cells[:kept])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "drop.csv"
        path.write_text(HEADER + "\n".join([*WHOLE[:2], cut, *WHOLE[3:]]) + "\n")
        [table] = open_tables(path, path.name, Layout())
        rows = [row for batch in read_batches(table, FileTally(), block) for row in batch.to_dicts()]
        assert [row["source_line"] for row in rows] == [2, 3, 4, 5, 6]
        found = [rows[2][SOURCE + name] for name in table.columns]
        assert found == ([None] * 6 if kept == 1 else [*cells[:kept], *[""] * (6 - kept)])


def test_what_columns_hold() -> None:
    rows = [
        ("1", "+44 20 7946 0958", "a@b.co", "2026-01-02", "Bo", "x", ""),
        ("2", "020 7946 0958", "", "1/2/2026", "", "9", ""),
    ]
    assert column_classes(rows, 7) == ("number", "phone", "email", "date", "text", "mixed", "empty")
