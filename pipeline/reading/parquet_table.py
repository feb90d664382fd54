"""Parquet files as tables of text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.reading.table import SOURCE, FileTally, Table
from schemas.errors import DropError

MAGIC = b"PAR1"


def open_parquet(path: Path, name: str) -> Table:
    """Open a Parquet file. `DropError` when it is damaged."""
    try:
        columns = tuple(pq.read_schema(path).names)
    except pa.ArrowInvalid as error:
        raise DropError(f"'{path}' is a damaged Parquet file.", "Ask the vendor to send it again.") from error
    return Table(path, name, columns, columns, ParquetReader(path))


@dataclass(frozen=True)
class ParquetReader:
    """Reads row groups in order; a record's line is its row, 1-based."""

    path: Path

    def describe(self) -> dict[str, str]:
        """See `Reader`."""
        return {"format": "parquet"}

    def batches(self, tally: FileTally, block_bytes: int) -> Iterator[pl.DataFrame]:
        """See `Reader`."""
        with self.path.open("rb") as stream:
            while block := stream.read(block_bytes):
                tally.take(block)
        tally.close()
        # Rows of a hundred bytes: about the same memory as a block of text.
        rows = max(block_bytes // 128, 1)
        with pq.ParquetFile(self.path) as source:
            for part in source.iter_batches(rows):
                frame = pl.from_arrow(pa.Table.from_batches([part]))
                assert isinstance(frame, pl.DataFrame)  # noqa: S101  # a table always becomes a frame
                text = frame.select(_as_text(frame.get_column(name)).alias(SOURCE + name) for name in frame.columns)
                lines = pl.int_range(tally.records + 1, tally.records + len(frame) + 1, dtype=pl.UInt64, eager=True)
                tally.records += len(frame)
                yield text.with_columns(lines.alias("source_line"), pl.lit(None, pl.String).alias("raw"))


def _as_text(column: pl.Series) -> pl.Series:
    """Text as a person would have typed it; nested values as JSON."""
    if column.dtype.is_float():
        whole = column.cast(pl.Int64, strict=False)
        is_whole = (whole.cast(column.dtype) == column).fill_null(False)
        return column.cast(pl.String).zip_with(~is_whole, whole.cast(pl.String))
    if column.dtype.is_nested():
        wrapped = column.alias("v").to_frame().select(pl.struct("v").struct.json_encode()).to_series()
        inner = wrapped.str.strip_prefix('{"v":').str.strip_suffix("}")
        return inner.zip_with(column.is_not_null(), pl.repeat(None, len(column), dtype=pl.String, eager=True))
    if column.dtype == pl.Binary:
        return column.cast(pl.String, strict=False)
    return column.cast(pl.String).fill_null("")
