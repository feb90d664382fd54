"""Arrow data of a caller as a table of a drop: its cells as the text that they would have in a Parquet file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal

import polars as pl
import pyarrow as pa

from schemas.errors import DropError, UsageError
from schemas.files.as_text import array_as_text
from schemas.files.inputs import Delivery
from schemas.files.limits import refuse_width
from schemas.files.table import FileTally, Table
from schemas.files.unique_names import unique_names
from schemas.frame_columns import SOURCE
from schemas.support.names import did_you_mean


@dataclass(frozen=True)
class Memory:
    """The input of a table that is no file, or no file here: nothing can be read of its bytes."""

    name: str
    delivery: Delivery | None = None
    size: int = 0

    def open(self, mode: Literal["rb"]) -> BinaryIO:
        """See `Input`. Raises `UsageError`: only what people decided about a file's rows is looked up by its bytes."""
        raise UsageError(
            f"'{self}' is no file, and people decided about rows of this vendor's files.",
            "Scrub the file: a decision holds for a row of it.",
        )

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class SampleReader:
    """Gives the rows of a sample; where nothing is known but the columns, none."""

    form: dict[str, str]
    sample: pl.DataFrame | None = None

    def describe(self) -> dict[str, str]:
        """See `Reader`."""
        return self.form

    def batches(self, tally: FileTally, block_bytes: int) -> Iterator[pl.DataFrame]:
        """See `Reader`."""
        if self.sample is not None and len(self.sample):
            yield self.sample


def sample_table(like: Any, name: str, form: str) -> Table:
    """Describe Arrow data as a table: its columns, and of its rows those that ``like`` has.

    ``like``: a schema, or whatever `pyarrow.table` takes. Raises `DropError` when it has no column, or one of a type
    that has no text; `UsageError` when it is neither.
    """
    if isinstance(like, pa.Schema):
        header, sample = tuple(like.names), None
    else:
        data = arrow_table(like)
        header = tuple(data.schema.names)
        sample = data
    if not header:
        raise DropError(f"'{name}' has no column.", "Give the schema, or the first rows, of what is to be screened.")
    refuse_width(name, len(header))
    columns = unique_names(header)
    text = None if sample is None else text_frame(sample, header, columns)
    return Table(Memory(name), name, columns, header, SampleReader({"format": form}, text))


def arrow_table(data: Any) -> pa.Table:
    """Take a table, a batch, or what offers the C interface of Arrow. Raises `UsageError` when it is none of these."""
    try:
        return data if isinstance(data, pa.Table) else pa.table(data)
    except (TypeError, ValueError, pa.ArrowException) as error:
        raise UsageError(
            f"A {type(data).__name__} cannot be read as Arrow data.",
            "Give a pyarrow RecordBatch or Table, or a data frame that offers Arrow's C interface.",
        ) from error


def text_frame(data: pa.Table, header: Sequence[str], columns: Sequence[str], first: int = 0) -> pl.DataFrame:
    """Write rows as text: ``src:`` columns, ``source_line`` (``first`` and 1 for the first of them) and ``raw``.

    ``header``: names of the columns that the data must have, in any order. ``columns``: what each is called. Raises
    `DropError` when one is missing, is too many, is damaged, or is of a type that has no text.
    """
    at = _places(list(data.schema.names), header)
    made = [
        _text(data.column(place), name).alias(SOURCE + column)
        for place, name, column in zip(at, header, columns, strict=True)
    ]
    lines = pl.int_range(first + 1, first + 1 + len(data), dtype=pl.UInt64, eager=True).alias("source_line")
    return pl.DataFrame([*made, lines, pl.repeat(None, len(data), dtype=pl.String, eager=True).alias("raw")])


def _places(given: list[str], header: Sequence[str]) -> list[int]:
    """Where each column of the header is."""
    if tuple(given) == tuple(header):
        return list(range(len(header)))
    missing = [name for name in dict.fromkeys(header) if given.count(name) < list(header).count(name)]
    extra = [name for name in dict.fromkeys(given) if given.count(name) > list(header).count(name)]
    if missing:
        hint = did_you_mean(missing[0], extra) or "Open a screener for the columns that these rows have."
        raise DropError(f"The batch has no column {_named(missing)}, which the screener was opened with.", hint)
    if extra:
        raise DropError(
            f"The batch has a column {_named(extra)} that the screener was not opened with: nobody would look at it.",
            "Leave it out of the batch, or open a screener for the columns that these rows have.",
        )
    found: dict[str, list[int]] = {}
    for place, name in enumerate(given):
        found.setdefault(name, []).append(place)
    return [found[name].pop(0) for name in header]


def _named(names: list[str]) -> str:
    return ", ".join(f"'{name}'" for name in names[:5]) + (", …" if len(names) > 5 else "")


def _text(column: pa.ChunkedArray, name: str) -> pl.Series:
    """One column as text."""
    try:
        column.validate(full=True)
        # Of no chunk Arrow makes none.
        array = column.combine_chunks() if column.num_chunks else pa.array([], column.type)
        parts = array.chunks if isinstance(array, pa.ChunkedArray) else [array]
        return pl.concat([array_as_text(part) for part in parts])
    except MemoryError:
        raise
    except (Exception, pl.exceptions.PanicException) as error:
        # The names of inner fields, and words of a library, may quote cells.
        kind = str(column.type).partition("<")[0].partition("(")[0]
        raise DropError(f"Column '{name}' cannot be read as text (type {kind}).", "Write it as text.") from error
