"""What a version keeps beside its indexes: refused entries, facts about entries, and entries that expire.

    refused.parquet    text, why, line, member
    facts.parquet      key, listed_on, reason, severity: shown when the entry matches
    expiring.parquet   key, expires_on: in force up to and including that day

An entry that expires is not in the main index, so a second, lasting entry of the same value stays in force.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import polars as pl
import pyarrow as pa
import xxhash

from schemas.errors import ListError
from schemas.list_version import SideTable

if TYPE_CHECKING:
    import pyarrow.parquet as pq

REFUSED, FACTS, EXPIRING = "refused.parquet", "facts.parquet", "expiring.parquet"

_SCHEMAS = {
    REFUSED: {"text": pl.String(), "why": pl.String(), "line": pl.Int64(), "member": pl.String()},
    FACTS: {"key": pl.String(), "listed_on": pl.Date(), "reason": pl.String(), "severity": pl.Int64()},
    EXPIRING: {"key": pl.String(), "expires_on": pl.Date()},
}
_FACT_COLUMNS = ("listed_on", "reason", "severity")
_CHUNK = 1 << 20
#: A refused text is kept for a person to look at.
TEXT_LIMIT = 500


class SideTables:
    """Appends to the tables; a table without rows is not written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writers: dict[str, pq.ParquetWriter] = {}
        self.expiring = 0

    def add_refused(self, refused: pl.DataFrame, member: str) -> None:
        """Keep refused entries (text, why, line). Of a text that is megabytes long, its beginning."""
        cut = pl.col("text").str.slice(0, TEXT_LIMIT)
        self._append(REFUSED, refused.with_columns(cut, pl.lit(member).alias("member")))

    def add_facts(self, keyed: pl.DataFrame) -> pl.DataFrame:
        """Keep what is said of entries (``key`` and any facts). Returns the entries that do not expire."""
        known = [pl.col(name).is_not_null() for name in _FACT_COLUMNS if name in keyed.columns]
        if known:
            self._append(FACTS, keyed.filter(pl.any_horizontal(known)))
        if "expires_on" not in keyed.columns:
            return keyed
        self.add_expiring(keyed.filter(pl.col("expires_on").is_not_null()))
        return keyed.filter(pl.col("expires_on").is_null())

    def add_expiring(self, expiring: pl.DataFrame) -> None:
        """Keep entries (key, expires_on) that expire."""
        self._append(EXPIRING, expiring)
        self.expiring += len(expiring)

    def take_over(self, name: str, table: OpenedTable, gone: pl.Series) -> None:
        """Copy the rows of another version's table, but for those whose key is in ``gone``."""
        for rows in table.batches():
            kept = rows.filter(~pl.col("key").is_in(gone.implode()))
            if name == EXPIRING:
                self.add_expiring(kept)
            else:
                self._append(name, kept)

    def close(self) -> dict[str, SideTable]:
        """Finish the files. Returns the record of each."""
        records = {}
        for name, writer in sorted(self._writers.items()):
            writer.close()
            with (self._folder / name).open("rb") as stream:
                records[name] = SideTable(bytes=os.fstat(stream.fileno()).st_size, digest=_digest(stream))
        return records

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
            import pyarrow.parquet as pq  # noqa: PLC0415  # a look-up in a list does without it

            self._writers[name] = pq.ParquetWriter(self._folder / name, table.schema, compression="zstd")
        self._writers[name].write_table(table)


class OpenedTable:
    """A side table of an opened version. It stays readable when the version's folder goes.

    Its checksum is compared before a row of it is believed: damage raises `ListError`.
    """

    def __init__(self, folder: Path, name: str, record: SideTable, list_name: str) -> None:
        self._name, self._record, self._list = name, record, list_name
        self._checked = False
        self._lock = threading.Lock()
        try:
            handle = os.open(folder / name, os.O_RDONLY)
        except OSError as error:
            raise self._damaged(f"'{name}' is missing") from error
        weakref.finalize(self, os.close, handle)
        self._handle = handle

    def check(self) -> None:
        """Compare the whole file with its checksum, once."""
        with self._stream():
            pass

    def read(self) -> pl.DataFrame:
        """All rows."""
        with self._stream() as stream:
            return pl.read_parquet(stream)

    def matching(self, keys: pl.Series) -> pl.DataFrame:
        """Rows whose ``key`` is one of these."""
        with self._stream() as stream:
            return pl.scan_parquet(stream).filter(pl.col("key").is_in(keys.unique().implode())).collect()

    def batches(self) -> Iterator[pl.DataFrame]:
        """All rows, in pieces of bounded size."""
        import pyarrow.parquet as pq  # noqa: PLC0415

        with self._stream() as stream:
            for batch in pq.ParquetFile(stream).iter_batches():
                yield pl.DataFrame(pa.Table.from_batches([batch]))

    @contextmanager
    def _stream(self) -> Iterator[BinaryIO]:
        # One reader at a time: what is opened from a handle shares its place in the file.
        with self._lock, os.fdopen(os.dup(self._handle), "rb") as stream:
            if not self._checked:
                stream.seek(0)
                if os.fstat(self._handle).st_size != self._record.bytes or _digest(stream) != self._record.digest:
                    raise self._damaged(f"'{self._name}' is not as it was written")
                self._checked = True
            stream.seek(0)
            yield stream

    def _damaged(self, what: str) -> ListError:
        return ListError(
            f"Suppression list '{self._list}' is damaged: {what}.", "Load the list again ('leadscrub lists add')."
        )


def _digest(stream: BinaryIO) -> str:
    digest = xxhash.xxh3_128()
    while chunk := stream.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()
