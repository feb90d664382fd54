"""Writes frames to Parquet in row groups of a fixed size, so that the bytes do not depend on how the rows arrived."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from schemas.columns import EMAIL_SLOTS, INSTANTS, PHONE_SLOTS
from schemas.frames import checked, value_schema

ROW_GROUP = 65_536
#: So few rows wait for many batches until a row group is full.
_FEW = ROW_GROUP // 8
_SELDOM_REPEATS = frozenset(
    {*PHONE_SLOTS, *EMAIL_SLOTS, *INSTANTS, "row_id", "source_line", "address_1", "vendor_lead_id", "consent_ip"}
    | {"trustedform_cert_url", "jornaya_lead_id", "full_name", "extra", "original", "raw", "reason_detail"}
)


_ORDERED = ("row_id", "source_line")


class ParquetOutput:
    """One output file. Rows are taken in order and written as full row groups; each is checked before it is written."""

    def __init__(
        self,
        path: Path,
        types: dict[str, pl.DataType],
        codes: Iterable[str],
        metadata: dict[str, str],
    ) -> None:
        self.path = path
        self.rows = 0
        self._types, self._checks = types, value_schema(types, codes)
        self._waiting: list[pl.DataFrame] = []
        empty = pl.DataFrame(schema=types).to_arrow(compat_level=pl.CompatLevel.oldest())
        self._schema = empty.schema.with_metadata(metadata)
        # A dictionary of values that hardly repeat is made, found too large and thrown away.
        repeating = [
            f"{name}.list.element" if isinstance(dtype, pl.List) else name
            for name, dtype in types.items()
            if name not in _SELDOM_REPEATS
        ]
        self._writer = pq.ParquetWriter(
            path,
            self._schema,
            compression="zstd",
            compression_level=1,
            use_dictionary=repeating,
            # Only these are in an order of their own: by the others' least and greatest no reader could skip anything.
            write_statistics=[name for name in _ORDERED if name in types],
        )

    def add(self, frame: pl.DataFrame) -> None:
        """Take rows; their columns and types are the file's (`schemas.frames.output_types`)."""
        if frame.is_empty():
            return
        self._waiting.append(_apart(frame) if len(frame) < _FEW else frame)
        self.rows += len(frame)
        while sum(len(part) for part in self._waiting) >= ROW_GROUP:
            together = pl.concat(self._waiting)
            self._write(together.slice(0, ROW_GROUP))
            rest = together.slice(ROW_GROUP)
            self._waiting = [rest] if len(rest) else []

    def close(self) -> None:
        """Write what is left and finish the file."""
        if self._waiting:
            self._write(pl.concat(self._waiting))
            self._waiting = []
        self._writer.close()

    def _write(self, frame: pl.DataFrame) -> None:
        checked(frame, self._types, self._checks, self.path.name)
        table = frame.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
        # One chunk a column: page boundaries follow the rows alone.
        self._writer.write_table(
            pa.table(table.columns, schema=self._schema).combine_chunks(), row_group_size=ROW_GROUP
        )


def _apart(frame: pl.DataFrame) -> pl.DataFrame:
    """Copy rows out of their batch: their texts are views, which would keep all of the batch in memory."""
    return pl.DataFrame(frame.to_arrow(compat_level=pl.CompatLevel.oldest()))
