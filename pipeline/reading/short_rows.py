"""Rows with fewer cells than their table has columns: those at the end are missing, where nothing contradicts it.

Many programs leave out empty cells at a row's end. A delimiter that is missing elsewhere makes a row short as well, and
what follows it is in the wrong columns, which mostly shows: an email where phones are.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence

import polars as pl

#: A column is of a class when at least this share of its filled cells is.
_SURE = 0.9
#: Columns whose classes are found at once: expressions for thousands of columns take a gigabyte.
_AT_ONCE = 100
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
    return tuple(
        found for first in range(0, width, _AT_ONCE) for found in _classes(whole, range(first, width)[:_AT_ONCE])
    )


def _classes(rows: Sequence[Sequence[str]], columns: range) -> Iterator[str]:
    names = [str(at) for at in columns]
    table = {str(at): [row[at] if at < len(row) else "" for row in rows] for at in columns}
    for classes in pl.DataFrame(table, dict.fromkeys(names, pl.String)).select(
        _class(name).alias(name) for name in names
    ):
        counts = classes.drop_nulls().value_counts(sort=True)
        if not len(counts):
            yield "empty"
        else:
            yield counts.item(0, 0) if counts.item(0, 1) >= _SURE * len(classes.drop_nulls()) else "mixed"


def fill_short(cells: pl.DataFrame, raw: pl.Series, delimiter: str, classes: tuple[str, ...]) -> pl.DataFrame | None:
    """Return ``cells`` with the short rows in them, ``raw`` without those, and how many ``cells_missing`` in each.

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
    missing = pl.repeat(0, len(raw), dtype=pl.UInt32, eager=True)
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
