"""A vendor's file of returns has its own columns, whatever they are called."""

from __future__ import annotations

import polars as pl

from pipeline.returning.files import file_form
from pipeline.returning.rows import _known_by
from schemas.contracts import ReturnTerms

NAMES = ["^phone$", "phone", "*", "^.*$"]
ROWS = [["a", "1", "x", "p"], ["b", "2", "y", "q"]]


def rows() -> pl.DataFrame:
    originals = [dict(zip(NAMES, row, strict=True)) for row in ROWS]
    return pl.DataFrame(
        {
            "row_id": pl.Series([0, 1], dtype=pl.UInt64),
            "source_file": ["drop.csv"] * 2,
            "source_line": pl.Series([2, 3], dtype=pl.UInt64),
            "reason": ["phone.invalid"] * 2,
            "state": ["TX", "CA"],
            "raw": pl.Series([None, None], dtype=pl.String),
            "phrase": ["bad number"] * 2,
            "original": originals,
        }
    )


def terms(key: str | None) -> ReturnTerms:
    return ReturnTerms.model_validate({"window": "10d", "reasons": {"phone.invalid": "bad number"}, "key": key})


def test_each_column_has_its_own_cells() -> None:
    form = file_form(terms("^phone$"), NAMES, has_unreadable=False)
    table = form.table(rows())
    assert table.rows() == [("a", "1", "x", "p", "bad number"), ("b", "2", "y", "q", "bad number")]


def test_rows_are_known_by_the_column_that_is_named() -> None:
    """Under a pattern's name the first column that fits would be the key, and rows would have one content."""
    by_name = _known_by(rows(), terms("^phone$"), has_key=True)
    plain = _known_by(
        rows().with_columns(pl.col("original").struct.rename_fields(["id", "phone", "c", "d"])),
        terms("id"),
        has_key=True,
    )
    assert by_name.get_column("key").to_list() == plain.get_column("key").to_list()
    assert by_name.get_column("content").n_unique() == 2
