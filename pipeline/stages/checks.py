"""What a check is. Each declares its name, the codes that it may find, the columns that it adds and what it follows.

A *batch check* looks at one batch and holds nothing afterwards, so batches are checked side by side. A *run check*
gathers from every batch, settles once over the whole run, and then says what it found in each batch. The runner knows
no check by name: `pipeline.stages.registry` lists them all.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.context import Context, Source
from pipeline.stages.contactable import Contactable
from schemas.coded_findings import CodedFindings, coded, together
from schemas.findings import no_findings

if TYPE_CHECKING:  # what a ledger needs is loaded only where there is one
    from pipeline.ledger.run_past import RunPast


@dataclass(frozen=True)
class Batch:
    """Some records of one file. ``number``: position of that file in the run's sources.

    ``frame``: rows consecutive in ``row_id``, with the columns that the checks so far added (`schemas.frame_columns`).
    ``findings``: all of them so far. ``contactable`` is known once the batch checks
    of the first pass are done.
    """

    number: int
    frame: pl.DataFrame
    findings: CodedFindings
    contactable: Contactable | None = None

    @property
    def usable(self) -> dict[str, pl.Series]:
        """One Boolean column for each contact point in play: present, and nothing blocks it so far."""
        assert self.contactable is not None  # noqa: S101  # run checks come after the batch checks
        return self.contactable.points

    def with_findings(self, *more: pl.DataFrame) -> Batch:
        """The same rows with more findings (`schemas.findings.FINDING_SCHEMA`)."""
        return replace(self, findings=together([self.findings, *map(coded, more)]))


class BatchCheck(NamedTuple):
    """A check of single batches: ``work(batch, source, context)`` returns the frame and what it found.

    ``codes``: register codes that it may find; the rules of a pack have their own codes besides. ``adds``: names of
    columns. ``after``: names of checks that it builds on. ``reviews``: what it returns are *all* findings, since it may
    take earlier ones back (the law lifts a registry's match). ``counts``: the filled contact columns are counted behind
    it, as values that were given or that are valid.
    """

    name: str
    work: Callable[[Batch, Source, Context], tuple[pl.DataFrame, pl.DataFrame | CodedFindings]]
    codes: frozenset[str] = frozenset()
    adds: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    reviews: bool = False
    counts: Literal["given", "valid"] | None = None

    def __call__(self, batch: Batch, source: Source, context: Context) -> Batch:
        """Check a batch."""
        frame, found = self.work(batch, source, context)
        batch = replace(batch, frame=frame)
        some = found if isinstance(found, CodedFindings) else coded(found)
        return replace(batch, findings=some if self.reviews else together([batch.findings, some]))


@dataclass
class Settlement:
    """What run checks know of each other when they settle, in the order of ``after``.

    ``records``: how many the run has. ``past``: what the ledger answered. ``rejected``: rows by ``row_id`` that a check
    rejects by now. ``blocks``: each says of points (``row_id``, ``position`` in `schemas.columns.POINTS`) whether it
    blocks them. Neither kind competes with what is still usable.
    """

    records: int
    past: RunPast | None = None
    rejected: npt.NDArray[np.bool_] | None = None
    blocks: tuple[Callable[[pl.DataFrame], pl.Series], ...] = ()


class RunCheck(ABC):
    """A check over the whole run. Batches come in order of ``row_id``, both to `gather` and to `findings`."""

    name: ClassVar[str]
    codes: ClassVar[frozenset[str]]
    after: ClassVar[tuple[str, ...]] = ()
    adds: ClassVar[tuple[str, ...]] = ()
    #: Columns that `findings` reads, besides ``row_id``: of others only which are null is to be relied on. Known once
    #: settled.
    reads: tuple[str, ...] = ()

    @classmethod
    @abstractmethod
    def make(cls, folder: Path, context: Context) -> Self | None:
        """Prepare it for a run, with a folder that it may create for itself; None where the run does not need it."""

    @abstractmethod
    def gather(self, batch: Batch) -> None:
        """Note what a batch holds."""

    @abstractmethod
    def settle(self, settlement: Settlement) -> None:
        """Compare everything, once; add to the settlement what later checks must know."""

    def findings(self, batch: Batch) -> pl.DataFrame:
        """What was found in a batch (`schemas.findings.FINDING_SCHEMA`)."""
        return no_findings()

    def identity(self) -> dict[str, object]:
        """What the run's id depends on, besides its inputs: known once settled."""
        return {}

    def record(self) -> dict[str, object]:
        """Fields of the manifest that it fills: known once every batch was asked for its findings."""
        return {}


Declared = BatchCheck | type[RunCheck]


def in_order(checks: Sequence[type[RunCheck]]) -> tuple[type[RunCheck], ...]:
    """Order checks so that each comes behind those in its ``after``. Raises `AssertionError` when that is a circle."""
    ordered: list[type[RunCheck]] = []
    waiting = list(checks)
    while waiting:
        names = {check.name for check in waiting}
        ready = [check for check in waiting if not names & set(check.after)]
        if not ready:
            raise AssertionError(f"checks wait for each other: {sorted(names)}")
        ordered += ready
        waiting = [check for check in waiting if check not in ready]
    return tuple(ordered)
