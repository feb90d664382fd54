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

#: A file with fewer values than this says nothing: a household, or an afternoon at one counter.
LEAST_VALUES = 20
IP, SECOND = "consent_ip", "consent_at"
_SECONDS_A_DAY = 86_400
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
        self._crowds: dict[tuple[int, str], Crowd] = {}

    def gather(self, frame: pl.DataFrame, number: int) -> None:
        """Note ``consent_ip`` and ``consent_at`` of the leads of a batch of the file ``number``."""
        values = consent_values(frame)
        if len(values):
            self._values.add(number, values)

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

    def of(self, number: int, name: str) -> Crowd | None:
        """What crowds the file ``number``."""
        return self._crowds.get((number, name))

    def _counted(self, number: int, name: str) -> Crowd | None:
        total, candidates = 0, set[int]()
        for batch in self._values.batches(number):
            count, found = most_of(batch.get_column(name))
            total += count
            candidates |= found
        if total < LEAST_VALUES or not candidates:
            return None
        counts = Counter[int]()
        for batch in self._values.batches(number):
            counts.update(counted(batch.get_column(name), candidates))
        return crowd_of(counts, total)


def consent_values(frame: pl.DataFrame) -> pl.DataFrame:
    """Addresses and seconds of the leads of a batch that have either: ``row_id``, ``consent_ip``, ``consent_at``."""
    values = pl.DataFrame([frame.get_column("row_id"), *(values_of(frame, name) for name in (IP, SECOND))])
    given = pl.col(IP).is_not_null() | pl.col(SECOND).is_not_null()
    return values.filter(given & frame.get_column("is_lead"))


def most_of(values: pl.Series) -> tuple[int, set[int]]:
    """How many values a piece of a file has, and the one that more than half of them are, if there is one."""
    values = values.drop_nulls()
    top = values.value_counts(sort=True).head(1)
    return len(values), {value for value, count in top.rows() if 2 * count > len(values)}


def counted(values: pl.Series, candidates: Collection[int]) -> dict[int, int]:
    """How often each of the candidates occurs."""
    found = values.drop_nulls()
    return dict(
        found.filter(found.is_in(pl.Series(sorted(candidates), dtype=found.dtype).implode())).value_counts().rows()
    )


def crowd_of(counts: Counter[int], total: int) -> Crowd | None:
    """What holds more than half of a file with so many values; ``counts`` of each candidate."""
    value, count = next(iter(counts.most_common(1)), (0, 0))
    return Crowd(value, count, total) if 2 * count > total >= LEAST_VALUES else None


def values_of(frame: pl.DataFrame, name: str) -> pl.Series:
    """Each row's address (as a hash) or second (since 1970); null where a row has none, or a day without a time."""
    if name not in frame.columns:
        return pl.Series(name, [None], _types()[name]).new_from_index(0, len(frame))
    given = frame.get_column(name)
    if name == IP:
        return (
            given.to_frame()
            .select(pl.when(given.is_not_null()).then(given.str.to_lowercase().hash()))
            .to_series()
            .alias(name)
        )
    second = given.dt.epoch("s")
    return second.to_frame().select(pl.when(pl.col(name) % _SECONDS_A_DAY != 0).then(pl.col(name))).to_series()


def _types() -> dict[str, pl.DataType]:
    return {IP: pl.UInt64(), SECOND: pl.Int64()}
