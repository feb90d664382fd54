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

from schemas.kernels.distinct import order_by_number
from schemas.kernels.keys import mark_repeated
from schemas.support.arrow_columns import column
from schemas.support.distinct import distinct_numbers
from schemas.support.key_marks import KeyMarks, unused_bits

Words = npt.NDArray[np.uint64]
_PARTS = 16
#: Bits of the number of a part.
_PART_BITS = 4
#: Keys that wait in memory before they are split into parts.
_FLUSH = 400_000
#: Keys of several parts that are compared together: each lot has its price, too.
_TOGETHER = 1_500_000
#: Bits of a point behind those of its row: for its column.
POSITION_BITS = np.uint64(4)
#: Stands for no consent: before every other.
NEVER = np.iinfo(np.int64).min
_INSTANT = pl.Datetime("us", "UTC")


class PointKeys:
    """Takes points batch by batch, and gives back those whose key occurs again, some parts at a time.

    ``folder`` is made when something has to go there. ``texts``: each key stands for a text, which is compared in full.
    ``dated``: the time of consent counts. What is not asked for is not kept.
    """

    def __init__(
        self, folder: Path, *, texts: bool, dated: bool, flush: int = _FLUSH, together: int = _TOGETHER
    ) -> None:
        self._folder, self._flush_at, self._most = folder, flush, together
        self._dated, self._width = dated, 2 + dated + texts
        #: The words of each batch, and of each file where its parts begin and end.
        self._waiting: list[list[Words]] = []
        self._bounds: list[npt.NDArray[np.int64]] = []
        self._rows = self._flushed = 0
        self._texts: _Texts | None = _Texts(folder / "texts", flush) if texts else None

    def add(self, points: pl.DataFrame, position: int) -> None:
        """Note points: ``key``, ``row_id``, ``consent_at`` (if it counts; null where unknown) and ``text`` (if any)."""
        count = len(points)
        key = points.get_column("key").to_numpy()
        words = [key, (points.get_column("row_id").to_numpy() << POSITION_BITS) | np.uint64(position)]
        if self._dated:
            words.append(points.get_column("consent_at").to_physical().fill_null(NEVER).to_numpy().view(np.uint64))
        if self._texts is not None:
            words.append(np.arange(self._rows, self._rows + count, dtype=np.uint64))
            self._texts.add(points.get_column("text"))
        self._waiting.append(words)
        self._rows += count
        if self._rows - self._flushed >= self._flush_at:
            self._flush()

    def repeated(self) -> Iterator[pl.DataFrame]:
        """Yield the points whose key occurs again: ``key``, ``text``, ``row_id``, ``position``, ``consent_at``.

        All of one key are yielded together, beside each other.
        """
        if not self._flushed:
            # So few that they never had to be split.
            yield from self._again(self._joined())
            return
        self._flush()
        sizes = sum((np.diff(bounds) for bounds in self._bounds), np.zeros(_PARTS, np.int64))
        first = 0
        while first < _PARTS:
            last = first + 1
            while last < _PARTS and sizes[first : last + 1].sum() <= self._most:
                last += 1
            yield from self._again(self._read(first, last))
            first = last

    def _again(self, words: list[Words]) -> Iterator[pl.DataFrame]:
        again = _repeated(words[0]) if words else np.empty(0, np.int64)
        if not len(again):
            return
        key, point, *more = (word[again] for word in words)
        text = pl.repeat(None, len(key), dtype=pl.String, eager=True)
        consent = more.pop(0).view(np.int64) if self._dated else np.full(len(key), NEVER)
        yield pl.DataFrame(
            {
                "key": key,
                "text": text if self._texts is None else self._texts.at(more.pop()),
                "row_id": point >> POSITION_BITS,
                "position": (point & np.uint64(15)).astype(np.uint8),
                "consent_at": pl.Series(consent).replace(NEVER, None).cast(_INSTANT),
            }
        )

    def _joined(self) -> list[Words]:
        return [np.concatenate(word) for word in zip(*self._waiting, strict=True)]

    def _flush(self) -> None:
        """Write what waits as a file: word after word, each in order of the parts."""
        if not self._waiting:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        words, self._waiting, self._flushed = self._joined(), [], self._rows
        bounds, order = np.zeros(_PARTS + 1, np.int64), np.empty(len(words[0]), np.int64)
        order_by_number((words[0] & np.uint64(_PARTS - 1)).view(np.int64), bounds, order)
        with self._path(len(self._bounds)).open("wb") as file:
            for word in words:
                file.write(word[order].data)
        self._bounds.append(bounds)

    def _read(self, first: int, last: int) -> list[Words]:
        """The words of the parts from ``first`` to before ``last``."""
        sizes = [int(bounds[last] - bounds[first]) for bounds in self._bounds]
        read = [np.empty(sum(sizes), np.uint64) for _ in range(self._width)]
        done = 0
        for number, (bounds, size) in enumerate(zip(self._bounds, sizes, strict=True)):
            for at, word in enumerate(read):
                start = at * int(bounds[-1]) + int(bounds[first])
                word[done : done + size] = np.fromfile(self._path(number), np.uint64, size, offset=start * 8)
            done += size
        return read

    def _path(self, number: int) -> Path:
        return self._folder / f"keys-{number:06d}"


def _repeated(keys: Words) -> npt.NDArray[np.int64]:
    """Rows of the keys that occur again, those of one key beside each other."""
    unused = unused_bits(len(keys))
    # All keys of a part have the same last bits.
    marks = KeyMarks(max(unused - _PART_BITS, 0), unused)
    once, again = marks.none(), marks.none()
    mark_repeated(keys, marks.left, marks.right, once, again)
    # Different keys may share a bit.
    rows = marks.rows(keys, again)
    different, numbers = distinct_numbers(keys[rows])
    bounds, order = np.zeros(len(different) + 1, np.int64), np.empty(len(rows), np.int64)
    order_by_number(numbers, bounds, order)
    times = np.diff(bounds)
    return rows[order[np.repeat(times > 1, times)]]


class _Texts:
    """Texts in the order in which they came, in files that are mapped into memory."""

    def __init__(self, folder: Path, flush: int) -> None:
        self._folder, self._flush_at = folder, flush
        self._waiting: list[pa.Array] = []
        self._starts = [0]
        self._rows = 0

    def add(self, texts: pl.Series) -> None:
        # As their own bytes: views would keep everything that was read with them, for as long as they wait.
        self._waiting.append(texts.to_arrow(compat_level=pl.CompatLevel.oldest()))
        self._rows += len(texts)
        if self._rows - self._starts[-1] >= self._flush_at:
            self._folder.mkdir(parents=True, exist_ok=True)
            table = pa.table({"text": pa.concat_arrays(self._waiting)})
            with pa.ipc.new_file(self._path(len(self._starts) - 1), table.schema) as writer:
                writer.write_table(table)
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
        if number == len(self._starts) - 1:  # what came since the last file; no more comes
            return pa.concat_arrays(self._waiting)
        # Mapped for the moment: what was read of a file counts as this program's memory while it is.
        with pa.memory_map(self._path(number)) as mapped, pa.ipc.open_file(mapped) as reader:
            return column(reader.read_all(), "text")

    def _path(self, number: int) -> str:
        return str(self._folder / f"{number:06d}.arrow")


class RowLines:
    """On which line of which file each row of a run is; rows come in order."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._firsts: list[int] = []
        self._sources: list[int] = []
        #: Of each batch the line of its first row; and where in the file its lines are, -1 where each is one further.
        self._starts: list[int] = []
        self._places: list[int] = []
        self._written = 0

    def add(self, frame: pl.DataFrame, source: int) -> None:
        """Note the rows of a batch of the file number ``source``: ``row_id`` and ``source_line``."""
        lines = frame.get_column("source_line").to_numpy()
        self._firsts.append(int(frame.item(0, "row_id")))
        self._sources.append(source)
        self._starts.append(int(lines[0]))
        if (lines[1:] - lines[:-1] == 1).all():
            self._places.append(-1)
            return
        self._places.append(self._written)
        self._written += len(lines)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab") as file:
            lines.tofile(file)

    def of(self, rows: Words) -> tuple[Words, npt.NDArray[np.uint32]]:
        """The line of each of these rows, and the number of its file."""
        batch = np.searchsorted(np.array(self._firsts, np.uint64), rows, side="right") - 1
        behind = rows - np.array(self._firsts, np.uint64)[batch]
        lines = np.array(self._starts, np.uint64)[batch] + behind
        places = np.array(self._places)[batch]
        if (listed := places >= 0).any():
            at = places[listed].astype(np.uint64) + behind[listed]
            lines[listed] = np.memmap(self._path, np.uint64, "r")[at]
        return lines, np.array(self._sources, np.uint32)[batch]
