"""A CSV as blocks of records, each with the line that it starts on, and a record that cannot be told refused.

Lines without a quote are split in bulk. A quoted cell may hold line ends, and a quote that is never closed would then
swallow the entries after it: a record over several lines counts only when none of them is a whole record by itself.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import polars as pl
import pyarrow as pa

from schemas.files.stream_guard import Source
from suppression.formats.blocks import no_refused, refuse
from suppression.formats.text import TextBlock, line_blocks, split_lines

_QUOTE: Final = '"'
#: A cell with more lines than this is a quote that is not closed.
_MOST_LINES: Final = 100
_CELLS: Final = pa.large_list(pa.large_string())
_SCHEMA: Final = pl.Schema([("line", pl.Int64), ("raw", pl.String), ("cells", pl.List(pl.String))])
_UNCLOSED: Final = "a quote that is not closed"
_BROKEN: Final = "quotes in the wrong place"


@dataclass(frozen=True)
class Records:
    """Records in order: ``line``, ``raw`` (as it came) and ``cells`` (list of texts). Blank lines are none."""

    frame: pl.DataFrame
    refused: pl.DataFrame


def read_records(source: Source, delimiter: str) -> Iterator[Records]:
    """Yield the records of a CSV, the header among them."""
    width = 0
    kept = TextBlock(b"", 1)
    for block in line_blocks(source):
        joined = TextBlock(kept.data + block.data, kept.line if kept.data else block.line)
        records, kept = _block(joined, delimiter, width, last=False)
        if not width and records.frame.height:
            width = len(records.frame.item(0, "cells"))
        yield records
    if kept.data:
        yield _block(kept, delimiter, width, last=True)[0]


def _block(block: TextBlock, delimiter: str, width: int, *, last: bool) -> tuple[Records, TextBlock]:
    """Read a block, and return what may go on in the next."""
    rows = split_lines(block)
    quoted = rows.get_column("raw").str.contains(_QUOTE, literal=True)
    bulk = rows.filter(~quoted & (pl.col("raw").str.strip_chars() != ""))
    plain = bulk.select("line", "raw", pl.col("raw").str.split(delimiter).alias("cells"))
    if not quoted.any():
        return Records(plain, no_refused()), TextBlock(b"", 0)
    texts = rows.get_column("raw").to_list()
    reader = _Quoted(texts, delimiter, width or _width(texts, delimiter), last=last)
    reader.read(quoted.arg_true().to_list())
    inside = pl.Series("line", [block.line + place for place in sorted(reader.inside)], dtype=pl.Int64)
    plain = plain.filter(~pl.col("line").is_in(inside.implode()))
    if reader.open_from is not None:
        plain = plain.filter(pl.col("line") < block.line + reader.open_from)
    found = pl.DataFrame(
        {
            "line": [block.line + place for place, _, _ in reader.found],
            "raw": [raw for _, raw, _ in reader.found],
            # Through Arrow: lists of lists cost polars twenty times as much.
            "cells": pl.Series(pa.array([cells for _, _, cells in reader.found], _CELLS), dtype=pl.List(pl.String)),
        },
        schema=_SCHEMA,
    )
    faults = pl.DataFrame(
        [(block.line + place, texts[place], why) for place, why in reader.faults],
        schema={"line": pl.Int64, "text": pl.String, "why": pl.String},
        orient="row",
    )
    kept = TextBlock(b"", 0)
    if reader.open_from is not None:
        kept = TextBlock(("\n".join(texts[reader.open_from :]) + "\n").encode(), block.line + reader.open_from)
    return Records(pl.concat([plain, found]).sort("line"), refuse(faults, pl.col("why"))), kept


def _width(texts: list[str], delimiter: str) -> int:
    first = next((text for text in texts if text.strip()), "")
    return len(_cells(first, delimiter)[0] or [first])


def _cells(text: str, delimiter: str) -> tuple[list[str] | None, bool]:
    """Parse one record strictly. None when its quotes are broken, and whether more lines could mend that."""
    try:
        rows = list(csv.reader([f"{line}\n" for line in text.split("\n")], delimiter=delimiter, strict=True))
    except csv.Error as error:
        return None, "unexpected end of data" in str(error)
    return (rows[0], False) if len(rows) == 1 else (None, False)


class _Quoted:
    """Reads the records of a block that have a quote. Places are 0-based lines of the block."""

    def __init__(self, texts: list[str], delimiter: str, width: int, *, last: bool) -> None:
        self._texts = texts
        self._delimiter = delimiter
        self._width = width
        self._last = last
        self.found: list[tuple[int, str, list[str]]] = []
        self.faults: list[tuple[int, str]] = []
        self.inside: set[int] = set()
        self.open_from: int | None = None

    def read(self, places: list[int]) -> None:
        """Read the records that start at these places; those inside of another record are passed over."""
        alone = self._alone(places)
        for place in places:
            if place in self.inside:
                continue
            cells, is_open = alone[place]
            if cells is not None:
                self.found.append((place, self._texts[place], cells))
            elif not is_open:
                self.faults.append((place, _BROKEN))
            elif not self._read_on(place):
                if self.open_from is not None:
                    return
                self.faults.append((place, _UNCLOSED))

    def _alone(self, places: list[int]) -> dict[int, tuple[list[str] | None, bool]]:
        """Parse each line as a record by itself: all at once if all are sound."""
        texts = [self._texts[place] for place in places]
        try:
            rows = list(csv.reader(texts, delimiter=self._delimiter, strict=True))
        except csv.Error:
            rows = []
        if len(rows) == len(places):
            return {place: (cells, False) for place, cells in zip(places, rows, strict=True)}
        return {place: _cells(text, self._delimiter) for place, text in zip(places, texts, strict=True)}

    def _read_on(self, place: int) -> bool:
        """Read a record over several lines. False when it does not end, or would swallow a whole record."""
        for at in range(place + 1, min(place + _MOST_LINES, len(self._texts))):
            text = self._texts[at]
            if text.strip() and (self._width == 1 or len(_cells(text, self._delimiter)[0] or ()) == self._width):
                return False
            if _QUOTE not in text:
                continue
            whole = "\n".join(self._texts[place : at + 1])
            cells, is_open = _cells(whole, self._delimiter)
            if cells is not None:
                self.found.append((place, whole, cells))
                self.inside.update(range(place + 1, at + 1))
            if not is_open:
                return cells is not None
        if not self._last and place + _MOST_LINES >= len(self._texts):
            self.open_from = place
        return False
