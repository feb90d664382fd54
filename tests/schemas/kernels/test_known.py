"""Known words and numbers are found as regular expressions find them."""

from __future__ import annotations

import re

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from schemas.contact.fictional import FICTIONAL_NUMBERS
from schemas.contact.known import Cells, KnownNumbers, KnownWords
from schemas.contact.quality import ROLE_LOCAL_PARTS

_ROLE = re.compile("(?:" + "|".join(map(re.escape, ROLE_LOCAL_PARTS)) + ")@.*", re.IGNORECASE | re.ASCII | re.DOTALL)
_parts = st.one_of(st.sampled_from(sorted(ROLE_LOCAL_PARTS)), st.text("aiInNfFoO@-\u212a", max_size=6))
_behind = st.sampled_from(["@", "", "@x.org", "s@x.org", "@@"])
_addresses = st.one_of(st.none(), st.builds("{}{}".format, _parts, _behind))


@given(st.lists(_addresses, max_size=80))
def test_words_are_those_of_a_pattern(cells: list[str | None]) -> None:
    column, words = pl.Series(cells, dtype=pl.String), KnownWords(ROLE_LOCAL_PARTS)
    before = [cell is not None and _ROLE.fullmatch(cell) is not None for cell in cells]
    assert words.among(Cells(column), "@").tolist() == before
    whole = [cell is not None and cell.isascii() and cell.lower() in ROLE_LOCAL_PARTS for cell in cells]
    assert words.among(Cells(column)).tolist() == whole
    # In two buffers.
    twice = pl.concat([column, column + ""], rechunk=False)
    assert words.among(Cells(twice), "@").tolist() == before * 2


_forms = [form for forms in FICTIONAL_NUMBERS.values() for form in forms]
_numbers = st.one_of(
    st.none(),
    st.sampled_from(_forms).flatmap(
        lambda form: st.text("0123456789", min_size=len(form), max_size=len(form)).map(
            lambda digits: "".join(each if each != "." else digit for each, digit in zip(form, digits, strict=True))
        )
    ),
    st.from_regex(r"\+(?:1|44|33)[0-9]{0,10}", fullmatch=True),
    st.sampled_from(["", "+", "+1", "x"]),
)


@given(st.lists(_numbers, max_size=80))
def test_numbers_are_those_of_a_pattern(numbers: list[str | None]) -> None:
    pattern = re.compile("|".join(form.replace("+", r"\+") for form in _forms))
    found = KnownNumbers(_forms).among(Cells(pl.Series(numbers, dtype=pl.String)))
    assert found.tolist() == [number is not None and pattern.fullmatch(number) is not None for number in numbers]
