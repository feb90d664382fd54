"""Counts of a run, per file and in total; kept per batch and added up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl
import pyarrow as pa

from pipeline.context import Context
from pipeline.report.counting import ReportTally
from pipeline.report.decided_rows import DecidedRows
from pipeline.results.verdict import Verdict
from schemas.coded_findings import CodedFindings
from schemas.columns import EMAIL_SLOTS, PHONE_SLOTS
from schemas.manifest import Counts
from suppression.rules.encode import distinct
from suppression.rules.undeclared import RestsOn


@dataclass
class Tally:
    """What became of the records of one file."""

    clean: int = 0
    rejected: int = 0
    by_reason: Counter[str] = field(default_factory=Counter)
    by_primary: Counter[str] = field(default_factory=Counter)
    by_flag: Counter[str] = field(default_factory=Counter)
    by_channel: Counter[str] = field(default_factory=Counter)
    given: Counter[str] = field(default_factory=Counter)
    valid: Counter[str] = field(default_factory=Counter)
    usable: Counter[str] = field(default_factory=Counter)
    #: Rejected rows that an undeclared field is behind, and those that nothing else rejects.
    undeclared: Counter[str] = field(default_factory=Counter)
    undeclared_alone: Counter[str] = field(default_factory=Counter)
    seen: ReportTally = field(default_factory=ReportTally)

    def add(self, held: pa.Table, findings: CodedFindings, verdict: Verdict, context: Context) -> None:
        """Count a batch (`pipeline.stages.held`), all of its findings, and what was decided of it."""
        self.seen.add(DecidedRows(held, verdict), findings, context.campaign.channels, context.as_of)
        self.clean += len(verdict.clean)
        self.rejected += len(verdict.rejected)
        for slot in (*PHONE_SLOTS, *EMAIL_SLOTS):
            if slot in verdict.clean.column_names:
                self.usable[slot] += len(verdict.clean) - verdict.clean.column(slot).null_count
        words = pl.DataFrame(verdict.clean.select(["channels", "flags"]))
        noted = pl.DataFrame(verdict.rejected.select(["reason", "reasons", "flags"]))
        reasons = noted.get_column("reasons")
        if len(reasons):
            self._add_reasons(reasons, {} if context.rules is None else context.rules.undeclared)
        _count(self.by_primary, noted.get_column("reason"))
        _count(self.by_channel, words.get_column("channels").explode())
        for frame in (words, noted):
            _count(self.by_flag, frame.get_column("flags").explode())

    def _add_reasons(self, reasons: pl.Series, undeclared: Mapping[str, RestsOn]) -> None:
        """Count reasons, and the rows that undeclared fields are behind; every list of ``reasons`` has at least one."""
        codes, of_reason = distinct(reasons.explode())
        for code, count in zip(codes, np.bincount(of_reason, minlength=len(codes)).tolist(), strict=False):
            self.by_reason[code] += count
        if not undeclared:
            return
        # A bit for each field: whether a code rests on it, and whether it at least goes with one that does.
        rests, goes = np.zeros(len(codes) + 1, dtype=np.uint64), np.zeros(len(codes) + 1, dtype=np.uint64)
        for bit, behind in enumerate(undeclared.values()):
            own = np.array([*(code in behind.rules for code in codes), False], dtype=np.uint64)
            matches = np.array([*(code in behind.matches for code in codes), False], dtype=np.uint64)
            rests |= own << np.uint64(bit)
            goes |= (own | matches) << np.uint64(bit)
        lengths = reasons.list.len().to_numpy().astype(np.int64)
        starts = np.cumsum(lengths) - lengths
        some = np.bitwise_or.reduceat(rests[of_reason], starts)
        alone = some & np.bitwise_and.reduceat(goes[of_reason], starts)
        for bit, name in enumerate(undeclared):
            self.undeclared[name] += int((some >> np.uint64(bit) & np.uint64(1)).sum())
            self.undeclared_alone[name] += int((alone >> np.uint64(bit) & np.uint64(1)).sum())

    def merge(self, part: Tally) -> None:
        """Add what another one counted."""
        self.clean += part.clean
        self.rejected += part.rejected
        self.seen.merge(part.seen)
        for mine, more in zip(self._counters(), part._counters(), strict=True):
            mine.update(more)

    def _counters(self) -> tuple[Counter[str], ...]:
        return (
            *(self.by_reason, self.by_primary, self.by_flag, self.by_channel),
            *(self.given, self.valid, self.usable),
            *(self.undeclared, self.undeclared_alone),
        )

    def counts(self, read: int) -> Counts:
        """Close the account: a record that is in neither output is a defect of the program."""
        if read != self.clean + self.rejected:
            raise AssertionError(f"{read} records read, but {self.clean} clean + {self.rejected} rejected")
        return Counts(
            read=read,
            clean=self.clean,
            rejected=self.rejected,
            by_reason=dict(sorted(self.by_reason.items())),
            by_primary_reason=dict(sorted(self.by_primary.items())),
            by_flag=dict(sorted(self.by_flag.items())),
            by_channel=dict(sorted(self.by_channel.items())),
        )


def add_present(counter: Counter[str], frame: pl.DataFrame) -> None:
    """Count the filled cells of each contact column (`schemas.columns.POINTS`) of a batch."""
    for slot in (*PHONE_SLOTS, *EMAIL_SLOTS):
        if slot in frame.columns:
            counter[slot] += len(frame) - frame.get_column(slot).null_count()


def _count(counter: Counter[str], values: pl.Series) -> None:
    for value, count in values.drop_nulls().value_counts().rows():
        counter[value] += count


def total(parts: list[Tally]) -> Tally:
    """Add up the files of a run."""
    whole = Tally()
    for part in parts:
        whole.merge(part)
    return whole
