"""Phone numbers: a bitmap for each well-filled area code of the North American plan, sorted integers for the rest.

A number is its E.164 digits as an integer (at most 15 digits), so each number is its own key. A bitmap of an area code
is 10,000,000 bits, 1.25 MB; from 156,250 numbers on it is smaller than the numbers themselves.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.kernels.listed import AREA_NUMBERS, PLAN, find_bits, place_bits
from suppression.index.blobs import Blob, BlobWriter
from suppression.index.number_tails import NumberTails

Numbers = npt.NDArray[np.uint64]
Locals = npt.NDArray[np.uint32]

BITMAP_BYTES = AREA_NUMBERS // 8
_WORTH_A_BITMAP = BITMAP_BYTES // 8
#: Numbers of one area code that wait in memory before they go to a bitmap.
_WAITING = _WORTH_A_BITMAP
_PLAN = np.uint64(PLAN)
#: Numbers written at a time: what is copied of them stays small.
_WRITTEN = 1 << 20
_NUMBER_BYTES = 8
#: Sorted numbers for each that was sought so far: with more of them, those are searched where they are.
_WORTH_READING = 256


def number_key(e164: pl.Expr) -> pl.Expr:
    """Turn E.164 text (``+12025550123``) into its integer; null stays null."""
    return e164.cast(pl.UInt64, strict=False)


def _north_american(numbers: Numbers) -> npt.NDArray[np.bool_]:
    return np.asarray(numbers // _PLAN == 1, dtype=bool)


class NumberBuilder:
    """Takes numbers in any order and writes the index. Memory: at most 1.9 MB an area code, and the other numbers."""

    def __init__(self) -> None:
        self._waiting: dict[int, list[Locals]] = {}
        self._counts: dict[int, int] = {}
        self._bitmaps: dict[int, npt.NDArray[np.uint8]] = {}
        self._others: list[Numbers] = []
        #: One byte a number of the area code at hand; all false between two uses.
        self._marks = np.zeros(AREA_NUMBERS, dtype=bool)

    def add(self, numbers: Numbers) -> None:
        """Take E.164 integers; repeats are allowed."""
        local = _north_american(numbers)
        if not local.all():
            self._others.append(numbers[~local])
            numbers = numbers[local]
        self.add_local((numbers - _PLAN).astype(np.int64))

    def add_local(self, tens: npt.NDArray[np.int64]) -> None:
        """Take ten-digit North American numbers, area code first."""
        if not len(tens):
            return
        first = int(tens.min()) // AREA_NUMBERS
        if first == int(tens.max()) // AREA_NUMBERS:
            # A registry comes in a file an area code: a division for each number costs as much as all the rest.
            self._take(first, (tens - first * AREA_NUMBERS).astype(np.uint32))
            return
        areas = (tens // AREA_NUMBERS).astype(np.int16)
        if not (areas[1:] >= areas[:-1]).all():
            order = np.argsort(areas, kind="stable")
            tens, areas = tens[order], areas[order]
        cuts = np.flatnonzero(np.diff(areas)) + 1
        for part in np.split(tens, cuts):
            area = int(part[0]) // AREA_NUMBERS
            self._take(area, (part - area * AREA_NUMBERS).astype(np.uint32))

    def _take(self, area: int, numbers: Locals) -> None:
        self._waiting.setdefault(area, []).append(numbers)
        self._counts[area] = self._counts.get(area, 0) + len(numbers)
        if self._counts[area] >= _WAITING:
            if area not in self._bitmaps:
                self._bitmaps[area] = np.zeros(BITMAP_BYTES, np.uint8)
            self._mark(self._bitmaps[area], self._waiting.pop(area))
            self._counts[area] = 0

    def _mark(self, bitmap: npt.NDArray[np.uint8], parts: list[Locals]) -> None:
        """Set the bits of numbers: as bytes first, then all from the lowest to the highest at once."""
        low = min(int(part.min()) for part in parts) & ~7
        high = max(int(part.max()) for part in parts) + 1
        span = self._marks[low : low + -(-(high - low) // 8) * 8]
        for part in parts:
            span[part - np.uint32(low)] = True
        bitmap[low >> 3 : (low + len(span)) >> 3] |= np.packbits(span)
        span[:] = False

    def write(self, folder: Path) -> dict[str, Any]:
        """Write the index, and forget the numbers as they are written. Returns its record.

        ``entries`` counts distinct numbers.
        """
        # A short number of another country comes before +1, and what is written of each area code after the one before.
        others = _joined(self._others)
        _order(others)
        first = int(np.searchsorted(others, _PLAN))
        ones: dict[int, int] = {}
        with (
            BlobWriter(folder / "numbers.bitmaps", BITMAP_BYTES) as bitmaps,
            BlobWriter(folder / "numbers.sorted") as ordered,
        ):
            sparse = _write_distinct(others[:first], ordered)
            for area in sorted({*self._bitmaps, *self._waiting}):
                waiting, bitmap = self._waiting.pop(area, []), self._bitmaps.pop(area, None)
                if bitmap is None:
                    numbers = _joined(waiting)
                    _order(numbers)
                    sparse += _write_distinct(_whole(area, numbers), ordered)
                    continue
                if waiting:
                    self._mark(bitmap, waiting)
                bitmaps.write(bitmap)
                ones[area] = int(np.bitwise_count(bitmap).sum())
            sparse += _write_distinct(others[first:], ordered)
        return {
            "areas": [[area, count] for area, count in ones.items()],
            "sparse": sparse,
            "entries": sum(ones.values()) + sparse,
            "bitmaps": bitmaps.record,
            "sorted": ordered.record,
        }


def _whole(area: int, numbers: Locals) -> Numbers:
    return numbers.astype(np.uint64) + np.uint64((1000 + area) * AREA_NUMBERS)


def _joined(parts: list[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """Put arrays of one type together; each is given up once it is copied."""
    joined = np.empty(sum(map(len, parts)), parts[0].dtype if parts else np.uint64)
    end = len(joined)
    while parts:
        part = parts.pop()
        joined[end - len(part) : end] = part
        end -= len(part)
    return joined


def _order(numbers: npt.NDArray[Any]) -> None:
    """Put numbers in ascending order, in place. A registry's are, already."""
    if not (numbers[1:] >= numbers[:-1]).all():
        numbers.sort()


def _write_distinct(ordered: Numbers, blob: BlobWriter) -> int:
    """Write numbers in ascending order, each once, and return how many these are."""
    count = 0
    for start in range(0, len(ordered), _WRITTEN):
        part = ordered[start : start + _WRITTEN]
        fresh = np.ones(len(part), dtype=bool)
        np.not_equal(part[1:], part[:-1], out=fresh[1:])
        fresh[0] = not start or part[0] != ordered[start - 1]
        kept = part[fresh]
        blob.write(kept)
        count += len(kept)
    return count


class NumberIndex:
    """Opens what `NumberBuilder` wrote."""

    def __init__(self, folder: Path, record: dict[str, Any], list_name: str) -> None:
        self._entries = int(record["entries"])
        # The last place is that of numbers outside the plan.
        self._place = np.full(1001, -1, dtype=np.int64)
        for place, (area, _) in enumerate(record["areas"]):
            self._place[area] = place
        self._areas: list[int] = [area for area, _ in record["areas"]]
        self._bitmaps = Blob(folder, record["bitmaps"], list_name)
        self._sorted_blob = Blob(folder, record["sorted"], list_name)
        self._tails: NumberTails | None = None
        self._asked, self._reading = 0, threading.Lock()

    def __len__(self) -> int:
        return self._entries

    def contains(self, numbers: pl.Series) -> pl.Series:
        """Whether each number (u64, null allowed) is in the index; null is not."""
        hits = self.hits(numbers.fill_null(0).to_numpy())
        return pl.Series(hits) & numbers.is_not_null()

    def hits(self, wanted: Numbers) -> npt.NDArray[np.bool_]:
        """The same for a numpy array."""
        found = np.zeros(len(wanted), dtype=bool)
        if self._areas:
            bits, asked = np.empty(len(wanted), np.int64), np.zeros(len(self._areas), dtype=bool)
            place_bits(wanted, self._place, bits, asked)
            find_bits(bits, self._bitmaps.touch(np.flatnonzero(asked) * BITMAP_BYTES), found)
        if len(self._sorted_blob):
            found |= self._among_sorted(wanted)
        return found

    def _among_sorted(self, wanted: Numbers) -> npt.NDArray[np.bool_]:
        count = len(self._sorted_blob) // _NUMBER_BYTES
        with self._reading:
            self._asked += len(wanted)
            if self._tails is None and self._asked * _WORTH_READING > count:
                self._tails = NumberTails(self._each_sorted(), count)
            tails = self._tails
        if tails is not None:
            return tails.among(wanted)
        ordered, order = self._sorted_blob.all().view(np.uint64), np.argsort(wanted)
        found = np.empty(len(wanted), dtype=bool)
        at = np.searchsorted(ordered, wanted[order])
        found[order] = ordered.take(at, mode="clip") == wanted[order]
        return found

    def _each_sorted(self) -> Iterator[Numbers]:
        return (part.view(np.uint64) for part in self._sorted_blob.parts())

    def release(self) -> None:
        """Let go of the memory of what was read; it is read again when it is asked for."""
        self._tails, self._asked = None, 0
        for blob in (self._bitmaps, self._sorted_blob):
            blob.release()

    def each(self) -> Iterator[Numbers]:
        """All numbers, in blocks: the bitmaps' area codes, then the sorted ones."""
        for place, area in enumerate(self._areas):
            start = place * BITMAP_BYTES
            data = self._bitmaps.touch(np.array([start]))[start : start + BITMAP_BYTES]
            yield _whole(area, np.flatnonzero(np.unpackbits(data)).astype(np.uint32))
        yield from self._each_sorted()
