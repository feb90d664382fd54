"""Which contact points of a batch nothing blocks, and on which channels: what de-duplication and the decision ask."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.context import Context
from schemas.coded_findings import CodedFindings
from schemas.columns import CHANNEL_POINTS, POINTS, POST_POINT
from schemas.config import Channel
from schemas.kernels.findings import collect_bits

Bools = npt.NDArray[np.bool_]


class Contactable(NamedTuple):
    """What may be done with each row: which of its points may be used, and on which channels.

    The two agree: a point that is left may be used on every channel of the row that reaches it, so that whoever works
    from the row can dial no number that is only to be texted.
    """

    points: dict[str, pl.Series]
    channels: dict[Channel, pl.Series]


def contactable(frame: pl.DataFrame, found: CodedFindings, context: Context) -> Contactable:
    """Say which points and channels nothing blocks.

    ``frame``: rows consecutive in ``row_id``, with contact columns and ``is_lead``. ``found``: all findings so far.
    """
    present = {point: given for point in context.points if (given := _present(frame, point)) is not None}
    blocks = _Blocks.of(frame, found)
    free = {point: given & ~blocks.of_point(point, None) for point, given in present.items()}
    points: dict[str, Bools] = {}
    channels: dict[Channel, Bools] = {}
    for channel in context.campaign.channels:
        reached = {point: free[point] for point in CHANNEL_POINTS[channel] if point in free}
        if blocks.on_channel(channel):
            reached = {point: rows & ~blocks.of_point(point, channel) for point, rows in reached.items()}
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


class _Blocks(NamedTuple):
    """What is against the points of a batch: for each channel (None: all of them) one bit a row and point."""

    of_channel: dict[str | None, npt.NDArray[np.uint64]]
    rows: int

    @classmethod
    def of(cls, frame: pl.DataFrame, found: CodedFindings) -> _Blocks:
        """Read the findings of a batch."""
        if not len(found):
            return cls({}, len(frame))
        rows, said = found.places(frame.item(0, "row_id")), found.said
        on, blocked = said.get_column("channel"), {}
        for channel in on.filter(found.blocks).unique():
            this = (on.is_null() if channel is None else (on == channel).fill_null(False)).to_numpy()
            bits = np.where(found.blocks & this, _POINT_BITS[found.points], np.uint64(0))
            blocked[channel] = np.zeros(len(frame), dtype=np.uint64)
            collect_bits(rows, found.which, bits, blocked[channel])
        return cls(blocked, len(frame))

    def on_channel(self, channel: Channel) -> bool:
        """Whether anything is against this channel alone."""
        return channel in self.of_channel

    def of_point(self, point: str, channel: Channel | None) -> Bools:
        """Rows whose point is blocked on the channel; None for what holds on all of them."""
        if channel not in self.of_channel:
            return np.zeros(self.rows, dtype=bool)
        return np.asarray(self.of_channel[channel] & _POINT_BITS[POINTS.index(point)], dtype=bool)


#: By the number of a point. The one after the last is none: what has no point is against all of them.
_POINT_BITS = np.array([*(1 << place for place in range(len(POINTS))), (1 << len(POINTS)) - 1], dtype=np.uint64)


def _present(frame: pl.DataFrame, point: str) -> Bools | None:
    """Rows that have the point; None where the drop has no such column."""
    if point == POST_POINT:
        return frame.select(has_address(frame) & pl.col("is_lead")).to_series().to_numpy()
    return frame.get_column(point).is_not_null().to_numpy() if point in frame.columns else None


def has_address(frame: pl.DataFrame) -> pl.Expr:
    """Whether a row has a street line and a place: enough to post to."""
    present = {name: pl.col(name).is_not_null() if name in frame.columns else pl.lit(False) for name in _ADDRESS}
    return present["address_1"] & (present["city"] | present["postal_code"])


_ADDRESS = ("address_1", "city", "postal_code")
#: What is read of a frame.
READS = (*POINTS, *_ADDRESS, "is_lead")
