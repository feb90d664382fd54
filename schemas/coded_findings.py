"""Findings of a batch as numbers: a row has several, and of all rows together few say something different."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.codes import CODES
from schemas.columns import POINTS
from schemas.findings import FINDING_SCHEMA, no_findings
from schemas.kernels.distinct import order_by_number
from schemas.support.text_views import changes

#: What a finding says of a row: `FINDING_SCHEMA` but for the row.
SAID_SCHEMA = {name: dtype for name, dtype in FINDING_SCHEMA.items() if name != "row_id"}
_POINT_NAMES = pl.Enum(POINTS)
#: So few are not worth a look at what they have in common.
_FEW_FINDINGS = 100
#: Findings of so many times as many rows are sorted faster than their rows are counted.
_FEWER = 8


@dataclass(frozen=True)
class CodedFindings:
    """Of row ``row_id[i]`` it was found what row ``which[i]`` of ``said`` (`SAID_SCHEMA`) says."""

    row_id: npt.NDArray[np.uint64]
    which: npt.NDArray[np.int64]
    said: pl.DataFrame

    def __len__(self) -> int:
        """Return the number of findings."""
        return len(self.which)

    @cached_property
    def blocks(self) -> npt.NDArray[np.bool_]:
        """What of all that is said is no mere flag."""
        return (self.said.get_column("effect") != "flag").to_numpy()

    @cached_property
    def points(self) -> npt.NDArray[np.int64]:
        """Of all that is said, the place of the point in `POINTS`; behind the last of what is said of a whole row."""
        numbers = self.said.get_column("point").cast(_POINT_NAMES).to_physical().fill_null(len(POINTS))
        return numbers.to_numpy().astype(np.int64)

    @cached_property
    def codes(self) -> tuple[list[str], npt.NDArray[np.int64]]:
        """The different codes, and which of them each says that is said."""
        codes = self.said.get_column("code")
        known = codes.unique(maintain_order=True)
        return known.to_list(), codes.cast(pl.Enum(known)).to_physical().to_numpy().astype(np.int64)

    def frame(self) -> pl.DataFrame:
        """All of them in full (`FINDING_SCHEMA`)."""
        rows = pl.Series("row_id", self.row_id, pl.UInt64)
        return self.said[self.which].insert_column(0, rows)

    def with_codes(self, codes: Collection[str]) -> CodedFindings:
        """Those of some codes, in their order."""
        wanted = self.said.get_column("code").is_in(codes).to_numpy()
        mine = wanted[self.which]
        return CodedFindings(self.row_id[mine], self.which[mine], self.said)

    def only(self, these: npt.NDArray[np.intp]) -> CodedFindings:
        """Some of them, by place, with what they say and no more."""
        said, which = named(self.which[these], len(self.said))
        return CodedFindings(self.row_id[these], which, self.said[said])

    def saying(self, **other: pl.Expr) -> CodedFindings:
        """The same of the same rows, but for some columns of `SAID_SCHEMA`."""
        return CodedFindings(self.row_id, self.which, self.said.with_columns(**other))

    def places(self, first: int) -> npt.NDArray[np.int64]:
        """Which row of a batch each is about; the batch's rows are consecutive and begin with ``first``."""
        return self.row_id.view(np.int64) - first

    def by_row(self) -> CodedFindings:
        """The same in order of their rows; of one row as they were."""
        places = self.places(int(self.row_id.min(initial=np.iinfo(np.int64).max)))
        rows = int(places.max(initial=-1)) + 1
        if rows > _FEWER * len(places):
            order = np.argsort(places, kind="stable")
        else:
            order = np.empty(len(places), np.int64)
            order_by_number(places, np.zeros(rows + 1, np.int64), order)
        return CodedFindings(self.row_id[order], self.which[order], self.said)


def named(which: npt.NDArray[np.int64], count: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.int64]]:
    """Which of so many things are named at all, in order, and of each that names one which of these it is."""
    there = np.zeros(count, np.bool_)
    there[which] = True
    return np.flatnonzero(there), (np.cumsum(there) - 1)[which]


def coded(frame: pl.DataFrame) -> CodedFindings:
    """Code findings (`FINDING_SCHEMA`). What is said of several rows one after the other is there once."""
    rows, said = frame.get_column("row_id").to_numpy(), pl.DataFrame([frame.get_column(name) for name in SAID_SCHEMA])
    if len(frame) <= _FEW_FINDINGS:
        return CodedFindings(rows, np.arange(len(frame)), said)
    new = np.zeros(len(frame), dtype=np.bool_)
    new[0] = True
    for column in said.get_columns():
        new[1:] |= changes(column)
    places = np.flatnonzero(new)
    # Where nearly all differ, to leave some out takes longer than it saves.
    if len(places) > len(new) // 2:
        return CodedFindings(rows, np.arange(len(frame)), said)
    return CodedFindings(rows, np.cumsum(new) - 1, said[places])


def said_alike(
    row_ids: npt.NDArray[np.uint64], code: str, *, point: str | None = None, source: str, detail: str
) -> CodedFindings:
    """Say the same of several rows; the effect is the code's own, and on every channel."""
    said = (point, code, CODES[code].effect, source, detail, None)
    once = pl.DataFrame([said], SAID_SCHEMA, orient="row")
    return CodedFindings(row_ids, np.zeros(len(row_ids), np.int64), once)


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
