"""Counts of a result that was written before runs counted for their report, from its tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import polars as pl
import pyarrow as pa

from pipeline.report.counting import ReportTally
from pipeline.report.decided_rows import DecidedRows
from pipeline.results.folder import scan
from pipeline.results.verdict import Verdict
from schemas.coded_findings import coded
from schemas.columns import CALL_COLUMNS, EMAIL_SLOTS, EVIDENCE, PHONE_SLOTS
from schemas.config import channel_named
from schemas.manifest import Manifest
from schemas.report_counts import ReportCounts

#: Rows that are read at once.
_STEP: Final = 1 << 18
_READ: Final = frozenset(
    {
        *("row_id", "country", "state", "address_1", "phone_region", "source_file", "source_line"),
        *(*PHONE_SLOTS, *EMAIL_SLOTS, *EVIDENCE, *CALL_COLUMNS),
        *("channels", "valid_until", "reason", "reason_detail", "disposition"),
    }
)


def recount(out: Path, manifest: Manifest) -> ReportCounts:
    """Count what is in the tables of a result."""
    tally, channels = ReportTally(), [channel_named(name) for name in manifest.channels]
    for rows, findings in _parts(out):
        tally.add(rows, coded(findings), channels, manifest.as_of)
    return tally.counts(manifest.run_id).model_copy(update={"from_tables": True})


def _parts(out: Path) -> Iterator[tuple[DecidedRows, pl.DataFrame]]:
    """Rows of a result with what was found of them, in steps of ``row_id``, which rises in each table."""
    tables = {name: scan(out, name) for name in ("clean", "rejected", "findings")}
    kept = {name: [pl.col(c) for c in each.collect_schema().names() if c in _READ] for name, each in tables.items()}
    kept["findings"] = [pl.all()]
    last = max(tables[name].select(pl.col("row_id").max()).collect().item() or 0 for name in ("clean", "rejected"))
    for first in range(0, last + 1, _STEP):
        within = pl.col("row_id").is_between(first, first + _STEP, closed="left")
        clean, rejected, findings = (each.filter(within).select(kept[name]).collect() for name, each in tables.items())
        both = pl.concat([clean, rejected], how="diagonal").sort("row_id")
        yield DecidedRows(_arrow(both), Verdict(_arrow(clean), _arrow(rejected))), findings


def _arrow(frame: pl.DataFrame) -> pa.Table:
    return frame.to_arrow(compat_level=pl.CompatLevel.oldest())
