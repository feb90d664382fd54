"""The file that a vendor reads: its own rows and one phrase, as CSV or XLSX."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

import polars as pl
import xlsxwriter

from pipeline.results.formula_cells import neutralised, neutralised_text
from schemas.contracts import ReturnTerms
from schemas.frame_columns import ORIGINAL
from schemas.support.literal_fields import literal_field

#: Rows that a sheet has below its header.
MOST_ROWS = {"csv": None, "xlsx": 1_048_575}
_RAW = "unreadable_text"


@dataclass(frozen=True)
class FileForm:
    """Columns of the vendor's own rows that a file shows, with their headers. The reason comes last."""

    terms: ReturnTerms
    headers: Mapping[str, str]
    has_unreadable: bool

    @property
    def header(self) -> list[str]:
        """Names of all columns."""
        raw = [_RAW] if self.has_unreadable else []
        return [*self.headers.values(), *raw, neutralised_text(self.terms.reason_column)]

    def table(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Turn rows with ``original``, ``raw`` and ``phrase`` into cells; a column that a run has not is empty."""
        given = rows.get_column(ORIGINAL).struct.fields
        cells = [
            (literal_field(ORIGINAL, given, name) if name in given else pl.lit(None, pl.String))
            for name in self.headers
        ]
        raw = [pl.col("raw")] if self.has_unreadable else []
        every = [*cells, *raw, pl.col("phrase")]
        return rows.select(neutralised(cell).alias(name) for name, cell in zip(self.header, every, strict=True))


def file_form(terms: ReturnTerms, columns: Iterable[str], *, has_unreadable: bool) -> FileForm:
    """Say what a file shows: the lead id first, where columns are chosen, and every header once."""
    chosen = list(columns) if terms.columns is None else list(terms.columns)
    if terms.key is not None and terms.key not in chosen:
        chosen = [terms.key, *chosen]
    own = {terms.key: terms.key_column or terms.key} if terms.key is not None else {}
    taken = {neutralised_text(terms.reason_column), _RAW, *map(neutralised_text, own.values())}
    headers: dict[str, str] = {}
    for name in chosen:
        shown = neutralised_text(own.get(name, name))
        while name not in own and shown in taken:
            shown += " (yours)"
        taken.add(shown)
        headers[name] = shown
    return FileForm(terms, headers, has_unreadable)


def write_file(path: Path, form: FileForm, parts: Iterable[pl.DataFrame], day: date) -> None:
    """Write rows in the order given. Equal rows on an equal day give equal bytes."""
    tables = (form.table(part) for part in parts)
    if form.terms.format == "csv":
        with path.open("wb") as stream:
            stream.write(pl.DataFrame(schema=dict.fromkeys(form.header, pl.String())).write_csv().encode())
            for table in tables:
                table.write_csv(stream, include_header=False)
        return
    # Text is written as text: a sheet neither runs nor counts nor links what a vendor's cell holds.
    plain = {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(path, {"in_memory": True, **plain}) as book:
        book.set_properties({"created": datetime.combine(day, time(), UTC)})
        sheet = book.add_worksheet("returns")
        sheet.freeze_panes(1, 0)
        _write_row(sheet, 0, form.header)
        rows = (row for table in tables for row in table.iter_rows())
        for line, row in enumerate(rows, start=1):
            _write_row(sheet, line, row)


def _write_row(sheet: xlsxwriter.worksheet.Worksheet, line: int, cells: Iterable[str | None]) -> None:
    for place, cell in enumerate(cells):
        if cell:
            sheet.write_string(line, place, cell)
