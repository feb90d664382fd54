"""Columns with few different values hold what plain columns hold."""

from __future__ import annotations

from random import Random

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from schemas.support.arrow_columns import (
    chosen,
    few_texts,
    few_type,
    few_values,
    joined_alike,
    joined_few,
    only_where,
    texts_of,
)

_TEXT = pa.large_string()
_CELLS = st.lists(st.sampled_from([None, "", "a", "b", "ü"]), max_size=9)
_LISTS = st.lists(st.none() | st.lists(st.sampled_from(["", "a", "b", "ü"]), max_size=3), max_size=6)


def _appearing(texts: list[str | None]) -> list[str]:
    return list(dict.fromkeys(text for text in texts if text is not None))


@given(st.lists(_CELLS, min_size=1, max_size=4))
def test_chunks_of_text(chunks: list[list[str | None]]) -> None:
    coded = [few_values(pa.array(cells, _TEXT), np.arange(len(cells))) for cells in chunks]
    assert [chunk.to_pylist() for chunk in coded] == chunks
    joined = joined_few(coded)
    cells = [cell for chunk in chunks for cell in chunk]
    assert joined.type == few_type(_TEXT)
    assert joined.to_pylist() == cells
    assert joined.dictionary.to_pylist() == _appearing(cells)
    assert joined.indices.null_count == cells.count(None)


@given(st.lists(_LISTS, min_size=1, max_size=4), st.integers(0, 3))
def test_chunks_of_lists(chunks: list[list[list[str] | None]], skipped: int) -> None:
    kind = few_type(pa.large_list(_TEXT))
    coded = [few_texts(pa.array(lists, pa.large_list(_TEXT))).slice(skipped) for lists in chunks]
    joined = joined_few(coded)
    lists = [each for chunk in chunks for each in chunk[skipped:]]
    assert joined.type == kind
    assert joined.to_pylist() == lists
    (texts,) = texts_of(pa.chunked_array([joined]))
    assert texts.dictionary.to_pylist() == _appearing([text for each in lists for text in each or ()])


@given(
    st.lists(st.lists(st.sampled_from(["", "a", "b"]), min_size=1, max_size=6), min_size=1, max_size=3), st.randoms()
)
def test_chunks_with_equal_values(values: list[list[str]], random: Random) -> None:
    codes = [[random.randrange(len(each)) for _ in range(5)] for each in values]
    chunks = [
        pa.DictionaryArray.from_arrays(pa.array(which, pa.int32()), pa.array(each, _TEXT))
        for which, each in zip(codes, values, strict=True)
    ]
    cells = [each[code] for which, each in zip(codes, values, strict=True) for code in which]
    joined = joined_few(chunks)
    assert joined.to_pylist() == cells
    assert joined.dictionary.to_pylist() == _appearing(list(cells))


def test_values_that_nobody_has() -> None:
    given_to = few_values(pa.array(["a", None, "b"], _TEXT), np.array([2, 1, 2]))
    assert given_to.to_pylist() == ["b", None, "b"]
    assert joined_few([given_to]).dictionary.to_pylist() == ["b"]


@given(st.lists(st.lists(st.integers(0, 3), max_size=9), min_size=1, max_size=3))
def test_values_that_are_there_twice(chunks: list[list[int]]) -> None:
    texts = pa.array(["a", "b", "a", "c"], _TEXT)
    coded = [pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), texts) for codes in chunks]
    joined = joined_few(coded)
    joined.validate(full=True)
    cells: list[str | None] = ["abac"[code] for codes in chunks for code in codes]
    assert joined.to_pylist() == cells
    assert joined.dictionary.to_pylist() == _appearing(cells)


@given(st.lists(st.lists(st.integers(0, 4), max_size=9), min_size=1, max_size=3), st.randoms())
def test_columns_that_say_one_of_few_things(chunks: list[list[int]], random: Random) -> None:
    first, second = (random.choices([None, "", "a", "b", "ü"], k=5) for _ in range(2))
    said = pa.StructArray.from_arrays(
        [few_values(pa.array(first, _TEXT), np.arange(5)), pa.array(second, _TEXT)], ["first", "second"]
    )
    coded = [pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), said) for codes in chunks]
    joined = joined_alike(coded)
    for name, values in (("first", first), ("second", second)):
        cells = [values[code] for codes in chunks for code in codes]
        assert joined[name].type == few_type(_TEXT)
        assert joined[name].to_pylist() == cells
        assert joined[name].dictionary.to_pylist() == _appearing(cells)


@given(st.lists(st.none() | st.text(max_size=40), max_size=30), st.lists(st.booleans(), max_size=30), st.booleans())
def test_some_rows(cells: list[str | None], keep: list[bool], sliced: bool) -> None:
    keep = [*keep, *[True] * len(cells)][: len(cells)]
    texts = pa.array(cells, _TEXT)
    under_nulls = only_where(texts, np.array([len(cell or "") % 3 > 0 for cell in cells], np.bool_))
    fields = pa.StructArray.from_arrays([texts, under_nulls], ["one", "two *"])
    table = pa.table({"a": texts, "b": under_nulls, "c": fields, "d": pa.array(keep)})
    if sliced:
        table, keep = table.slice(1), keep[1:]
    some = chosen(table, np.flatnonzero(keep))
    assert some.to_pylist() == table.filter(pa.array(keep, pa.bool_())).to_pylist()
    assert some.schema == table.schema
    some.validate(full=True)
