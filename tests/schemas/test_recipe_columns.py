"""A recipe does to a column what it does to each value."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.recipes import parse_recipe

RECIPES = (
    "trim+lower+sha256",
    "trim+lower+striptag+md5",
    "keepcase+sha1",
    "digits+sha512",
    "last10+sha256+base64",
    "e164+sha256",
    "striptag+trim+md5",
)
texts = st.text(max_size=14) | st.text("aZ+@. \t\x1c\x1f0123\n", max_size=14)


@pytest.mark.parametrize("spelled", RECIPES)
@settings(max_examples=60, deadline=None)
@given(values=st.lists(texts, max_size=12))
@example(values=[])
@example(values=["A+b@C", "\x1c x \x85", "ΟΔΟΣ", "١٢٣", "\u00a0İ ", "+1 (415) 555-9317", "a+b+c@d@e", "+@", "a+b\n@c"])
def test_a_column_is_hashed_as_its_values_are(spelled: str, values: list[str]) -> None:
    """White space, capitals and digits outside ASCII, too."""
    recipe = parse_recipe(spelled)
    digests = recipe.digest_all(pl.Series(values, dtype=pl.String))
    assert digests.shape == (len(values), recipe.digest_bytes)
    assert [row.tobytes() for row in digests] == [recipe.digest(value) for value in values]


def test_null_stays_null_when_prepared() -> None:
    values = pl.Series([None, " É ", " A "], dtype=pl.String)
    assert parse_recipe("trim+lower+md5").prepared(values).to_list() == [None, "é", "a"]


ENTRIES = ["ab" * 16, "AB" * 16, "a b" + "c" * 29, "xy" * 16, "", "ab" * 20, " " + "ab" * 15 + "a", "é" * 16]


@pytest.mark.parametrize("spelled", ["md5", "md5+base64"])
@settings(max_examples=40, deadline=None)
@given(entries=st.lists(st.sampled_from([*ENTRIES, "q83vASNFZ4mrze8BI0VniQ=="]) | texts, max_size=6))
@example(entries=["ab" * 16, "CD" * 16])
@example(entries=["ab" * 16, "a b" + "c" * 29])
def test_a_column_of_entries_is_read_as_each_of_them_is(spelled: str, entries: list[str]) -> None:
    """Those that have the recipe's form, and no other."""
    recipe = parse_recipe(spelled)
    digests, good = recipe.read_all(pl.Series(entries, dtype=pl.String))
    expected = [recipe.to_bytes(entry) for entry in entries]
    assert good.to_list() == [digest is not None for digest in expected]
    assert [row.tobytes() for row in digests] == [digest for digest in expected if digest is not None]
