"""Loops over views read a text wherever it is: in any of several buffers, and in a part of a column."""

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_series_equal

from pipeline.columns.fixed_dates import ISO_FORMS, fixed_instants, fixed_shape
from schemas.contact.blank import BLANKS
from schemas.contact.email import email_forms
from schemas.contact.known import Cells, KnownWords
from schemas.contact.phone import phone_forms
from schemas.support.distinct import distinct
from schemas.support.text_views import text_views
from suppression.index.packed import text_keys

_TEXTS = st.none() | st.sampled_from(
    [
        *("", "n/a", "  Ann \u00a0", "  somebody with a long name\u200b ", "2026-11-29T10:00:00Z", "2026-11-29"),
        *("Ann.Example@Long-Domain-Name.COM", "a@b.co", "postmaster@SOMEWHERE.example", "ann@two..dots.com", "info"),
        *("(202) 555-0134", "+1 202 555 0134 ext. 12345", "0049 30 123 45 67 89", "202-555-0134 home phone number"),
    ]
)
_PARTS = st.lists(st.lists(_TEXTS, min_size=1, max_size=30), min_size=1, max_size=6)


@settings(max_examples=40)
@given(_PARTS, st.integers(0, 20))
def test_texts_in_several_buffers_are_read_as_those_in_one(parts: list[list[str | None]], start: int) -> None:
    several = pl.concat([pl.Series("cells", part, pl.String) for part in parts])[start:]
    one = pl.Series("cells", several.to_list(), pl.String)
    for question in (
        BLANKS.cleaned,
        lambda cells: fixed_instants(cells, ISO_FORMS),
        lambda cells: fixed_shape(cells, ISO_FORMS),
        lambda cells: email_forms(cells).to_struct("forms"),
        lambda cells: phone_forms(cells, pl.repeat("US", len(cells), dtype=pl.String, eager=True)).to_struct("forms"),
        lambda cells: pl.Series(text_keys(cells)),
        lambda cells: pl.Series(KnownWords(["info", "ann", "postmaster"]).among(Cells(cells), "@")),
        lambda cells: pl.Series(distinct(cells)[1]),
        lambda cells: pl.Series(distinct(cells)[0], dtype=pl.String),
    ):
        assert_series_equal(question(several), question(one))


def test_the_parts_of_memory_are_where_they_are_said_to_be() -> None:
    texts = text_views(pl.concat([pl.Series([f"text number {part} of several"]) for part in range(5)]))
    views, memory, starts, ends = texts.in_memory()
    assert len(starts) == len(texts.buffers) + 1
    assert views.tobytes() == memory[starts[0] : ends[0]].tobytes()
    for buffer, start, end in zip(texts.buffers, starts[1:], ends[1:], strict=True):
        assert np.frombuffer(buffer, np.uint8).tobytes() == memory[start:end].tobytes()
