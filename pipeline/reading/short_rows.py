"""Rows with fewer cells than their table has columns: those at the end are missing, where nothing contradicts it.

Many programs leave out empty cells at a row's end. A delimiter that is missing elsewhere makes a row short as well, and
what follows it is in the wrong columns, which mostly shows: an email where phones are.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence

import polars as pl

#: A column is of a class when at least this share of its filled cells is.
_SURE = 0.9
_POINTS = ("email", "phone")
_DATE = r"^(?:\d{4}([-/.])\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})(?:[T ,].*)?$"
#: A remark is none, however much it looks like a row.
_REMARK = r"^\s*(?:#|//)"


def column_classes(rows: Iterable[Sequence[str]], width: int) -> tuple[str, ...]:
    """Say what each column holds, by the rows that have a cell for each, or by all where none has.

    ``email``, ``phone`` (or another long number), ``date``, ``number``, ``text``; ``mixed``, or ``empty``.
    """
    given = list(rows)
    whole = [row for row in given if len(row) == width] or given
    # One column of all cells: an expression for each column of a table takes a millisecond.
    cells = {"at": [at for row in whole for at in range(len(row))], "cell": [cell for row in whole for cell in row]}
    table = pl.DataFrame(cells, {"at": pl.UInt32, "cell": pl.String})
    seen = table.select("at", kind=_class("cell")).drop_nulls().group_by("at", "kind").len()
    sure = seen.filter(pl.col("len") >= _SURE * pl.col("len").sum().over("at"))
    found = dict.fromkeys(seen["at"], "mixed") | dict(sure.select("at", "kind").rows())
    return tuple(found.get(at, "empty") for at in range(width))


def fill_short(cells: pl.DataFrame, raw: pl.Series, delimiter: str, classes: tuple[str, ...]) -> pl.DataFrame | None:
    """Return ``cells`` with the short rows in them, ``raw`` without those, and how many ``cells_missing`` in these.

    ``raw`` has the text of each row that could not be parsed, RFC 4180 but for its number of cells. A short row is read
    if it holds a phone or an email where its column does, and no cell is of another class than its column. None when
    there is no such row.
    """
    if raw.null_count() == len(raw) or not set(classes) & set(_POINTS):
        return None
    given = raw.to_frame("text").with_row_index("row").drop_nulls("text")
    given = given.filter(~pl.col("text").str.contains(_REMARK))
    quoted = pl.col("text").str.contains('"', literal=True)
    plain = given.filter(~quoted).with_columns(parts=pl.col("text").str.split(delimiter))
    with_quotes = given.filter(quoted)
    parsed = pl.Series("parts", [_parsed(text, delimiter) for text in with_quotes["text"]], pl.List(pl.String))
    rows = pl.concat([plain, with_quotes.with_columns(parsed)]).drop_nulls("parts").drop("text")
    rows = rows.filter(pl.col("parts").list.len() < len(classes))
    split = rows.with_columns(
        pl.col("parts").list.get(at, null_on_oob=True).alias(str(at)) for at in range(len(classes))
    )
    seen = {str(at): _class(str(at)) for at in range(len(classes))}
    fits = [
        pl.lit(value=True) if kind == "mixed" else (seen[str(at)] == kind).fill_null(True)
        for at, kind in enumerate(classes)
    ]
    points = [(seen[str(at)] == kind).fill_null(False) for at, kind in enumerate(classes) if kind in _POINTS]
    read = split.filter(pl.all_horizontal(fits) & pl.any_horizontal(points)).sort("row")
    if read.is_empty():
        return None
    at = read.get_column("row")
    whole = [
        cells.get_column(name).scatter(at, read.get_column(str(position)).fill_null(""))
        for position, name in enumerate(cells.columns)
    ]
    missing = pl.repeat(None, len(raw), dtype=pl.UInt32, eager=True)
    counts = read.select(len(classes) - pl.col("parts").list.len()).to_series().cast(pl.UInt32)
    return pl.DataFrame(
        [*whole, raw.scatter(at, None).alias("raw"), missing.scatter(at, counts).alias("cells_missing")]
    )


def _class(name: str) -> pl.Expr:
    """Class of a cell; null when it is blank."""
    cell = pl.col(name).str.strip_chars()
    digits = cell.str.count_matches(r"\d")
    return (
        pl.when(cell.fill_null("") == "")
        .then(None)
        .when(cell.str.contains("@", literal=True))
        .then(pl.lit("email"))
        .when(cell.str.contains(_DATE))
        .then(pl.lit("date"))
        .when((digits >= 7) & ~cell.str.contains(r"\pL"))
        .then(pl.lit("phone"))
        .when((digits >= 7) | cell.str.contains(r"^[-+]?[$€£]?\d[\d.,]*%?$"))
        .then(pl.lit("number"))
        .otherwise(pl.lit("text"))
    )


def _parsed(text: str, delimiter: str) -> list[str] | None:
    """Parse one line strictly; None when its quotes are broken."""
    try:
        rows = list(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None
