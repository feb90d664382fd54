"""CSV files as tables of text: by Arrow where they are regular, record by record where they are not."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from typing import BinaryIO, NamedTuple

import polars as pl

from pipeline.reading.dialect import Dialect, detect_dialects
from pipeline.reading.punctuation import Rewritten, rewrite
from pipeline.reading.short_rows import fill_short
from schemas.files.encoding import text_size
from schemas.files.inputs import Input
from schemas.files.records import Records, Shape, split_block
from schemas.files.set_aside import with_aside
from schemas.files.table import FileTally, Table
from schemas.frame_columns import CELLS_MISSING, SOURCE
from schemas.layout import Layout

#: Bytes of a line that is no long one.
_USUAL_LINE = 64 << 10


def open_csv(path: Input, name: str, layout: Layout) -> list[Table]:
    """Detect how a file's tables are written. Raises `DropError` when it is empty or no text."""
    dialects = detect_dialects(path, layout)
    return [
        Table(
            path,
            name,
            dialect.columns,
            dialect.header,
            CsvReader(path, dialect),
            sheet=f"table {number}" if len(dialects) > 1 else None,
            notes=dialect.notes,
            has_header=dialect.has_header,
        )
        for number, dialect in enumerate(dialects, start=1)
    ]


class _Left(NamedTuple):
    """The text of a block that is no whole record yet, and the line on which it begins."""

    text: bytes
    line: int


class CsvReader(NamedTuple):
    """Reads the records of one table of a CSV file in blocks. ``before``: lines of the file that come before it."""

    path: Input
    dialect: Dialect
    before: int = 0

    def describe(self) -> dict[str, str]:
        """See `Reader`."""
        return {"format": "csv", **self.dialect.describe()}

    def batches(self, tally: FileTally, block_bytes: int) -> Iterator[pl.DataFrame]:
        """See `Reader`."""
        names = [SOURCE + name for name in self.dialect.columns]
        aside = [(line + 1, text) for line, text in self.dialect.aside]
        tally.records += len(aside)
        yield from with_aside(aside, names, self._batches(tally, names, block_bytes))

    def _batches(self, tally: FileTally, names: list[str], block_bytes: int) -> Iterator[pl.DataFrame]:
        """Cut block after block. Here and below nobody holds one, nor its batch, while the next is read."""
        left = _Left(b"", self.before + self.dialect.body + 1)
        for block in _lines(self._blocks(tally, block_bytes), self.dialect.body, self.dialect.end):
            if block:
                # What joins them lets other threads run meanwhile; a sum of them does not.
                text = b"".join((left.text, block)) if left.text else block
                batch, left = self._cut(text, left.line, tally, names, last=False)
                del text, block
                if batch is not None:
                    yield batch
                del batch
        if left.text:
            batch, _ = self._cut(left.text, left.line, tally, names, last=True)
            if batch is not None:
                yield batch
        tally.close()

    def _cut(
        self, text: bytes, line: int, tally: FileTally, names: list[str], *, last: bool
    ) -> tuple[pl.DataFrame | None, _Left]:
        """Make a batch of the records of a text that begins on that line, if there are any, and say what is left."""
        plain = rewrite(text, self.dialect.punctuation)
        records = split_block(plain.text, Shape(len(names), plain.delimiter, names), line, last=last)
        tally.careful_blocks += records.careful
        tally.records += len(records.cells)
        left = _Left(text[plain.consumed(records.consumed) :], line + records.lines_consumed)
        return self._batch(records, plain) if len(records.cells) else None, left

    def _batch(self, records: Records, plain: Rewritten) -> pl.DataFrame:
        """Make a batch of a block's records, short rows among them."""
        filled = fill_short(records.cells, records.raw, plain.delimiter, self.dialect.classes)
        cells, raw = records.cells, records.raw.alias("raw")
        missing = []
        if filled is not None:
            cells, raw = filled.select(pl.all().exclude("raw", CELLS_MISSING)), filled.get_column("raw")
            missing = [filled.get_column(CELLS_MISSING)]
        return plain.restore(cells).with_columns(records.lines, plain.restore_raw(raw), *missing)

    def _blocks(self, tally: FileTally, block_bytes: int) -> Iterator[bytes]:
        """Blocks of the file in UTF-8, without the byte order mark, their lines ended by LF or CRLF."""
        encoding = self.dialect.encoding
        decoder = None if encoding.codec == "utf-8" else codecs.getincrementaldecoder(encoding.codec)()
        returns = self.dialect.punctuation.returns
        left = text_size(self.path, encoding)
        with self.path.open("rb") as stream:
            skip = encoding.bom
            pending = b""
            while block := _to_line_end(stream, block_bytes):
                tally.take(block)
                text = block[skip : max(left, 0)]
                skip, left = max(skip - len(block), 0), left - len(block)
                text = text if decoder is None else decoder.decode(text).encode()
                if returns:
                    text, pending = _ended_by_line_feeds(pending + text)
                yield text
                del text, block
            text = pending if decoder is None else pending + decoder.decode(b"", final=True).encode()
            yield text.replace(b"\r", b"\n") if returns else text


def _to_line_end(stream: BinaryIO, size: int) -> bytes:
    """Read so many bytes and the rest of the line, if that is not long: to join what was cut in two copies it all."""
    start = stream.tell()
    stream.seek(start + size)
    rest = len(stream.readline(_USUAL_LINE))
    stream.seek(start)
    return stream.read(size + rest)


def _ended_by_line_feeds(text: bytes) -> tuple[bytes, bytes]:
    """End lines with LF alone. A carriage return at the very end, which LF may follow, is kept back."""
    pending = b"\r" if text.endswith(b"\r") else b""
    return text.removesuffix(b"\r").replace(b"\r\n", b"\n").replace(b"\r", b"\n"), pending


def _lines(blocks: Iterable[bytes], start: int, end: int | None) -> Iterator[bytes]:
    """Only the lines from ``start`` to before ``end``, 0-based; every block is read all the same."""
    line = 0
    for block in blocks:
        # A block may begin inside a line, which then counts as the line of its end.
        begin = 0 if line >= start else _offset(block, start - line)
        # Behind the start, which line it is matters only where there is an end.
        count = block.count(b"\n") if begin is None or end is not None else start
        stop = len(block) if end is None or line + count < end else _offset(block, end - line) if line < end else 0
        line += count
        yield block[len(block) if begin is None else begin : stop]
        del block


def _offset(block: bytes, lines: int) -> int | None:
    """Offset behind that many line ends; None where there are fewer."""
    position = 0
    for _ in range(lines):
        position = block.find(b"\n", position) + 1
        if not position:
            return None
    return position
