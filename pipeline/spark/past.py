"""What was bought before, of the points of a job: the driver, which has the ledger, looks up what tasks put away.

A line of three numbers for each usable point goes through the driver, and no row. It reads them part by part, so its
memory does not grow with the job. Tasks find what concerns their rows in a file for each part.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from pipeline.run.run_state import RunState
from pipeline.spark.compare import PartLines, lines_in
from pipeline.stages.checks import Settlement
from pipeline.stages.history import PurchaseHistoryCheck, Words

if TYPE_CHECKING:
    from pipeline.ledger.history_past import Delivery

_POSITION_BITS = 4


@dataclass(frozen=True)
class PastAnswers:
    """Where the lines about a part's points are, a file for each part that has some, and the deliveries that they name.

    ``blocked``: a file of Parquet with the points that may not be used again; None when there is none.
    """

    folder: Path
    deliveries: dict[int, Delivery]
    blocked: Path | None

    def of_part(self, part: int) -> Words:
        """The lines about a part's points, in order."""
        path = self.folder / f"{part}.npy"
        found: Words = np.load(path) if path.exists() else np.empty((0, 3), np.uint64)
        return found


def history_of(run: RunState) -> PurchaseHistoryCheck | None:
    """The check of a run that asks the ledger, where there is one."""
    return next((check for check in run.checks if isinstance(check, PurchaseHistoryCheck)), None)


def ask_past(run: RunState, parts: Iterable[PartLines], firsts: tuple[int, ...]) -> PastAnswers | None:
    """Ask the ledger about the points of every part, in their order; nothing where the run has no ledger.

    Raises `LeadscrubError` when a byte of what a task put away differs, `LedgerError` when there is no answer.
    """
    check = history_of(run)
    if check is None:
        return None
    from pipeline.run.ledger_session import ask  # noqa: PLC0415  # what a ledger needs is loaded where there is one

    run.past = ask(run.request, run.plan, run.files, keep=True)
    for part in parts:
        for frame in lines_in(part.file):
            points = frame.to_numpy().astype(np.uint64, copy=True)
            points[:, 0] += np.uint64(part.first << _POSITION_BITS)
            check.take(part.number, points)
    check.settle(Settlement(run.records, run.past))
    hits, deliveries = check.known
    folder = run.work.absolute() / "past"
    folder.mkdir()
    ends = [*(np.uint64(first) for first in firsts[1:]), np.uint64(run.records)]
    bounds = np.searchsorted(hits[:, 0] >> np.uint64(_POSITION_BITS), np.array([0, *ends], np.uint64))
    for place, (low, high) in enumerate(pairwise(bounds)):
        if high > low:
            np.save(folder / f"{place}.npy", hits[low:high])
    blocked, path = check.blocked_points(), folder / "blocked.parquet"
    if not len(blocked):
        return PastAnswers(folder, deliveries, None)
    pl.DataFrame({"point": blocked.view(np.int64)}).write_parquet(path)
    return PastAnswers(folder, deliveries, path)
