"""The columns of an export and how each is made of a part of the result's rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

import polars as pl

from pipeline.exporting.rows import Part
from schemas.support.figures import counted


@dataclass(frozen=True)
class OutColumn:
    """A column of the file. ``holds``: words and numbers of ours, of which none is a formula; points; or any text."""

    name: str
    dtype: pl.DataType
    holds: Literal["ours", "phones", "emails", "text"] = "text"


class LeftOut(NamedTuple):
    """What becomes of one thing and of several, behind their number: ``row is …`` and ``rows are …``."""

    one: str
    many: str

    def sentence(self, count: int) -> str:
        """The sentence about so many."""
        return counted(count, self.one, self.many)


@dataclass
class Tally:
    """What of the rows came into the file, and what did not."""

    taken: int = 0
    written: int = 0
    left_out: Counter[LeftOut] = field(default_factory=Counter)


class Selection(Protocol):
    """Which columns a file has and how a part becomes rows of it."""

    @property
    def columns(self) -> tuple[OutColumn, ...]:
        """Columns of the file, in order; names may repeat."""

    @property
    def comes_from(self) -> list[list[str]]:
        """Columns of the result that each column of the file is made of, in order."""

    @property
    def reads(self) -> Sequence[str]:
        """Columns of the result that it needs."""

    def cells(self, part: Part, tally: Tally) -> list[pl.Series]:
        """The columns' values for a part, in order."""


@dataclass(frozen=True)
class Source:
    """Rows of a file: made anew each time they are iterated, with the counts of that time."""

    selection: Selection
    parts: Callable[[], Iterator[Part]]

    def frames(self, tally: Tally) -> Iterator[pl.DataFrame]:
        """Frames whose columns are called by their place (``0``, ``1`` …)."""
        for part in self.parts():
            cells = self.selection.cells(part, tally)
            frame = pl.DataFrame([each.alias(str(place)) for place, each in enumerate(cells)])
            tally.taken += len(part.frame)
            tally.written += len(frame)
            yield frame
