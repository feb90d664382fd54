"""Hashes as raw bytes, ordered: searched by their first eight bytes, and what is found is compared in full."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from suppression.index.blobs import Blob, write_blob

Digests = npt.NDArray[np.uint8]
Keys = npt.NDArray[np.uint64]

_KEY_BYTES = 8
#: Parts that are sorted one by one, so that memory holds one two-hundred-and-fifty-sixth of the list.
_PARTS = 256
#: Digests that `DigestIndex.each` gives at once.
_BLOCK_DIGESTS = 1 << 20


def _keys_of(digests: Digests) -> Keys:
    return np.ascontiguousarray(digests[:, :_KEY_BYTES]).view(">u8").reshape(-1).astype(np.uint64)


class DigestBuilder:
    """Takes digests (n x size bytes) in any order, keeps them on disk by first byte, and writes each once in order."""

    def __init__(self, folder: Path, size: int) -> None:
        self._folder, self._size = folder, size
        folder.mkdir(parents=True)

    def add(self, digests: Digests) -> None:
        """Take a block."""
        order = np.argsort(digests[:, 0], kind="stable")
        ordered = digests[order]
        cuts = np.searchsorted(ordered[:, 0], np.arange(_PARTS + 1))
        for part in range(_PARTS):
            rows = ordered[cuts[part] : cuts[part + 1]]
            if len(rows):
                with (self._folder / f"{part:03d}").open("ab") as stream:
                    stream.write(rows.tobytes())

    def write(self, folder: Path, name: str) -> dict[str, Any]:
        """Write ``name``.keys and ``name``.rest; the parts on disk are removed. ``entries`` counts distinct digests."""
        entries = 0
        keys: list[Keys] = []

        def rests() -> Iterator[Digests]:
            nonlocal entries
            for part in range(_PARTS):
                path = self._folder / f"{part:03d}"
                if not path.exists():
                    continue
                rows = np.fromfile(path, np.uint8).reshape(-1, self._size)
                path.unlink()
                rows = np.unique(rows.view(f"V{self._size}").reshape(-1)).view(np.uint8).reshape(-1, self._size)
                entries += len(rows)
                keys.append(_keys_of(rows))
                yield rows[:, _KEY_BYTES:]

        rest = write_blob(folder / f"{name}.rest", rests())
        self._folder.rmdir()
        return {
            "entries": entries,
            "size": self._size,
            "rest": rest,
            "keys": write_blob(folder / f"{name}.keys", keys),
        }


class DigestIndex:
    """Opens what `DigestBuilder` wrote."""

    def __init__(self, folder: Path, record: dict[str, Any], list_name: str) -> None:
        self._entries, self.size = int(record["entries"]), int(record["size"])
        self._key_blob = Blob(folder, record["keys"], list_name)
        self._rest = Blob(folder, record["rest"], list_name)
        self._keys: Keys | None = None

    def __len__(self) -> int:
        return self._entries

    def each(self) -> Iterator[Digests]:
        """All digests in order, in blocks of n x size bytes."""
        heads = self._key_blob.all().view(np.uint64)
        tail = self.size - _KEY_BYTES
        rest = self._rest.all().reshape(-1, tail)
        for start in range(0, self._entries, _BLOCK_DIGESTS):
            stop = start + _BLOCK_DIGESTS
            first = heads[start:stop].astype(">u8").view(np.uint8).reshape(-1, _KEY_BYTES)
            yield np.hstack([first, rest[start:stop]])

    def hits(self, digests: Digests) -> npt.NDArray[np.bool_]:
        """Whether each digest (n x size bytes) is in the index."""
        found = np.zeros(len(digests), dtype=bool)
        if not self._entries or not len(digests):
            return found
        if self._keys is None:
            self._keys = self._key_blob.all().view(np.uint64)
        wanted = _keys_of(digests)
        # Searching in order touches memory in order: several times faster where the index is large.
        order = np.argsort(wanted)
        place = np.empty(len(wanted), dtype=np.int64)
        place[order] = np.searchsorted(self._keys, wanted[order])
        tail = self.size - _KEY_BYTES
        rows = np.arange(len(wanted))
        # Two digests may share eight bytes: go on while they do.
        while len(rows := rows[(place[rows] < self._entries)]):
            rows = rows[self._keys[place[rows]] == wanted[rows]]
            if not len(rows):
                break
            starts = place[rows] * tail
            data = self._rest.touch(np.concatenate([starts, starts + tail - 1]))
            same = (data[starts[:, None] + np.arange(tail)] == digests[rows, _KEY_BYTES:]).all(axis=1)
            found[rows[same]] = True
            rows = rows[~same]
            place[rows] += 1
        return found
