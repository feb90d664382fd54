"""Blocks of a file may end anywhere: records, lines and the file's hash are the same, and no byte is read twice."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from pipeline.reading import csv_table
from pipeline.reading.opening import open_tables
from schemas.files.table import FileTally, read_batches
from schemas.layout import Layout

_RECORDS = [
    ("Ann", "a longer name than fits"),
    ("two\nlines", "x" * 200),
    ("", "José"),
    ('say "hi"', ""),
    *[(f"name {number}", "y" * number) for number in range(20)],
]


@pytest.mark.parametrize("usual_line", [0, 20, 64 << 10])
@pytest.mark.parametrize("block", [40, 300])
@pytest.mark.parametrize(("encoding", "end"), [("utf-8", "\n"), ("utf-8-sig", "\r\n"), ("utf-16", "\n")])
def test_a_file_is_the_same_in_blocks_of_any_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, usual_line: int, block: int, encoding: str, end: str
) -> None:
    monkeypatch.setattr(csv_table, "_USUAL_LINE", usual_line)
    cells = [[f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in record] for record in _RECORDS]
    content = end.join(["first,second", *map(",".join, cells)]).encode(encoding)
    path = tmp_path / "drop.csv"
    path.write_bytes(content)
    [table] = open_tables(path, path.name, Layout())
    tally = FileTally()
    rows = [row for batch in read_batches(table, tally, block) for row in batch.rows(named=True)]
    assert [(row["src:first"], row["src:second"]) for row in rows] == _RECORDS
    assert [row["source_line"] for row in rows] == [2, 3, *range(5, 3 + len(_RECORDS))]
    assert (tally.sha256, tally.size) == (hashlib.sha256(content).hexdigest(), len(content))
