"""Values read one by one, as a frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl
import pyarrow as pa


def form_frame(forms: Sequence[tuple[object, ...]], schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """Put forms (one tuple a value, its fields in the schema's order) into a frame of that schema."""
    columns = zip(*forms, strict=True) if forms else ([] for _ in schema)
    return pl.DataFrame(
        [
            # polars would make a series of each list in a column of lists.
            pl.Series(name, pa.array(column), dtype=dtype)
            for (name, dtype), column in zip(schema.items(), columns, strict=True)
        ]
    )
