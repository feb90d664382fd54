"""Views that are the same are the same text, however a column came about."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from schemas.files.csv_cells import cut_text
from schemas.support.text_views import changes, text_views, texts_of, view_column, with_texts

_TEXTS = st.none() | st.sampled_from(
    ["", "a", "twelve bytes", "thirteen byte", "thirteen bytf", "thirteen bytes", "\0"]
)


@given(st.lists(_TEXTS, max_size=30), st.integers(0, 4), st.integers(0, 30))
def test_each_value_that_differs_from_the_one_before_is_a_change(
    texts: list[str | None], chunks: int, cut: int
) -> None:
    column = pl.concat([pl.Series(texts, dtype=pl.String)] * (chunks + 1), rechunk=False).slice(cut)
    given = column.to_list()
    found = changes(column).tolist()
    assert len(found) == max(len(given) - 1, 0)
    assert all(may or one == other for may, one, other in zip(found, given[1:], given, strict=False))


def test_what_is_the_same_in_all_rows_is_no_change() -> None:
    made = pl.DataFrame({"row": range(9)}).select(
        "row",
        long=pl.lit("more than twelve bytes"),
        short=pl.lit("short"),
        none=pl.lit(None, pl.String),
    )
    assert not any(changes(column).any() for column in made.drop("row").get_columns())


@given(st.lists(_TEXTS, min_size=1, max_size=30))
def test_the_same_views_in_the_same_buffers_are_the_same_texts(texts: list[str | None]) -> None:
    column = pl.Series(texts, dtype=pl.String)
    for other in (column, column.reverse(), column.gather(list(range(len(texts)))), column + "", column.sort()):
        one, two = text_views(column), text_views(other)
        if not one.in_same_buffers(two):
            continue
        alike = (one.heads == two.heads) & (one.tails == two.tails)
        for same, left, right in zip(alike.tolist(), column.to_list(), other.to_list(), strict=True):
            assert not same or None in (left, right) or left == right


@given(st.lists(_TEXTS, max_size=80), st.binary(max_size=20))
def test_texts_are_put_behind_what_a_buffer_has(texts: list[str | None], before: bytes) -> None:
    rows = np.arange(0, 2 * len(texts), 2)
    views, buffers = with_texts(
        np.zeros(8 * len(texts), np.uint32),
        [np.zeros(3, np.uint8), np.frombuffer(before, np.uint8)],
        rows,
        pl.Series(texts, dtype=pl.String),
    )
    given = np.zeros(2 * len(texts), np.bool_)
    given[rows] = [text is not None for text in texts]
    column = view_column(views, buffers, given)
    assert column.to_list() == [text for each in texts for text in (each, None)]


def _as_read(texts: Sequence[str | None]) -> pl.Series:
    """A column as a reader of CSV gives it."""
    cut = cut_text("".join(f'"{text or ""}"\n' for text in texts).encode(), ",", ["cell"])
    assert cut is not None
    views = text_views(cut.cells.get_column("cell"))
    return view_column(views.words, views.buffers, np.array([text is not None for text in texts], np.bool_))


@given(st.lists(_TEXTS, max_size=90), st.lists(_TEXTS, max_size=4), st.integers(0, 30), st.booleans())
def test_texts_are_put_one_behind_the_other(
    texts: list[str | None], others: list[str | None], cut: int, is_read: bool
) -> None:
    column = _as_read(texts) if is_read else pl.Series(texts, dtype=pl.String)
    for made in (column, column.slice(cut), column.reverse(), pl.concat([column, pl.Series(others, dtype=pl.String)])):
        found = texts_of(made)
        found.validate(full=True)
        assert found.to_pylist() == made.to_list()


_CELLS: list[str | None] = ["short", "more than twelve bytes", "", "\u20ac" * 9, "last"] * 30


def test_texts_that_are_one_behind_the_other_stay_where_they_are() -> None:
    for texts in (_CELLS, ["short"] * 90, ["more than twelve bytes"] * 3):
        column = _as_read(texts)
        assert texts_of(column).buffers()[2].address == text_views(column).buffers[0].address


def test_other_bytes_behind_the_same_views_are_not_taken_for_the_texts() -> None:
    views = text_views(_as_read(_CELLS))
    data, all_given = np.frombuffer(views.buffers[0], np.uint8), np.ones(len(_CELLS), np.bool_)
    for place in (0, 4, len(data) - 1):  # of short texts, which are in their views
        changed = data.copy()
        changed[place] ^= 1
        assert texts_of(view_column(views.words, [changed], all_given)).to_pylist() == _CELLS
    one_more = view_column(views.words, [np.append(data, data[:1])], all_given)
    assert texts_of(one_more).to_pylist() == _CELLS
