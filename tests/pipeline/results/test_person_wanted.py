"""Texts that mean a person, however long they are."""

from __future__ import annotations

import pytest

from pipeline.results.person_wanted import wanted_phone
from suppression.rules.us_states import read_state, state_bits


@pytest.mark.parametrize("before", ["1 ", "%40", "202-555-012 "])
@pytest.mark.parametrize(("after", "found"), [("; 202-555-0123", True), ("; 202-555-0124", False)])
def test_a_number_is_found_behind_a_long_text(before: str, after: str, *, found: bool) -> None:
    """Read in its square, it would take minutes."""
    assert wanted_phone("202-555-0123", "US").is_in(before * (100_000 // len(before)) + after) is found


@pytest.mark.parametrize(
    ("cell", "state"),
    [("Texas (TX)", "TX"), ("New Hampshire new hampshire", "NH"), ("a " * 200_000, None), ("texas " * 100_000, None)],
)
def test_a_state_is_named_twice_and_no_more(cell: str, state: str | None) -> None:
    assert read_state(cell) == (None if state is None else state_bits([state]))
