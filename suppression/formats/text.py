"""A stream as text: encoding settled, line ends made one, in blocks of bounded size that know their line."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.contact.blank import trimmed
from schemas.errors import ListError
from schemas.files.stream_guard import Source

#: Bytes read at a time. A block's frames take some fifty times that, so this bounds the memory of every reader.
CHUNK: Final = 1 << 20
_LONGEST_LINE: Final = 64 << 20
_RETURN: Final = ord("\r")
_FEED: Final = ord("\n")
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class TextBlock:
    """Whole lines as UTF-8, each ended by one line feed. ``line`` is the 1-based number of the first."""

    data: bytes
    line: int


def text_chunks(source: Source, size: int = CHUNK) -> Iterator[bytes]:
    """Yield the content in pieces cut anywhere: without byte order mark, line ends as line feeds.

    UTF-16 (by its mark) becomes UTF-8. Other bytes stay, since they may be UTF-8 or windows-1252; see `as_utf8`.
    """
    head = b""
    while len(head) < 3 and (more := source.read(size)):
        head += more
    decoder: codecs.IncrementalDecoder | None = None
    if head.startswith(_UTF16):
        # A lone surrogate or a cut unit is damage to one entry, which is then no sound address.
        decoder = codecs.getincrementaldecoder("utf-16")("replace")
    # What comes first may be no more than the mark.
    block = head.removeprefix(codecs.BOM_UTF8) or source.read(size)
    held = b""
    while block:
        if decoder is not None:
            block = decoder.decode(block).encode()
        block = held + block
        # A carriage return at the end may be half of a line end.
        held = b"\r" if block.endswith(b"\r") else b""
        block = block[: len(block) - len(held)]
        block = _one_line_end(block)
        if block:
            yield block
        block = source.read(size)
    last = (b"\n" if held else b"") + (decoder.decode(b"", True).encode() if decoder is not None else b"")
    if last:
        yield last


def _one_line_end(block: bytes) -> bytes:
    if b"\r" not in block:
        return block
    content = np.frombuffer(block, dtype=np.uint8)
    returns = content == _RETURN
    # A return at the very end is a line end by itself: one that may be half of a pair has been held back.
    if bool(returns[-1]) or bool((returns[:-1] & (content[1:] != _FEED)).any()):
        return block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    # Every one is part of a line end; taking them out at once costs a third of replacing each.
    kept: bytes = content[~returns].tobytes()
    return kept


def line_blocks(source: Source, size: int = CHUNK) -> Iterator[TextBlock]:
    """Yield blocks of whole lines, the last line ended too. `ListError` when a line has no end in sight."""
    rest, line = b"", 1
    for chunk in text_chunks(source, size):
        cut = chunk.rfind(b"\n") + 1
        if not cut:
            rest += chunk
            if len(rest) > _LONGEST_LINE:
                raise ListError(
                    f"Line {line:,} of a list is longer than {_LONGEST_LINE >> 20} MB.",
                    "It is not a text file of lines.",
                )
            continue
        data = as_utf8(rest + chunk[:cut])
        rest = chunk[cut:]
        yield TextBlock(data, line)
        line += data.count(b"\n")
    if rest:
        yield TextBlock(as_utf8(rest + b"\n"), line)


def as_utf8(data: bytes) -> bytes:
    """Return the bytes as UTF-8: line by line as they are if valid, else read as windows-1252."""
    if data.isascii():
        return data
    try:
        data.decode()
    except UnicodeDecodeError:
        return b"\n".join(_line_as_utf8(line) for line in data.split(b"\n"))
    return data


def _line_as_utf8(line: bytes) -> bytes:
    try:
        line.decode()
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace").encode()
    return line


def split_lines(block: TextBlock) -> pl.DataFrame:
    """Split into rows ``raw`` and ``line``, blank lines among them."""
    # Not splitlines: it makes a Python object of each line, and splits on characters that are no line ends.
    return with_lines(pl.read_lines(block.data, name="raw").to_series(), block)


def with_lines(texts: pl.Series, block: TextBlock) -> pl.DataFrame:
    """Put the column ``line`` beside the texts of all lines of a block."""
    lines = pl.int_range(block.line, block.line + len(texts), dtype=pl.Int64, eager=True)
    return pl.DataFrame({texts.name: texts, "line": lines})


def lines_of_one_width(data: bytes) -> npt.NDArray[np.uint8] | None:
    """Return lines as rows of bytes, line feed last, when all are as long as the first; else None.

    A line feed may still stand inside a row: the caller looks at every other byte anyway.
    """
    width = data.find(b"\n") + 1
    if not width or len(data) % width:
        return None
    rows = np.frombuffer(data, dtype=np.uint8).reshape(-1, width)
    return rows if bool((rows[:, -1] == _FEED).all()) else None


def text_lines(block: TextBlock) -> pl.DataFrame:
    """Split into rows ``text`` (trimmed) and ``line``. A blank line is no entry and is left out."""
    return split_lines(block).select(trimmed(pl.col("raw")).alias("text"), "line").filter(pl.col("text") != "")
