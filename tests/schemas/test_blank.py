"""What is left of cells without what nobody sees at their ends, and without words that mean nothing."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.contact.blank import BLANKS, COUNTRY_BLANKS, NAME_BLANKS, POINT_BLANKS, Blanks

_INVISIBLE = " \t\r\n\v\f\x00\u0085\u00a0\u00ad\u1680\u200b\u200f\u202f\u205f\u2060\u2064\u3000\ufeff"
_WORDS = sorted(BLANKS.words | NAME_BLANKS.words | POINT_BLANKS.words)
invisible = st.text(st.sampled_from(_INVISIBLE), max_size=3)
words = st.tuples(
    invisible, st.sampled_from(_WORDS).flatmap(lambda word: st.sampled_from([word, word.upper()])), invisible
)
cells = st.none() | words.map("".join) | st.text("_-k\u212aN/Aé a", max_size=14) | st.text(max_size=30)


def by_python(blanks: Blanks, cell: str | None) -> str | None:
    if cell is None:
        return None
    text = cell.strip(
        _INVISIBLE + "".join(map(chr, (*range(0x2000, 0x2010), *range(0x2028, 0x202F), 0x2061, 0x2062, 0x2063)))
    )
    low = "".join("k" if char == "\u212a" else char.lower() if char.isascii() else char for char in text)
    means_nothing = low in blanks.words or not text or (blanks.lines and not text.strip("_"))
    return None if means_nothing else text


@pytest.mark.parametrize("blanks", [BLANKS, POINT_BLANKS, COUNTRY_BLANKS, NAME_BLANKS])
@settings(max_examples=40, deadline=None)
@given(column=st.lists(cells, max_size=12))
def test_cells_are_cleaned_as_python_would(blanks: Blanks, column: list[str | None]) -> None:
    """In Python and compiled, of a column in one piece, of a part of it, and of one whose texts are in many buffers."""
    expected = [by_python(blanks, cell) for cell in column]
    few = pl.Series("cells", column, dtype=pl.String)
    assert blanks.cleaned(few).to_list() == expected
    many = pl.concat([few, few.str.to_uppercase(), few + "behind it is more", *[few] * 20], rechunk=False)
    found = blanks.cleaned(many)
    assert found.name == "cells"
    assert found.tail(len(column)).to_list() == expected
    assert blanks.cleaned(many.slice(2 * len(few))).tail(len(column)).to_list() == expected
