"""Reads the phones of a list's entries: as those of leads, and in the forms that numbering plans once had."""

from __future__ import annotations

import polars as pl

from schemas.contact.apply import Apply
from schemas.contact.numbering_history import other_forms, present_forms
from schemas.contact.phone_points import phone_points
from schemas.contact.phone_repairs import doubtful_numbers


def read_phones(texts: pl.Series, regions: pl.Series, apply: Apply) -> pl.DataFrame:
    """Read trimmed texts, each with its region (null: none).

    Returns ``key`` (E.164), ``other`` (a second reading, or the other form of the same line) and ``why`` there is no
    key, one row per text. What is no certain reading in a drop still lists whom it may mean.
    """
    points = phone_points(texts, regions, apply).select("other", "why", key="e164")
    lost = points.get_column("key").is_null().arg_true()
    present = present_forms(texts.gather(lost), regions.gather(lost))
    old = present.is_not_null()
    if old.any():
        none = pl.repeat(None, int(old.sum()), dtype=pl.String, eager=True)
        read = phone_points(present.filter(old), none, apply).get_column("e164")
        points = points.with_columns(points.get_column("key").scatter(lost.filter(old), read))
    points = _with_doubtful(points, texts, regions)
    forms = other_forms(points.get_column("key"))
    return points.with_columns(other=pl.coalesce("other", pl.lit(forms)))


#: How a number begins that may mean another one: a prefix for calls abroad, or in Italy a zero that was lost.
_DOUBTFUL = r"^[\s(\"'=`]*(?:\+|\x{ff0b}|0|[0-9]+$)"


def _with_doubtful(points: pl.DataFrame, texts: pl.Series, regions: pl.Series) -> pl.DataFrame:
    """Fill ``key`` and ``other`` of refused texts with the numbers that they may be."""
    lost = (points.get_column("key").is_null() & texts.str.contains(_DOUBTFUL)).fill_null(False).arg_true()
    pairs = pl.DataFrame({"text": texts.gather(lost), "region": regions.gather(lost)})
    distinct = pairs.unique(maintain_order=True)
    numbers = {(text, region): doubtful_numbers(text, region) for text, region in distinct.rows()}
    found = [(numbers[pair] + [None, None])[:2] for pair in pairs.rows()]
    key, other = (pl.Series([each[column] for each in found], dtype=pl.String) for column in (0, 1))
    return points.with_columns(
        key=points.get_column("key").scatter(lost, key), other=points.get_column("other").scatter(lost, other)
    )
