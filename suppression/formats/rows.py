"""A CSV as blocks of records, read as those of drops are, each with the line that it starts on.

A row may be shorter than the widest: cells at its end were left away. What cannot be parsed is kept as its exact text.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Final, NamedTuple

import polars as pl

from schemas.contact.blank import trimmed
from schemas.files.records import Records as Split
from schemas.files.records import Shape, split_block
from schemas.files.stream_guard import GuardedStream
from suppression.formats.blocks import refuse
from suppression.formats.text import line_blocks

_QUOTE: Final = '"'
_BROKEN: Final = "quotes in the wrong place"
_TOO_MANY: Final = "more cells than there are columns"


class Records(NamedTuple):
    """Records in order: ``line`` and a text column for each cell, named ``0``, ``1`` … Blank rows are none.

    ``refused``: what could not be parsed, as in `Block`.
    """

    frame: pl.DataFrame
    refused: pl.DataFrame


def read_records(source: GuardedStream, delimiter: str, width: int) -> Iterator[Records]:
    """Yield the records of a CSV, the header among them. ``width``: how many cells a record has at most."""
    shape = Shape(width, delimiter, [str(position) for position in range(width)])
    rest, line = b"", 1
    blocks = line_blocks(source)
    block = next(blocks, None)
    while block is not None:
        following = next(blocks, None)
        text = rest + block.data
        split = split_block(text, shape, line, last=following is None)
        rest, line = text[split.consumed :], line + split.lines_consumed
        yield _records(split, shape)
        block = following


def whole_row(width: int, delimiter: str) -> pl.Expr:
    """Return the cells of a record as one ``text``, for a person: without quotes, and blank cells at the end."""
    return (
        pl.concat_str([str(position) for position in range(width)], separator=delimiter)
        .str.strip_chars_end(delimiter)
        .alias("text")
    )


def _records(split: Split, shape: Shape) -> Records:
    rows = split.cells.with_columns(split.lines.cast(pl.Int64).alias("line"))
    odd = split.raw.is_not_null()
    refused = refuse(pl.DataFrame({"text": [], "line": []}, schema={"text": pl.String, "line": pl.Int64}), "")
    if odd.any():
        raws = pl.DataFrame({"text": split.raw, "line": rows.get_column("line")}).filter(odd)
        fitted, refused = _fitted(raws, shape)
        rows = pl.concat([rows.filter(~odd), fitted]).sort("line")
    filled = pl.any_horizontal(trimmed(pl.col(name)) != "" for name in shape.names)
    return Records(rows.filter(filled), refused)


def _fitted(raws: pl.DataFrame, shape: Shape) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Fill rows that are too short, cut blank cells off those too long; the others are refused."""
    plain = ~raws.get_column("text").str.contains(_QUOTE, literal=True)
    cells = raws.filter(plain).with_columns(cells=pl.col("text").str.split(shape.delimiter))
    quoted = raws.filter(~plain)
    parsed = [_cells(text, shape.delimiter) for text in quoted.get_column("text")]
    quoted = quoted.with_columns(pl.Series("cells", parsed, dtype=pl.List(pl.String)))
    rows = pl.concat([cells, quoted]).sort("line")
    surplus = pl.col("cells").list.slice(shape.width).list.join("").str.strip_chars() != ""
    why = pl.when(pl.col("cells").is_null()).then(pl.lit(_BROKEN)).when(surplus).then(pl.lit(_TOO_MANY))
    rows = rows.with_columns(why=why)
    fit = rows.filter(pl.col("why").is_null()).select(
        *(
            pl.col("cells").list.get(position, null_on_oob=True).fill_null("").alias(name)
            for position, name in enumerate(shape.names)
        ),
        "line",
    )
    return fit, refuse(rows.filter(pl.col("why").is_not_null()), pl.col("why"))


def _cells(text: str, delimiter: str) -> list[str] | None:
    """Parse one line strictly; None when its quotes are broken."""
    try:
        rows = list(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None
