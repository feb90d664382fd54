"""Stage: every contact point is looked up in every suppression list that holds its kind."""

from __future__ import annotations

import polars as pl

from pipeline.context import Context, Source
from pipeline.stages.checks import Batch, BatchCheck
from schemas.list_kinds import KINDS, code_of
from suppression.screening import screen_points


def screen_stage(batch: Batch, source: Source, context: Context) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Add no column; return one finding for each match of a point with a list."""
    return batch.frame, screen_points(batch.frame, context.lists)


SCREEN = BatchCheck(
    "screen",
    screen_stage,
    codes=frozenset(map(code_of, KINDS.values())) | {"dnc.not_covered"},
    after=("normalise",),
)
