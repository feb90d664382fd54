"""What is hidden of a text or an address does not depend on how it is worked out."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from schemas.masking import masked_email, masked_text
from schemas.support.shown import HIDDEN

_TEXTS = st.lists(st.none() | st.text(max_size=60) | st.text("a\u00e91\u0661 -.@\n", max_size=60), max_size=20)


@given(_TEXTS)
def test_a_text_is_its_shape_cut_to_forty_characters(texts: list[str | None]) -> None:
    frame, cell = pl.DataFrame({"cell": texts}, schema={"cell": pl.String}), pl.col("cell")
    shape = cell.str.replace_all(r"\p{L}", "x").str.replace_all(r"\p{N}", "#")
    shown = pl.when(shape.str.len_chars() > 40).then(shape.str.slice(0, 37) + "...").otherwise(shape)
    assert frame.select(masked_text(cell)).equals(frame.select(shown))


@given(_TEXTS)
def test_of_an_address_the_first_letters_and_the_top_level_domain_are_shown(texts: list[str | None]) -> None:
    expected = []
    for text in texts:
        if text is None or "@" not in text:
            expected.append(None)
            continue
        domain = text.rpartition("@")[2]
        top = domain[domain.rindex(".") :] if "." in domain else ""
        expected.append(f"{text[:1]}{HIDDEN}@{domain[:1]}{HIDDEN}{top}")
    frame = pl.DataFrame({"cell": texts}, schema={"cell": pl.String})
    assert frame.select(masked_email(pl.col("cell"))).to_series().to_list() == expected
