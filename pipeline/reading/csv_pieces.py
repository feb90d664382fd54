"""Large CSV files in pieces that are read apart: each begins and ends at the end of a record.

Only a regular file is cut: one table in UTF-8, in which every quote is where RFC 4180 has one and no line ends inside
a cell. In such a file every line is a record, whatever came before it, so the pieces have the records of the whole.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
import numpy.typing as npt

from pipeline.reading.csv_table import CsvReader
from schemas.files.encoding import text_size
from schemas.files.inputs import Delivery, LocalFile
from schemas.files.limits import limits
from schemas.files.table import Table

_BLOCK = 8 << 20
_QUOTE, _LF, _CR = 34, 10, 13

Positions = npt.NDArray[np.int64]


@dataclass(frozen=True)
class CsvPiece:
    """Bytes of a file from ``start`` to before ``stop``; ``line`` lines come before them."""

    start: int
    stop: int
    line: int


@dataclass(frozen=True)
class CutFile:
    """A file in pieces, with the hash and the size of the whole."""

    sha256: str
    size: int
    pieces: tuple[CsvPiece, ...]


@dataclass(frozen=True)
class _Slice:
    """The bytes of a piece; ``shown`` is what people call the file."""

    path: Path
    start: int
    stop: int
    shown: str
    delivery: Delivery | None = None

    @property
    def size(self) -> int:
        """See `Input`."""
        return self.stop - self.start

    def open(self, mode: Literal["rb"]) -> BinaryIO:
        """See `Input`."""
        return io.BufferedReader(_Range(self.path.open(mode, buffering=0), self.start, self.stop))

    def __str__(self) -> str:
        return self.shown


class _Range(io.RawIOBase):
    """A part of a file as a file."""

    def __init__(self, file: io.FileIO, start: int, stop: int) -> None:
        self._file, self._start, self._stop = file, start, stop
        file.seek(start)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # typeshed: any buffer
        left = max(self._stop - self._file.tell(), 0)
        return self._file.readinto(memoryview(buffer)[:left]) or 0

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        begin = {io.SEEK_SET: self._start, io.SEEK_CUR: self._file.tell(), io.SEEK_END: self._stop}[whence]
        return self._file.seek(max(begin + offset, self._start)) - self._start

    def tell(self) -> int:
        return self._file.tell() - self._start

    def close(self) -> None:
        self._file.close()
        super().close()


def cut_file(table: Table, piece_bytes: int) -> CutFile | None:
    """Cut the file of a table into pieces of about so many bytes; None when it is too small, or not regular.

    Reads the file once. Raises `OSError` when it cannot be read.
    """
    reader = table.reader
    if not isinstance(table.input, LocalFile) or not isinstance(reader, CsvReader) or table.sheet is not None:
        return None
    dialect = reader.dialect
    plain = dialect.punctuation.is_plain and not dialect.punctuation.returns and dialect.end is None
    if not plain or dialect.encoding.codec != "utf-8" or table.input.size < 2 * piece_bytes:
        return None
    delimiter = ord(dialect.delimiter)
    digest, ends = hashlib.sha256(), text_size(table.input, dialect.encoding)
    pieces: list[CsvPiece] = []
    begun = CsvPiece(0, 0, 0)
    at = lines = 0
    rest = b""
    with table.input.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
            text = rest + block[: max(ends - at - len(rest), 0)]
            whole = text.rfind(b"\n") + 1
            rest = text[whole:]
            if len(rest) > limits().record_bytes:
                return None
            found = _record_ends(text[:whole], delimiter) if whole else None
            if whole and (found is None or found.cut != whole or found.lines != len(found.offsets)):
                return None
            at, lines = at + whole, lines + (0 if found is None else found.lines)
            # The first piece has what is above the table, and at least one record.
            if at - begun.start >= piece_bytes and lines > dialect.body + 1:
                pieces.append(replace(begun, stop=at))
                begun = CsvPiece(at, at, lines)
    if rest and ((found := _record_ends(rest + b"\n", delimiter)) is None or found.cut != len(rest) + 1):
        return None
    if at + len(rest) > begun.start:
        pieces.append(replace(begun, stop=at + len(rest)))
    return CutFile(digest.hexdigest(), table.input.size, tuple(pieces)) if len(pieces) > 1 else None


@dataclass(frozen=True)
class _RecordEnds:
    """Where records end: offset of each one's line end, and the 0-based line each starts on."""

    offsets: Positions
    starts: Positions
    lines: int

    @property
    def cut(self) -> int:
        """Where the last complete record stops."""
        return int(self.offsets[-1]) + 1 if len(self.offsets) else 0


def _record_ends(text: bytes, delimiter: int) -> _RecordEnds | None:
    """Find record ends by quote parity; None when a quote or a carriage return is where RFC 4180 has none."""
    # A carriage return at the very end of a block may be half of a line end.
    if b"\r" in text and text.count(b"\r") - text.endswith(b"\r") != text.count(b"\r\n"):
        return None
    data = np.frombuffer(text, np.uint8)
    line_ends = np.flatnonzero(data == _LF)
    if b'"' not in text:
        count = len(line_ends)
        return _RecordEnds(line_ends, np.arange(count), count)
    quotes = np.flatnonzero(data == _QUOTE)
    inside = (np.searchsorted(quotes, line_ends) & 1).astype(bool)
    outside = np.flatnonzero(~inside)
    offsets = line_ends[outside]
    cut = int(offsets[-1]) + 1 if len(offsets) else 0
    if not _quotes_fit(data, quotes[: np.searchsorted(quotes, cut)], delimiter):
        return None
    starts = np.concatenate([[0], outside[:-1] + 1]) if len(outside) else outside
    return _RecordEnds(offsets, starts, int(outside[-1]) + 1 if len(outside) else 0)


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


def piece_of(table: Table, piece: CsvPiece) -> Table:
    """A piece of a table's file as a table: its records have the lines that they have in the whole."""
    reader = table.reader
    assert isinstance(reader, CsvReader)  # noqa: S101  # it was cut
    assert isinstance(table.input, LocalFile)  # noqa: S101  # likewise
    given = _Slice(table.input.path.absolute(), piece.start, piece.stop, str(table.input))
    dialect = reader.dialect
    if piece.start:
        dialect = dialect._replace(encoding=dialect.encoding._replace(bom=0), aside=(), body=0)
    return table._replace(input=given, reader=CsvReader(given, dialect, piece.line))
