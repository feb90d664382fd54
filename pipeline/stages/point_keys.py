"""Keys of the contact points of a whole run: on disk, split into parts by key, so that memory holds one part.

A key is an integer: a phone's own digits, an address's hash. With it go the point and, where it counts, the second of
consent; the addresses themselves are apart and in the order in which they came, since few of them are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from schemas.support.arrow_columns import column

Words = npt.NDArray[np.uint64]
_PARTS = 16
#: Keys that wait in memory before they are split into parts: a write for each part has its price.
_FLUSH = 400_000
_POSITION_BITS = np.uint64(4)
#: Stands for no consent: before every other.
_NEVER = np.iinfo(np.int64).min
_INSTANT = pl.Datetime("us", "UTC")


class PointKeys:
    """Takes points batch by batch, and gives back those whose key occurs again, part by part.

    ``folder`` is made when something has to go there. ``texts``: each key stands for a text, which is compared in full.
    """

    def __init__(self, folder: Path, *, texts: bool, flush: int = _FLUSH) -> None:
        self._folder, self._flush_at = folder, flush
        self._waiting: list[Words] = []
        self._rows = self._flushed = 0
        self._texts: _Texts | None = _Texts(folder / "texts", flush) if texts else None

    def add(self, points: pl.DataFrame, position: int) -> None:
        """Note points: ``key``, ``row_id``, ``consent_at`` (null where it does not count) and ``text`` (if any)."""
        count = len(points)
        table = np.empty((count, 4), np.uint64)
        table[:, 0] = points.get_column("key").to_numpy()
        table[:, 1] = (points.get_column("row_id").to_numpy() << _POSITION_BITS) | np.uint64(position)
        table[:, 2] = points.get_column("consent_at").to_physical().fill_null(_NEVER).to_numpy().view(np.uint64)
        table[:, 3] = np.arange(self._rows, self._rows + count, dtype=np.uint64)
        self._waiting.append(table)
        self._rows += count
        if self._texts is not None:
            self._texts.add(points.get_column("text"))
        if self._rows - self._flushed >= self._flush_at:
            self._flush()

    def repeated(self) -> Iterator[pl.DataFrame]:
        """Yield the points whose key occurs again: ``key``, ``text``, ``row_id``, ``position``, ``consent_at``."""
        if not self._flushed:
            # So few that they never had to be split.
            yield from self._again(self._together())
            return
        self._flush()
        for part in range(_PARTS):
            yield from self._again(np.fromfile(self._path(part), np.uint64).reshape(-1, 4))

    def _again(self, table: Words) -> Iterator[pl.DataFrame]:
        again = pl.Series(np.ascontiguousarray(table[:, 0])).is_duplicated().to_numpy()
        if not again.any():
            return
        key, point, consent, place = (np.ascontiguousarray(column) for column in table[again].T)
        text = pl.repeat(None, len(key), dtype=pl.String, eager=True)
        yield pl.DataFrame(
            {
                "key": key,
                "text": text if self._texts is None else self._texts.at(place),
                "row_id": point >> _POSITION_BITS,
                "position": (point & np.uint64(15)).astype(np.uint8),
                "consent_at": pl.Series(consent.view(np.int64)).replace(_NEVER, None).cast(_INSTANT),
            }
        )

    def _flush(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        table = self._together()
        part = (table[:, 0] % np.uint64(_PARTS)).astype(np.uint8)
        order = np.argsort(part, kind="stable")
        lines = table[order]
        bounds = np.searchsorted(part[order], np.arange(_PARTS + 1))
        for number in range(_PARTS):
            with self._path(number).open("ab") as file:
                lines[bounds[number] : bounds[number + 1]].tofile(file)
        self._waiting, self._flushed = [], self._rows

    def _together(self) -> Words:
        return np.concatenate([np.empty((0, 4), np.uint64), *self._waiting])

    def _path(self, part: int) -> Path:
        return self._folder / f"keys-{part:02d}"


class _Texts:
    """Texts in the order in which they came, in files that are mapped into memory."""

    def __init__(self, folder: Path, flush: int) -> None:
        self._folder, self._flush_at = folder, flush
        self._waiting: list[pl.Series] = []
        self._starts = [0]
        self._opened: dict[int, pa.Array] = {}
        self._rows = 0

    def add(self, texts: pl.Series) -> None:
        self._waiting.append(texts)
        self._rows += len(texts)
        if self._rows - self._starts[-1] >= self._flush_at:
            self._folder.mkdir(parents=True, exist_ok=True)
            table = pl.DataFrame({"text": pl.concat(self._waiting)}).to_arrow(compat_level=pl.CompatLevel.oldest())
            with pa.ipc.new_file(self._path(len(self._starts) - 1), table.schema) as writer:
                writer.write_table(table.combine_chunks())
            self._waiting = []
            self._starts.append(self._rows)

    def at(self, places: Words) -> pl.Series:
        """The texts at these places, counted from the first that came."""
        number = np.searchsorted(np.array(self._starts, np.uint64), places, side="right") - 1
        order, found = [], []
        for file in np.unique(number):
            mine = np.flatnonzero(number == file)
            order.append(mine)
            found.append(self._file(int(file)).take(pa.array(places[mine] - np.uint64(self._starts[file]))))
        back = np.empty(len(places), np.uint64)
        back[np.concatenate(order)] = np.arange(len(places), dtype=np.uint64)
        return pl.Series(pa.concat_arrays(found)).gather(pl.Series(back))

    def _file(self, number: int) -> pa.Array:
        if number not in self._opened:
            if number == len(self._starts) - 1:  # what came since the last file; no more comes
                self._opened[number] = pl.concat(self._waiting).to_arrow(compat_level=pl.CompatLevel.oldest())
            else:
                with pa.memory_map(self._path(number)) as mapped, pa.ipc.open_file(mapped) as reader:
                    self._opened[number] = column(reader.read_all(), "text")
        return self._opened[number]

    def _path(self, number: int) -> str:
        return str(self._folder / f"{number:06d}.arrow")


class RowLines:
    """On which line of which file each row of a run is; rows come in order."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._firsts: list[int] = []
        self._sources: list[int] = []
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()

    def add(self, frame: pl.DataFrame, source: int) -> None:
        """Note the rows of a batch of the file number ``source``: ``row_id`` and ``source_line``."""
        self._firsts.append(int(frame.item(0, "row_id")))
        self._sources.append(source)
        with self._path.open("ab") as file:
            frame.get_column("source_line").to_numpy().tofile(file)

    def of(self, rows: Words) -> tuple[Words, npt.NDArray[np.uint32]]:
        """The line of each of these rows, and the number of its file."""
        lines = np.memmap(self._path, np.uint64, "r")[rows]
        batch = np.searchsorted(np.array(self._firsts, np.uint64), rows, side="right") - 1
        return np.asarray(lines), np.array(self._sources, np.uint32)[batch]
