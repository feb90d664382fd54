"""The tables as they come with the program: all of them, built beforehand from one version of the metadata.

They are used only with the very version of ``phonenumbers`` that they were built from; with another, tables are built
as they are needed. One row group holds one table: a run reads those that it needs.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import phonenumbers
import pyarrow as pa
import pyarrow.parquet as pq

from schemas.contact.numbering.library import PhoneForm
from schemas.contact.numbering.tables import Table

#: Region, or calling code.
Key = str | int

_FILE = Path(__file__).with_name("tables.parquet")
_SCHEMA = pa.schema([("starts", pa.int64()), ("answer", pa.int16()), ("delta", pa.int64())])
_VERSION, _KEYS, _ANSWERS = b"phonenumbers", b"keys", b"answers"


class ShippedTables:
    """Tables in a file; none when it was built from another version of the metadata.

    ``answers`` are what the tables point to.
    """

    def __init__(self, path: Path = _FILE) -> None:
        self.answers: list[PhoneForm] = []
        self._positions: dict[Key, int] = {}
        if not path.exists():
            return
        self._file, self._reading = pq.ParquetFile(path), threading.Lock()
        facts: Mapping[bytes, bytes] = self._file.schema_arrow.metadata
        if facts[_VERSION].decode() != phonenumbers.__version__:
            return
        self.answers = [PhoneForm(*fields) for fields in json.loads(facts[_ANSWERS])]
        self._positions = {key: position for position, key in enumerate(json.loads(facts[_KEYS]))}

    def table(self, key: Key | None) -> Table | None:
        """Read the table of a region or a calling code; None when there is none."""
        if key is None or key not in self._positions:
            return None
        with self._reading:  # Arrow's reader is for one thread at a time
            columns = self._file.read_row_group(self._positions[key], use_threads=False)
        starts, answer, delta = (column.to_numpy() for column in columns.columns)
        return Table(starts.cumsum(), answer.astype(np.int64), delta)


def write_tables(tables: Iterable[tuple[Key, Table]], answers: list[PhoneForm], path: Path = _FILE) -> None:
    """Write tables that point to ``answers``."""
    written = list(tables)
    facts = {
        _VERSION: phonenumbers.__version__.encode(),
        _KEYS: json.dumps([key for key, _ in written]).encode(),
        _ANSWERS: json.dumps(answers).encode(),
    }
    with pq.ParquetWriter(path, _SCHEMA.with_metadata(facts), compression="zstd", compression_level=19) as writer:
        for _, table in written:
            # Differences are small and repeat: they compress to a tenth.
            columns = [np.diff(table.starts, prepend=0), table.answer, table.delta]
            writer.write_table(pa.table(columns, schema=writer.schema))
