"""The rows of a decided batch with all that they came with, also where the outputs hide it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.results.verdict import Verdict


@dataclass(frozen=True)
class DecidedRows:
    """``held``: every row of the verdict, ascending in ``row_id``, with contact columns, address and evidence.

    A column that it does not have is null in all rows.
    """

    held: pa.Table
    verdict: Verdict

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.held)

    def frame(self, *names: str) -> pl.DataFrame:
        """These columns of the rows, as far as there are such."""
        return pl.DataFrame(self.held.select([name for name in names if name in self.held.column_names]))

    def clean_frame(self, *names: str) -> pl.DataFrame:
        """These columns of the clean rows, as far as there are such."""
        clean = self.verdict.clean
        return pl.DataFrame(clean.select([name for name in names if name in clean.column_names]))

    def present(self, name: str) -> npt.NDArray[np.bool_]:
        """Which rows have something in a column."""
        if name not in self.held.column_names:
            return np.zeros(len(self), dtype=bool)
        return np.asarray(pc.is_valid(self.held.column(name)))

    def positions(self, ids: pl.Series) -> npt.NDArray[np.intp]:
        """Where the rows with these ids are."""
        rows = np.asarray(self.held.column("row_id"))
        if len(rows) and rows[-1] - rows[0] == len(rows) - 1:
            return np.asarray(ids.to_numpy() - rows[0], np.intp)  # none is missing between them
        return np.searchsorted(rows, ids.to_numpy())

    def is_open(self, channel: str) -> npt.NDArray[np.bool_]:
        """Which rows may be contacted on a channel."""
        rows = self.clean_frame("row_id", "channels").filter(pl.col("channels").list.contains(channel))
        return self._marked(rows.get_column("row_id"))

    @property
    def is_clean(self) -> npt.NDArray[np.bool_]:
        """Which rows are clean."""
        return self._marked(self.clean_frame("row_id").get_column("row_id"))

    def _marked(self, ids: pl.Series) -> npt.NDArray[np.bool_]:
        marks = np.zeros(len(self), dtype=bool)
        marks[self.positions(ids)] = True
        return marks
