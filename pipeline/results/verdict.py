"""What a decided batch is."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class Verdict:
    """A decided batch: every row of it is in exactly one of the two frames (columns: `schemas.frames.output_types`)."""

    clean: pl.DataFrame
    rejected: pl.DataFrame
