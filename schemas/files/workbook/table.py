"""Sheets of a workbook as text, cell by cell."""

from __future__ import annotations

from typing import Final, NamedTuple

from schemas.errors import FileError
from schemas.files.apart.child import Format, read_apart
from schemas.files.inputs import Input
from schemas.files.kinds import Kind
from schemas.files.spool import Spool, Spooled
from schemas.files.workbook.workbook_guard import refuse_harmful
from schemas.support.names import did_you_mean

FORMAT: Final = Format(
    "workbook", "Delete what is outside the table, or save the sheet as CSV.", "does it claim cells far from its data?"
)


class Sheet(NamedTuple):
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
    report = read_apart(given, "schemas.files.workbook.process", kind, FORMAT, spool, wanted=tuple(wanted))
    if "fault" in report:
        raise _fault(given, report["fault"])
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


def _fault(given: Input, fault: str) -> FileError:
    if "password" in fault.lower():
        return FileError(f"'{given}' is locked with a password.", "Save it without one.")
    return FileError(f"'{given}' is a damaged workbook: {fault}.", "Ask for it again.")
