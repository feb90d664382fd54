"""Which row of a result a line of the vendor's file is, or a row of a sheet."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import Final

import polars as pl

from pipeline.results.folder import scan
from schemas.columns import PERSON
from schemas.errors import UsageError
from schemas.manifest import Manifest
from schemas.support.figures import counted
from schemas.support.names import did_you_mean
from schemas.support.shown import masked_addresses

#: Formats whose records may span lines. In the others a line is a row of a table.
_OF_LINES: Final = frozenset({"csv"})
#: Records of one line whose stories are shown.
_MOST: Final = 20
_WHERE: Final = ["source_file", "source_sheet"]


def rows_of_line(out: Path, manifest: Manifest, line: int, file: str | None, sheet: str | None) -> list[int]:
    """Ids of the rows that are on a line (1-based), of every file and sheet that may be meant.

    A line inside a record that spans several is that record's. Raises `UsageError` when no record is there, or no such
    file or sheet was read.
    """
    places = pl.concat(
        [scan(out, name).select("row_id", *_WHERE, "source_line").collect() for name in ("clean", "rejected")]
    )
    places = _chosen(_chosen(places, "source_file", file, "--file"), "source_sheet", sheet, "--sheet")
    if places.is_empty():
        raise UsageError(f"'{out}' has no rows.", "")
    found: list[int] = []
    faults: list[str] = []
    for (name, tab), rows in places.group_by(_WHERE, maintain_order=True):
        before = rows.filter(pl.col("source_line") <= line)
        at = before.filter(pl.col("source_line") == pl.col("source_line").max())
        lines = _lines_of(out, at) if _spans_lines(manifest, str(name), tab) else None
        fault = _fault(rows, at, line, lines)
        if fault is None:
            found += at.get_column("row_id").to_list()
        else:
            where = f"'{masked_addresses(str(name))}'" + (f", sheet '{masked_addresses(str(tab))}'" if tab else "")
            faults.append(f"{where}: {fault}")
    if not found:
        more = f" And {counted(len(faults) - 1, 'further table')}." if len(faults) > 1 else ""
        raise UsageError(f"{faults[0]}.{more}", "Lines are counted from 1, as in the vendor's file.")
    if len(found) > _MOST:
        raise UsageError(
            f"Line {line} has {counted(len(found), 'record')}.", "Name one by --row, or its file and sheet as well."
        )
    return sorted(found)


def _chosen(places: pl.DataFrame, column: str, name: str | None, option: str) -> pl.DataFrame:
    """Rows of the file or sheet that is named. Raises `UsageError` when there is none."""
    if name is None:
        return places
    wanted = pl.col(column) == name
    if column == "source_file":
        wanted |= pl.col(column).map_elements(lambda path: PurePath(path).name, return_dtype=pl.String) == name
    kept = places.filter(wanted.fill_null(False))
    if kept.is_empty():
        known = sorted(masked_addresses(each) for each in places.get_column(column).drop_nulls().unique())
        raise UsageError(
            f"No row comes from {option.removeprefix('--')} '{name}'.",
            did_you_mean(name, known) if known else f"The drop has no sheets: leave {option} out.",
        )
    return kept


def _spans_lines(manifest: Manifest, name: str, sheet: str | None) -> bool:
    return any(
        each.read_as.get("format") in _OF_LINES
        for each in manifest.inputs
        if each.name == masked_addresses(name) and each.sheet == sheet
    )


def _lines_of(out: Path, at: pl.DataFrame) -> int:
    """How many lines the cells of the record have at least: its own text is in one of the outputs."""
    if at.is_empty():
        return 0
    wanted = pl.col("row_id") == at.item(-1, "row_id")
    lead = pl.concat([scan(out, name).filter(wanted) for name in ("rejected", "clean")], how="diagonal").collect()
    row = lead.to_dicts()[0]
    cells = [row.get("raw")] if row.get("raw") else [*(row.get("original") or row.get("extra") or {}).values()]
    cells += [] if row.get("original") or row.get("raw") else [row.get(name) for name in PERSON]
    return 1 + sum(len(cell.splitlines()) - 1 for cell in cells if isinstance(cell, str) and cell)


def _fault(rows: pl.DataFrame, at: pl.DataFrame, line: int, lines: int | None) -> str | None:
    """Why no record is on a line; None when those of ``at``, which begin nearest before it, are.

    ``lines``: how many lines the last of these has at least; None where each has one.
    """
    starts = sorted(rows.get_column("source_line").unique())
    first, last = starts[0], starts[-1]
    if at.is_empty():
        return f"line {line} is above the first record, which begins on line {first}"
    begins = at.item(0, "source_line")
    if begins == line or (lines is not None and (begins != last or line < begins + lines)):
        return None
    if begins == last:
        return f"line {line} is behind the beginning of the last record, line {last}"
    return f"no record is on line {line}; the nearest one before it is on line {begins}"
