"""Reads a workbook, in a process of its own (see `schemas.files.apart.process`): its sheets become parts of text.

A workbook is parsed as a whole: one that claims cells far from its data would take all memory.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO

import fastexcel
import polars as pl

from schemas.files.apart.parts import PART_ROWS, PartWriter
from schemas.files.apart.task import Task
from schemas.files.converted import CELL
from schemas.files.limits import refuse_sheets
from schemas.files.workbook.zeros import Zeros

_ERRORS = {
    "NA": "#N/A",
    "Div0": "#DIV/0!",
    "Name": "#NAME?",
    "Null": "#NULL!",
    "Num": "#NUM!",
    "Ref": "#REF!",
    "Value": "#VALUE!",
    "GettingData": "#GETTING_DATA",
}


def convert(task: Task, source: BinaryIO, sink: BinaryIO) -> dict[str, Any]:
    """Write the wanted sheets, or all visible ones. Returns ``names`` of all, and of each that was looked at a report.

    Raises `FileError` when there are too many sheets, or more in them than a table of leads has. A library's own word
    about a damaged workbook is the report's ``fault``; each has words of its own for one that is locked.
    """
    content = source.read()
    report: dict[str, Any] = {"sheets": []}
    try:
        reader = fastexcel.read_excel(content)
        report["names"] = reader.sheet_names
        refuse_sheets(task.shown, len(reader.sheet_names))
        zeros = _zeros(task.kind, content)
        writer = PartWriter(sink, task.shown, task.size)
        for position, name in enumerate(reader.sheet_names):
            if not task.wanted or name in task.wanted:
                report["sheets"].append(_convert(reader, position, name, zeros, writer, any_state=bool(task.wanted)))
    except fastexcel.FastExcelError as error:
        report["fault"] = str(error).splitlines()[0]
    except MemoryError:
        raise
    except Exception as error:
        if not any(word in str(error).lower() for word in ("encrypt", "password")):
            raise
        report["fault"] = "password"
    return report


def _convert(
    reader: Any, position: int, name: str, zeros: Callable[[int], Any], writer: PartWriter, *, any_state: bool
) -> dict[str, Any]:
    """Write one sheet as text, in parts: a column for each of the sheet's, named by its position, and the row."""
    # Libraries leave the interpreter while they work, so both go on at once.
    with ThreadPoolExecutor(1) as beside:
        shown = beside.submit(zeros, position)
        try:
            # Rows are counted from the sheet's first one, filled or not.
            sheet = reader.load_sheet(position, header_row=None, skip_rows=0, dtypes="string")
        except fastexcel.FastExcelError as error:
            if "not a valid worksheet" in str(error):
                return {"name": name, "state": "chart"}
            raise
    if sheet.visible != "visible" and not any_state:
        return {"name": name, "state": "hidden"}
    if not sheet.height:
        return {"name": name, "state": "empty"}
    batch, errors = sheet.to_arrow_with_errors()
    frame = pl.DataFrame(pl.from_arrow(batch))
    first = sheet.available_columns()[0].absolute_index
    frame.columns = [str(number) for number in range(first, first + frame.width)]
    faulty: dict[str, dict[int, str]] = {}
    for fault in errors.errors if errors else []:
        row, column = fault.offset_position
        code = fault.detail.rpartition("Error(")[2].rstrip(")'")
        faulty.setdefault(frame.columns[column], {})[row] = _ERRORS.get(code, "#ERROR!")
    columns = []
    for number in frame.columns:
        column = _with_plain_dates(frame.get_column(number))
        if number in faulty:
            column = column.scatter(list(faulty[number]), list(faulty[number].values()))
        columns.append(shown.result().put_back(column, int(number)).fill_null("").alias(CELL + number))
    cells = pl.DataFrame(columns)
    last = cells.select((pl.all() != "").arg_true().max()).row(0, named=True)
    if all(row is None for row in last.values()):
        return {"name": name, "state": "empty"}
    frame = cells.with_row_index("source_line", 1).cast({"source_line": pl.UInt64})
    for begin in range(0, len(frame), PART_ROWS):
        writer.add(frame.slice(begin, PART_ROWS))
    return {"name": name, "state": "read", "parts": writer.close(), "last": last}


def _with_plain_dates(cells: Any) -> Any:
    """Write days without a time where a column holds days only, and times without the day that stands for none."""
    long_enough = cells.filter(cells.str.len_bytes() >= 19)
    if not long_enough.str.contains(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d").any():
        return cells
    times = cells.str.replace(r"^1899-12-3[01] (\d\d:\d\d:\d\d(?:\.\d+)?)$", "$1")
    dated = times.str.contains(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?$").fill_null(value=False)
    days = times.str.strip_suffix(" 00:00:00")
    return days if not days.filter(dated).str.contains(" ").any() else pl.Series(times)


def _zeros(kind: str, content: bytes) -> Callable[[int], Any]:
    if kind == "xlsx":
        from schemas.files.workbook.zeros_xlsx import zeros_in_xlsx  # noqa: PLC0415

        archive = zipfile.ZipFile(io.BytesIO(content))
        return lambda sheet: zeros_in_xlsx(archive, sheet)
    if kind == "ods":
        from schemas.files.workbook.zeros_ods import zeros_in_ods  # noqa: PLC0415

        archive = zipfile.ZipFile(io.BytesIO(content))
        return lambda sheet: zeros_in_ods(archive, sheet)
    if kind == "xls":
        import xlrd  # noqa: PLC0415

        from schemas.files.workbook.zeros_xls import zeros_in_xls  # noqa: PLC0415

        book = xlrd.open_workbook(file_contents=content, formatting_info=True, on_demand=True, logfile=io.StringIO())
        return lambda sheet: zeros_in_xls(book, sheet)
    return lambda _: Zeros((), (), ())
