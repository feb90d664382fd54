"""Emails and hashed values: ordered by a 64-bit key for the search; what is found is compared in full."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from schemas.errors import ListError
from suppression.index.blobs import Blob, write_blob
from suppression.index.packed import KEY_FUNCTION, PADDING, Keys, Packed, packed, same_texts, text_keys
from suppression.index.search import Places, SortedKeys


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
        utf8 = (packed(block).data[:-PADDING] for block in blocks)
        return {
            "entries": len(ordered),
            "key": KEY_FUNCTION,
            "keys": write_blob(folder / f"{name}.keys", [keys[order]]),
            "ends": write_blob(folder / f"{name}.ends", [ends]),
            "texts": write_blob(folder / f"{name}.texts", chain(utf8, [np.zeros(PADDING, np.uint8)])),
        }


_BLOCK_TEXTS = 1 << 18


class TextIndex:
    """Opens what `TextBuilder` wrote."""

    def __init__(self, folder: Path, record: dict[str, Any], list_name: str) -> None:
        if record.get("key") != KEY_FUNCTION:
            raise ListError(
                f"Suppression list '{list_name}' was indexed by another version of leadscrub.",
                "Load the list again ('leadscrub lists add').",
            )
        self._entries = int(record["entries"])
        self._key_blob = Blob(folder, record["keys"], list_name)
        self._end_blob = Blob(folder, record["ends"], list_name)
        self._texts = Blob(folder, record["texts"], list_name)
        self._keys: SortedKeys | None = None

    def __len__(self) -> int:
        return self._entries

    def hits(self, values: pl.Series, wanted: Keys) -> npt.NDArray[np.bool_]:
        """Whether each text (null allowed) is in the index; ``wanted`` are their `text_keys`. Null is not."""
        if not self._entries or not len(values):
            return np.zeros(len(values), dtype=bool)
        if self._keys is None:
            self._keys = SortedKeys(self._key_blob.all().view(np.uint64))

        def same(rows: Places, places: Places) -> npt.NDArray[np.bool_]:
            return same_texts(self._at(places), packed(values[rows]))

        found = self._keys.matching(wanted, same)
        if values.null_count():
            found &= values.is_not_null().to_numpy()
        return found

    def contains(self, values: pl.Series) -> pl.Series:
        """Whether each text (null allowed) is in the index; null is not."""
        return pl.Series(self.hits(values, text_keys(values)))

    def release(self) -> None:
        """Let go of the memory of what was read; it is read again when it is asked for."""
        self._keys = None
        for blob in (self._key_blob, self._end_blob, self._texts):
            blob.release()

    def each(self) -> Iterator[pl.Series]:
        """All texts, in blocks."""
        bounds = np.concatenate([[0], self._end_blob.all().view(np.int64)])
        data = self._texts.all()
        for start in range(0, self._entries, _BLOCK_TEXTS):
            offsets = bounds[start : start + _BLOCK_TEXTS + 1]
            utf8 = np.ascontiguousarray(data[offsets[0] : offsets[-1]])
            buffers = [None, pa.py_buffer(offsets - offsets[0]), pa.py_buffer(utf8)]
            texts: Any = pa.Array.from_buffers(pa.large_string(), len(offsets) - 1, buffers)
            yield pl.Series(texts)

    def _at(self, places: npt.NDArray[np.int64]) -> Packed:
        """The entries at these places, their bytes checked."""
        ends = self._end_blob.all().view(np.int64)
        starts = np.where(places > 0, ends[np.maximum(places, 1) - 1], 0)
        stops = ends[places]
        return Packed(self._texts.touch(np.concatenate([starts, stops + PADDING - 1])), starts, stops - starts)
