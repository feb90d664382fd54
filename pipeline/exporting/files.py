"""Writes an export as CSV, XLSX or Parquet, part by part, and reads where it is to go."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Literal

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.exporting.forms import BETWEEN, text
from pipeline.exporting.table import LeftOut, OutColumn, Source, Tally
from pipeline.reading.tables.urls import TableUrl, table_url
from pipeline.results.formula_cells import neutralised, neutralised_text
from schemas.errors import OutputError, UsageError
from schemas.files.age_files import AGE
from schemas.support.names import did_you_mean

FileKind = Literal["csv", "xlsx", "parquet", "delta", "iceberg"]
_LAKES = ("delta:", "iceberg://")
_ENDINGS: dict[str, FileKind] = {".csv": "csv", ".xlsx": "xlsx", ".parquet": "parquet"}
_PHONES = rf"^\+?[0-9]+(?:{BETWEEN}\+?[0-9]+)*$"
#: Of addresses such as ``+news@example.com``: what reads the file must take the apostrophe off again.
APOSTROPHE = LeftOut(
    "email begins as a formula does and has an apostrophe before it: take it off before you write to it",
    "emails begin as a formula does and have an apostrophe before them: take it off before you write to them",
)
#: What a sheet can hold (ECMA-376 as Excel implements it): rows below the header, columns, UTF-16 units in a cell.
MOST_ROWS, MOST_COLUMNS, MOST_CHARACTERS = 1_048_575, 16_384, 32_767


@dataclass(frozen=True)
class Target:
    """Where an export goes to: a file, the folder of a Delta table, or a ``table`` of a catalogue, which is no path.

    ``inner``: name of what is encrypted; empty where nothing is.
    """

    kind: FileKind
    path: Path
    inner: str = ""
    table: TableUrl | None = None

    @property
    def where(self) -> Path | str:
        """The path, or the URL of a table that has none."""
        return self.path if self.table is None else str(self.table)


@dataclass(frozen=True)
class FileForm:
    """How text files are written. ``day`` is the only one that a workbook names."""

    day: date
    header: bool = True
    delimiter: str = ","


def target_of(named: str) -> Target:
    """Read where an export goes to. Raises `UsageError` when it is no local file of a known kind, and no table."""
    if named.startswith(_LAKES):
        url = table_url(named)
        if url is not None and url.pinned is None:
            return Target("delta", Path(url.place)) if url.kind == "delta" else Target("iceberg", Path(), table=url)
        raise UsageError(f"'{named}' is one version of a table, which never changes.", "Leave it out.")
    if "://" in named:
        raise UsageError(f"'{named.partition('://')[0]}://' cannot be exported to.", "Name a local file, then copy it.")
    inner = named[: -len(AGE)] if named.lower().endswith(AGE) else ""
    ending = Path(inner or named).suffix.lower()
    if ending not in _ENDINGS:
        hint = did_you_mean(ending, _ENDINGS) if ending else ""
        raise UsageError(
            f"'{named}' is no kind of file that can be written.",
            hint
            if hint.startswith("Did")
            else "Name a .csv, .xlsx or .parquet file (and .age), delta:FOLDER, or iceberg://…",
        )
    return Target(_ENDINGS[ending], Path(named), Path(inner).name)


def check_fits(target: Target, source: Source) -> None:
    """Check before anything is written that the file can hold the rows.

    Raises `OutputError` when a sheet cannot, `UsageError` when a table would have two columns of one name.
    """
    names = [column.name for column in source.selection.columns]
    if target.kind in {"parquet", "delta", "iceberg"}:
        # Engines that read lakes take names in another case for the same.
        folded = [name if target.kind == "parquet" else name.lower() for name in names]
        twice = next((name for place, name in enumerate(folded) if name in folded[:place]), None)
        if twice is not None:
            raise UsageError(f"Two columns are called '{twice}', which only CSV and XLSX can have.", "Write a .csv.")
    if target.kind != "xlsx":
        return
    if len(names) > MOST_COLUMNS:
        raise OutputError(f"A sheet holds {MOST_COLUMNS:,} columns, and these are {len(names):,}.", "Write a .csv.")
    tally = Tally()
    for frame in _texts(source, tally):
        for place, name in enumerate(names):
            cells = frame.get_column(str(place))
            long = cells.filter(cells.str.len_bytes() > MOST_CHARACTERS)
            if any(len(cell.encode("utf-16-le")) // 2 > MOST_CHARACTERS for cell in long):
                raise OutputError(
                    f"A cell of column '{name}' is longer than the {MOST_CHARACTERS:,} characters that a sheet's cell "
                    "holds; nothing was written.",
                    "Write a .csv, or leave the column out with --columns.",
                )
        if tally.written > MOST_ROWS:
            raise OutputError(
                f"A sheet holds {MOST_ROWS:,} rows, and these are more; nothing was written.", "Write a .csv."
            )


def write_file(path: Path, kind: FileKind, source: Source, form: FileForm, metadata: dict[str, str]) -> Tally:
    """Write the rows to a new file; returns what became of them. Equal rows on an equal day give equal bytes."""
    tally = Tally()
    path.touch(mode=0o600)
    if kind == "csv":
        _write_csv(path, source, form, tally)
    elif kind == "xlsx":
        _write_xlsx(path, source, form, tally)
    else:
        schema = arrow_schema(source.selection.columns).with_metadata(metadata)
        with pq.ParquetWriter(path.absolute(), schema, compression="zstd") as writer:
            for batch in arrow_batches(source, schema, tally):
                writer.write_table(pa.Table.from_batches([batch], schema))
    return tally


def _texts(source: Source, tally: Tally) -> Iterator[pl.DataFrame]:
    """Frames of text, in which nothing is a formula."""
    columns = source.selection.columns
    addresses = [str(place) for place, column in enumerate(columns) if column.holds == "emails"]
    for frame in source.frames(tally):
        cells = []
        for place, column in enumerate(columns):
            cell = text(pl.col(str(place)), column.dtype)
            cells.append(_harmless(cell, column).alias(str(place)))
        texts = frame.select(cells)
        changed = [(texts.get_column(name) != frame.get_column(name)).sum() for name in addresses]
        count = sum(map(int, changed))
        if count:
            tally.left_out[APOSTROPHE] += int(count)
        yield texts


def _harmless(cell: pl.Expr, column: OutColumn) -> pl.Expr:
    """Neutralise what a spreadsheet would run. What it takes for a number, as a phone in E.164, stays what it is."""
    if column.holds == "ours":
        return cell
    if column.holds == "phones":
        return pl.when(cell.str.contains(_PHONES)).then(cell).otherwise(neutralised(cell))
    return neutralised(cell)


def _headers(columns: Sequence[OutColumn]) -> list[str]:
    return [neutralised_text(column.name) for column in columns]


def _write_csv(path: Path, source: Source, form: FileForm, tally: Tally) -> None:
    columns = source.selection.columns
    with path.open("wb") as stream:
        if form.header:
            line = io.StringIO(newline="")
            csv.writer(line, delimiter=form.delimiter, lineterminator="\n").writerow(_headers(columns))
            stream.write(line.getvalue().encode())
        for frame in _texts(source, tally):
            # A line without anything would be no row.
            shown = frame.fill_null("") if len(columns) == 1 else frame
            shown.write_csv(stream, include_header=False, separator=form.delimiter)


def _write_xlsx(path: Path, source: Source, form: FileForm, tally: Tally) -> None:
    import xlsxwriter  # noqa: PLC0415  # only where a workbook is written

    # Text is written as text: a sheet neither runs nor counts nor links what a cell holds.
    plain = {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    parts = path.parent / "parts"
    parts.mkdir(mode=0o700)
    with xlsxwriter.Workbook(path, {"constant_memory": True, "tmpdir": str(parts), **plain}) as book:
        book.set_properties({"created": datetime.combine(form.day, time(), UTC)})
        sheet = book.add_worksheet("leads")
        line = 0
        if form.header:
            sheet.freeze_panes(1, 0)
            for place, name in enumerate(_headers(source.selection.columns)):
                sheet.write_string(line, place, name)
            line = 1
        for frame in _texts(source, tally):
            for row in frame.iter_rows():
                for place, cell in enumerate(row):
                    if cell:
                        sheet.write_string(line, place, cell)
                line += 1


def arrow_schema(columns: Sequence[OutColumn]) -> pa.Schema:
    """The columns as Arrow has them."""
    empty = pl.DataFrame({str(place): pl.Series([], dtype=column.dtype) for place, column in enumerate(columns)})
    made = empty.to_arrow(compat_level=pl.CompatLevel.oldest()).schema
    return pa.schema([field.with_name(column.name) for field, column in zip(made, columns, strict=True)])


def arrow_batches(source: Source, schema: pa.Schema, tally: Tally) -> Iterator[pa.RecordBatch]:
    """The rows in batches with that schema."""
    for frame in source.frames(tally):
        table = frame.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
        yield from pa.table(table.columns, schema=schema).to_batches()
