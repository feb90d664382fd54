"""Hashes as raw bytes, ordered: searched by their first eight bytes, and what is found is compared in full."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from suppression.index.blobs import Blob, BlobWriter
from suppression.index.search import Keys, Places, SortedKeys

Digests = npt.NDArray[np.uint8]

_KEY_BYTES = 8
#: Parts that are sorted one by one, so that memory holds one two-hundred-and-fifty-sixth of the list.
_PARTS = 256
#: Digests that wait in memory: to open the parts for every block would cost more than to write them.
_WAITING_BYTES = 64 << 20
#: Of a digest that is found, one place is looked at, anywhere in the file: to check a larger block would cost more.
_REST_BLOCK = 4 << 10
#: Digests that `DigestIndex.each` gives at once.
_BLOCK_DIGESTS = 1 << 20


def _keys_of(digests: Digests) -> Keys:
    return np.ascontiguousarray(digests[:, :_KEY_BYTES]).view(">u8").reshape(-1).astype(np.uint64)


class DigestBuilder:
    """Takes digests (n x size bytes) in any order, keeps them on disk by first byte, and writes each once in order."""

    def __init__(self, folder: Path, size: int) -> None:
        self._folder, self._size = folder, size
        self._waiting: list[Digests] = []
        self._waiting_bytes = 0
        folder.mkdir(parents=True)

    def add(self, digests: Digests) -> None:
        """Take a block."""
        self._waiting.append(digests)
        self._waiting_bytes += digests.nbytes
        if self._waiting_bytes >= _WAITING_BYTES:
            self._divide()

    def _divide(self) -> None:
        """Append what waits to the parts on disk."""
        if not self._waiting:
            return
        digests = np.concatenate(self._waiting)
        self._waiting, self._waiting_bytes = [], 0
        order = np.argsort(digests[:, 0], kind="stable")
        ordered = np.take(digests, order, axis=0)  # several times as fast as digests[order]
        cuts = np.searchsorted(ordered[:, 0], np.arange(_PARTS + 1))
        for part in range(_PARTS):
            rows = ordered[cuts[part] : cuts[part + 1]]
            if len(rows):
                with (self._folder / f"{part:03d}").open("ab") as stream:
                    stream.write(rows.data)

    def write(self, folder: Path, name: str) -> dict[str, Any]:
        """Write ``name``.keys and ``name``.rest; the parts on disk are removed. ``entries`` counts distinct digests."""
        self._divide()
        entries = 0
        with BlobWriter(folder / f"{name}.rest", _REST_BLOCK) as rest, BlobWriter(folder / f"{name}.keys") as keys:
            for part in range(_PARTS):
                path = self._folder / f"{part:03d}"
                if not path.exists():
                    continue
                rows, keys_of_rows = _in_order(np.fromfile(path, np.uint8).reshape(-1, self._size))
                path.unlink()
                entries += len(rows)
                keys.write(keys_of_rows)
                rest.write(rows[:, _KEY_BYTES:])
        self._folder.rmdir()
        return {"entries": entries, "size": self._size, "rest": rest.record, "keys": keys.record}


def _in_order(digests: Digests) -> tuple[Digests, Keys]:
    """Sort digests and leave out repeats; with their keys."""
    keys = _keys_of(digests)
    order = np.argsort(keys)
    digests, keys = np.take(digests, order, axis=0), keys[order]
    same = keys[1:] == keys[:-1]
    if same.any():
        # Few share their first eight bytes and are not the same: only those that do are compared as a whole.
        shared = np.zeros(len(keys), dtype=bool)
        shared[1:] |= same
        shared[:-1] |= same
        whole = np.unique(digests[shared].view(f"V{digests.shape[1]}").reshape(-1))
        kept = np.concatenate([digests[~shared], whole.view(np.uint8).reshape(-1, digests.shape[1])])
        order = np.argsort(_keys_of(kept), kind="stable")
        digests, keys = kept[order], _keys_of(kept)[order]
    return digests, keys


class DigestIndex:
    """Opens what `DigestBuilder` wrote."""

    def __init__(self, folder: Path, record: dict[str, Any], list_name: str) -> None:
        self._entries, self.size = int(record["entries"]), int(record["size"])
        self._key_blob = Blob(folder, record["keys"], list_name)
        self._rest = Blob(folder, record["rest"], list_name)
        self._keys: SortedKeys | None = None

    def __len__(self) -> int:
        return self._entries

    def release(self) -> None:
        """Let go of the memory of what was read; it is read again when it is asked for."""
        self._keys = None
        for blob in (self._key_blob, self._rest):
            blob.release()

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
        if not self._entries or not len(digests):
            return np.zeros(len(digests), dtype=bool)
        if self._keys is None:
            self._keys = SortedKeys(self._key_blob.all().view(np.uint64))
        tail = self.size - _KEY_BYTES

        def same(rows: Places, places: Places) -> npt.NDArray[np.bool_]:
            starts = places * tail
            rest = self._rest.touch(np.concatenate([starts, starts + tail - 1])).reshape(-1, tail)
            equal: npt.NDArray[np.bool_] = (rest.take(places, axis=0) == digests[rows, _KEY_BYTES:]).all(axis=1)
            return equal

        return self._keys.matching(_keys_of(digests), same)
