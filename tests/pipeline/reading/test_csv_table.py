"""Blocks of a file may end anywhere: records, lines and the file's hash are the same, and no byte is read twice.

Nothing of a block is held while the next one is read.
"""

from __future__ import annotations

import hashlib
import weakref
from pathlib import Path
from typing import BinaryIO

import polars as pl
import pytest

from pipeline.reading import csv_table
from pipeline.reading.opening import open_tables
from schemas.files.records import Records, Shape, split_block
from schemas.files.table import FileTally, read_batches
from schemas.layout import Layout
from schemas.support.timer import Timer

_RECORDS = [
    ("Ann", "a longer name than fits"),
    ("two\nlines", "x" * 200),
    ("", "José"),
    ('say "hi"', ""),
    *[(f"name {number}", "y" * number) for number in range(20)],
]


@pytest.mark.parametrize("usual_line", [0, 20, 64 << 10])
@pytest.mark.parametrize("block", [40, 300])
@pytest.mark.parametrize("ended", [False, True])
@pytest.mark.parametrize(
    ("encoding", "end"), [("utf-8", "\n"), ("utf-8-sig", "\r\n"), ("utf-16", "\n"), ("utf-8", "\r")]
)
def test_a_file_is_the_same_in_blocks_of_any_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, usual_line: int, block: int, encoding: str, end: str, ended: bool
) -> None:
    monkeypatch.setattr(csv_table, "_USUAL_LINE", usual_line)
    cells = [[f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in record] for record in _RECORDS]
    text = end.join(["first,second", *map(",".join, cells)]) + end * ended
    content = text.encode(encoding)
    path = tmp_path / "drop.csv"
    path.write_bytes(content)
    [table] = open_tables(path, path.name, Layout())
    tally = FileTally()
    rows = [row for batch in read_batches(table, tally, block) for row in batch.rows(named=True)]
    assert [(row["src:first"], row["src:second"]) for row in rows] == _RECORDS
    assert [row["source_line"] for row in rows] == [2, 3, *range(5, 3 + len(_RECORDS))]
    assert (tally.sha256, tally.size) == (hashlib.sha256(content).hexdigest(), len(content))


@pytest.mark.parametrize("kind", ["plain", "careful", "set aside"])
def test_nothing_is_held_while_the_next_block_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Batches are large: one that nobody needs any more would be there beside those that are worked on."""
    cell = 'a "quote' if kind == "careful" else "Ann"
    above = "mail ann@example.com to stop\n" if kind == "set aside" else ""
    path = tmp_path / "drop.csv"
    path.write_text(above + "name,phone\n" + f"{cell},2025550123\n" * 400, encoding="utf-8")
    made: list[weakref.ref[pl.DataFrame]] = []
    held: list[int] = []
    read = csv_table._to_line_end

    def watched_read(stream: BinaryIO, size: int) -> bytes:
        held.append(sum(each() is not None for each in made))
        return read(stream, size)

    def watched_split(block: bytes, shape: Shape, first_line: int, *, last: bool) -> Records:
        records = split_block(block, shape, first_line, last=last)
        made.append(weakref.ref(records.cells))
        return records

    monkeypatch.setattr(csv_table, "_to_line_end", watched_read)
    monkeypatch.setattr(csv_table, "split_block", watched_split)
    [table] = open_tables(path, path.name, Layout())
    rows = 0
    for batch in Timer().items("read", read_batches(table, FileTally(), 1_000)):
        made.append(weakref.ref(batch))
        rows += len(batch)
        del batch
    assert rows == 400 + (kind == "set aside")
    assert len(held) > 6
    assert not any(held)
