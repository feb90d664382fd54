"""A stream as text: encoding settled, line ends made one, in blocks of bounded size that know their line."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.contact.blank import trimmed
from schemas.errors import FileError
from schemas.files.encoding import single_byte, wide_encoding
from schemas.files.limits import limits
from schemas.files.stream_guard import GuardedStream

#: Bytes read at a time. A block's frames take some fifty times that, so this bounds the memory of every reader.
CHUNK: Final = 1 << 20
#: How much of a stream's beginning tells UTF-16 and UTF-32 from other encodings.
_HEAD: Final = 4096
_RETURN: Final = ord("\r")
_FEED: Final = ord("\n")


class TextBlock(NamedTuple):
    """Whole lines as UTF-8, each ended by one line feed. ``line`` is the 1-based number of the first."""

    data: bytes
    line: int


def text_chunks(source: GuardedStream, size: int = CHUNK) -> Iterator[bytes]:
    """Yield the content in pieces cut anywhere: without byte order mark, line ends as line feeds.

    UTF-16 and UTF-32 become UTF-8. Other bytes stay, and are for `Recoder`. Raises `FileError` when it is no text.
    """
    head = b""
    while len(head) < _HEAD and (more := source.read(size)):
        head += more
    wide = wide_encoding(head, source.name)
    # A lone surrogate or a cut unit is damage to one entry, which is then no sound address.
    decoder = codecs.getincrementaldecoder(wide.codec)("replace") if wide else None
    head = head[wide.bom :] if wide else head.removeprefix(codecs.BOM_UTF8)
    # What comes first may be no more than the mark.
    block = head or source.read(size)
    kept = b""
    while block:
        if decoder is not None:
            block = decoder.decode(block).encode()
        block = kept + block
        # A carriage return at the end may be half of a line end.
        kept = b"\r" if block.endswith(b"\r") else b""
        block = block[: len(block) - len(kept)]
        block = _one_line_end(block)
        if block:
            yield block
        block = source.read(size)
    last = (b"\n" if kept else b"") + (decoder.decode(b"", True).encode() if decoder is not None else b"")
    if last:
        yield last


def _one_line_end(block: bytes) -> bytes:
    if b"\r" not in block:
        return block
    content = np.frombuffer(block, dtype=np.uint8)
    returns = content == _RETURN
    # A return at the very end is a line end by itself: one that may be half of a pair has been kept back.
    if bool(returns[-1]) or bool((returns[:-1] & (content[1:] != _FEED)).any()):
        return block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    # Every one is part of a line end; taking them out at once costs a third of replacing each.
    kept: bytes = content[~returns].tobytes()
    return kept


class Recoder:
    """Makes UTF-8 of whole lines. Those that are valid stay; of the others, the first settle which encoding it is.

    A list is often put together from several files: one line in another encoding does not change the others.
    """

    def __init__(self) -> None:
        self._codec = ""

    def utf8(self, data: bytes) -> bytes:
        """Return the lines as UTF-8, the rest of their bytes and their number unchanged."""
        if data.isascii():
            return data
        lines = data.split(b"\n")
        odd = [at for at, line in enumerate(lines) if not _is_utf8(line)] if not _is_utf8(data) else []
        if odd and not self._codec:
            sample = b"\n".join(lines[at] for at in odd)
            self._codec = single_byte(sample, data) or "cp1252"
        for at in odd:
            lines[at] = lines[at].decode(self._codec, errors="replace").encode()
        return b"\n".join(lines) if odd else data


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def line_blocks(source: GuardedStream, size: int = CHUNK) -> Iterator[TextBlock]:
    """Yield blocks of whole lines, the last line ended too. Raises `FileError` when a line has no end in sight."""
    recoder = Recoder()
    rest, line = b"", 1
    for chunk in text_chunks(source, size):
        cut = chunk.rfind(b"\n") + 1
        if not cut:
            rest += chunk
            if len(rest) > limits().record_bytes:
                raise FileError(
                    f"'{source.name}': line {line:,} is longer than {limits().max_record_mb} MB (max_record_mb).",
                    "It is not a text file of lines.",
                )
            continue
        data = recoder.utf8(rest + chunk[:cut])
        rest = chunk[cut:]
        yield TextBlock(data, line)
        line += data.count(b"\n")
    if rest:
        yield TextBlock(recoder.utf8(rest + b"\n"), line)


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

    A line feed may still be inside a row: the caller looks at every other byte anyway.
    """
    width = data.find(b"\n") + 1
    if not width or len(data) % width:
        return None
    rows = np.frombuffer(data, dtype=np.uint8).reshape(-1, width)
    return rows if bool((rows[:, -1] == _FEED).all()) else None


def text_lines(block: TextBlock) -> pl.DataFrame:
    """Split into rows ``text`` (trimmed) and ``line``. A blank line is no entry and is left out."""
    return split_lines(block).select(trimmed(pl.col("raw")).alias("text"), "line").filter(pl.col("text") != "")
