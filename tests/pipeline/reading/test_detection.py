"""How a text file is written is found out: punctuation, where the table begins, headers or none, further tables."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.reading.csv_table import open_csv
from schemas.errors import FileError
from schemas.files import encoding
from schemas.files.inputs import LocalFile
from schemas.files.table import FileTally, read_batches
from schemas.layout import Layout
from tests.conftest import Scrub, Written

Rows = list[tuple[int, tuple[str, ...] | None, str | None]]


def read(path: Path, layout: Layout | None = None, block: int = 1 << 20) -> tuple[list[dict[str, str]], list[Rows]]:
    """How each table of a file was read, and its records: line, cells, raw."""
    tables = open_csv(LocalFile(path), path.name, layout or Layout())
    found: list[Rows] = []
    for table in tables:
        rows: Rows = []
        for batch in read_batches(table, FileTally(), block):
            cells = batch.drop("source_line", "raw", "cells_missing", strict=False)
            for line, values, raw in zip(batch["source_line"], cells.rows(), batch["raw"], strict=True):
                rows.append((line, None if raw is not None else values, raw))
        found.append(rows)
    return [table.reader.describe() for table in tables], found


@pytest.mark.parametrize("block", [1, 5, 1 << 20])
def test_unusual_punctuation_is_read_in_blocks_of_any_size(written: Written, block: int) -> None:
    """Delimiters of several characters, other quotes, escapes: cells, lines and malformed text come back exactly."""
    text = (
        "name||phone||note\n"
        "'O\\'Neil'||202-555-0100||'a || b'\n"
        "'two\nlines'||202-555-0101||say \"hi\"\n"
        "short||one\n"
        "'back\\\\slash'||202-555-0102||\n"
    )
    [read_as], [rows] = read(written("drop.csv", text), block=block)
    assert read_as == {"format": "csv", "encoding": "utf-8", "delimiter": "||", "quote": "'", "escape": "\\"}
    assert rows == [
        (2, ("O'Neil", "202-555-0100", "a || b"), None),
        (3, ("two\nlines", "202-555-0101", 'say "hi"'), None),
        (5, None, "short||one"),
        (6, ("back\\slash", "202-555-0102", ""), None),
    ]


@pytest.mark.parametrize("block", [1, 3, 1 << 20])
def test_carriage_returns_end_lines(written: Written, block: int) -> None:
    drop = written("drop.csv", 'name,phone\rA,202-555-0100\r"B\rB",202-555-0101\rC\r')
    [read_as], [rows] = read(drop, block=block)
    assert read_as["line_end"] == "CR"
    assert rows == [(2, ("A", "202-555-0100"), None), (3, ("B\nB", "202-555-0101"), None), (5, None, "C")]


def test_lines_before_the_table_are_passed_over_and_told(scrub: Scrub) -> None:
    ran = scrub("Leads of November\nMade by: hand, on paper\n\nname,phone\nA,202-555-0100\nTotal: 1\n")
    assert ran.code == 0, ran.err
    assert ran.clean_rows("source_line", "full_name") == [(5, "A")]
    assert ran.rejected_rows("source_line", "reason", "raw") == [(6, "row.footer", "Total: 1")]
    assert ran.manifest["inputs"][0]["read_as"]["lines_before_header"] == "3"
    assert "lines 1 to 3 before the table: no records" in ran.err


def test_a_file_without_header_is_mapped_where_values_leave_no_doubt(scrub: Scrub) -> None:
    """Ascending numbers of ten digits are somebody's numbering, not phones; names are left alone."""
    drop = "".join(
        f"{2125550100 + n},Ann,Lee{n},(202) 555-01{n:02},lead{n}@example.com,2026-01-0{n + 1}\n" for n in range(5)
    )
    ran = scrub(drop)
    assert ran.code == 0, ran.err
    (read_as,) = ran.manifest["inputs"]
    assert read_as["mapping"] == {"phone": "column 4", "email": "column 5"}
    assert read_as["read_as"]["header"] == "none"
    assert len(ran.clean) == 5
    assert ran.clean.row(0, named=True)["extra"]["column 3"] == "Lee0"
    assert "column 'column 1' is not mapped, but its values look like phones" in ran.err


ANN = "Ann,Lee,202-555-0100,ann@example.com\n" * 5


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ("first,phone,email", None),  # which of two columns is "first" cannot be known
        ("phone,email", None),
        ("first,last,phone", ("first", "last", "phone", "")),
        ("first,last,phone,email", ("first", "last", "phone", "email")),
        ("first,last,phone,email,note", ("first", "last", "phone", "email", "note")),
        ("first,phone,email,note,city", None),
        ('first,"last,phone,email', ("first", "last", "phone", "email")),
        ('first,last,phone,email"', ("first", "last", "phone", 'email"')),
        ('"first,last,phone,email', ("first", "last", "phone", "email")),
    ],
)
def test_a_header_that_does_not_fit_keeps_its_names_or_stops_the_run(
    written: Written, header: str, names: tuple[str, ...] | None
) -> None:
    """Names go to columns only where what phones and emails hold leaves one way to do it."""
    path = written("drop.csv", header + "\n" + ANN)
    if names is None:
        with pytest.raises(FileError, match=r"drop\.csv', line 1: the header has \d names, and the rows"):
            read(path)
    else:
        [table] = open_csv(LocalFile(path), path.name, Layout())
        assert table.header == names
        assert table.has_header


def test_rows_that_end_with_a_delimiter_more_are_read(written: Written) -> None:
    _, [rows] = read(written("drop.csv", "name,phone\n" + "Ann,202-555-0100,\n" * 4))
    assert rows[0] == (2, ("Ann", "202-555-0100", ""), None)


def test_several_tables_are_read_with_their_own_headers(scrub: Scrub) -> None:
    """Also one deep in the file, behind a blank line; every line belongs to one of them."""
    first = "name,phone,city\n" + "Ann,202-555-0100,Boise\n" * 20_000
    ran = scrub(first + "\nSecond list\nemail,first_name,phone\nbo@example.com,Bo,202-555-0101\n")
    assert ran.code == 0, ran.err
    sheets = [(entry["counts"]["read"], entry["mapping"]) for entry in ran.manifest["inputs"]]
    assert sheets == [
        (20_002, {"full_name": "name", "phone": "phone", "city": "city"}),
        (1, {"email": "email", "first_name": "first_name", "phone": "phone"}),
    ]
    last = ran.clean.row(-1, named=True)
    assert (last["source_sheet"], last["source_line"], last["first_name"]) == ("table 2", 20_005, "Bo")
    odd = ran.rejected.filter(ran.rejected["reason"] != "duplicate.in_drop").select("source_line", "reason", "raw")
    assert odd.rows() == [(20_002, "row.empty", None), (20_003, "row.malformed", "Second list")]


def test_a_comment_inside_is_named(scrub: Scrub) -> None:
    ran = scrub("name,phone\nA,202-555-0100\n# second page\nB,202-555-0101\n")
    assert ran.rejected_rows("source_line", "reason", "raw") == [(3, "row.comment", "# second page")]
    assert len(ran.clean) == 2


def test_a_layout_s_word_wins_over_detection(written: Written) -> None:
    """Delimiter, quote, escape, header, lines to skip and column names."""
    layout = Layout(delimiter=";", quote="'", escape="\\", header=False, skip_lines=1, column_names=["a", "b"])
    path = written("drop.csv", "name,phone\n'x\\';',1,2;y\nz;w\n")
    [read_as], [rows] = read(path, layout)
    assert read_as["delimiter"] == ";"
    assert rows == [(2, None, "'x\\';',1,2;y"), (3, ("z", "w"), None)]


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("block", [1, 1 << 20])
def test_wide_encodings_need_no_mark(written: Written, codec: str, block: int) -> None:
    drop = written("drop.csv", ("name,phone\nZoë Ångström,202-555-0100\n" * 1).encode(codec))
    [read_as], [rows] = read(drop, block=block)
    assert read_as["encoding"] == codec
    assert rows == [(2, ("Zoë Ångström", "202-555-0100"), None)]


def test_control_characters_may_delimit(written: Written) -> None:
    [read_as], [rows] = read(written("drop.csv", "name\x01phone\nA\x01202-555-0100\n"))
    assert read_as["delimiter"] == "\x01"
    assert rows == [(2, ("A", "202-555-0100"), None)]


_PIECES = [
    "a\n",
    "é",
    "語",
    "😀",
    b"\xff",
    b"\xc3",
    b"\xe8\xaa",
    b"\xf0\x9f\x98",
    b"\x80",
    b"\xed\xa0\x80",
    b"\xc0\xaf",
]


@given(st.lists(st.sampled_from(_PIECES), max_size=12), st.integers(1, 9))
def test_utf8_is_what_python_says_it_is_wherever_blocks_end(pieces: list[str | bytes], block: int) -> None:
    content = b"".join(piece.encode() if isinstance(piece, str) else piece for piece in pieces)
    try:
        content.decode()
        expected = True
    except UnicodeDecodeError:
        expected = False
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        path = Path(folder) / "drop.csv"
        path.write_bytes(content)
        patch.setattr(encoding, "_BLOCK", block)
        assert encoding._read_through(LocalFile(path), content)[0] is expected


@pytest.mark.parametrize(
    "mark", ["$", "€", "£", "#", "%", "&", "*", "=", "!", "?", "<", "[", "{", "/", "-", "+", "~", "@"]
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("has_header", [True, False])
def test_what_cells_begin_with_is_no_part_of_a_delimiter(
    written: Written, mark: str, delimiter: str, has_header: bool
) -> None:
    """Amounts, hash tags and the like in every row of a column: the header's names have no such mark."""
    rows = [(f"Lead {n}", f"202-555-01{n:02}", f"{mark}{n + 11}") for n in range(12)]
    table = [("name", "phone", "paid"), *rows] if has_header else rows
    path = written("drop.csv", "".join(delimiter.join(row) + "\n" for row in table))
    [read_as], [found] = read(path)
    assert (read_as["delimiter"], [cells for _, cells, _ in found]) == (delimiter, rows)


@pytest.mark.parametrize("end", [b"\x1a", b"\x1a\x1a", b"\r\n\x1a", b"\x1a" + bytes(100), b"\0"])
@pytest.mark.parametrize("block", [1, 3, 1 << 20])
def test_a_mark_of_the_end_is_no_record(written: Written, end: bytes, block: int) -> None:
    """Ctrl-Z ends texts of DOS programs, and NULs fill their last block."""
    content = b"name,phone\r\nAnn,2025550100\r\nBo,2025550101"
    assert read(written("drop.csv", content + end), block=block)[1] == [
        [(2, ("Ann", "2025550100"), None), (3, ("Bo", "2025550101"), None)]
    ]


@pytest.mark.parametrize("at", [0, 3, 15, 40])
def test_one_nul_does_not_make_text_binary(written: Written, at: int) -> None:
    content = b"name,phone\nAnn,2025550100\nBo,2025550101\n"
    _, [rows] = read(written("drop.csv", content[:at] + b"\0" + content[at:]))
    assert len(rows) == 2


@pytest.mark.parametrize("none", ["0", "n/a", "none", "NULL", "-", ""])
@pytest.mark.parametrize("at", [1, 2])
def test_a_first_lead_without_a_phone_is_no_header(written: Written, none: str, at: int) -> None:
    """Dialler lists write 0 where there is none, others a word or nothing."""
    first = ["Jo Smith", "202-555-0100", "Boston"] if at == 2 else ["Jo Smith", none, "Boston"]
    rows = [first, ["Bo", "202-555-0101", "Reno"], ["Al", "202-555-0102", "Reno"], ["Cy", none, "Reno"]]
    [read_as], [found] = read(written("drop.csv", "".join(",".join(row) + "\n" for row in rows)))
    assert read_as["header"] == "none"
    assert [list(cells or ()) for _, cells, _ in found] == rows


def test_row_numbers_without_a_name_shift_no_name(written: Written) -> None:
    """As R writes tables: the header has no name for the numbers of the rows."""
    rows = "".join(f'"{n}","Ann Lee","202-555-010{n}","lead{n}@example.com"\n' for n in range(1, 6))
    [table] = open_csv(LocalFile(written("drop.csv", '"name","phone","email"\n' + rows)), "drop.csv", Layout())
    assert table.header == ("", "name", "phone", "email")
