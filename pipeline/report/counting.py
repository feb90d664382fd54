"""Counts for the report, batch by batch, while a run writes: a batch is seen once, and none is kept."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa

from pipeline.report.channel_losses import count_losses
from pipeline.report.decided_rows import DecidedRows
from pipeline.report.examples import EXAMPLES, first_examples
from pipeline.report.places import count_places
from schemas.coded_findings import CodedFindings
from schemas.columns import EVIDENCE
from schemas.config import Channel
from schemas.report_counts import Place, ReasonSeen, ReportCounts, Window
from schemas.support.arrow_columns import column

#: Ages of a consent in days that are told apart: up to each of these, and older.
_AGES: Final = (30, 90, 180, 365, 540)
#: Microseconds.
_DAY: Final = 86_400_000_000
_AGE_NAMES: Final = ("0-30", "31-90", "91-180", "181-365", "366-540", "541-")


@dataclass
class ReportTally:
    """What a report shows and a manifest does not have. Tallies of batches are merged in the order of the batches."""

    lost: dict[str, Counter[str]] = field(default_factory=dict)
    reasons: dict[str, ReasonSeen] = field(default_factory=dict)
    until: Counter[date | None] = field(default_factory=Counter)
    windows: Counter[tuple[str, tuple[str, ...]]] = field(default_factory=Counter)
    unknown_hours: int = 0
    read: Counter[str] = field(default_factory=Counter)
    clean: Counter[str] = field(default_factory=Counter)
    evidence: Counter[str] = field(default_factory=Counter)
    ages: Counter[str] = field(default_factory=Counter)

    def add(self, rows: DecidedRows, findings: CodedFindings, channels: list[Channel], as_of: date) -> None:
        """Count a decided batch and its findings."""
        self._join_losses(count_losses(rows, findings, channels))
        self._join_reasons(first_examples(rows.verdict.rejected))
        read, clean = count_places(rows)
        self.read.update(read)
        self.clean.update(clean)
        self._add_until(rows)
        self._add_windows(rows)
        for name in EVIDENCE:
            if there := rows.count(name):
                self.evidence[name] += there
        self._add_ages(rows, as_of)

    def merge(self, part: ReportTally) -> None:
        """Add what another one counted."""
        self._join_losses(part.lost)
        self._join_reasons(part.reasons)
        self.until.update(part.until)
        self.windows.update(part.windows)
        self.unknown_hours += part.unknown_hours
        for mine, more in zip(self._counters(), part._counters(), strict=True):
            mine.update(more)

    def counts(self, run_id: str) -> ReportCounts:
        """The counts in an order of their own, whatever batches they came from."""
        return ReportCounts(
            run_id=run_id,
            lost={channel: {stage: n for stage, n in by.items() if n} for channel, by in self.lost.items()},
            reasons=dict(sorted(self.reasons.items())),
            valid_until={day: self.until[day] for day in sorted(day for day in self.until if day is not None)},
            unlimited=self.until[None],
            windows=[
                Window(zone=zone, hours=list(hours), rows=rows)
                for (zone, hours), rows in sorted(self.windows.items(), key=lambda each: (-each[1], each[0]))
            ],
            unknown_hours=self.unknown_hours,
            places=[
                Place(place=place, read=rows, clean=self.clean[place])
                for place, rows in sorted(self.read.items(), key=lambda each: (not each[0], -each[1], each[0]))
            ],
            evidence={name: self.evidence[name] for name in EVIDENCE if self.evidence[name]},
            consent_age={name: self.ages[name] for name in _AGE_NAMES if self.ages[name]},
        )

    def _counters(self) -> tuple[Counter[str], ...]:
        return (self.read, self.clean, self.evidence, self.ages)

    def _join_losses(self, lost: dict[Channel, Counter[str]] | dict[str, Counter[str]]) -> None:
        for channel, by_stage in lost.items():
            self.lost.setdefault(channel, Counter()).update(by_stage)

    def _join_reasons(self, reasons: dict[str, ReasonSeen]) -> None:
        for code, seen in reasons.items():
            if (known := self.reasons.get(code)) is not None:
                seen = known.model_copy(update={"examples": [*known.examples, *seen.examples][:EXAMPLES]})  # noqa: PLW2901
            self.reasons[code] = seen

    def _add_until(self, rows: DecidedRows) -> None:
        clean = rows.verdict.clean
        if "valid_until" in clean.column_names:
            days, counts = column(clean, "valid_until").value_counts().flatten()
            self.until.update(dict(zip(days.to_pylist(), counts.to_pylist(), strict=True)))
        else:
            self.until[None] += len(clean)

    def _add_windows(self, rows: DecidedRows) -> None:
        by_phone = rows.clean_on("call") | rows.clean_on("text")
        if "call_hours" not in rows.verdict.clean.column_names:
            self.unknown_hours += int(np.count_nonzero(by_phone))
            return
        clean = rows.clean_frame("call_zone", "call_hours").filter(pl.Series(by_phone))
        zone = pl.col("call_zone") if "call_zone" in clean.columns else pl.lit(None, pl.String).alias("call_zone")
        for name, hours, count in clean.group_by(zone, "call_hours").len().rows():
            if hours is None:
                self.unknown_hours += count
            else:
                self.windows[name or "UTC", tuple(hours)] += count

    def _add_ages(self, rows: DecidedRows, as_of: date) -> None:
        if not rows.count("consent_at"):
            return
        moments = column(rows.held, "consent_at").drop_null().cast(pa.int64()).to_numpy()
        ages = (as_of - date(1970, 1, 1)).days - moments // _DAY
        counts = np.bincount(np.searchsorted(_AGES, ages), minlength=len(_AGE_NAMES))
        self.ages.update({name: int(count) for name, count in zip(_AGE_NAMES, counts, strict=True)})
