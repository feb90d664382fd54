"""Splits CSV text into records with the line on which each starts: fast where the text is regular.

Regular text is cut as one block. What is not written by RFC 4180 goes to the careful path, record by record. Both agree
on every well-formed record, whatever the size of the blocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.errors import FileError
from schemas.files.csv_cells import Cut, cut_text
from schemas.files.limits import limits
from schemas.files.record_parser import LineTooLongError, read_carefully

Positions = npt.NDArray[np.int64]


@dataclass
class Records:
    """Records of a block in reading order. ``cells`` has one text column per header name, by position.

    ``lines`` are 1-based physical lines of the records' starts. ``raw`` is null but for records that could not be
    parsed, whose cells are null.
    """

    cells: pl.DataFrame
    lines: pl.Series
    raw: pl.Series
    consumed: int
    lines_consumed: int
    careful: bool = False


class Shape(NamedTuple):
    """What the records of a file must look like."""

    width: int
    delimiter: str
    names: list[str]


def split_block(block: bytes, shape: Shape, first_line: int, *, last: bool) -> Records:
    """Read all complete records of ``block`` (UTF-8, starting at a record's start on line ``first_line``).

    When ``last``, the end of the block is the end of the file. What is not consumed belongs to the next block.
    """
    text = block if not last or block.endswith(b"\n") else block + b"\n"
    cut = None
    # A carriage return at the very end of a block may be half of a line end.
    if b"\r" not in text or text.count(b"\r") - text.endswith(b"\r") == text.count(b"\r\n"):
        cut = cut_text(text, shape.delimiter, shape.names)
    if cut is None or not _plausible(cut, len(text), last=last):
        return _carefully(text, shape, first_line, last=last)
    raw = np.full(len(cut), None, dtype=object)
    for row in np.flatnonzero(cut.ragged).tolist():
        stop = cut.starts[row + 1] if row + 1 < len(cut) else cut.consumed
        raw[row] = text[cut.starts[row] : stop - 1].decode().removesuffix("\r")
    raws = pl.Series(raw.tolist(), dtype=pl.String) if len(cut.ragged) else _no_raw(len(cut))
    lines = _series(cut.lines + first_line)
    return Records(cut.cells, lines, raws, cut.consumed, cut.lines_consumed, careful=len(cut.ragged) > 0)


def _plausible(cut: Cut, length: int, *, last: bool) -> bool:
    """Whether no record, nor what is left over, is so long that a quote must have stayed open."""
    left, most = length - cut.consumed, limits().record_bytes
    return cut.longest <= most and (left == 0 if last else left <= most)


def _spread(frame: pl.DataFrame, bad: pl.Series) -> pl.DataFrame:
    """Put rows of nulls where the bad records stood."""
    if not bad.any():
        return frame
    good = ~bad
    place = (good.cum_sum().cast(pl.Int64) - 1).zip_with(good, pl.repeat(None, len(bad), dtype=pl.Int64, eager=True))
    return frame.select(pl.all().gather(place))


def _series(lines: Positions) -> pl.Series:
    return pl.Series("source_line", lines, dtype=pl.UInt64)


def _no_raw(height: int) -> pl.Series:
    return pl.repeat(None, height, dtype=pl.String, eager=True)


def _carefully(text: bytes, shape: Shape, first_line: int, *, last: bool) -> Records:
    try:
        read = read_carefully(text, shape.width, shape.delimiter, last=last, max_record=limits().record_bytes)
    except LineTooLongError as error:
        raise FileError(
            f"line {first_line + error.line} is longer than {limits().max_record_mb} MB (max_record_mb).",
            "Is this CSV? Cut the line, or get the file again.",
        ) from error
    bad = pl.Series(np.isin(np.arange(len(read.lines)), list(read.malformed)))
    raw = np.full(len(read.lines), None, dtype=object)
    raw[list(read.malformed)] = list(read.malformed.values())
    cells = _spread(_sound(read.sound, shape), bad)
    raws = pl.Series(raw.tolist(), dtype=pl.String)
    return Records(cells, _series(read.lines + first_line), raws, read.consumed, read.lines_consumed, careful=True)


def _sound(text: bytes, shape: Shape) -> pl.DataFrame:
    """Read records that are known to be sound."""
    cut = cut_text(text, shape.delimiter, shape.names, lenient=True)
    if cut is None:
        text.decode()  # what is no UTF-8 is the encoding's fault, and is said so
        raise AssertionError("a sound record was not read")
    return cut.cells
