"""Batches between the two passes of a run: on disk, so that memory does not grow with the drop."""

from __future__ import annotations

import itertools
import mmap
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl
import pyarrow as pa
import xxhash

from schemas.errors import LeadscrubError


@dataclass(frozen=True)
class Stored:
    """A batch as it was put away, of the file number ``source``; ``number`` is that of its own files."""

    number: int
    source: int
    sums: tuple[int, int] = (0, 0)


class BatchSpool:
    """Puts batches away, on several threads at once, and gives them back once, in the order in which they were kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()
        self._stored: list[Stored] = []
        folder.mkdir()

    def keep(self, stored: Stored) -> None:
        """Say which batch comes next."""
        self._stored.append(stored)

    def put(self, source: int, frame: pl.DataFrame, found: pl.DataFrame) -> Stored:
        """Write a batch of the file number ``source`` (any columns) with its findings; `keep` gives it its turn."""
        held = Stored(next(self._numbers), source)
        frame.write_ipc(self._frame(held), compression="uncompressed")
        found.write_ipc(self._found(held), compression="uncompressed")
        return replace(held, sums=(_sum(self._frame(held)), _sum(self._found(held))))

    def take(self) -> Iterator[tuple[int, pl.DataFrame, pl.DataFrame]]:
        """Yield file number, batch and findings, and delete each from disk once it was used.

        Raises `LeadscrubError` when a byte of them is not as it was written.
        """
        for held in self._stored:
            paths = (self._frame(held), self._found(held))
            for path, expected in zip(paths, held.sums, strict=True):
                if _sum(path) != expected:
                    raise LeadscrubError(
                        f"'{path.name}', which this run had put away, is not as it was written; nothing was changed.",
                        "Check the disk and the memory of this machine, then run again.",
                    )
            frame, found = (_mapped(path) for path in paths)
            for path in paths:
                path.unlink()
            yield held.source, frame, found

    def _frame(self, held: Stored) -> Path:
        return self._folder / f"batch-{held.number:06d}.arrow"

    def _found(self, held: Stored) -> Path:
        return self._folder / f"findings-{held.number:06d}.arrow"


def _sum(path: Path) -> int:
    """Checksum of a file's bytes."""
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return xxhash.xxh3_64_intdigest(content)


def _mapped(path: Path) -> pl.DataFrame:
    """Give the frame that a file holds without reading it: what of it is never asked for never leaves the disk.

    It stays whole when the file is deleted.
    """
    with pa.memory_map(str(path)) as mapped, pa.ipc.open_file(mapped) as reader:
        return pl.DataFrame(reader.read_all())
