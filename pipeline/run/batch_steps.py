"""What is done to one batch, whoever brings it: a run with its two passes, a `Screener`, or a task of a cluster."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import polars as pl
import pyarrow as pa

from pipeline.context import Context, Source
from pipeline.results.verdict import Verdict
from pipeline.stages.checks import Batch, BatchCheck
from pipeline.stages.contactable import contactable
from pipeline.stages.decide import decide_stage
from pipeline.stages.registry import FIRST_PASS, SECOND_PASS
from schemas.support.timer import Timer


def _unseen(check: BatchCheck, batch: Batch) -> None:
    """Nobody looks at the batch behind the checks."""


def check_batch(
    batch: Batch,
    source: Source,
    context: Context,
    timer: Timer,
    behind: Callable[[BatchCheck, Batch], None] = _unseen,
) -> Batch:
    """Take a batch through the checks of the first pass. ``behind`` is shown what each of them left."""
    for check in FIRST_PASS:
        with timer.step(check.name):
            batch = check(batch, source, context)
        behind(check, batch)
    with timer.step("contactable"):
        return replace(batch, contactable=contactable(batch.frame, batch.findings, context))


def decide_batch(
    held: pa.Table, batch: Batch, source: Source, context: Context, constants: Mapping[str, str | None]
) -> tuple[pa.Table, pl.DataFrame, Verdict]:
    """Take a batch through the checks of the second pass and decide every row of it.

    ``held``: all of the batch (`pipeline.stages.held`); the frame of ``batch`` has what the checks read of it.
    ``constants``: as of `decide_stage`. Returns the table with the columns that the checks added, all findings ordered
    by row, and the verdict.
    """
    known = contactable(batch.frame, batch.findings, context)
    batch = replace(batch, contactable=known)
    for check in SECOND_PASS:
        batch = check(batch, source, context)
    for name in batch.frame.columns:
        if name not in held.column_names:
            added = batch.frame.get_column(name).to_arrow(compat_level=pl.CompatLevel.oldest())
            held = held.append_column(name, added)
    findings = batch.findings.sort("row_id", maintain_order=True)
    return held, findings, decide_stage(held, findings, known, source, context, constants)
