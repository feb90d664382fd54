"""Views that are the same are the same text, however a column came about."""

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from schemas.support.text_views import changes, text_views, view_column, with_texts

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
