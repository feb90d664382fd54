"""Stage: the law. Every contact point is held against the rules of its jurisdictions, on every channel."""

from __future__ import annotations

import polars as pl

from pipeline.context import Context, Source
from suppression.rules.verdicts import judged


def rules_stage(
    frame: pl.DataFrame, found: pl.DataFrame, source: Source, context: Context
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Take what the stages before found, since the law may lift it; return the frame and all findings.

    Without rule packs nothing changes: the run says so in its warnings and its manifest.
    """
    if context.rules is None:
        return frame, found
    return judged(context.rules, frame, found, source.region)
