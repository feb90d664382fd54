"""Folding makes two spellings of one mailbox the same key, as far as the user says so."""

from __future__ import annotations

import polars as pl
import pytest

from schemas.contact.match_keys import fold_email

KEYS = ["jo.doe+news@gmail.com", "jo.doe@googlemail.com", "jo.doe+x+y@nowhere.museum", "+jo@live.com", None]


@pytest.mark.parametrize(
    ("folds", "expected"),
    [
        ([], KEYS),
        (["plus"], ["jo.doe@gmail.com", "jo.doe@googlemail.com", "jo.doe@nowhere.museum", "+jo@live.com", None]),
        (["dots"], ["jodoe+news@gmail.com", "jodoe@googlemail.com", "jo.doe+x+y@nowhere.museum", "+jo@live.com", None]),
        (
            ["aliases"],
            ["jo.doe+news@gmail.com", "jo.doe@gmail.com", "jo.doe+x+y@nowhere.museum", "+jo@hotmail.com", None],
        ),
        (
            ["plus", "dots", "aliases"],
            ["jodoe@gmail.com", "jodoe@gmail.com", "jo.doe@nowhere.museum", "+jo@hotmail.com", None],
        ),
    ],
)
def test_each_fold_does_its_part(folds: list[str], expected: list[str | None]) -> None:
    frame = pl.DataFrame({"key": KEYS})
    assert frame.select(fold_email(pl.col("key"), frozenset(folds))).to_series().to_list() == expected
