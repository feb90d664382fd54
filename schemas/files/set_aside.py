"""Records above a table's header that are set aside with their text: rejected rows of the table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl


def with_aside(
    records: Sequence[tuple[int, str]], names: Sequence[str], batches: Iterator[pl.DataFrame]
) -> Iterator[pl.DataFrame]:
    """Yield batches, the first of them begun with the records: each one's 1-based line and its text.

    They are no batch of their own, since the first one is looked at for what columns hold.
    """
    if records:
        lines, texts = zip(*records, strict=True)
        blank = [pl.repeat(None, len(lines), dtype=pl.String, eager=True).alias(name) for name in names]
        aside = [pl.Series("source_line", lines, dtype=pl.UInt64), pl.Series("raw", texts, dtype=pl.String)]
        begun = pl.DataFrame([*blank, *aside])
        first = next(batches, None)
        first = begun if first is None else pl.concat([begun, first], how="diagonal")
        yield first
        del first  # not held while the others come
    yield from batches
