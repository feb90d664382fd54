"""A regular CSV file that is cut at ends of records has, piece by piece, the records of the whole file."""

from __future__ import annotations

import hashlib
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.reading.csv_pieces import CutFile, cut_file, piece_of
from pipeline.reading.opening import open_tables
from schemas.files.table import FileTally, Table, read_batches
from schemas.layout import Layout

HEADER = "name,phone,note\n"


def _table(path: Path, text: str | bytes, layout: Layout | None = None) -> Table:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    (table,) = open_tables(path, path.name, layout or Layout())
    return table


def _records(table: Table) -> pl.DataFrame:
    return pl.concat(list(read_batches(table, FileTally(), 1 << 16)), how="diagonal")


def _together(table: Table, cut: CutFile) -> pl.DataFrame:
    return pl.concat([_records(piece_of(table, piece)) for piece in cut.pieces], how="diagonal")


CELL = st.sampled_from(["Ann", "", "é", '"a, b"', '"say ""hi"""', "202-555-0141", "x" * 40, '""'])
RECORD = st.lists(CELL, min_size=1, max_size=4).map(",".join) | st.just("") | st.just("Total,3,")


@given(records=st.lists(RECORD, min_size=10, max_size=60), ends=st.sampled_from(["\n", "\r\n"]), last=st.booleans())
@example(records=[*["Ann"] * 9, "Ann,202-555-0141"], ends="\n", last=False)  # a short row in the last piece alone
def test_pieces_have_the_records_of_the_whole(
    records: list[str], ends: str, last: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("pieces") / "leads.csv"
    text = ends.join([HEADER.strip(), *["Ann,202-555-0141,x"] * 20, *records]) + (ends if last else "")
    table = _table(path, text, Layout(delimiter=",", quote='"', header=True, encoding="utf-8", skip_lines=0))
    cut = _small_blocks(table, 200)
    if len(text.encode()) >= 400:
        assert cut is not None
        assert len(cut.pieces) > 1
    if cut is not None:
        assert cut.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        whole, parts = _records(table), _together(table, cut)
        assert parts.select(whole.columns).rows() == whole.rows()


def _small_blocks(table: Table, piece_bytes: int) -> CutFile | None:
    """Cut a small file as a large one would be: read in blocks that are smaller than a piece."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.reading.csv_pieces._BLOCK", 64)
        return cut_file(table, piece_bytes)


def test_what_is_above_the_table_and_the_mark_at_its_beginning_are_in_the_first_piece(tmp_path: Path) -> None:
    body = "".join(f"Lead {n},202-555-{100 + n:04},é\n" for n in range(60))
    table = _table(tmp_path / "leads.csv", b"\xef\xbb\xbf" + f"Made for you,,\n\n{HEADER}{body}".encode() + b"\x1a")
    cut = _small_blocks(table, 300)
    assert cut is not None
    assert cut.pieces[0].start == 0
    whole = _records(table)
    assert _together(table, cut).select(whole.columns).rows() == whole.rows()
    assert whole.get_column("source_line").to_list()[-1] == 63


ROW = "Ann,202-555-0141,x\n"
IRREGULAR: dict[str, str | bytes] = {
    "small": HEADER + ROW * 10,
    "line in a cell": HEADER + ROW * 40 + 'Ann,202-555-0142,"two\nlines"\n' + ROW * 40,
    "stray quote": HEADER + ROW * 40 + 'Ann "Annie" B,202-555-0142,x\n' + ROW * 40,
    "open quote": HEADER + ROW * 40 + '"Ann,202-555-0142,x\n' + ROW * 40,
    "open quote at the end": HEADER + ROW * 40 + 'Ann,202-555-0142,"x',
    "lone carriage return": HEADER + ROW * 40 + "Ann\rB,202-555-0142,x\n" + ROW * 40,
    "carriage returns alone": (HEADER + ROW * 40).replace("\n", "\r"),
    "other quotes": "name;phone;note\n" + "Ann;202-555-0141;'so; it is'\n" * 60,
    "other letters": (HEADER + "Ann,202-555-0141,é\n" * 60).encode("latin-1"),
    "wide letters": (HEADER + ROW * 60).encode("utf-16"),
}


@pytest.mark.parametrize("name", IRREGULAR)
def test_a_file_that_is_small_or_not_regular_is_not_cut(name: str, tmp_path: Path) -> None:
    layout = Layout(quote="'") if name == "other quotes" else None
    table = _table(tmp_path / "leads.csv", IRREGULAR[name], layout)
    assert _small_blocks(table, 300) is None
