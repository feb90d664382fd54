"""Lists of codes a row, made from bits, are what the findings say."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.stages.bit_masks import code_lists

#: More than two masks of 64 bits hold.
_CODES = [f"code-{number}" for number in range(150)]


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 199)), max_size=60),
    st.lists(st.one_of(st.just(-1), st.integers(0, 149)), min_size=200, max_size=200),
)
def test_codes_of_rows(found: list[tuple[int, int]], ranks: list[int]) -> None:
    rows, which = (np.array(each, np.int64) for each in zip(*found, strict=True)) if found else ([], [])
    lists = code_lists(5, np.asarray(rows, np.int64), np.asarray(which, np.int64), np.array(ranks), _CODES)
    said = [{ranks[what] for at, what in found if at == row} - {-1} for row in range(5)]
    for chosen in (np.ones(5, bool), np.array([True, False, True, True, False])):
        of_chosen = [each for each, is_chosen in zip(said, chosen, strict=True) if is_chosen]
        assert lists.of(chosen).to_pylist() == [[_CODES[rank] for rank in sorted(each)] for each in of_chosen]
