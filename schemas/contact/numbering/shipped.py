"""The tables as they come with the program: all of them, built beforehand from one version of the metadata.

They are used only with the very version of ``phonenumbers`` that they were built from; with another, tables are built
as they are needed. One batch holds one table: a run reads those that it needs.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import phonenumbers
import pyarrow as pa

from schemas.contact.numbering.library import PhoneForm
from schemas.contact.numbering.tables import Table

#: Region, or calling code.
Key = str | int

_FILE = Path(__file__).with_name("tables.arrow")
_SCHEMA = pa.schema([("starts", pa.int64()), ("answer", pa.int16()), ("delta", pa.int64())])
_VERSION, _KEYS, _ANSWERS, _HABITS = b"phonenumbers", b"keys", b"answers", b"habits"


class Habits(NamedTuple):
    """What numbers of a region look like: whether they may begin with a zero that is dialled from abroad too, and how
    many digits such numbers have; whether some national numbers begin with the calling code; whether a plus may be put
    before one and another country's number come out of it.
    """

    keeps_zero: bool
    zero_lengths: frozenset[int]
    may_repeat_code: bool
    has_bogus_plus: bool


class ShippedTables:
    """Tables in a file; none when it was built from another version of the metadata.

    ``answers`` are what the tables point to, ``habits`` those of every region.
    """

    def __init__(self, path: Path = _FILE) -> None:
        self.answers: list[PhoneForm] = []
        self.habits: dict[str, Habits] = {}
        self._positions: dict[Key, int] = {}
        if not path.exists():
            return
        self._file, self._reading = pa.ipc.open_file(pa.memory_map(str(path))), threading.Lock()
        facts: Mapping[bytes, bytes] = self._file.schema.metadata
        if facts[_VERSION].decode() != phonenumbers.__version__:
            return
        self.answers = [PhoneForm(*fields) for fields in json.loads(facts[_ANSWERS])]
        self._positions = {key: position for position, key in enumerate(json.loads(facts[_KEYS]))}
        for region, (zero, lengths, code, plus) in json.loads(facts[_HABITS]).items():
            self.habits[region] = Habits(zero, frozenset(lengths), code, plus)

    def table(self, key: Key | None) -> Table | None:
        """Read the table of a region or a calling code; None when there is none."""
        if key is None or key not in self._positions:
            return None
        with self._reading:  # Arrow's reader is for one thread at a time
            columns = self._file.get_batch(self._positions[key])
        starts, answer, delta = (column.to_numpy() for column in columns.columns)
        return Table(starts.cumsum(), answer.astype(np.int64), delta)


def write_tables(
    tables: Iterable[tuple[Key, Table]], answers: list[PhoneForm], habits: Mapping[str, Habits], path: Path = _FILE
) -> None:
    """Write tables that point to ``answers``, and the habits of regions."""
    written = list(tables)
    facts = {
        _VERSION: phonenumbers.__version__.encode(),
        _KEYS: json.dumps([key for key, _ in written]).encode(),
        _ANSWERS: json.dumps(answers).encode(),
        _HABITS: json.dumps(
            {
                region: (each.keeps_zero, sorted(each.zero_lengths), each.may_repeat_code, each.has_bogus_plus)
                for region, each in habits.items()
            }
        ).encode(),
    }
    schema = _SCHEMA.with_metadata(facts)
    packed = pa.ipc.IpcWriteOptions(compression=pa.Codec("zstd", compression_level=19))
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, schema, options=packed) as writer:
        for _, table in written:
            # Differences are small and repeat: they compress to a tenth.
            columns = [np.diff(table.starts, prepend=0), table.answer, table.delta]
            writer.write_batch(pa.record_batch(columns, schema=schema))
