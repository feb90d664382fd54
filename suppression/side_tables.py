"""What a version keeps beside its indexes: refused entries, facts about entries, and entries that expire.

    refused.parquet    text, why, line, member
    facts.parquet      key, listed_on, reason, severity: told when the entry matches
    expiring.parquet   key, expires_on: in force up to and including that day

An entry that expires is not in the main index, so a second, lasting entry of the same value stays in force.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

REFUSED, FACTS, EXPIRING = "refused.parquet", "facts.parquet", "expiring.parquet"

_SCHEMAS = {
    REFUSED: {"text": pl.String(), "why": pl.String(), "line": pl.Int64(), "member": pl.String()},
    FACTS: {"key": pl.String(), "listed_on": pl.Date(), "reason": pl.String(), "severity": pl.Int64()},
    EXPIRING: {"key": pl.String(), "expires_on": pl.Date()},
}


class SideTables:
    """Appends to the tables; a table without rows is not written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writers: dict[str, pq.ParquetWriter] = {}
        self._expiring = 0

    def add_refused(self, refused: pl.DataFrame, member: str) -> None:
        """Keep refused entries (text, why, line)."""
        self._append(REFUSED, refused.with_columns(pl.lit(member).alias("member")))

    def add_facts(self, keyed: pl.DataFrame) -> pl.DataFrame:
        """Keep what is said of entries (``key`` and any facts). Returns the entries that do not expire."""
        if any(name in keyed.columns for name in ("listed_on", "reason", "severity")):
            self._append(FACTS, keyed)
        if "expires_on" not in keyed.columns:
            return keyed
        expiring = keyed.filter(pl.col("expires_on").is_not_null())
        self._append(EXPIRING, expiring)
        self._expiring += len(expiring)
        return keyed.filter(pl.col("expires_on").is_null())

    def close(self) -> int:
        """Finish the files. Returns how many entries expire."""
        for writer in self._writers.values():
            writer.close()
        return self._expiring

    def _append(self, name: str, rows: pl.DataFrame) -> None:
        if rows.is_empty():
            return
        schema = _SCHEMAS[name]
        columns = [
            (pl.col(column) if column in rows.columns else pl.lit(None)).cast(dtype).alias(column)
            for column, dtype in schema.items()
        ]
        table: pa.Table = rows.select(columns).to_arrow(compat_level=pl.CompatLevel.oldest())
        if name not in self._writers:
            self._writers[name] = pq.ParquetWriter(self._folder / name, table.schema, compression="zstd")
        self._writers[name].write_table(table)


def read_side(folder: Path, name: str) -> pl.LazyFrame | None:
    """Scan a table of a version; None when it has no rows."""
    path = folder / name
    return pl.scan_parquet(path) if path.exists() else None
