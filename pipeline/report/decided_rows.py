"""The rows of a decided batch with all that they came with, also where the outputs hide it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.results.verdict import Verdict


@dataclass(frozen=True)
class DecidedRows:
    """``frame``: every row of the verdict, ascending in ``row_id``, with contact columns, ``country`` and ``state``."""

    frame: pl.DataFrame
    verdict: Verdict

    def positions(self, ids: pl.Series) -> npt.NDArray[np.intp]:
        """Where in the frame the rows with these ids are."""
        return np.searchsorted(self.frame.get_column("row_id").to_numpy(), ids.to_numpy())

    def is_open(self, channel: str) -> npt.NDArray[np.bool_]:
        """Which rows may be contacted on a channel."""
        return self._marked(self.verdict.clean.filter(pl.col("channels").list.contains(channel)))

    @property
    def is_clean(self) -> npt.NDArray[np.bool_]:
        """Which rows are clean."""
        return self._marked(self.verdict.clean)

    def _marked(self, some: pl.DataFrame) -> npt.NDArray[np.bool_]:
        marks = np.zeros(len(self.frame), dtype=bool)
        marks[self.positions(some.get_column("row_id"))] = True
        return marks
