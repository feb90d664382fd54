"""Consents of a file that share one IP address or one second: more than half of them, in a file of some length.

The values go to disk by file, so memory does not grow with the drop. Whatever holds more than half of a file holds more
than half of some piece of it, so each piece names at most one candidate, and the candidates are counted exactly.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from pipeline.stages.partitions import Parts
from schemas.kernels.keys import find_most
from suppression.index.packed import text_keys

#: A file with fewer values than this says nothing: a household, or an afternoon at one counter.
LEAST_VALUES = 20
IP, SECOND = "consent_ip", "consent_at"
#: Of an instant, in microseconds.
_SECOND, _SECONDS_A_DAY = 1_000_000, 86_400
_SCHEMA = pa.schema([("row_id", pa.uint64()), (IP, pa.uint64()), (SECOND, pa.int64())])


@dataclass(frozen=True)
class Crowd:
    """What holds more than half of a file's consents: ``count`` of ``out_of``. ``value`` is as in `values_of`."""

    value: int
    count: int
    out_of: int


class CrowdedFiles:
    """Gathers the addresses and seconds of all batches, and finds the one that holds most of a file."""

    def __init__(self, folder: Path) -> None:
        self._values = Parts(folder, _SCHEMA)
        self._pieces: dict[tuple[int, str], tuple[int, frozenset[int]]] = {}
        self._crowds: dict[tuple[int, str], Crowd] = {}

    def gather(self, frame: pl.DataFrame, number: int) -> None:
        """Note ``consent_ip`` and ``consent_at`` of the leads of a batch of the file ``number``."""
        values = consent_values(frame)
        if len(values):
            self._values.add(number, values)
        for name in (IP, SECOND):
            count, most = most_of(values.get_column(name))
            before, candidates = self._pieces.get((number, name), (0, frozenset[int]()))
            self._pieces[number, name] = (before + count, candidates | most)

    def settle(self, held: npt.NDArray[np.bool_] | None) -> None:
        """Find what crowds each file. Rows of a crowded second are marked in ``held`` (by ``row_id``), if given."""
        self._values.close()
        for number in self._values.numbers():
            for name in (IP, SECOND):
                crowd = self._counted(number, name)
                if crowd is not None:
                    self._crowds[number, name] = crowd
            second = self.of(number, SECOND)
            if second is not None and held is not None:
                for batch in self._values.batches(number):
                    held[batch.filter(pl.col(SECOND) == second.value).get_column("row_id").to_numpy()] = True

    def answer(self, crowds: Mapping[tuple[int, str], Crowd]) -> None:
        """Take what crowds each file, by its number and the column, where the run was compared elsewhere."""
        self._values.close()
        self._crowds = dict(crowds)

    @property
    def columns(self) -> tuple[str, ...]:
        """Those with a value that crowds a file; known once settled."""
        return tuple(name for name in (IP, SECOND) if any(name == each for _, each in self._crowds))

    def of(self, number: int, name: str) -> Crowd | None:
        """What crowds the file ``number``."""
        return self._crowds.get((number, name))

    def _counted(self, number: int, name: str) -> Crowd | None:
        total, candidates = self._pieces[number, name]
        if total < LEAST_VALUES or not candidates:
            return None
        counts = Counter[int]()
        for batch in self._values.batches(number):
            counts.update(counted(batch.get_column(name), candidates))
        return crowd_of(counts, total)


def consent_values(frame: pl.DataFrame) -> pl.DataFrame:
    """Addresses and seconds (`values_of`) of the leads of a batch that have either, with their ``row_id``."""
    address, second = (values_of(frame, name) for name in (IP, SECOND))
    values = pl.DataFrame([frame.get_column("row_id"), address, second])
    given = (address.to_numpy() != 0) | (second.to_numpy() != 0)
    given &= frame.get_column("is_lead").to_numpy()
    return values if given.all() else values.filter(pl.Series(given))


def most_of(values: pl.Series) -> tuple[int, set[int]]:
    """How many values a piece of a file has (0 is none), and the one that more than half of them are, if there is."""
    found, candidate = np.zeros(2, np.int64), np.zeros(1, np.uint64)
    find_most(values.to_numpy().view(np.uint64), found, candidate)
    count, same = found.tolist()
    return count, set(candidate.view(values.to_numpy().dtype).tolist()) if 2 * same > count else set()


def counted(values: pl.Series, candidates: Collection[int]) -> dict[int, int]:
    """How often each of the candidates occurs."""
    found = values.to_numpy()
    return {value: int(np.count_nonzero(found == value)) for value in candidates}


def crowd_of(counts: Counter[int], total: int) -> Crowd | None:
    """What holds more than half of a file with so many values; ``counts`` of each candidate."""
    value, count = next(iter(counts.most_common(1)), (0, 0))
    return Crowd(value, count, total) if 2 * count > total >= LEAST_VALUES else None


def values_of(frame: pl.DataFrame, name: str) -> pl.Series:
    """Each row's address (as a key) or second (since 1970); 0 where a row has none, or a day without a time."""
    if name not in frame.columns:
        return pl.Series(name, np.zeros(len(frame), np.uint64 if name == IP else np.int64))
    given = frame.get_column(name)
    if name == IP:
        return pl.Series(name, text_keys(given, lower=True))
    seconds = given.to_physical().fill_null(0).to_numpy() // _SECOND
    seconds[seconds % _SECONDS_A_DAY == 0] = 0
    return pl.Series(name, seconds)
