"""Stage: the law. Every contact point is held against the rules of its jurisdictions, on every channel."""

from __future__ import annotations

import polars as pl

from pipeline.context import Context, Source
from pipeline.stages.checks import Batch, BatchCheck
from schemas.coded_findings import CodedFindings
from schemas.codes import UNREAD_FIELDS
from schemas.frame_columns import UNTIL


def rules_stage(batch: Batch, source: Source, context: Context) -> tuple[pl.DataFrame, CodedFindings]:
    """Take what the stages before found, since the law may lift it; return the frame and all findings.

    Without rule packs nothing changes: the run says so in its warnings and its manifest.
    """
    if context.rules is None:
        return batch.frame, batch.findings
    from suppression.rules.verdicts import judged  # noqa: PLC0415  # only runs with rule packs need the law

    return judged(context.rules, batch.frame, batch.findings, source.region, source.mapping.fields)


RULES = BatchCheck(
    "rules",
    rules_stage,
    codes=frozenset(
        {"rules.not_covered", "rules.unverified", "rules.no_country", *(f"unread.{field}" for field in UNREAD_FIELDS)}
    ),
    adds=UNTIL.names,
    after=("refusals", "normalise", "quality", "screen", "person"),
    reviews=True,
)
