"""Whatever is cut out of regular text is what was written into it; the standard library's writer is the oracle."""

from __future__ import annotations

import csv
import io

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from schemas.files.csv_cells import cut_text
from schemas.support.text_views import text_views

#: The writer does not quote a carriage return that no line feed follows.
_PIECES = st.sampled_from([*'ab"\n,; é€\U0001f600', "\r\n", "more than twelve bytes"])
_TEXTS = st.lists(_PIECES, max_size=12).map("".join) | st.text(
    st.characters(codec="utf-8", exclude_characters="\r"), max_size=4
)


@st.composite
def _rows(draw: st.DrawFn) -> list[list[str]]:
    width = draw(st.integers(1, 4))
    return draw(st.lists(st.lists(_TEXTS, min_size=width, max_size=width), min_size=1, max_size=8))


def _written(rows: list[list[str]], delimiter: str, end: str, quoting: int) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(rows)  # type: ignore[arg-type]
    return text.getvalue()


def _texts_behind(cells: pl.Series) -> bytes:
    """What the buffers of a column hold."""
    return b"".join(part.to_pybytes() for part in text_views(cells).buffers)


@given(
    _rows(),
    st.sampled_from(",;\t"),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.booleans(),
)
def test_cells_are_cut_as_they_were_written(
    rows: list[list[str]], delimiter: str, end: str, quoting: int, lenient: bool
) -> None:
    names = [str(number) for number in range(len(rows[0]))]
    text = _written(rows, delimiter, end, quoting)
    for times in (1, 20):
        cut = cut_text((text * times).encode(), delimiter, names, lenient=lenient)
        assert cut is not None
        assert cut.cells.rows() == [tuple(row) for row in rows] * times
        assert not cut.ragged.any()
        assert cut.consumed == len((text * times).encode())
        assert cut.lines_consumed == text.count("\n") * times
        for cells in cut.cells.get_columns():
            assert _texts_behind(cells) == "".join(cells).encode()


@given(_rows(), st.integers(1, 200))
def test_a_record_without_its_end_is_left(rows: list[list[str]], cut_off: int) -> None:
    names = [str(number) for number in range(len(rows[0]))]
    whole = _written(rows, ",", "\n", csv.QUOTE_ALL).encode()
    cut = cut_text(whole[: -min(cut_off, len(whole))], ",", names)
    # Where a character is cut in half, what is left behind the last record is not looked at.
    assert cut is not None
    assert cut.cells.rows() == [tuple(row) for row in rows[: len(cut)]]
    rest = _written(rows[len(cut) :], ",", "\n", csv.QUOTE_ALL).encode()
    assert whole == whole[: cut.consumed] + rest


@given(st.lists(st.sampled_from(["a,b\n", "a\n", "\n", "a,b,c\n", '"a",\n', "a,b\r\n"]), min_size=1, max_size=30))
def test_records_with_another_number_of_fields_are_told_apart(lines: list[str]) -> None:
    cut = cut_text("".join(lines).encode(), ",", ["a", "b"])
    assert cut is not None
    widths = [len(line.split(",")) if line != "\n" else 2 for line in lines]
    assert (cut.ragged.tolist() or [False] * len(lines)) == [width != 2 for width in widths]
    assert cut.starts.tolist() == [sum(map(len, lines[:number])) for number in range(len(lines))]
