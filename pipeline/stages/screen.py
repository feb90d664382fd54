"""Stage: every contact point is looked up in every suppression list that holds its kind."""

from __future__ import annotations

import polars as pl

from pipeline.context import Context, Source
from suppression.screening import screen_points


def screen_stage(frame: pl.DataFrame, source: Source, context: Context) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Add nothing to the frame; return one finding for each match of a point with a list."""
    return frame, screen_points(frame, context.lists)
