"""Which contact points of a batch nothing blocks: the question that de-duplication and the decision both ask."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import polars as pl

from pipeline.context import Context
from schemas.codes import CODES
from schemas.columns import CHANNEL_POINTS, POST_POINT


def usable_points(frame: pl.DataFrame, found: pl.DataFrame, context: Context) -> dict[str, pl.Series]:
    """One Boolean column for each contact point in play: some channel of the campaign may use it."""
    return on_any_channel(usable_by_channel(frame, found, context), context)


def on_any_channel(by_channel: dict[str, dict[str, pl.Series]], context: Context) -> dict[str, pl.Series]:
    """Put the channels' columns together to one for each contact point."""
    usable: dict[str, pl.Series] = {}
    for points in by_channel.values():
        for point, may in points.items():
            usable[point] = usable[point] | may if point in usable else may
    return {point: usable[point] for point in context.points if point in usable}


def usable_by_channel(frame: pl.DataFrame, found: pl.DataFrame, context: Context) -> dict[str, dict[str, pl.Series]]:
    """For each channel of the campaign, one Boolean column for each contact point that it reaches.

    It holds where the point is present and free of blocks and open reviews that concern the channel. The rows of
    ``frame`` are consecutive in ``row_id``.
    """
    against = found.filter(pl.col("effect") != "flag").select("row_id", "point", "code")
    limited = [code for code, reason in CODES.items() if reason.channels]
    everywhere = _usable(frame, against.filter(~pl.col("code").is_in(limited)), context.points)
    usable: dict[str, dict[str, pl.Series]] = {}
    for channel in context.campaign.channels:
        closed = [code for code in limited if channel in CODES[code].channels]
        here = against.filter(pl.col("code").is_in(closed))
        # Most channels are closed by nothing of their own.
        points = _usable(frame, here, context.points) if len(here) else {}
        usable[channel] = {
            point: may & points[point] if point in points else may
            for point, may in everywhere.items()
            if point in CHANNEL_POINTS[channel]
        }
    return usable


def _usable(frame: pl.DataFrame, against: pl.DataFrame, points: Iterable[str]) -> dict[str, pl.Series]:
    """One column for each of the points: present, and with nothing against it."""
    first = int(frame.item(0, "row_id")) if len(frame) else 0
    usable: dict[str, pl.Series] = {}
    for point in points:
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
