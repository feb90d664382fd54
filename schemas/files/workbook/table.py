"""Sheets of a workbook as tables of text."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.errors import FileError
from schemas.files.converted import ConvertedReader, read_part
from schemas.files.inputs import Input
from schemas.files.kinds import Kind
from schemas.files.limits import refuse_width
from schemas.files.spool import Spool, Spooled
from schemas.files.table import Table
from schemas.files.unique_names import unique_names
from schemas.files.workbook.child import convert_workbook
from schemas.files.workbook.header import header_row
from schemas.files.workbook.workbook_guard import refuse_harmful
from schemas.support.names import did_you_mean


@dataclass(frozen=True)
class Sheet:
    """A visible sheet that holds something, converted.

    ``parts``: Arrow files in the spool with ``source_line`` (the 1-based row, from the sheet's first) and a text column
    ``cell:<position>`` for each of the sheet's. ``last``: the last filled row of each of these, 0-based, None for none.
    """

    name: str
    parts: tuple[Spooled, ...]
    last: dict[str, int | None]


def open_sheets(given: Input, kind: Kind, wanted: list[str], spool: Spool) -> tuple[list[Sheet], list[str]]:
    """Convert the sheets of these names, or all that are visible; returns them and the names of hidden ones.

    Raises `FileError` when the workbook is damaged, locked or made to do harm, or a sheet of that name is missing.
    """
    if kind != "xls":
        refuse_harmful(given)
    report = convert_workbook(given, kind, wanted, spool)
    states = {sheet["name"]: sheet["state"] for sheet in report["sheets"]}
    missing = [sheet for sheet in wanted if sheet not in states]
    if missing:
        raise FileError(
            f"'{given}' has no sheet '{missing[0]}'.",
            did_you_mean(missing[0], report["names"]) or "Look at its sheets.",
        )
    sheets = []
    for sheet in report["sheets"]:
        if sheet["state"] == "read":
            parts = tuple(spool.written(size, f"{given} [{sheet['name']}]") for size in sheet["parts"])
            sheets.append(Sheet(sheet["name"], parts, sheet["last"]))
    return sheets, [name for name, state in states.items() if state == "hidden"]


def open_workbook(given: Input, name: str, kind: Kind, wanted: list[str], spool: Spool) -> list[Table]:
    """Open the sheets of these names, or all that are visible and hold something, as tables with a header.

    Raises `FileError` as `open_sheets` does, and when nothing is left to read.
    """
    sheets, hidden = open_sheets(given, kind, wanted, spool)
    notes = tuple(f"sheet '{sheet}' of '{name}' is hidden and was not read (--sheet reads it)" for sheet in hidden)
    form = {"format": kind, **({"not read": f"hidden sheets: {', '.join(hidden)}"} if hidden else {})}
    if not sheets:
        what = f"only hidden sheets ({', '.join(hidden)})" if hidden else "no sheet that holds anything"
        raise FileError(f"'{given}' has {what}.", "Name a sheet with --sheet." if hidden else "Ask for it again.")
    return [_table(given, name, sheet, form, () if at else notes) for at, sheet in enumerate(sheets)]


def _table(given: Input, name: str, sheet: Sheet, form: dict[str, str], notes: tuple[str, ...]) -> Table:
    """Find the header, and leave out columns that hold nothing at all."""
    first = read_part(sheet.parts[0]).drop("source_line")
    at = header_row(first.head(200).rows())
    header = {key: cell for key, cell in first.row(at, named=True).items() if cell or (sheet.last[key] or 0) > at}
    refuse_width(f"{given} [{sheet.name}]", len(header))
    columns = unique_names(list(header.values()))
    named = dict(zip(columns, header, strict=True))
    reader = ConvertedReader(given, form, sheet.parts, named, after=at + 1)
    return Table(given, name, columns, tuple(header.values()), reader, sheet.name, notes)
