"""Emails and hashed values: ordered by a 64-bit key for the search; what is found is compared in full."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import xxhash

from suppression.index.blobs import Blob, write_blob

Keys = npt.NDArray[np.uint64]


def text_keys(values: pl.Series) -> Keys:
    """XXH3-64 of each text's UTF-8; 0 where null. The same on every machine and in every version."""
    digest = xxhash.xxh3_64_intdigest
    return np.fromiter((0 if v is None else digest(v.encode()) for v in values), np.uint64, len(values))


class TextBuilder:
    """Takes texts in any order and writes them, each once, ordered by key."""

    def __init__(self) -> None:
        self._parts: list[pl.Series] = []

    def add(self, values: pl.Series) -> None:
        """Take texts; null is skipped."""
        self._parts.append(values.drop_nulls())

    def write(self, folder: Path, name: str) -> dict[str, Any]:
        """Write the index as ``name``.keys, .ends and .texts; ``entries`` counts distinct texts."""
        texts = pl.concat([pl.Series(dtype=pl.String), *self._parts]).unique()
        keys = text_keys(texts)
        order = np.argsort(keys, kind="stable")
        ordered = texts.gather(order)
        ends = np.cumsum(ordered.str.len_bytes().to_numpy(), dtype=np.uint64)
        blocks = (ordered.slice(start, _BLOCK_TEXTS) for start in range(0, len(ordered), _BLOCK_TEXTS))
        utf8 = (np.frombuffer("".join(block.to_list()).encode(), np.uint8) for block in blocks)
        return {
            "entries": len(ordered),
            "keys": write_blob(folder / f"{name}.keys", [keys[order]]),
            "ends": write_blob(folder / f"{name}.ends", [ends]),
            "texts": write_blob(folder / f"{name}.texts", utf8),
        }


_BLOCK_TEXTS = 1 << 18


class TextIndex:
    """Opens what `TextBuilder` wrote."""

    def __init__(self, folder: Path, record: dict[str, Any], list_name: str) -> None:
        self._entries = int(record["entries"])
        self._key_blob = Blob(folder, record["keys"], list_name)
        self._end_blob = Blob(folder, record["ends"], list_name)
        self._texts = Blob(folder, record["texts"], list_name)
        self._keys: Keys | None = None

    def __len__(self) -> int:
        return self._entries

    def hits(self, values: pl.Series, wanted: Keys) -> npt.NDArray[np.bool_]:
        """Whether each text (null allowed) is in the index; ``wanted`` are their `text_keys`. Null is not."""
        found = np.zeros(len(values), dtype=bool)
        if not self._entries or not len(values):
            return found
        if self._keys is None:
            self._keys = self._key_blob.all().view(np.uint64)
        # Searching in order touches memory in order: several times faster where the index is large.
        order = np.argsort(wanted)
        place = np.empty(len(wanted), dtype=np.int64)
        place[order] = np.searchsorted(self._keys, wanted[order])
        rows = np.flatnonzero(values.is_not_null().to_numpy())
        # Two different texts may share a key: compare with each entry that has it.
        while len(rows := rows[place[rows] < self._entries]):
            rows = rows[self._keys[place[rows]] == wanted[rows]]
            if not len(rows):
                break
            same = self._are_at(place[rows], values.gather(rows))
            found[rows[same]] = True
            rows = rows[~same]
            place[rows] += 1
        return found

    def contains(self, values: pl.Series) -> pl.Series:
        """Whether each text (null allowed) is in the index; null is not."""
        return pl.Series(self.hits(values, text_keys(values)))

    def each(self) -> Iterator[pl.Series]:
        """All texts, in blocks."""
        ends = self._end_blob.all().view(np.uint64)
        data = self._texts.all()
        for start in range(0, self._entries, _BLOCK_TEXTS):
            stop = min(start + _BLOCK_TEXTS, self._entries)
            begins = [int(ends[start - 1]) if start else 0, *ends[start : stop - 1].tolist()]
            yield pl.Series(
                [bytes(data[a:b]).decode() for a, b in zip(begins, ends[start:stop].tolist(), strict=True)],
                dtype=pl.String,
            )

    def _are_at(self, places: npt.NDArray[np.int64], texts: pl.Series) -> npt.NDArray[np.bool_]:
        """Whether the entries at these places are these texts."""
        ends = self._end_blob.all().view(np.uint64)
        stops = ends[places].astype(np.int64)
        starts = np.where(places > 0, ends[np.maximum(places, 1) - 1], 0).astype(np.int64)
        data = self._texts.touch(np.concatenate([starts, np.maximum(stops - 1, starts)]))
        spans = zip(starts.tolist(), stops.tolist(), texts.to_list(), strict=True)
        return np.array([data[start:stop].tobytes() == text.encode() for start, stop, text in spans], dtype=bool)
