"""Different values are numbered in the order in which they first appear, however many there are."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.support.distinct import distinct, distinct_numbers

_CELLS = st.lists(st.none() | st.sampled_from(["", "TX", "twelve bytes", "thirteen byte", "thirteen bytf"]) | st.text())


@given(_CELLS, st.integers(0, 3))
def test_texts(cells: list[str | None], skipped: int) -> None:
    words, numbers = distinct(pl.Series(cells, dtype=pl.String)[skipped:])
    assert words == list(dict.fromkeys(cell for cell in cells[skipped:] if cell is not None))
    assert [[*words, None][number] for number in numbers] == cells[skipped:]


@given(st.lists(st.integers(0, 2**64 - 1) | st.sampled_from([1 << bit for bit in range(64)])))
def test_numbers(values: list[int]) -> None:
    found, numbers = distinct_numbers(np.array(values, np.uint64))
    assert found.tolist() == list(dict.fromkeys(values))
    assert found[numbers].tolist() == values


@pytest.mark.parametrize("different", [1, 1000, 1025, 40_000])
@pytest.mark.parametrize("text", ["{}", "a text that is longer than a view: {}"])
def test_more_than_a_small_table_has_room_for(different: int, text: str) -> None:
    """Compiled, with some of the texts in buffers of their own and some null."""
    values = np.arange(50_000) * 7919 % different
    cells = [None if value % 11 == 3 else text.format(value) for value in values.tolist()]
    words, numbers = distinct(pl.concat([pl.Series(cells[:20_000]), pl.Series(cells[20_000:])]))
    assert words == list(dict.fromkeys(cell for cell in cells if cell is not None))
    assert pl.Series([*words, None])[numbers].equals(pl.Series(cells))
    found, codes = distinct_numbers(values << 40)
    assert (found[codes] == values << 40).all()
    assert len(found) == different
