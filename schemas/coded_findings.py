"""Findings of a batch as numbers: a row has several, and of all rows together few say something different."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.findings import FINDING_SCHEMA, no_findings

#: What a finding says of a row: `FINDING_SCHEMA` but for the row.
SAID_SCHEMA = {name: dtype for name, dtype in FINDING_SCHEMA.items() if name != "row_id"}
#: Numpy sorts so few places by counting.
_FEW_ROWS = 1 << 16
#: Findings of which it is worth while to look whether they say the same.
_SEVERAL = 256


@dataclass(frozen=True)
class CodedFindings:
    """Of row ``row_id[i]`` it was found what row ``which[i]`` of ``said`` (`SAID_SCHEMA`) says."""

    row_id: npt.NDArray[np.uint64]
    which: npt.NDArray[np.int64]
    said: pl.DataFrame

    def __len__(self) -> int:
        """Return the number of findings."""
        return len(self.which)

    def frame(self) -> pl.DataFrame:
        """All of them in full (`FINDING_SCHEMA`)."""
        rows = pl.Series("row_id", self.row_id, pl.UInt64)
        return self.said[self.which].insert_column(0, rows)

    def places(self, first: int) -> npt.NDArray[np.int64]:
        """Which row of a batch each is about; the batch's rows are consecutive and begin with ``first``."""
        return (self.row_id - np.uint64(first)).astype(np.int64)

    def by_row(self) -> CodedFindings:
        """The same in order of their rows; of one row as they were."""
        first = self.row_id.min(initial=np.iinfo(np.uint64).max)
        places = self.places(int(first))
        few = places.astype(np.uint16) if places.max(initial=0) < _FEW_ROWS else places
        order = np.argsort(few, kind="stable")
        return CodedFindings(self.row_id[order], self.which[order], self.said)


def coded(frame: pl.DataFrame) -> CodedFindings:
    """Code findings (`FINDING_SCHEMA`) that all say the same, or of which most differ."""
    said = pl.DataFrame([frame.get_column(name) for name in SAID_SCHEMA])
    rows = frame.get_column("row_id").to_numpy()
    if len(said) > _SEVERAL and all(_is_one(said.get_column(name)) for name in reversed(SAID_SCHEMA)):
        return CodedFindings(rows, np.zeros(len(rows), np.int64), said[:1])
    return CodedFindings(rows, np.arange(len(rows)), said)


def _is_one(values: pl.Series) -> bool:
    """Whether a value, or none, is in all rows."""
    first = values[0]
    return values.null_count() == len(values) if first is None else not values.ne_missing(first).any()


def together(parts: Iterable[CodedFindings]) -> CodedFindings:
    """Put findings one behind the other."""
    some = [part for part in parts if len(part)]
    if not some:
        return coded(no_findings())
    if len(some) == 1:
        return some[0]
    starts = np.cumsum([0, *(len(part.said) for part in some)])
    return CodedFindings(
        np.concatenate([part.row_id for part in some]),
        np.concatenate([start + part.which for start, part in zip(starts, some, strict=False)]),
        pl.concat([part.said for part in some]),
    )
