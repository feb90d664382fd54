"""Splits CSV text into records with the line on which each starts: fast where the text is regular.

Regular text goes to Arrow's parser as one block. What Arrow's parser would read otherwise than RFC 4180, or not at all,
goes to the careful path, record by record. Both agree on every well-formed record, whatever the size of the blocks.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.csv as pa_csv

from schemas.errors import FileError
from schemas.files.limits import limits
from schemas.files.record_parser import LineTooLongError, read_carefully, sound_cells

Positions = npt.NDArray[np.int64]
_QUOTE, _LF, _CR = 34, 10, 13


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


@dataclass(frozen=True)
class Shape:
    """What the records of a file must look like."""

    width: int
    delimiter: str
    names: list[str] = field(default_factory=list)

    @property
    def delimiter_byte(self) -> int:
        """The delimiter as a byte; it is ASCII."""
        return ord(self.delimiter)


def split_block(block: bytes, shape: Shape, first_line: int, *, last: bool) -> Records:
    """Read all complete records of ``block`` (UTF-8, starting at a record's start on line ``first_line``).

    When ``last``, the end of the block is the end of the file. What is not consumed belongs to the next block.
    """
    text = block if not last or block.endswith(b"\n") else block + b"\n"
    ends = record_ends(text, shape)
    if ends is None or not ends.plausible(len(text), last=last):
        return _carefully(text, shape, first_line, last=last)
    if not len(ends.offsets):
        return _nothing(shape)
    table = _parse(text[: ends.cut], shape)
    if table is None or table.num_rows != len(ends.offsets):
        return _without_ragged(text, ends, shape, first_line) or _carefully(text, shape, first_line, last=last)
    return Records(
        _frame(table, shape), _series(ends.starts + first_line), _no_raw(table.num_rows), ends.cut, ends.lines
    )


@dataclass(frozen=True)
class RecordEnds:
    """Where records end: offset of each one's line end, and the 0-based line each starts on."""

    offsets: Positions
    starts: Positions
    lines: int

    @property
    def cut(self) -> int:
        """Where the last complete record stops."""
        return int(self.offsets[-1]) + 1 if len(self.offsets) else 0

    def plausible(self, length: int, *, last: bool) -> bool:
        """Whether no record, nor what is left over, is so long that a quote must have stayed open."""
        left = length - self.cut
        longest = int(np.diff(self.offsets, prepend=-1).max()) if len(self.offsets) else 0
        most = limits().record_bytes
        return longest <= most and (left == 0 if last else left <= most)


def record_ends(text: bytes, shape: Shape) -> RecordEnds | None:
    """Find record ends by quote parity; None when a quote or a carriage return is where RFC 4180 has none."""
    # A carriage return at the very end of a block may be half of a line end.
    if b"\r" in text and text.count(b"\r") - text.endswith(b"\r") != text.count(b"\r\n"):
        return None
    data = np.frombuffer(text, np.uint8)
    line_ends = np.flatnonzero(data == _LF)
    if b'"' not in text:
        count = len(line_ends)
        return RecordEnds(line_ends, np.arange(count), count)
    quotes = np.flatnonzero(data == _QUOTE)
    inside = (np.searchsorted(quotes, line_ends) & 1).astype(bool)
    outside = np.flatnonzero(~inside)
    offsets = line_ends[outside]
    cut = int(offsets[-1]) + 1 if len(offsets) else 0
    if not _quotes_fit(data, quotes[: np.searchsorted(quotes, cut)], shape.delimiter_byte):
        return None
    starts = np.concatenate([[0], outside[:-1] + 1]) if len(outside) else outside
    return RecordEnds(offsets, starts, int(outside[-1]) + 1 if len(outside) else 0)


def _quotes_fit(data: npt.NDArray[np.uint8], quotes: Positions, delimiter: int) -> bool:
    """Whether every quote opens a cell, closes one, or is doubled inside one."""
    opening, closing = quotes[0::2], quotes[1::2]
    if len(opening) != len(closing):
        return False
    before = np.where(opening > 0, data[opening - 1], _LF)
    reopened = np.zeros(len(opening), dtype=bool)
    reopened[1:] = opening[1:] == closing[:-1] + 1
    opens = (before == delimiter) | (before == _LF) | reopened
    after = data[np.minimum(closing + 1, len(data) - 1)]
    doubled = np.zeros(len(closing), dtype=bool)
    doubled[:-1] = reopened[1:]
    closes = (after == delimiter) | (after == _LF) | (after == _CR) | doubled
    return bool(opens.all() and closes.all())


def _parse(text: bytes, shape: Shape) -> pa.Table | None:
    """Let Arrow parse the block; it refuses a block in which any record has another number of fields."""
    names = _positions(shape.width)
    # Arrow takes a byte order mark away. The file's own is gone already; one further on (files put together) is text.
    kept = codecs.BOM_UTF8 + text if text.startswith(codecs.BOM_UTF8) else text
    try:
        return pa_csv.read_csv(
            pa.BufferReader(kept),
            # As one block: in parts it would be put together again, for nearly the same price.
            read_options=pa_csv.ReadOptions(column_names=names, block_size=len(kept) + 1, use_threads=False),
            parse_options=pa_csv.ParseOptions(
                delimiter=shape.delimiter, newlines_in_values=b'"' in text, ignore_empty_lines=False
            ),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        return None


def _without_ragged(text: bytes, ends: RecordEnds, shape: Shape, first_line: int) -> Records | None:
    """Set ragged records aside and parse the rest as one block.

    None when a ragged record spans several lines: it may hide other records, which the careful path finds.
    """
    starts = np.concatenate([[0], ends.offsets[:-1] + 1])
    # A blank line is a record without content, which Arrow reads as such.
    blank = _lengths(text, starts, ends.offsets) == 0
    ragged = (_fields(text, ends, shape) != shape.width) & ~blank
    spans = list(zip(starts[ragged].tolist(), ends.offsets[ragged].tolist(), strict=True))
    if not spans or any(b"\n" in text[start:stop] for start, stop in spans):
        return None
    kept, begin = [], 0
    for start, stop in spans:
        kept.append(text[begin:start])
        begin = stop + 1
    table = _parse(b"".join([*kept, text[begin : ends.cut]]), shape)
    if table is None or table.num_rows != len(ragged) - len(spans):
        return None
    raw = np.full(len(ragged), None, dtype=object)
    raw[ragged] = [text[start:stop].decode().removesuffix("\r") for start, stop in spans]
    return Records(
        _spread(_frame(table, shape), pl.Series(ragged)),
        _series(ends.starts + first_line),
        pl.Series(raw.tolist(), dtype=pl.String),
        ends.cut,
        ends.lines,
        careful=True,
    )


def _lengths(text: bytes, starts: Positions, stops: Positions) -> Positions:
    """Length of each record without its line end."""
    data = np.frombuffer(text, np.uint8)
    carriage_return = (stops > starts) & (data[np.maximum(stops - 1, 0)] == _CR)
    return np.asarray(stops - starts - carriage_return, dtype=np.int64)


def _fields(text: bytes, ends: RecordEnds, shape: Shape) -> Positions:
    """Number of fields of each record: delimiters outside quotes, and one."""
    data = np.frombuffer(text, np.uint8, ends.cut)
    delimiters = np.flatnonzero(data == shape.delimiter_byte)
    if b'"' in text:
        quotes = np.flatnonzero(data == _QUOTE)
        delimiters = delimiters[(np.searchsorted(quotes, delimiters) & 1) == 0]
    return np.diff(np.searchsorted(delimiters, ends.offsets), prepend=0) + 1


def _frame(table: pa.Table, shape: Shape) -> pl.DataFrame:
    frame = pl.DataFrame(table)
    frame.columns = shape.names
    return frame


def _positions(width: int) -> list[str]:
    return [str(position) for position in range(width)]


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


def _nothing(shape: Shape) -> Records:
    empty = pl.DataFrame(schema=dict.fromkeys(shape.names, pl.String()))
    return Records(empty, _series(np.empty(0, np.int64)), _no_raw(0), 0, 0)


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
    cells = _spread(_sound(read.sound, shape, len(read.lines) - len(read.malformed)), bad)
    raws = pl.Series(raw.tolist(), dtype=pl.String)
    return Records(cells, _series(read.lines + first_line), raws, read.consumed, read.lines_consumed, careful=True)


def _sound(text: bytes, shape: Shape, count: int) -> pl.DataFrame:
    """Read records that are known to be sound."""
    if not count:
        return pl.DataFrame(schema=dict.fromkeys(shape.names, pl.String()))
    # Arrow ends a line at a lone carriage return.
    table = None if text.count(b"\r") != text.count(b"\r\n") else _parse(text, shape)
    if table is None or table.num_rows != count:
        text.decode()  # what is no UTF-8 is the encoding's fault, and is said so
        blank = [b""] * shape.width
        rows = [blank if row == [b""] else row for row in sound_cells(text, shape.delimiter)]
        columns = [pa.array(column, pa.binary()).cast(pa.string()) for column in zip(*rows, strict=True)]
        table = pa.table(columns, _positions(shape.width))
    return _frame(table, shape)
