"""Where each row was lost on its way to a channel: a funnel in which every row is counted once."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.report.decided_rows import DecidedRows
from schemas.coded_findings import CodedFindings
from schemas.codes import CODES
from schemas.columns import CHANNEL_POINTS, POINTS, POST_POINT
from schemas.config import Channel
from schemas.kernels.findings import collect_few_bits
from schemas.report_counts import STAGES

_ABSENT, _UNUSABLE, _LISTED, _LAW, _DUPLICATE, _FREE = range(len(STAGES))
#: The column without which there is no such point, where it is no column itself.
COLUMN_OF: Final = {POST_POINT: "address_1"}


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


def count_losses(rows: DecidedRows, findings: CodedFindings, channels: list[Channel]) -> dict[Channel, Counter[str]]:
    """Count rows of a decided batch that are lost for each channel, by stage.

    ``findings``: those of the batch. A point that the rows no longer have, since they are clean and
    it was blocked, is known from what was found against it.
    """
    against = _Against(findings, rows)
    lost = {}
    for channel in channels:
        closed = np.flatnonzero(~rows.is_open(channel))
        by_stage = np.bincount(_best(rows, against, channel, closed), minlength=len(STAGES))
        lost[channel] = Counter({stage: int(by_stage[place]) for place, stage in enumerate(STAGES)})
    return lost


class _Against:
    """What blocks: for each point of each row the stages at which something does, as bits."""

    def __init__(self, findings: CodedFindings, rows: DecidedRows) -> None:
        self._which, said, self._rows = findings.which, findings.said, len(rows)
        places = rows.positions(findings.row_id)
        self._cells = findings.points[findings.which] * self._rows + places
        self._channel = said.get_column("channel")
        codes, numbers = findings.codes
        bits = np.array([1 << stage_of(code) for code in codes], np.uint8).take(numbers)
        self._bits = np.where(findings.blocks, bits, np.uint8(0))
        self._known = frozenset(said.get_column("point").unique())
        self._on_all = np.zeros((len(POINTS) + 1) * self._rows, dtype=np.uint8)
        self._collect(self._channel.is_null(), self._on_all)

    def on(self, channel: str) -> _Stages:
        """The stages on a channel: a line a point, the last one the whole row."""
        on_it = (self._channel == channel).fill_null(False)
        if not on_it.any():
            return self._on_all.reshape(-1, self._rows)
        found = self._on_all.copy()
        self._collect(on_it, found)
        return found.reshape(-1, self._rows)

    def speaks_of(self, point: str) -> bool:
        """Whether anything may stand against the point of some row."""
        return point in self._known

    def _collect(self, these: pl.Series, found: _Stages) -> None:
        collect_few_bits(self._cells, self._which, np.where(these.to_numpy(), self._bits, np.uint8(0)), found)


#: The least stage of each set of them.
_LEAST = np.array([min((s for s in range(_FREE) if mask >> s & 1), default=_FREE) for mask in range(1 << _FREE)], "u1")


def _best(rows: DecidedRows, against: _Against, channel: Channel, these: npt.NDArray[np.intp]) -> _Stages:
    """How far the best contact point of some rows (by place) comes."""
    stages = against.on(channel)
    whole = _LEAST.take(stages[-1].take(these))
    best = np.zeros(len(whole), dtype=np.uint8)
    for point in CHANNEL_POINTS[channel]:
        column = COLUMN_OF.get(point, point)
        if column not in rows.held.column_names and not against.speaks_of(point):
            continue
        found = _LEAST.take(stages[POINTS.index(point)].take(these))
        # A cell that could not be read left no point, and what was found in it says that there was a cell.
        reached = np.where((found == _FREE) & ~rows.present(column).take(these), _ABSENT, np.minimum(found, whole))
        best = np.maximum(best, reached)
    return np.where((best == _ABSENT) & (whole == _UNUSABLE), _UNUSABLE, best)
