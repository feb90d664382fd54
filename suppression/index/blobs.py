"""Files of an index: written once, memory-mapped, and checked block by block before a byte of them is believed."""

from __future__ import annotations

import mmap
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xxhash

from schemas.errors import ListError

Bytes = npt.NDArray[np.uint8]
_BLOCK = 1 << 20
#: Blocks checked at a time.
_THREADS = 2
#: Blocks given at a time of a file that is read as a whole.
_BLOCKS = 4


class BlobWriter:
    """Writes a file piece by piece, in a ``with`` statement; afterwards ``record`` is what `Blob` opens it with.

    Each block of ``block`` bytes has its XXH3-64; the record's ``sums`` file holds them, and ``digest`` is their hash.
    """

    def __init__(self, path: Path, block: int = _BLOCK) -> None:
        self._path, self._block = path, block
        self._stream = path.open("wb")
        self._sums: list[int] = []
        self._size = 0
        self._pending = b""
        self.record: dict[str, object] = {}

    def __enter__(self) -> BlobWriter:
        return self

    def write(self, part: npt.NDArray[np.generic]) -> None:
        """Append an array's bytes."""
        data = np.ascontiguousarray(part).reshape(-1).view(np.uint8).data
        self._stream.write(data)
        self._size += len(data)
        start = 0
        if self._pending:
            start = min(self._block - len(self._pending), len(data))
            self._pending += bytes(data[:start])
            if len(self._pending) < self._block:
                return
            self._sums.append(xxhash.xxh3_64_intdigest(self._pending))
        while start + self._block <= len(data):
            self._sums.append(xxhash.xxh3_64_intdigest(data[start : start + self._block]))
            start += self._block
        self._pending = bytes(data[start:])

    def __exit__(self, *_: object) -> None:
        self._stream.close()
        if self._pending:
            self._sums.append(xxhash.xxh3_64_intdigest(self._pending))
        table = np.array(self._sums, dtype="<u8").tobytes()
        self._path.with_suffix(self._path.suffix + ".sums").write_bytes(table)
        digest = xxhash.xxh3_128_hexdigest(table)
        self.record = {"name": self._path.name, "bytes": self._size, "block": self._block, "digest": digest}


def write_blob(path: Path, parts: Iterable[npt.NDArray[np.generic]], block: int = _BLOCK) -> dict[str, object]:
    """Write arrays one after the other. Returns the record that `Blob` opens the file with."""
    with BlobWriter(path, block) as blob:
        for part in parts:
            blob.write(part)
    return blob.record


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
        self._checking = threading.Lock()
        self._name = path.name
        self._mapped = _mapped(path) if size else None
        self._bytes: Bytes = np.empty(0, np.uint8) if self._mapped is None else np.frombuffer(self._mapped, np.uint8)

    def __len__(self) -> int:
        return len(self._bytes)

    def touch(self, offsets: npt.NDArray[np.int64]) -> Bytes:
        """Check the blocks that hold these byte offsets, then give the bytes."""
        wanted = np.zeros(len(self._checked), dtype=bool)
        wanted[offsets // self._block] = True
        self._check(wanted)
        return self._bytes

    def all(self) -> Bytes:
        """Check every block, then give the bytes."""
        self._check(np.ones(len(self._checked), dtype=bool))
        return self._bytes

    def parts(self) -> Iterator[Bytes]:
        """All bytes in order, some blocks at a time, checked; their memory is let go of when the next are asked for."""
        for first in range(0, len(self._checked), _BLOCKS):
            start, stop = first * self._block, (first + _BLOCKS) * self._block
            yield self.touch(np.arange(start, min(stop, len(self)), self._block))[start:stop]
            self.release()

    def release(self) -> None:
        """Let go of the memory that the file takes; what is asked for later is read from the disk again."""
        if self._mapped is not None and hasattr(mmap, "MADV_DONTNEED"):
            self._mapped.madvise(mmap.MADV_DONTNEED)

    def _check(self, wanted: npt.NDArray[np.bool_]) -> None:
        """Check those of the wanted blocks that were not checked before."""
        if not (wanted & ~self._checked).any():
            return
        # Of two threads that want the same blocks, one waits. Hashing leaves the interpreter.
        with self._checking, ThreadPoolExecutor(_THREADS, "check") as pool:
            blocks = np.flatnonzero(wanted & ~self._checked)
            for bad in pool.map(self._first_bad, np.array_split(blocks, _THREADS)):
                if bad is not None:
                    raise self._damaged(f"'{self._name}' is not as it was written, near byte {bad * self._block}")
            self._checked[blocks] = True

    def _first_bad(self, blocks: npt.NDArray[np.intp]) -> int | None:
        """The first of these blocks that is not as it was written."""
        data, size = self._bytes.data, self._block
        sums = self._sums[blocks].tolist()
        for number, expected in zip(blocks.tolist(), sums, strict=True):
            if xxhash.xxh3_64_intdigest(data[number * size : (number + 1) * size]) != expected:
                return int(number)
        return None

    def _damaged(self, what: str) -> ListError:
        return ListError(
            f"Suppression list '{self._list}' is damaged: {what}.", "Load the list again ('leadscrub lists add')."
        )


def _mapped(path: Path) -> mmap.mmap:
    with path.open("rb") as stream:
        return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
