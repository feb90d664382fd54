"""Reads the phones of a list's entries: as those of leads, and in the forms that numbering plans once had."""

from __future__ import annotations

import polars as pl

from schemas.contact.apply import Apply
from schemas.contact.numbering_history import other_forms, present_forms
from schemas.contact.phone_points import phone_points


def read_phones(texts: pl.Series, regions: pl.Series, apply: Apply) -> pl.DataFrame:
    """Read trimmed texts, each with its region (null: none).

    Returns ``key`` (E.164), ``other`` (a second reading, or the other form of the same line) and ``why`` there is no
    key, one row per text.
    """
    points = phone_points(texts, regions, apply).select("other", "why", key="e164")
    lost = points.get_column("key").is_null().arg_true()
    present = present_forms(texts.gather(lost), regions.gather(lost))
    old = present.is_not_null()
    if old.any():
        none = pl.repeat(None, int(old.sum()), dtype=pl.String, eager=True)
        read = phone_points(present.filter(old), none, apply).get_column("e164")
        points = points.with_columns(points.get_column("key").scatter(lost.filter(old), read))
    forms = other_forms(points.get_column("key"))
    return points.with_columns(other=pl.coalesce("other", pl.lit(forms)))
