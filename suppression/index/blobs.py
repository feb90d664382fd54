"""Files of an index: written once, memory-mapped, and checked block by block before a byte of them is believed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xxhash

from schemas.errors import ListError

Bytes = npt.NDArray[np.uint8]
_BLOCK = 1 << 20


def write_blob(path: Path, parts: Iterable[npt.NDArray[np.generic]], block: int = _BLOCK) -> dict[str, object]:
    """Write arrays one after the other. Returns the record that `Blob` opens the file with.

    Each block of ``block`` bytes has its XXH3-64; the record's ``sums`` file holds them, and ``digest`` is their hash.
    """
    sums: list[int] = []
    size = 0
    pending = b""
    with path.open("wb") as stream:
        for part in parts:
            data = np.ascontiguousarray(part).reshape(-1).view(np.uint8).data
            stream.write(data)
            size += len(data)
            start = 0
            if pending:
                start = min(block - len(pending), len(data))
                pending += bytes(data[:start])
                if len(pending) < block:
                    continue
                sums.append(xxhash.xxh3_64_intdigest(pending))
            while start + block <= len(data):
                sums.append(xxhash.xxh3_64_intdigest(data[start : start + block]))
                start += block
            pending = bytes(data[start:])
    if pending:
        sums.append(xxhash.xxh3_64_intdigest(pending))
    table = np.array(sums, dtype="<u8")
    path.with_suffix(path.suffix + ".sums").write_bytes(table.tobytes())
    return {"name": path.name, "bytes": size, "block": block, "digest": xxhash.xxh3_128_hexdigest(table.tobytes())}


class Blob:
    """A memory-mapped file of an index. Blocks are checked at first touch; damage raises `ListError`."""

    def __init__(self, folder: Path, record: dict[str, object], list_name: str) -> None:
        self._list = list_name
        self._block = int(str(record["block"]))
        path = folder / str(record["name"])
        size = int(str(record["bytes"]))
        try:
            table = path.with_suffix(path.suffix + ".sums").read_bytes()
            actual = path.stat().st_size
        except OSError as error:
            raise self._damaged(f"'{path.name}' is missing") from error
        if actual != size or xxhash.xxh3_128_hexdigest(table) != record["digest"]:
            raise self._damaged(f"'{path.name}' has changed")
        self._sums = np.frombuffer(table, dtype="<u8")
        self._checked = np.zeros(len(self._sums), dtype=bool)
        self._name = path.name
        self._bytes: Bytes = np.memmap(path, np.uint8, "r") if size else np.empty(0, np.uint8)

    def __len__(self) -> int:
        return len(self._bytes)

    def touch(self, offsets: npt.NDArray[np.int64]) -> Bytes:
        """Check the blocks that hold these byte offsets, then give the bytes."""
        wanted = np.zeros(len(self._checked), dtype=bool)
        wanted[offsets // self._block] = True
        self._check(np.flatnonzero(wanted & ~self._checked))
        return self._bytes

    def all(self) -> Bytes:
        """Check every block, then give the bytes."""
        self._check(np.flatnonzero(~self._checked))
        return self._bytes

    def _check(self, blocks: npt.NDArray[np.intp]) -> None:
        for number in blocks.tolist():
            start = number * self._block
            if xxhash.xxh3_64_intdigest(self._bytes[start : start + self._block].data) != int(self._sums[number]):
                raise self._damaged(f"'{self._name}' is not as it was written, near byte {start}")
            self._checked[number] = True

    def _damaged(self, what: str) -> ListError:
        return ListError(
            f"Suppression list '{self._list}' is damaged: {what}.", "Load the list again ('leadscrub lists add')."
        )
