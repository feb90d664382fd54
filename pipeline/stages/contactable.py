"""Which contact points of a batch nothing blocks, and on which channels: what de-duplication and the decision ask."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.context import Context
from schemas.columns import CHANNEL_POINTS, POST_POINT
from schemas.config import Channel

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Contactable:
    """What may be done with each row: which of its points may be used, and on which channels.

    The two agree: a point that is left may be used on every channel of the row that reaches it, so that whoever works
    from the row can dial no number that is only to be texted.
    """

    points: dict[str, pl.Series]
    channels: dict[Channel, pl.Series]


def contactable(frame: pl.DataFrame, found: pl.DataFrame, context: Context) -> Contactable:
    """Say which points and channels nothing blocks.

    ``frame``: rows consecutive in ``row_id``, with contact columns and ``is_lead``. ``found``: all findings so far.
    """
    against = found.filter(pl.col("effect") != "flag").select("row_id", "point", "channel")
    on_one_channel = against.filter(pl.col("channel").is_not_null())
    free = _free(frame, against.filter(pl.col("channel").is_null()), context)
    points: dict[str, Bools] = {}
    channels: dict[Channel, Bools] = {}
    for channel in context.campaign.channels:
        reached = {point: free[point] for point in CHANNEL_POINTS[channel] if point in free}
        mine = on_one_channel.filter(pl.col("channel") == channel)
        if len(mine):
            reached = {point: rows & ~_hit(frame, mine, point) for point, rows in reached.items()}
        is_open = _any(reached, len(frame))
        if any(point in points for point in reached):
            # Another channel has chosen among these points already: this one joins where a point serves both.
            chosen = _any({point: points[point] for point in reached}, len(frame))
            joint = {point: points[point] & rows for point, rows in reached.items()}
            both = _any(joint, len(frame))
            is_open = np.where(chosen, both, is_open)
            reached = {
                point: np.where(both, joint[point], np.where(chosen, points[point], rows))
                for point, rows in reached.items()
            }
        points |= reached
        channels[channel] = is_open
    return Contactable(
        {point: pl.Series(point, points[point]) for point in context.points if point in points},
        {channel: pl.Series(channel, rows) for channel, rows in channels.items()},
    )


def _any(columns: dict[str, Bools], rows: int) -> Bools:
    return np.logical_or.reduce(list(columns.values())) if columns else np.zeros(rows, dtype=bool)


def _hit(frame: pl.DataFrame, against: pl.DataFrame, point: str) -> Bools:
    hits = np.zeros(len(frame), dtype=bool)
    rows = against.filter((pl.col("point") == point) | pl.col("point").is_null()).get_column("row_id")
    hits[rows.to_numpy().astype(np.int64) - (int(frame.item(0, "row_id")) if len(frame) else 0)] = True
    return hits


def _free(frame: pl.DataFrame, against: pl.DataFrame, context: Context) -> dict[str, Bools]:
    """Points that are there and that nothing blocks on all channels."""
    free: dict[str, Bools] = {}
    for point in context.points:
        if point == POST_POINT:
            present = frame.select(has_address(frame) & pl.col("is_lead")).to_series().to_numpy().copy()
        elif point in frame.columns:
            present = frame.get_column(point).is_not_null().to_numpy().copy()
        else:
            continue
        free[point] = present & ~_hit(frame, against, point)
    return free


def has_address(frame: pl.DataFrame) -> pl.Expr:
    """Whether a row has a street line and a place: enough to post to."""
    present = {name: pl.col(name).is_not_null() if name in frame.columns else pl.lit(False) for name in _ADDRESS}
    return present["address_1"] & (present["city"] | present["postal_code"])


_ADDRESS = ("address_1", "city", "postal_code")
