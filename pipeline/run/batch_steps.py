"""What is done to one batch, whoever brings it: a run with its two passes, a `Screener`, or a task of a cluster."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
import pyarrow as pa

from pipeline.context import Context, Source
from pipeline.results.verdict import Verdict
from pipeline.run.tally import add_present
from pipeline.stages.checks import Batch, RunCheck
from pipeline.stages.contactable import READS, contactable
from pipeline.stages.decide import decide_stage
from pipeline.stages.held import held_columns, hold
from pipeline.stages.hours import HOURS_READ, with_hours
from pipeline.stages.registry import FIRST_PASS, SECOND_PASS
from pipeline.stages.reviewed import KEY_COLUMNS, lift_found_later
from schemas.coded_findings import CodedFindings
from schemas.columns import COMMON_COLUMNS, PHONE_SLOTS
from schemas.frame_columns import FORM, FORM_PARTS, ORIGINAL
from schemas.support.arrow_columns import column, only_which
from schemas.support.timer import Timer


@dataclass
class Checked:
    """A batch after the checks of the first pass, with what was counted on the way.

    ``matches``: how often each list's authority was found. ``present``: filled contact columns, as given and as valid.
    """

    batch: Batch
    matches: Counter[str]
    present: dict[str, Counter[str]]
    timer: Timer

    def held(self, context: Context) -> pa.Table:
        """What the second pass needs of it."""
        return hold(self.batch.frame, context.sources[self.batch.number], context.columns)

    def held_columns(self, context: Context) -> Iterator[tuple[pa.Field, pa.Array]]:
        """The same, column after column."""
        return held_columns(self.batch.frame, context.sources[self.batch.number], context.columns)


def check_batch(batch: Batch, context: Context) -> Checked:
    """Take a batch through the checks of the first pass."""
    source, timer = context.sources[batch.number], Timer()
    present: dict[str, Counter[str]] = {"given": Counter(), "valid": Counter()}
    for check in FIRST_PASS:
        with timer.step(check.name):
            batch = check(batch, source, context)
        if check.counts is not None:
            add_present(present[check.counts], batch.frame)
    with timer.step("contactable"):
        batch = replace(batch, contactable=contactable(batch.frame, batch.findings, context))
    return Checked(batch, _matches(batch.findings, context), present, timer)


def _matches(found: CodedFindings, context: Context) -> Counter[str]:
    authorities = [lst.authority for lst in context.lists]
    times = pl.Series("times", np.bincount(found.which, minlength=len(found.said)))
    said = pl.DataFrame([found.said.get_column("source"), times])
    matched = said.filter(pl.col("source").is_in(authorities) & (pl.col("times") > 0))
    return Counter(dict(matched.group_by("source").agg(pl.col("times").sum()).rows()))


def batch_to_decide(
    number: int, held: pa.Table, found: CodedFindings, checks: Sequence[RunCheck], context: Context
) -> Batch:
    """A batch taken back, with what the run checks found in it: its frame has what the second pass reads of it."""
    keys = () if context.reviewed is None else KEY_COLUMNS
    reads = {"row_id", "is_lead", *keys, *(name for check in checks for name in check.reads)}
    # Few are read, and of most only which rows have a value.
    there = [name for name in READS if name in held.column_names and name not in reads]
    frame = _read(held, reads).with_columns_seq(pl.Series(name, only_which(column(held, name))) for name in there)
    batch = Batch(number, frame, found)
    batch = batch.with_findings(*(check.findings(batch) for check in checks))
    return lift_found_later(batch, context.sources[number], context)


def _read(held: pa.Table, names: Set[str]) -> pl.DataFrame:
    """Columns of a batch, with what is told of phones by a column of its own."""
    forms = {FORM.of(slot): slot for slot in PHONE_SLOTS}
    there = [name for name in held.column_names if name in names and name != ORIGINAL]
    read = held.select([name for name in there if name not in forms])
    for name in (each for each in there if each in forms):
        told = column(held, name).dictionary_decode().flatten()
        for part, values in zip(FORM_PARTS, told, strict=True):
            read = read.append_column(part.of(forms[name]), values)
    return pl.DataFrame(read)


def decide_batch(
    held: pa.Table, batch: Batch, source: Source, context: Context, constants: Mapping[str, str | None]
) -> tuple[pa.Table, CodedFindings, Verdict]:
    """Take a batch through the checks of the second pass and decide every row of it.

    ``held``: all of the batch (`pipeline.stages.held`); the frame of ``batch`` has what the checks read of it.
    ``constants``: as of `decide_stage`. Returns the table with the columns that the checks added, all findings ordered
    by row, and the verdict.
    """
    # What is worked out of findings once serves whoever asks later.
    before = batch.findings.by_row()
    known = contactable(batch.frame, before, context)
    batch = replace(batch, findings=before, contactable=known)
    if context.hours is not None and any(rows.any() for rows in with_hours(known).values()):
        fields = frozenset(name for name in held.column_names if name.partition(":")[0] in HOURS_READ)
        batch = replace(batch, frame=batch.frame.with_columns_seq(_read(held, fields)))
    for check in SECOND_PASS:
        batch = check(batch, source, context)
    for values in batch.frame.get_columns():
        # What the checks read of the batch is there already, and what nothing is known of is in no output.
        if values.name in COMMON_COLUMNS and values.name not in held.column_names and values.null_count() < len(values):
            held = held.append_column(values.name, values.to_arrow(compat_level=pl.CompatLevel.oldest()))
    findings = before if batch.findings is before else batch.findings.by_row()
    return held, findings, decide_stage(held, findings, known, source, context, constants)
