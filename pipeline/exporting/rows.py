"""The rows of a result that an export takes, part by part, each with the file of the drop that it came from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.results.folder import named_files, open_manifest, table_files
from pipeline.results.writer import output_file
from schemas.columns import COMMON_COLUMNS, dtype_of
from schemas.errors import DropError, UsageError
from schemas.manifest import InputFile, Manifest
from schemas.support.names import did_you_mean

RowKind = Literal["clean", "rejected", "review"]
_PART = 65_536


@dataclass(frozen=True)
class Part:
    """Consecutive rows of one file of the drop. ``frame`` has the columns that were asked for."""

    frame: pl.DataFrame
    source: InputFile


@dataclass(frozen=True)
class ResultRows:
    """Rows of one kind: clean, rejected, or those of the rejected that a person may release."""

    folder: Path
    manifest: Manifest
    kind: RowKind

    @property
    def table(self) -> str:
        """The output that has them."""
        return "clean" if self.kind == "clean" else "rejected"

    @property
    def files(self) -> list[Path]:
        """The files of that output: one, or those that a cluster wrote."""
        return table_files(self.folder, self.table)

    def fields(self, struct: str) -> tuple[str, ...]:
        """Names of the columns in ``extra`` or ``original``; there is ``_`` where there are none."""
        with self.files[0].open("rb") as stream:
            fields = pq.read_schema(stream).field(struct).type
        return tuple(field.name for field in fields if field.name != "_")

    def parts(self, columns: Sequence[str]) -> Iterator[Part]:
        """Read these columns, in order of rows. Where the file of the drop changes, a part ends."""
        wanted = list(dict.fromkeys([*columns, *(["disposition"] if self.kind == "review" else [])]))
        clean = self.kind == "clean"
        files = iter(self.manifest.inputs)
        source, left = next(files), 0
        left = source.counts.clean if clean else source.counts.rejected
        for frame in self._frames(wanted):
            rest = frame
            while len(rest):
                while left == 0:
                    source = next(files)
                    left = source.counts.clean if clean else source.counts.rejected
                taken, rest = rest.head(left), rest.slice(left)
                left -= len(taken)
                if self.kind == "review":
                    taken = taken.filter(pl.col("disposition") == "review").select(columns)
                if len(taken):
                    yield Part(taken, source)

    def _frames(self, columns: list[str]) -> Iterator[pl.DataFrame]:
        for path in self.files:
            with path.open("rb") as stream, pq.ParquetFile(stream) as file:
                for batch in file.iter_batches(_PART, columns=columns):
                    yield pl.DataFrame(pl.from_arrow(batch))


def row_kind(name: str) -> RowKind:
    """Check which rows are asked for. Raises `UsageError` when there are none of that name."""
    for kind in get_args(RowKind):
        if kind == name:
            return kind  # type: ignore[no-any-return]  # one of the literals
    raise UsageError(f"--rows '{name}' is no kind of rows.", did_you_mean(name, get_args(RowKind)))


def open_rows(folder: Path, kind: RowKind) -> ResultRows:
    """Open the rows of a result.

    Raises `UsageError` when the folder is none, `DropError` when a file of its is not the one that its run wrote.
    """
    rows = ResultRows(folder, open_manifest(folder), kind)
    named = {folder.absolute() / name: file for name, file in named_files(rows.manifest, rows.table).items()}
    for path in sorted({*named, *rows.files}):
        written = named.get(path)
        try:
            intact = written is not None and output_file(path, written.rows) == written
            if intact:
                rows.fields("extra")
        except (OSError, pa.ArrowException) as error:
            raise DropError(f"'{path}' is missing or damaged.", "Scrub the drop again.") from error
        if not intact:
            raise DropError(f"'{path}' is not the file that its run wrote.", "Scrub the drop again.")
    return rows


def type_of(column: str) -> pl.DataType:
    """Type of a column of a result; text for those that are not canonical."""
    return dtype_of(column) if column in COMMON_COLUMNS or column == "reasons" else pl.String()
