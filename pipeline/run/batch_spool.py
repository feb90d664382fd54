"""Batches between the two passes of a run: on disk, so that memory does not grow with the drop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import polars as pl
import pyarrow as pa

from schemas.support.summed_file import SummedFile


@dataclass(frozen=True)
class Stored:
    """A batch as it was put away."""

    number: int
    source: int
    sums: tuple[SummedFile, SummedFile]


class BatchSpool:
    """Puts batches away and gives them back once, in the same order."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stored: list[Stored] = []
        folder.mkdir()

    def put(self, source: int, frame: pl.DataFrame, found: pl.DataFrame) -> None:
        """Write a batch of the file number ``source`` (any columns) with its findings."""
        number = len(self._stored)
        sums = (SummedFile(self._frame(number)), SummedFile(self._found(number)))
        for table, file in zip((frame, found), sums, strict=True):
            with file:
                table.write_ipc(cast(BinaryIO, file), compression="uncompressed")
        self._stored.append(Stored(number, source, sums))

    def take(self) -> Iterator[tuple[int, pl.DataFrame, pl.DataFrame]]:
        """Yield file number, batch and findings, and delete each from disk once it was used.

        Raises `LeadscrubError` when a byte of them is not as it was written.
        """
        for held in self._stored:
            paths = (self._frame(held.number), self._found(held.number))
            for file in held.sums:
                file.check()
            frame, found = (_mapped(path) for path in paths)
            for path in paths:
                path.unlink()
            yield held.source, frame, found

    def _frame(self, number: int) -> Path:
        return self._folder / f"batch-{number:06d}.arrow"

    def _found(self, number: int) -> Path:
        return self._folder / f"findings-{number:06d}.arrow"


def _mapped(path: Path) -> pl.DataFrame:
    """Give the frame that a file holds without reading it: what of it is never asked for never leaves the disk.

    It stays whole when the file is deleted.
    """
    with pa.memory_map(str(path)) as mapped, pa.ipc.open_file(mapped) as reader:
        return pl.DataFrame(reader.read_all())
