"""Stage: what a person decided about a row holds for as long as the same is found in it.

A release turns a finding that asks for a review into a flag, and no other: what blocks goes on to block. A denial
blocks the row, whatever is found in it.
"""

from __future__ import annotations

import polars as pl

from pipeline.context import Context, Reviewed, Source
from pipeline.results.decisions import DENY, FINDING, RELEASE, ROW, member_of
from pipeline.stages.checks import Batch, BatchCheck
from schemas.coded_findings import CodedFindings, coded, together
from schemas.findings import FINDING_SCHEMA, findings
from schemas.frame_columns import UNTIL

#: Columns of a frame by which a row is known again, where they are there: only rows that are scrubbed again have all.
KEY_COLUMNS = ("source_line", "source_sha256", "source_file", "source_sheet")


def reviewed_stage(batch: Batch, source: Source, context: Context) -> tuple[pl.DataFrame, CodedFindings]:
    """Apply the decisions about rows of the batch; return the frame and all findings.

    A release whose evidence ends makes ``<point>:until`` of its row end with it.
    """
    reviewed = context.reviewed
    if reviewed is None or batch.frame.is_empty():
        return batch.frame, batch.findings
    decisions = _of_batch(batch, source, reviewed)
    denied = decisions.filter(decision=DENY).unique("row_id", keep="first", maintain_order=True)
    released = decisions.filter(decision=RELEASE)
    ends = released.group_by("row_id").agg(pl.col("until").min()).drop_nulls()
    frame = _with_ends(batch.frame, ends, context) if len(ends) else batch.frame
    blocked = findings(denied, "review.denied", source=_SOURCE, detail=_DETAIL)
    return frame, together([_lifted(batch.findings, released), coded(blocked)])


def lift_found_later(batch: Batch, source: Source, context: Context) -> Batch:
    """Apply releases to what checks of the whole run found, which is known only once all of it was read."""
    if context.reviewed is None or batch.frame.is_empty():
        return batch
    released = _of_batch(batch, source, context.reviewed).filter(decision=RELEASE)
    return Batch(batch.number, batch.frame, _lifted(batch.findings, released), batch.contactable)


_SOURCE = pl.lit("review ") + pl.col("review")
_DETAIL = (
    pl.col("code")
    + ": "
    + pl.col("decision").replace({DENY: "denied", RELEASE: "released"})
    + " by "
    + pl.col("by")
    + " on "
    + pl.col("on").cast(pl.String)
    + ", evidence: "
    + pl.col("evidence")
)


def _of_batch(batch: Batch, source: Source, reviewed: Reviewed) -> pl.DataFrame:
    """The decisions about rows of a batch, each with the ``row_id`` that it has here."""
    given = set(batch.frame.columns)
    says = {
        "source_sha256": pl.lit(reviewed.drops[batch.number]) if reviewed.drops else pl.col("source_sha256"),
        "source_member": member_of(pl.col("source_file") if "source_file" in given else pl.lit(source.table.name)),
        "source_sheet": pl.col("source_sheet") if "source_sheet" in given else pl.lit(source.table.sheet, pl.String),
        "source_line": pl.col("source_line").cast(pl.UInt64),
    }
    rows = batch.frame.select_seq("row_id", **says)
    decisions = reviewed.decisions.drop("row_id")
    return rows.join(decisions, on=list(ROW), nulls_equal=True, maintain_order="left")


def _lifted(batch: CodedFindings, released: pl.DataFrame) -> CodedFindings:
    """Findings with those that were released as flags, and with who released them."""
    if released.is_empty():
        return batch
    found = batch.frame()
    key = ["row_id", *FINDING]
    words = released.unique(key, keep="first", maintain_order=True)
    marked = found.join(
        words.select(*key, "review", "decision", "by", "on", "evidence"),
        on=key,
        how="left",
        nulls_equal=True,
        maintain_order="left",
    )
    is_lifted = pl.col("review").is_not_null() & (pl.col("effect") == "review")
    lifted = marked.filter(is_lifted)
    told = findings(lifted, "review.released", source=_SOURCE, detail=_DETAIL).with_columns_seq(
        lifted.get_column("point"), lifted.get_column("channel")
    )
    kept = marked.with_columns_seq(effect=pl.when(is_lifted).then(pl.lit("flag")).otherwise("effect"))
    return coded(pl.concat([kept.select(list(FINDING_SCHEMA)), told]))


def _with_ends(frame: pl.DataFrame, ends: pl.DataFrame, context: Context) -> pl.DataFrame:
    ended = frame.select("row_id").join(ends, on="row_id", how="left", maintain_order="left").get_column("until")
    names = [UNTIL.of(point) for point in context.points]
    known = [pl.col(name) if name in frame.columns else pl.lit(None, pl.Date) for name in names]
    return frame.with_columns_seq(
        pl.min_horizontal(column, pl.lit(ended)).alias(name) for name, column in zip(names, known, strict=True)
    )


REVIEWED = BatchCheck(
    "reviewed",
    reviewed_stage,
    codes=frozenset({"review.denied", "review.released"}),
    after=("rules",),
    reviews=True,
)
