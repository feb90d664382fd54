"""Where each row was lost on its way to a channel: a funnel in which every row is counted once."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.results.verdict import Verdict
from schemas.codes import CODES
from schemas.columns import CHANNEL_POINTS, POST_POINT
from schemas.config import Channel

#: The stages in the order of the funnel. A row is lost at the stage that its best contact point of the channel reaches.
STAGES: Final = ("absent", "unusable", "listed", "law", "duplicate", "other_channel")
_ABSENT, _UNUSABLE, _LISTED, _LAW, _DUPLICATE, _FREE = range(len(STAGES))
#: What has no own column is told by this one: without a street there is no postal address.
_COLUMN: Final = {POST_POINT: "address_1"}

_Stages = npt.NDArray[np.uint8]


@cache
def stage_of(code: str) -> int:
    """The stage at which a blocking code stops a contact point. Codes that the register does not know are rules."""
    reason = CODES.get(code)
    family = code.partition(".")[0]
    if reason is None or family in {"rules", "unread", "consent"}:
        return _LAW
    if family == "contact":
        return _ABSENT
    if family == "duplicate":
        return _DUPLICATE
    return _LISTED if reason.disposition == "suppress" else _UNUSABLE


def count_losses(verdict: Verdict, findings: pl.DataFrame, channels: list[Channel]) -> dict[Channel, Counter[str]]:
    """Count rows of a decided batch that are lost for each channel, by stage.

    ``findings``: those of the batch (`FINDING_SCHEMA`). Clean rows no longer have the points that were blocked; that they
    had them is known from what was found against these.
    """
    ids = np.concatenate([frame.get_column("row_id").to_numpy() for frame in (verdict.clean, verdict.rejected)])
    against = _Against(findings, ids)
    lost = {}
    for channel in channels:
        best = _best(verdict, against, channel)
        closed = ~_open(verdict, channel)
        by_stage = np.bincount(best[closed], minlength=len(STAGES))
        lost[channel] = Counter({stage: int(by_stage[place]) for place, stage in enumerate(STAGES)})
    return lost


class _Against:
    """What blocks: for each such finding its row (clean ones first, then rejected ones), point, channel and stage."""

    def __init__(self, findings: pl.DataFrame, ids: npt.NDArray[Any]) -> None:
        against = findings.filter(pl.col("effect") != "flag")
        order = np.argsort(ids, kind="stable")
        self.row = order[np.searchsorted(ids, against.get_column("row_id").to_numpy(), sorter=order)]
        self.point = against.get_column("point")
        self.channel = against.get_column("channel")
        codes = against.get_column("code")
        known = codes.unique()
        stages = pl.Series([stage_of(code) for code in known], dtype=pl.UInt8)
        self.stage = codes.replace_strict(known, stages, return_dtype=pl.UInt8).to_numpy()
        self.rows = len(ids)

    def first(self, channel: str, point: str | None) -> _Stages:
        """The first stage at which something stops each row's point (None: the row as a whole) on a channel."""
        named = self.point.is_null() if point is None else (self.point == point).fill_null(False)
        hit = (named & (self.channel.is_null() | (self.channel == channel).fill_null(False))).to_numpy()
        found = np.full(self.rows, _FREE, dtype=np.uint8)
        np.minimum.at(found, self.row[hit], self.stage[hit])
        return found


def _best(verdict: Verdict, against: _Against, channel: Channel) -> _Stages:
    """How far the best contact point of each row comes."""
    whole = against.first(channel, None)
    best = np.zeros(against.rows, dtype=np.uint8)
    for point in CHANNEL_POINTS[channel]:
        found = against.first(channel, point)
        # A cell that could not be read left no point, and what was found in it says that there was a cell.
        reached = np.where((found == _FREE) & ~_present(verdict, point), _ABSENT, np.minimum(found, whole))
        best = np.maximum(best, reached)
    return np.where((best == _ABSENT) & (whole == _UNUSABLE), _UNUSABLE, best)


def _present(verdict: Verdict, point: str) -> npt.NDArray[np.bool_]:
    name = _COLUMN.get(point, point)
    return np.concatenate(
        [
            frame.get_column(name).is_not_null().to_numpy() if name in frame.columns else np.zeros(len(frame), bool)
            for frame in (verdict.clean, verdict.rejected)
        ]
    )


def _open(verdict: Verdict, channel: Channel) -> npt.NDArray[np.bool_]:
    clean = verdict.clean.get_column("channels").list.contains(channel).to_numpy()
    return np.concatenate([clean, np.zeros(len(verdict.rejected), bool)])
