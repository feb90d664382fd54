"""The tables in the sheets of a workbook, found as those of a text are."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from pipeline.reading.sample import SampleRecord
from pipeline.reading.structure import Structure, find_tables
from schemas.errors import DropError, FileError
from schemas.files.converted import CELL, ConvertedReader, read_part
from schemas.files.inputs import Input
from schemas.files.kinds import Kind
from schemas.files.limits import refuse_width
from schemas.files.spool import Spool
from schemas.files.table import Table
from schemas.files.unique_names import unique_names
from schemas.files.workbook.table import Sheet, open_sheets
from schemas.layout import Layout

#: Rows of a sheet in which headers are looked for.
_SAMPLE_ROWS = 2000


def open_workbook(given: Input, name: str, kind: Kind, layout: Layout, spool: Spool) -> list[Table]:
    """Open the tables of the layout's sheets, or of all that are visible and hold something.

    Raises `FileError` as `open_sheets` does, and when nothing is left to read.
    """
    sheets, hidden = open_sheets(given, kind, layout.sheet, spool)
    notes = tuple(f"sheet '{sheet}' of '{name}' is hidden and was not read (--sheet reads it)" for sheet in hidden)
    form = {"format": kind, **({"not read": f"hidden sheets: {', '.join(hidden)}"} if hidden else {})}
    if not sheets:
        what = f"only hidden sheets ({', '.join(hidden)})" if hidden else "no sheet that holds anything"
        raise FileError(f"'{given}' has {what}.", "Name a sheet with --sheet." if hidden else "Ask for it again.")
    tables = [table for sheet in sheets for table in _tables(given, name, sheet, form, layout)]
    first = tables[0]
    return [first._replace(notes=(*notes, *first.notes)), *tables[1:]]


def _tables(given: Input, name: str, sheet: Sheet, form: dict[str, str], layout: Layout) -> Iterator[Table]:
    """Find the tables of a sheet; columns that hold nothing at all in one are none of its columns."""
    filled = [key for key, last in sheet.last.items() if last is not None]
    refuse_width(f"{given} [{sheet.name}]", len(filled))
    first = read_part(sheet.parts[0]).select(filled)
    passed = layout.skip_lines or 0
    records = list(_records(first.slice(passed, _SAMPLE_ROWS), passed))
    try:
        found = find_tables(records, "\t", header=layout.header)
    except DropError as error:
        raise DropError(f"'{given} [{sheet.name}]', {error.message}", error.hint) from error
    ends = [*(table.start for table in found[1:]), None]
    for number, (table, end) in enumerate(zip(found, ends, strict=True), start=1):
        header = _header(table, end, first, sheet, layout.column_names)
        columns = unique_names(list(header.values()))
        reader = ConvertedReader(
            given,
            form if table.header is not None else {**form, "header": "none"},
            sheet.parts,
            dict(zip(columns, header, strict=True)),
            after=table.body,
            before=None if end is None else end + 1,
            aside=tuple((record.line + 1, record.text) for record in table.aside),
        )
        yield Table(
            given,
            name,
            columns,
            tuple(header.values()),
            reader,
            sheet.name if len(found) == 1 else f"{sheet.name}, table {number}",
            table.notes("row", layout.column_names),
            has_header=table.header is not None,
        )


def _records(rows: pl.DataFrame, passed: int) -> Iterator[SampleRecord]:
    """Yield the rows as records: one filled cell alone is a line of text, as a title's is."""
    for line, cells in enumerate(rows.iter_rows(), start=passed):
        texts = [cell for cell in cells if cell.strip()]
        alone = len(texts) < 2
        yield SampleRecord(line, 1, tuple(texts or [""]) if alone else cells, "\t".join(cells).strip("\t"))


def _header(table: Structure, end: int | None, first: pl.DataFrame, sheet: Sheet, names: list[str]) -> dict[str, str]:
    """Name the columns of a table: what parts call each -> its name in the sheet, empty for one without."""
    rows = first.slice(table.body, None if end is None else end - table.body)
    filled = {key for key in first.columns if (rows.get_column(key) != "").any()}
    if end is None:
        filled |= {key for key in first.columns if (sheet.last[key] or 0) >= table.body}
    if table.header is not None:
        given = dict(zip(first.columns, _padded(table.header, first.width), strict=True))
        return {key: cell for key, cell in given.items() if cell.strip() or key in filled}
    # By their places in the sheet: a layout's column is there whether or not the sheet has values in it.
    places = {int(key.removeprefix(CELL)) for key in filled} | set(range(len(names)))
    return {f"{CELL}{at}": names[at] if at < len(names) else f"column {at + 1}" for at in sorted(places)}


def _padded(names: tuple[str, ...], width: int) -> tuple[str, ...]:
    return (*names, *("",) * (width - len(names)))[:width]
