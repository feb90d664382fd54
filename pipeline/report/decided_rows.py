"""The rows of a decided batch with all that they came with, also where the outputs hide it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.results.verdict import Verdict
from schemas.support.arrow_columns import column


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
        return np.asarray(pc.is_valid(column(self.held, name)))

    def count(self, name: str) -> int:
        """How many rows have something in a column."""
        return len(self) - self.held.column(name).null_count if name in self.held.column_names else 0

    def coded(self, name: str | None) -> tuple[list[str], npt.NDArray[np.int64]]:
        """Distinct texts of a column and which each row has; null, and what is not there, comes after the last."""
        if name is None or name not in self.held.column_names:
            return [], np.zeros(len(self), dtype=np.int64)
        return codes_of(column(self.held, name))

    def positions(self, ids: npt.NDArray[np.uint64]) -> npt.NDArray[np.intp]:
        """Where the rows with these ids are."""
        rows = column(self.held, "row_id").to_numpy()
        if len(rows) and rows[-1] - rows[0] == len(rows) - 1:
            return ids.view(np.int64) - int(rows[0])  # none is missing between them
        return np.searchsorted(rows, ids)

    def is_open(self, channel: str) -> npt.NDArray[np.bool_]:
        """Which rows may be contacted on a channel."""
        marks = np.zeros(len(self), dtype=bool)
        marks[self._clean] = self.clean_on(channel)
        return marks

    def clean_on(self, channel: str) -> npt.NDArray[np.bool_]:
        """Which of the clean rows may be contacted on a channel."""
        words, opened = self._channels
        if channel not in words:
            return np.zeros(len(self.verdict.clean), dtype=bool)
        return np.asarray(opened & np.uint8(1 << words.index(channel)), dtype=bool)

    @cached_property
    def is_clean(self) -> npt.NDArray[np.bool_]:
        """Which rows are clean."""
        marks = np.zeros(len(self), dtype=bool)
        marks[self._clean] = True
        return marks

    @cached_property
    def _clean(self) -> npt.NDArray[np.intp]:
        return self.positions(column(self.verdict.clean, "row_id").to_numpy())

    @cached_property
    def _channels(self) -> tuple[list[str], npt.NDArray[np.uint8]]:
        """Channels, and of each clean row those that are open, a bit each."""
        lists = column(self.verdict.clean, "channels")
        words, of_item = codes_of(lists.flatten())
        bits = np.append(np.uint8(1) << of_item.astype(np.uint8), np.uint8(0))
        lengths = lists.value_lengths().to_numpy()
        return words, np.bitwise_or.reduceat(bits, np.cumsum(lengths) - lengths) * (lengths > 0)


def codes_of(texts: pa.Array) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Distinct texts, and which of them each is; null comes after the last."""
    few = texts if pa.types.is_dictionary(texts.type) else texts.dictionary_encode()
    indices = few.indices.fill_null(len(few.dictionary)) if few.null_count else few.indices
    return few.dictionary.to_pylist(), indices.to_numpy().astype(np.int64)
