"""A file is read in blocks of one size, as many for each thread."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.run.first_pass import _even_blocks

_MB = 1 << 20


@pytest.mark.parametrize(
    ("size", "threads", "count"),
    [(80, 2, 6), (64, 2, 4), (20, 2, 2), (12, 2, 2), (7, 2, 1), (20, 1, 2), (40, 8, 8), (20, 8, 2), (0, 2, 0)],
)
def test_every_thread_has_as_many_blocks(size: int, threads: int, count: int) -> None:
    """But what is small is not cut, however many threads there are."""
    block = _even_blocks(size * _MB, 16 * _MB, threads)
    cut = [min(block, size * _MB - start) for start in range(0, size * _MB, block)]
    assert len(cut) == count
    assert max(cut, default=0) - min(cut, default=0) < max(count, 1)


@given(st.integers(0, 1 << 34), st.integers(4 * _MB, 24 * _MB), st.integers(1, 8))
def test_no_block_is_larger_than_the_largest_nor_much_smaller(size: int, most: int, threads: int) -> None:
    block = _even_blocks(size, most, threads)
    assert block <= most
    assert block >= min(most, 4 * _MB)
    assert math.ceil(size / block) <= math.ceil(size / most) + threads
