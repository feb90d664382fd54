"""Which records are looked at to see whether they are a lead."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pipeline.stages.map import _FOOTER, _PERHAPS
from schemas.contact.blank import trimmed

_WORDS = ("total", "Grand", "SUB", "\u017fub", "number of", "rows", "leads", "count", "end of file", "records:")
_OTHERS = ("3", "-", "--", "", " ", "\u200b", "\ufeff", "\u00a0", "\n", "x", "\u212a", "\u00e9", "(", "'", "\u200d")
_PIECES = st.sampled_from([*_WORDS, *_OTHERS])
_CELLS = st.lists(st.one_of(st.none(), st.lists(_PIECES, max_size=4).map("".join)), min_size=3, max_size=3)


@given(st.lists(_CELLS, min_size=1, max_size=20))
def test_every_record_that_is_empty_or_a_footer_may_be_one(records: list[list[str | None]]) -> None:
    frame = pl.DataFrame(records, schema=dict.fromkeys("abc", pl.String), orient="row")
    joined = pl.concat_str([trimmed(pl.col(name)).fill_null("") for name in "abc"], separator=" ").str.strip_chars()
    begins = pl.concat_str("a", "b", "c", separator=" ", ignore_nulls=True).str.contains(_PERHAPS)
    assert frame.filter(((joined == "") | joined.str.contains(_FOOTER)) & ~begins).is_empty()
