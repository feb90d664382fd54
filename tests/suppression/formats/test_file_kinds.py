"""A list may come in any kind of file that a drop may come in: what is read of it is the same."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from schemas.errors import ListError
from suppression.formats.options import Options
from suppression.formats.reading import read_list
from tests.pipeline.reading.builders import (
    Cell,
    Rows,
    ods_content,
    write_ods,
    write_xls,
    write_xlsb,
    write_xlsx,
    write_zip,
)
from tests.suppression.formats.reading import Read, collected

pytestmark = pytest.mark.slow

#: Of each list: its rows, whether the first is a header, and what is read of it: format, then text and line.
LISTS: dict[str, tuple[Rows, bool, list[tuple[str, int]]]] = {
    "csv": (
        [
            ["name", "phone", "email", "note"],
            ["Ann", "212-555-0100", "", "asked\nby phone, twice"],
            ["", "", "", ""],
            ['Bob "B"', "", "bob@example.com", "é"],
        ],
        True,
        [("212-555-0100", 2), ("bob@example.com", 4)],
    ),
    "hubspot": (
        [
            ["Email", "Portal Unsubscribe", "Global Bounce"],
            ["ann@example.com", "TRUE", ""],
            ["bob@example.com", "FALSE", ""],
        ],
        True,
        [("ann@example.com", 2)],
    ),
    "plain": ([["ann@example.com"], ["212-555-0100"]], False, [("ann@example.com", 1), ("212-555-0100", 2)]),
    "ftc-flat": ([["212", "5550100"], ["646", "5550101"]], False, [("2125550100", 1), ("6465550101", 2)]),
}


def _text(rows: Rows) -> str:
    made = io.StringIO(newline="")
    writer = csv.writer(made, lineterminator="\n")
    writer.writerows([row if any(row) else [] for row in rows])
    return made.getvalue()


def _frame(rows: Rows) -> pl.DataFrame:
    return pl.DataFrame(rows[1:], schema=[str(name) for name in rows[0]], orient="row")


def _stream(rows: Rows) -> bytes:
    made = io.BytesIO()
    _frame(rows).write_ipc_stream(made)
    return made.getvalue()


def _objects(rows: Rows) -> list[dict[str, Cell]]:
    return [dict(zip(map(str, rows[0]), row, strict=True)) for row in rows[1:]]


WRITERS: dict[str, Callable[[Path, Rows], object]] = {
    "csv": lambda path, rows: path.write_text(_text(rows)),
    "utf-16": lambda path, rows: path.write_bytes(_text(rows).encode("utf-16")),
    "utf-16 without mark": lambda path, rows: path.write_bytes(_text(rows).encode("utf-16-le")),
    "windows-1252": lambda path, rows: path.write_bytes(_text(rows).encode("cp1252")),
    "xlsx": lambda path, rows: write_xlsx(path, {"Sheet1": rows}),
    "xls": lambda path, rows: write_xls(path, {"Sheet1": rows}),
    "xlsb": lambda path, rows: write_xlsb(path, "Sheet1", rows),
    "ods": lambda path, rows: write_ods(path, ods_content({"Sheet1": rows})),
    "parquet": lambda path, rows: _frame(rows).write_parquet(path),
    "arrow": lambda path, rows: _frame(rows).write_ipc(path),
    "arrow stream": lambda path, rows: path.write_bytes(_stream(rows)),
    "json lines": lambda path, rows: path.write_text("\n".join(map(json.dumps, _objects(rows)))),
    "json array": lambda path, rows: path.write_text(json.dumps(_objects(rows))),
    "gzip": lambda path, rows: path.write_bytes(gzip.compress(_text(rows).encode())),
    "bzip2": lambda path, rows: path.write_bytes(bz2.compress(_text(rows).encode())),
    "zstd": lambda path, rows: path.write_bytes(bytes(pa.compress(_text(rows).encode(), "zstd", asbytes=True))),
    "zip": lambda path, rows: write_zip(path, {"list.csv": _text(rows)}),
    "xlsx in zip": lambda path, rows: write_zip(
        path, {"list.xlsx": write_xlsx(path.with_suffix(".tmp"), {"Sheet1": rows}).read_bytes()}
    ),
}
_NEEDS_HEADER = {"parquet", "arrow", "arrow stream", "json lines", "json array"}
_BY_RECORD = _NEEDS_HEADER


def _read(path: Path, **how: object) -> Read:
    return collected(read_list([path], Options(region="US", **how)))  # type: ignore[arg-type]  # names of options


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_read_alike_from_every_kind_of_file(tmp_path: Path, name: str, kind: str) -> None:
    rows, header, expected = LISTS[name]
    if kind in _NEEDS_HEADER and not header:
        pytest.skip("columns of such a file have names")
    path = tmp_path / "list.bin"
    WRITERS[kind](path, rows)
    got = _read(path)
    found = sorted(got.rows("text", "line"), key=lambda row: row[1])
    texts = [text for text, _ in expected]
    assert [text for text, _ in found] == texts
    if kind in _BY_RECORD:
        # Numbered by record: there is no line of the header, and a blank object is a record.
        assert [line for _, line in found] == [line - 1 for _, line in expected]
    elif name != "csv" or kind in ("xlsx", "xls", "xlsb", "ods", "xlsx in zip"):
        # A sheet's rows; in text, the note over two lines counts as such.
        assert [line for _, line in found] == [line for _, line in expected]


def test_titles_above_a_header_are_passed_over_by_name(tmp_path: Path) -> None:
    path = write_xlsx(
        tmp_path / "list.xlsx",
        {
            "S": [
                ["Do not call list of Acme", "", ""],
                [],
                ["As of November 2026"],
                ["Name", "Phone"],
                ["A", "2125550100"],
            ]
        },
    )
    got = _read(path)
    assert got.rows("text", "line") == [("2125550100", 5)]
    assert [(why, line) for _, why, line in got.refused] == [
        ("not listed: a title above the header", 1),
        ("not listed: a title above the header", 3),
    ]


def test_every_visible_sheet_is_read_and_a_hidden_one_stops(tmp_path: Path) -> None:
    sheets: dict[str, Rows] = {"A": [["phone"], ["2125550100"]], "B": [["phone"], ["2125550101"]]}
    path = write_xlsx(tmp_path / "list.xlsx", sheets)
    assert _read(path).texts == ["2125550100", "2125550101"]
    path = write_xlsx(tmp_path / "list.xlsx", sheets, hidden=("B",))
    with pytest.raises(ListError, match=r"has hidden sheets \(B\), which may hold entries"):
        _read(path)
    assert _read(path, sheets=("A", "B")).texts == ["2125550100", "2125550101"]


def test_what_is_no_object_is_an_entry_of_every_column(tmp_path: Path) -> None:
    path = tmp_path / "list.jsonl"
    path.write_text('{"email": "ann@example.com", "note": ""}\nbob@example.com\n')
    assert _read(path).rows("text", "line") == [("ann@example.com", 1), ("bob@example.com", 2)]
