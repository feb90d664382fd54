"""Writes what a file holds as parts of text, and stops at what no list of leads or numbers holds."""

from __future__ import annotations

from typing import BinaryIO, Final

import polars as pl

from schemas.files.converted import CELL, write_part
from schemas.files.limits import limits, record_error, refuse_bomb, refuse_rows

#: Rows of a part, and bytes of text: what stays in memory at once.
PART_ROWS: Final = 1 << 15
_PART_BYTES: Final = 16 << 20


class PartWriter:
    """Puts frames together to parts (see `ConvertedReader`), and knows their sizes.

    ``packed``: the file's own size. The text of its cells, as CSV would have it, may be so many times larger as any
    file that unpacks (`refuse_bomb`), and no record longer than ``max_record_mb``.
    """

    def __init__(self, sink: BinaryIO, shown: str, packed: int) -> None:
        self._sink, self._shown, self._packed = sink, shown, packed
        self._waiting: list[pl.DataFrame] = []
        self._rows = self._bytes = 0
        self.total = 0
        self._sizes: list[int] = []

    def foresee(self, rows: int, columns: int) -> None:
        """Look at what a file claims before it is decoded: each cell takes a byte of CSV at least."""
        refuse_rows(self._shown, rows)
        refuse_bomb(self._shown, self._packed, self.total + rows * max(columns, 1))

    def add(self, frame: pl.DataFrame) -> int:
        """Take ``cell:`` columns of text and ``source_line``; returns bytes of text. Raises `FileError` at a limit."""
        cells = [pl.col(name) for name in frame.columns if name.startswith(CELL)]
        lengths = frame.select(pl.sum_horizontal(cell.str.len_bytes().cast(pl.UInt64) for cell in cells)).to_series()
        longest = lengths.arg_max()
        if longest is not None and lengths[longest] > limits().record_bytes:
            raise record_error(self._shown, f"row {frame.get_column('source_line')[longest]}")
        size = int(lengths.sum() or 0) + len(frame) * len(cells)
        self.total += size
        refuse_bomb(self._shown, self._packed, self.total)
        self._waiting.append(frame)
        self._rows += len(frame)
        self._bytes += size
        if self._rows >= PART_ROWS or self._bytes >= _PART_BYTES:
            self._put()
        return size

    def close(self) -> list[int]:
        """Write what waits. Returns the sizes of the parts since the last time, in order."""
        self._put()
        sizes, self._sizes = self._sizes, []
        return sizes

    def _put(self) -> None:
        if self._rows:
            part = write_part(pl.concat(self._waiting)).getbuffer()
            self._sink.write(part)
            self._sizes.append(len(part))
        self._waiting = []
        self._rows = self._bytes = 0
