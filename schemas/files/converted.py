"""Tables that had to be converted as a whole before their columns were known: read back from the spool in parts."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import NamedTuple

import polars as pl
import pyarrow as pa

from schemas.errors import FileError
from schemas.files.inputs import Input
from schemas.files.set_aside import with_aside
from schemas.files.spool import Spooled
from schemas.files.table import FileTally
from schemas.frame_columns import SOURCE

#: Columns of a part that are the source's own begin with this.
CELL = "cell:"


class ConvertedReader(NamedTuple):
    """Reads parts: Arrow files with ``cell:`` columns as text, ``source_line``, and ``raw`` where it can be.

    ``columns``: name of a table's column -> what parts call it; a part that lacks it has blank cells there. Records
    begin after line ``after`` and end before line ``before`` (None: the last part's end). ``aside``: line and text of
    records above them that are set aside. ``row_bytes``: how long a row is taken to be, where batches are to be as long
    as blocks of text; None: a batch is a part.
    """

    input: Input
    form: dict[str, str]
    parts: tuple[Spooled, ...]
    columns: dict[str, str]
    after: int = 0
    before: int | None = None
    aside: tuple[tuple[int, str], ...] = ()
    row_bytes: int | None = None

    def describe(self) -> dict[str, str]:
        """See `Reader`."""
        return self.form

    def batches(self, tally: FileTally, block_bytes: int) -> Iterator[pl.DataFrame]:
        """See `Reader`."""
        tally.take_whole(self.input, block_bytes)
        tally.records += len(self.aside)
        yield from with_aside(self.aside, [SOURCE + name for name in self.columns], self._batches(tally, block_bytes))

    def _batches(self, tally: FileTally, block_bytes: int) -> Iterator[pl.DataFrame]:
        line = pl.col("source_line")
        inside = line > self.after if self.before is None else line.is_between(self.after, self.before, closed="none")
        for part in self.parts:
            frame = read_part(part).filter(inside)
            held = set(frame.columns)
            raw = pl.col("raw") if "raw" in held else pl.lit(None, pl.String)
            blank = pl.when(raw.is_null()).then(pl.lit(""))
            cells = [(pl.col(key) if key in held else blank).alias(SOURCE + name) for name, key in self.columns.items()]
            rows = len(frame) if self.row_bytes is None else max(block_bytes // self.row_bytes, 1)
            for start in range(0, len(frame), max(rows, 1)):
                batch = frame.slice(start, rows).select(*cells, "source_line", raw.alias("raw"))
                tally.records += len(batch)
                yield batch


def read_part(part: Spooled) -> pl.DataFrame:
    """Read one part, and check it: another process may have written it. Raises `FileError`."""
    with part.open("rb") as stream:
        content = pa.py_buffer(stream.read())
    try:
        with pa.ipc.open_file(content) as reader:
            if not all(_is_plain(field) for field in reader.schema):
                raise _damaged_part(part)
            table = reader.read_all()
        table.validate(full=True)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _damaged_part(part) from error
    return pl.DataFrame(pl.from_arrow(table))


def _is_plain(field: pa.Field) -> bool:
    wanted = (pa.uint64(),) if field.name == "source_line" else (pa.string(), pa.large_string(), pa.string_view())
    return field.type in wanted


def _damaged_part(part: Spooled) -> FileError:
    return FileError(f"'{part}' was not read: what the process that read it sent is damaged.", "Try it again.")


def write_part(frame: pl.DataFrame) -> io.BytesIO:
    """Make a part, for `Spool.add`."""
    part = io.BytesIO()
    frame.write_ipc(part, compression="uncompressed")
    part.seek(0)
    return part
