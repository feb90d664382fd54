"""Which contact points of a batch nothing blocks: the question that de-duplication and the decision both ask."""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.context import Context
from schemas.columns import POST_POINT


def usable_points(frame: pl.DataFrame, found: pl.DataFrame, context: Context) -> dict[str, pl.Series]:
    """One Boolean column for each contact point in play: present, and free of blocks and open reviews.

    The rows of ``frame`` are consecutive in ``row_id``.
    """
    against = found.filter(pl.col("effect") != "flag").select("row_id", "point")
    first = int(frame.item(0, "row_id")) if len(frame) else 0
    usable: dict[str, pl.Series] = {}
    for point in context.points:
        if point == POST_POINT:
            present = frame.select(has_address(frame) & pl.col("is_lead")).to_series().to_numpy().copy()
        elif point in frame.columns:
            present = frame.get_column(point).is_not_null().to_numpy().copy()
        else:
            continue
        hit = against.filter((pl.col("point") == point) | pl.col("point").is_null()).get_column("row_id")
        present[hit.to_numpy().astype(np.int64) - first] = False
        usable[point] = pl.Series(point, present)
    return usable


def has_address(frame: pl.DataFrame) -> pl.Expr:
    """Whether a row has a street line and a place: enough to post to."""
    present = {name: pl.col(name).is_not_null() if name in frame.columns else pl.lit(False) for name in _ADDRESS}
    return present["address_1"] & (present["city"] | present["postal_code"])


_ADDRESS = ("address_1", "city", "postal_code")
