"""Tables that had to be converted as a whole before their columns were known: read back from the spool in parts."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from schemas.files.inputs import Input
from schemas.files.set_aside import with_aside
from schemas.files.spool import Spooled
from schemas.files.table import FileTally
from schemas.frame_columns import SOURCE

#: Columns of a part that are the source's own begin with this.
CELL = "cell:"


@dataclass(frozen=True)
class ConvertedReader:
    """Reads parts: Arrow files with ``cell:`` columns as text, ``source_line``, and ``raw`` where it can be.

    ``columns``: name of a table's column -> what parts call it; a part that lacks it has blank cells there. Records
    begin after line ``after`` and end before line ``before`` (None: the last part's end). ``aside``: line and text of
    records above them that are set aside.
    """

    input: Input
    form: dict[str, str]
    parts: tuple[Spooled, ...]
    columns: dict[str, str]
    after: int = 0
    before: int | None = None
    aside: tuple[tuple[int, str], ...] = ()

    def describe(self) -> dict[str, str]:
        """See `Reader`."""
        return self.form

    def batches(self, tally: FileTally, block_bytes: int) -> Iterator[pl.DataFrame]:
        """See `Reader`."""
        tally.take_whole(self.input, block_bytes)
        tally.records += len(self.aside)
        yield from with_aside(self.aside, [SOURCE + name for name in self.columns], self._batches(tally))

    def _batches(self, tally: FileTally) -> Iterator[pl.DataFrame]:
        line = pl.col("source_line")
        inside = line > self.after if self.before is None else line.is_between(self.after, self.before, closed="none")
        for part in self.parts:
            frame = read_part(part).filter(inside)
            held = set(frame.columns)
            raw = pl.col("raw") if "raw" in held else pl.lit(None, pl.String)
            blank = pl.when(raw.is_null()).then(pl.lit(""))
            cells = [(pl.col(key) if key in held else blank).alias(SOURCE + name) for name, key in self.columns.items()]
            if len(frame):
                tally.records += len(frame)
                yield frame.select(*cells, "source_line", raw.alias("raw"))


def read_part(part: Spooled) -> pl.DataFrame:
    """Read one part."""
    with part.open("rb") as stream:
        return pl.read_ipc(io.BytesIO(stream.read()))


def write_part(frame: pl.DataFrame) -> io.BytesIO:
    """Make a part, for `Spool.add`."""
    part = io.BytesIO()
    frame.write_ipc(part, compression="uncompressed")
    part.seek(0)
    return part
