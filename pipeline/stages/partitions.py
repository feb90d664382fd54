"""Tables that wait on disk for the whole run to be known: split into numbered files, so that memory holds one part."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from schemas.support.summed_file import SummedFile

#: Rows of a run whose answers are read back together.
_RANGE = 1 << 20


class Parts:
    """Tables split into numbered files, appended to batch by batch."""

    def __init__(self, folder: Path, schema: pa.Schema) -> None:
        folder.mkdir(parents=True)
        self._folder, self._schema = folder, schema
        self._writers: dict[int, pa.RecordBatchStreamWriter] = {}
        self._sums: dict[int, SummedFile] = {}

    def add(self, number: int, frame: pl.DataFrame) -> None:
        """Append rows of the schema to one part."""
        if number not in self._writers:
            self._sums[number] = SummedFile(self._path(number))
            self._writers[number] = pa.ipc.new_stream(self._sums[number], self._schema)
        table = frame.select(self._schema.names).to_arrow(compat_level=pl.CompatLevel.oldest())
        self._writers[number].write_table(table.cast(self._schema))

    def split(self, frame: pl.DataFrame, by: pl.Expr) -> None:
        """Append each row of the schema to the part that ``by`` names."""
        if frame.is_empty():
            return
        for (part,), group in frame.with_columns(part=by).partition_by("part", as_dict=True, include_key=False).items():
            self.add(int(str(part)), group)

    def close(self) -> None:
        """Finish writing; parts can be read from now on."""
        for number, writer in self._writers.items():
            writer.close()
            self._sums[number].close()

    def read(self, number: int) -> pl.DataFrame | None:
        """One part as a whole; None when nothing was added.

        Raises `LeadscrubError`, as `batches`, when a byte of it is not as it was written.
        """
        if number not in self._writers:
            return None
        self._sums[number].check()
        with pa.memory_map(str(self._path(number))) as mapped, pa.ipc.open_stream(mapped) as reader:
            return pl.DataFrame(reader.read_all())

    def batches(self, number: int) -> Iterator[pl.DataFrame]:
        """One part, table by table as it was added, for parts that may be too large to hold."""
        if number in self._writers:
            self._sums[number].check()
            with self._path(number).open("rb") as stream, pa.ipc.open_stream(stream) as reader:
                for batch in reader:
                    yield pl.DataFrame(pa.table(batch))

    def numbers(self) -> list[int]:
        """Parts that hold something, in order."""
        return sorted(self._writers)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:06d}.arrow"


class ByRow:
    """What the whole run says of single rows: put away in any order, read back in order of ``row_id``.

    The schema begins with ``row_id`` and the column that orders the answers on one row. ``formed`` makes of the answers
    what is given back, a line for each, with its ``row_id``; it is asked once for many rows.
    """

    def __init__(
        self, folder: Path, schema: pa.Schema, formed: Callable[[pl.DataFrame], pl.DataFrame] = lambda answers: answers
    ) -> None:
        self._parts, self._order, self._formed = Parts(folder, schema), schema.names[:2], formed
        self._range: tuple[int, pl.DataFrame | None] = (-1, None)

    def add(self, frame: pl.DataFrame) -> None:
        """Put answers away; ``frame`` has a ``row_id``."""
        self._parts.split(frame, pl.col("row_id") // _RANGE)

    def close(self) -> None:
        """Finish writing."""
        self._parts.close()

    def of(self, frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """Answers on the rows of a batch, which are consecutive. Batches come in order of ``row_id``."""
        if frame.is_empty():
            return
        first, last = int(frame.item(0, "row_id")), int(frame.item(-1, "row_id"))
        for number in range(first // _RANGE, last // _RANGE + 1):
            if self._range[0] != number:
                answers = self._parts.read(number)
                self._range = (number, None if answers is None else self._formed(answers.sort(self._order)))
            in_range = self._range[1]
            if in_range is not None:
                rows = in_range.get_column("row_id").to_numpy()
                start, stop = np.searchsorted(rows, np.array([first, last + 1], np.uint64))
                yield in_range.slice(int(start), int(stop - start))
