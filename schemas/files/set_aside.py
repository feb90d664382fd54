"""Records that no table takes, as a batch of rejected ones."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl


def set_aside(names: Sequence[str], records: Sequence[tuple[int, str]]) -> pl.DataFrame:
    """Return a batch with null cells in the columns ``names``, and each record's 1-based line and its text."""
    lines, texts = zip(*records, strict=True)
    blank = [pl.repeat(None, len(lines), dtype=pl.String, eager=True).alias(name) for name in names]
    return pl.DataFrame(
        [*blank, pl.Series("source_line", lines, dtype=pl.UInt64), pl.Series("raw", texts, dtype=pl.String)]
    )
