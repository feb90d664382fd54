"""Batches between the two passes of a run: on disk, so that memory does not grow with the drop."""

from __future__ import annotations

import itertools
import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import xxhash

from schemas.errors import LeadscrubError


@dataclass(frozen=True)
class Stored:
    """A batch as it was put away, of the file number ``source``: its files, and their checksums."""

    source: int
    files: tuple[tuple[Path, int], ...]


class BatchSpool:
    """Puts batches away, on several threads at once, and gives them back once, in the order in which they were kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()
        self._stored: list[Stored] = []
        folder.mkdir()

    def put(self, source: int, rows: pa.Table, found: pa.Table) -> Stored:
        """Write a batch of the file number ``source`` (any columns) with its findings; `keep` gives it its turn."""
        number = next(self._numbers)
        tables = {f"batch-{number:06d}.arrow": rows, f"findings-{number:06d}.arrow": found}
        return Stored(
            source, tuple((self._folder / name, _write(self._folder / name, t)) for name, t in tables.items())
        )

    def keep(self, stored: Stored) -> None:
        """Say which batch comes next."""
        self._stored.append(stored)

    def take(self) -> Iterator[tuple[int, pa.Table, pa.Table]]:
        """Yield file number, batch and findings, and delete each from disk once it was used.

        Raises `LeadscrubError` when a byte of them is not as it was written.
        """
        for stored in self._stored:
            for path, expected in stored.files:
                if _sum(path) != expected:
                    raise LeadscrubError(
                        f"'{path.name}', which this run had put away, is not as it was written; nothing was changed.",
                        "Check the disk and the memory of this machine, then run again.",
                    )
            rows, found = (_mapped(path) for path, _ in stored.files)
            for path, _ in stored.files:
                path.unlink()
            yield stored.source, rows, found


class _Summed:
    """A file that is written, and its checksum: of each part while it is in the processor's cache."""

    closed = False

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb", buffering=0)
        self.sum = xxhash.xxh3_64()

    def write(self, part: bytes) -> int:
        self.sum.update(part)
        left = memoryview(part)
        while left:
            left = left[self._file.write(left) :]
        return len(part)

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self._file.close()


def _write(path: Path, table: pa.Table) -> int:
    """Write a table; returns the checksum of its file."""
    out = _Summed(path)
    try:
        with pa.PythonFile(out, "w") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
    finally:
        out.close()
    return out.sum.intdigest()


def _sum(path: Path) -> int:
    """Checksum of a file's bytes."""
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return xxhash.xxh3_64_intdigest(content)


def _mapped(path: Path) -> pa.Table:
    """Give the table that a file holds without reading it: what of it is never asked for never leaves the disk.

    It stays whole when the file is deleted.
    """
    with pa.memory_map(str(path)) as mapped, pa.ipc.open_file(mapped) as reader:
        return reader.read_all()
