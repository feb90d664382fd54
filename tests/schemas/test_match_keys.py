"""Folding of addresses, which nobody gets who does not ask for it."""

from __future__ import annotations

import polars as pl
import pytest

from schemas.contact.match_keys import FOLDS, PROVIDER_ALIASES, fold_email, folds_named
from schemas.errors import UsageError


@pytest.mark.parametrize(
    ("key", "folds", "folded"),
    [
        ("a.b+c@gmail.com", "", "a.b+c@gmail.com"),
        ("a+b+c@example.com", "plus", "a@example.com"),
        ("+a@example.com", "plus", "+a@example.com"),
        ("a+b@x+y.example", "plus", "a@x+y.example"),
        ("a.b.c@gmail.com", "dots", "abc@gmail.com"),
        ("a.b@googlemail.com", "dots", "ab@googlemail.com"),
        ("a.b@example.com", "dots", "a.b@example.com"),
        ("a.b@notgmail.com", "dots", "a.b@notgmail.com"),
        ("a.b@gmail.com.example", "dots", "a.b@gmail.com.example"),
        ("a@live.com", "aliases", "a@hotmail.com"),
        ("a@outlook.com", "aliases", "a@hotmail.com"),
        ("a@mac.com", "aliases", "a@icloud.com"),
        ("a@aim.com", "aliases", "a@aol.com"),
        ("a@live.nl", "aliases", "a@live.nl"),
        ("a@alive.com", "aliases", "a@alive.com"),
        ("a.b+c@googlemail.com", "plus dots aliases", "ab@gmail.com"),
        (None, "plus dots aliases", None),
    ],
)
def test_a_key_is_folded_as_was_asked(key: str | None, folds: str, folded: str | None) -> None:
    chosen = folds_named(folds.split())
    column = pl.Series("key", [key], dtype=pl.String)
    assert fold_email(column, chosen).to_list() == [folded]
    assert column.to_frame().select(fold_email(pl.col("key"), chosen)).to_series().to_list() == [folded]


def test_no_domain_belongs_to_two_providers() -> None:
    names = [name for group in PROVIDER_ALIASES for name in group]
    assert len(names) == len(set(names))


def test_a_wrong_fold_is_answered_with_the_nearest() -> None:
    assert folds_named(FOLDS) == frozenset(FOLDS)
    with pytest.raises(UsageError, match="Did you mean 'aliases'"):
        folds_named(["alias"])
