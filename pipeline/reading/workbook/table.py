"""Sheets of a workbook as tables of text."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from contextlib import suppress
from typing import Any

from pipeline.reading.converted import ConvertedReader, read_part
from pipeline.reading.inputs import Input
from pipeline.reading.kinds import Kind
from pipeline.reading.limits import refuse_width
from pipeline.reading.spool import Spool, Spooled
from pipeline.reading.table import Table
from pipeline.reading.unique_names import unique_names
from pipeline.reading.workbook.guard import refuse_harmful
from pipeline.reading.workbook.header import header_row
from pipeline.reading.workbook.process import MAX_MEMORY
from schemas.errors import DropError
from schemas.support.interrupts import children_without_interrupts
from schemas.support.names import did_you_mean

WORKBOOKS: tuple[Kind, ...] = ("xlsx", "xlsb", "xls", "ods")


def open_workbook(given: Input, name: str, kind: Kind, wanted: list[str], spool: Spool) -> list[Table]:
    """Open the sheets of these names, or all that are visible and hold something.

    `DropError`: damaged, locked, made to do harm, a sheet of that name is missing, or nothing is left to read.
    """
    if kind != "xls":
        refuse_harmful(given)
    report = _convert(given, kind, wanted, spool)
    states = {sheet["name"]: sheet["state"] for sheet in report["sheets"]}
    missing = [sheet for sheet in wanted if sheet not in states]
    if missing:
        raise DropError(
            f"'{given}' has no sheet '{missing[0]}'.",
            did_you_mean(missing[0], report["names"]) or "Look at its sheets.",
        )
    hidden = [sheet for sheet, state in states.items() if state == "hidden"]
    notes = tuple(f"sheet '{sheet}' of '{name}' is hidden and was not read (--sheet reads it)" for sheet in hidden)
    form = {"format": kind, **({"not read": f"hidden sheets: {', '.join(hidden)}"} if hidden else {})}
    tables = []
    for sheet in report["sheets"]:
        if sheet["state"] == "read":
            parts = tuple(spool.written(size, f"{given} [{sheet['name']}]") for size in sheet["parts"])
            tables.append(_table(given, name, sheet, parts, form, notes))
            notes = ()
    if not tables:
        what = f"only hidden sheets ({', '.join(hidden)})" if hidden else "no sheet that holds anything"
        raise DropError(f"'{given}' has {what}.", "Name a sheet with --sheet." if hidden else "Ask the vendor.")
    return tables


def _convert(given: Input, kind: Kind, wanted: list[str], spool: Spool) -> dict[str, Any]:
    """Let another process turn the sheets into parts at the end of the spool."""
    command = [sys.executable, "-m", "pipeline.reading.workbook.process", kind, str(spool.handle), str(spool.end)]
    with children_without_interrupts():
        started = subprocess.Popen(  # noqa: S603  # our own module; names of sheets are arguments, not a shell's
            [*command, *wanted],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=[spool.handle],
        )
    with started as process:
        assert process.stdin is not None  # noqa: S101  # both were asked for
        assert process.stdout is not None  # noqa: S101
        try:
            with suppress(BrokenPipeError), process.stdin as pipe, given.open("rb") as stream:
                shutil.copyfileobj(stream, pipe, 1 << 20)
            answer = process.stdout.read()
        except BaseException:
            process.kill()
            raise
    if process.returncode != 0 or not answer:
        raise DropError(
            f"'{given}' needs more than {MAX_MEMORY >> 30} GB of memory to read, or is damaged: "
            "does it claim cells far from its data?",
            "Delete what is outside the table, or save the sheet as CSV.",
        )
    report: dict[str, Any] = json.loads(answer)
    if "fault" in report:
        if "password" in report["fault"].lower():
            raise DropError(f"'{given}' is locked with a password.", "Save it without one.")
        raise DropError(f"'{given}' is a damaged workbook: {report['fault']}.", "Ask the vendor to send it again.")
    return report


def _table(
    given: Input,
    name: str,
    sheet: dict[str, Any],
    parts: tuple[Spooled, ...],
    form: dict[str, str],
    notes: tuple[str, ...],
) -> Table:
    """Find the header, and leave out columns that hold nothing at all."""
    first = read_part(parts[0]).drop("source_line")
    at = header_row(first.head(200).rows())
    last: dict[str, int | None] = sheet["last"]
    header = {key: cell for key, cell in first.row(at, named=True).items() if cell or (last[key] or 0) > at}
    refuse_width(f"{given} [{sheet['name']}]", len(header))
    columns = unique_names(list(header.values()))
    named = dict(zip(columns, header, strict=True))
    reader = ConvertedReader(given, form, parts, named, after=at + 1)
    return Table(given, name, columns, tuple(header.values()), reader, sheet["name"], notes)
