"""Reads back the file that a person filled in, whatever program saved it, and refuses what cannot be meant.

Read like a drop: any encoding, delimiter and format. A spreadsheet may have written dates and numbers in its own way;
a cell that says something else than the one that was written names the line (all of them at once).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from pipeline.reading.opening import open_tables
from pipeline.results.decisions import DENY, RELEASE
from pipeline.reviewing.choices import CHOICES, Word
from pipeline.reviewing.queue import ReviewedRun, line_id
from pipeline.reviewing.sheet import FILL, ID, OF_LEAD, OF_REASON, sheet_of
from schemas.errors import ConfigError, DropError
from schemas.files.table import FileTally, Table, read_batches
from schemas.frame_columns import RAW, SOURCE
from schemas.layout import Layout
from schemas.support.shown import shown
from suppression.formats.dates import read_dates

_BLOCK: Final = 4 << 20
_MOST_FAULTS: Final = 50
_WORDS: Final = {"release": RELEASE, "released": RELEASE, "deny": DENY, "denied": DENY}


@dataclass(frozen=True)
class Answers:
    """What a file decides: `CHOICES`, where each line of it is (by `line_id`), and how many were left undecided."""

    choices: pl.DataFrame
    places: dict[str, str]
    undecided: int


def read_answers(path: Path, runs: list[ReviewedRun], today: date) -> Answers:
    """Read the decisions of a file.

    Raises `DropError` when it is missing or no table with the column ``id``, `ConfigError` with every line that cannot
    be applied, and why.
    """
    table = _table(path)
    given = pl.concat(_batches(table), how="diagonal")
    names = {name: SOURCE + name for name in table.columns if name in {ID, *FILL, *OF_REASON, *OF_LEAD}}
    rows = given.select(
        pl.col("source_line"), pl.col(RAW), *(_cell(column).alias(name) for name, column in names.items())
    )
    faults = [
        f"line {line}: cannot be read as a record" for line in rows.filter(pl.col(RAW).is_not_null())["source_line"]
    ]
    rows = rows.filter(pl.col(RAW).is_null())
    filled = rows.filter(pl.any_horizontal(pl.col(name).is_not_null() for name in FILL if name in names))
    written = _written(runs, filled.get_column(ID).drop_nulls().to_list())
    faults += _unknown(filled, written)
    known = filled.filter(pl.col(ID).is_in(list(written))) if written else filled.clear()
    day_first = _day_first(known, written)
    on, until = (_dates(known, name, day_first) for name in ("on", "evidence_until"))
    choices: list[tuple[object, ...]] = []
    places: dict[str, str] = {}
    for row, when, end in zip(known.iter_rows(named=True), on, until, strict=True):
        where, name = f"line {row['source_line']}", row[ID]
        if name in places:
            faults.append(f"{where}: '{name}' is in {places[name]} already")
            continue
        places[name] = where
        faults += [f"{where}: {fault}" for fault in _changes(row, written[name].cells, day_first)]
        word, wrong = _word(row, when, end, today)
        faults += [f"{where}: {fault}" for fault in wrong]
        if word is not None and not wrong:
            line = written[name]
            kept = {"run_id": line.run_id, "row_id": line.row_id, "code": line.code, **word.kept}
            choices.append(tuple(kept[column] for column in CHOICES))
    made = pl.DataFrame(choices, CHOICES, orient="row")
    faults += _contradictions(made, places)
    if faults:
        more = [f"and {len(faults) - _MOST_FAULTS:,} more"] if len(faults) > _MOST_FAULTS else []
        raise ConfigError(
            [f"'{path}': {fault}" for fault in faults[:_MOST_FAULTS]] + more,
            "Nothing was decided. Correct these lines; 'leadscrub review export' writes the file again.",
        )
    return Answers(made, places, len(rows) - len(filled))


def _table(path: Path) -> Table:
    """The table that has the column ``id``."""
    if not path.is_file():
        raise DropError(f"There is no file '{path}'.", "Write one with 'leadscrub review export'.")
    tables = open_tables(path, path.name, Layout())
    found = [table for table in tables if ID in table.columns and "decision" in table.columns]
    if len(found) != 1:
        raise DropError(
            f"'{path}' is no file of 'leadscrub review export': no table of it has the columns id and decision.",
            "Keep the first line as it was written.",
        )
    return found[0]


def _batches(table: Table) -> list[pl.DataFrame]:
    return list(read_batches(table, FileTally(), _BLOCK))


def _cell(column: str) -> pl.Expr:
    """A cell without blanks, and without the apostrophe that kept it from being a formula."""
    text = pl.col(column).str.strip_chars()
    text = pl.when(text.str.contains(r"^'[^0-9A-Za-z]")).then(text.str.slice(1)).otherwise(text)
    return pl.when(text.str.len_chars() > 0).then(text)


@dataclass(frozen=True)
class _Line:
    """A line as it was written."""

    run_id: str
    row_id: int
    code: str
    cells: dict[str, str | None]


def _written(runs: list[ReviewedRun], names: Iterable[str]) -> dict[str, _Line]:
    """The lines of these names, as they would be written today."""
    wanted = set(names)
    found: dict[str, _Line] = {}
    for run in runs:
        mine = run.run_id[:12]
        if not any(name.startswith(f"{mine}-") for name in wanted):
            continue
        name = pl.format("{}-{}-{}", pl.lit(mine), "row_id", "code")
        lines = run.lines.filter(name.is_in(list(wanted)))
        cells = sheet_of(run, lines).rows(named=True) if len(lines) else []
        keys = lines.sort("row_id", "code").rows(named=True)
        for key, row in zip(keys, cells, strict=True):
            found[line_id(run.run_id, key["row_id"], key["code"])] = _Line(
                run.run_id, key["row_id"], key["code"], {column: _plain(value) for column, value in row.items()}
            )
    return found


def _plain(value: str | None) -> str | None:
    return (value.strip() or None) if value is not None else None


def _unknown(filled: pl.DataFrame, written: dict[str, _Line]) -> list[str]:
    """Lines with a decision whose id is none of a row that is or was in review."""
    found = []
    for line, name in filled.select("source_line", ID).iter_rows():
        if name is None:
            found.append(f"line {line}: has a decision and no id")
        elif name not in written:
            found.append(f"line {line}: '{shown(name)}' is no row in review (was its drop scrubbed again since?)")
    return found


def _day_first(known: pl.DataFrame, written: dict[str, _Line]) -> bool | None:
    """How the program that saved the file orders day and month: seen from a day that is known."""
    if "run_day" not in known.columns:
        return None
    for name, cell in known.select(ID, "run_day").iter_rows():
        expected = written[name].cells["run_day"]
        found = re.fullmatch(r"(\d{1,2})[./-](\d{1,2})[./-]\d{2,4}(?: .*)?", cell or "")
        if found is None or expected is None:
            continue
        month, day = int(expected[5:7]), int(expected[8:10])
        first, second = int(found[1]), int(found[2])
        if month != day and {first, second} == {month, day}:
            return first == day
    return None


def _dates(known: pl.DataFrame, name: str, day_first: bool | None) -> list[date | None]:
    if name not in known.columns:
        return [None] * len(known)
    cells = known.get_column(name).str.replace(r"^(\d{1,2})[.-](\d{1,2})[.-](\d{2,4})", "${1}/${2}/${3}")
    return read_dates(cells.cast(pl.String), day_first).to_list()


def _word(
    row: dict[str, str | None], on: date | None, until: date | None, today: date
) -> tuple[Word | None, list[str]]:
    """What a line decides, and what is wrong with it."""
    faults = []
    said = row.get("decision")
    if said is None:
        return None, ["it has no decision (release or deny), and other cells that belong to one"]
    for name, read in (("on", on), ("evidence_until", until)):
        if row.get(name) is not None and read is None:
            faults.append(f"{name} '{shown(str(row[name]))}' cannot be read for sure: write it as 2026-11-28")
    if row.get("on") is None:
        faults.append("it does not say on which day it was decided (column on)")
    word = Word(
        _WORDS.get(said.casefold(), shown(said)), row.get("by") or "", on or date.min, row.get("evidence") or "", until
    )
    return word, faults + word.faults(today)


def _changes(row: dict[str, str | None], cells: dict[str, str | None], day_first: bool | None) -> list[str]:
    """Cells that say something else than what was written."""
    return [
        f"column {name} was changed: a decision is about the row as it was written"
        for name in (*OF_REASON, *OF_LEAD)
        if name in row and not _same(row[name], cells[name], day_first)
    ]


def _same(cell: str | None, written: str | None, day_first: bool | None) -> bool:
    """Whether a cell says what was written, as a spreadsheet may show it."""
    if cell is None or written is None:
        return cell == written
    if _squeezed(cell) == _squeezed(written):
        return True
    if re.fullmatch(r"\+?[0-9]+", written):
        return _same_number(cell, written.lstrip("+0"))
    if written in ("yes", "no"):
        return _BOOLEANS.get(cell.casefold()) == written
    if re.match(r"\d{4}-\d{2}-\d{2}", written):
        there = read_dates(pl.Series([_slashes(cell)], dtype=pl.String), day_first).item()
        return there is not None and str(there) == written[:10]
    return False


def _same_number(cell: str, digits: str) -> bool:
    """Whether a cell is a number of these digits: without its plus and zeros, or rounded as in ``1.20256E+10``."""
    if re.fullmatch(r"\+?[0-9]+(?:\.0+)?", cell):
        return cell.partition(".")[0].lstrip("+0") == digits
    short = re.fullmatch(r"([0-9])(?:[.,]([0-9]+))?E\+([0-9]+)", cell)
    return short is not None and _rounded(digits, short[1] + (short[2] or ""), int(short[3]))


_BOOLEANS: Final = {"true": "yes", "false": "no", "wahr": "yes", "falsch": "no", "vrai": "yes", "faux": "no"}


def _squeezed(text: str) -> str:
    return " ".join(text.replace("_x000D_", " ").split())


def _slashes(cell: str) -> str:
    return re.sub(r"^(\d{1,2})[.-](\d{1,2})[.-](\d{2,4})", r"\1/\2/\3", cell)


def _rounded(written: str, digits: str, exponent: int) -> bool:
    """Whether a number in scientific notation, ``1.20256E+10``, is that one, rounded."""
    if len(written) != exponent + 1:
        return False
    shift = len(written) - len(digits)
    return shift < 0 or abs(int(written) - int(digits) * 10**shift) * 2 <= 10**shift


def _contradictions(made: pl.DataFrame, places: dict[str, str]) -> list[str]:
    """Rows that are released for one reason and denied for another."""
    both = made.filter(pl.col("decision").n_unique().over("run_id", "row_id") > 1)
    return [
        f"{places[line_id(row['run_id'], row['row_id'], row['code'])]}: the row is released for one reason and denied "
        "for another; denied is the whole row"
        for row in both.filter(decision=DENY).iter_rows(named=True)
    ]
