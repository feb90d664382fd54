"""Counts of a run, per file and in total; kept per batch and added up."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import polars as pl
import pyarrow as pa

from pipeline.context import Context
from pipeline.report.counting import ReportTally
from pipeline.report.decided_rows import DecidedRows
from pipeline.report.missing_declarations import DeclarationTally
from pipeline.results.verdict import Verdict
from schemas.coded_findings import CodedFindings
from schemas.columns import EMAIL_SLOTS, PHONE_SLOTS
from schemas.manifest import Counts
from schemas.support.arrow_columns import column


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
    undeclared: DeclarationTally = field(default_factory=DeclarationTally)
    seen: ReportTally = field(default_factory=ReportTally)

    def add(self, held: pa.Table, findings: CodedFindings, verdict: Verdict, context: Context) -> None:
        """Count a batch (`pipeline.stages.held`), all of its findings, and what was decided of it."""
        rows = DecidedRows(held, verdict)
        self.seen.add(rows, findings, context.campaign.channels, context.as_of)
        if context.rules is not None:
            self.undeclared.add(rows, findings, context.campaign.channels, context.rules.missing)
        self.clean += len(verdict.clean)
        self.rejected += len(verdict.rejected)
        for slot in (*PHONE_SLOTS, *EMAIL_SLOTS):
            if slot in verdict.clean.column_names:
                self.usable[slot] += len(verdict.clean) - verdict.clean.column(slot).null_count
        if len(verdict.rejected):
            _count(self.by_reason, column(verdict.rejected, "reasons").flatten())
            _count(self.by_primary, column(verdict.rejected, "reason"))
            _count(self.by_flag, column(verdict.rejected, "flags").flatten())
        if len(verdict.clean):
            _count(self.by_channel, column(verdict.clean, "channels").flatten())
            _count(self.by_flag, column(verdict.clean, "flags").flatten())

    def merge(self, part: Tally) -> None:
        """Add what another one counted."""
        self.clean += part.clean
        self.rejected += part.rejected
        self.seen.merge(part.seen)
        self.undeclared.kinds.update(part.undeclared.kinds)
        for mine, more in zip(self._counters(), part._counters(), strict=True):
            mine.update(more)

    def _counters(self) -> tuple[Counter[str], ...]:
        return (
            *(self.by_reason, self.by_primary, self.by_flag, self.by_channel),
            *(self.given, self.valid, self.usable),
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


def _count(counter: Counter[str], texts: pa.Array) -> None:
    few = texts if pa.types.is_dictionary(texts.type) else texts.dictionary_encode()
    counts = np.bincount(few.indices.to_numpy(), minlength=len(few.dictionary)).tolist()
    counter.update({text: count for text, count in zip(few.dictionary.to_pylist(), counts, strict=True) if count})


def total(parts: list[Tally]) -> Tally:
    """Add up the files of a run."""
    whole = Tally()
    for part in parts:
        whole.merge(part)
    return whole
