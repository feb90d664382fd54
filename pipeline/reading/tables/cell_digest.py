"""A hash of a table's cells, in place of a file's: the same for the same cells in the same order, however they come."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl

from schemas.files.converted import CELL
from schemas.support.column_bytes import column_bytes, given_rows

#: Stands for the length of a cell that has no text; a record is much shorter.
_ABSENT: Final = 0xFFFFFFFF


class CellDigest:
    """SHA-256 over the header, and of each column over the lengths of its cells (u32, little-endian) and their UTF-8.

    Sizes of batches and versions of file formats do not enter.
    """

    def __init__(self, header: Sequence[str]) -> None:
        self._header = list(header)
        self._columns = [(hashlib.sha256(), hashlib.sha256()) for _ in header]

    def add(self, frame: pl.DataFrame) -> None:
        """Take the next rows: their ``cell:`` columns, in the order of the header."""
        for at, (lengths, text) in enumerate(self._columns):
            column = frame.get_column(f"{CELL}{at}")
            bounds, data = column_bytes(column.fill_null(""))
            sizes = np.diff(bounds).astype("<u4")
            if column.null_count():
                sizes[~given_rows(column)] = _ABSENT
            lengths.update(sizes.tobytes())
            text.update(data[bounds[0] : bounds[-1]].tobytes())

    def hexdigest(self) -> str:
        """The hash of what was taken."""
        columns = [[lengths.hexdigest(), text.hexdigest()] for lengths, text in self._columns]
        return hashlib.sha256(json.dumps([self._header, columns]).encode()).hexdigest()
