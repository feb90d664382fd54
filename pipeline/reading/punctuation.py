"""How a file's cells are written, and the same text rewritten as RFC 4180 with a delimiter of one byte.

Only that form is parsed. The rewriting puts bytes that the text does not hold in place of what is unusual in it, so
that every cell and every malformed line can be turned back into exactly what it was.
"""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from schemas.errors import DropError

#: Control characters that mean nothing to a parser; one that the text does not contain can replace something else.
_SPARE = [bytes([code]) for code in (*range(1, 9), *range(14, 32), 127)]
_PLAIN_QUOTE = b'"'


class Punctuation(NamedTuple):
    """``quote`` is empty where nothing quotes, ``escape`` where a quote inside a quoted cell is doubled.

    ``returns`` says that a carriage return alone ends a line too.
    """

    delimiter: str = ","
    quote: str = '"'
    escape: str = ""
    returns: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether the text needs no rewriting, but for its line ends."""
        return self.quote == '"' and not self.escape and len(self.delimiter.encode()) == 1


class Rewritten(NamedTuple):
    """Text in RFC 4180 form, its delimiter, and how its bytes are turned back.

    ``written`` are (stand-in, what the text has); ``meant`` are (stand-in, what it means in a cell).
    """

    text: bytes
    delimiter: str
    written: tuple[tuple[bytes, bytes], ...]
    meant: tuple[tuple[bytes, bytes], ...]
    swapped: bytes

    def consumed(self, length: int) -> int:
        """How many bytes of the original the first ``length`` bytes of ``text`` are."""
        if not self.written:
            return length
        return len(self.original(self.text[:length]))

    def original(self, part: bytes) -> bytes:
        """Return a part of the text as it was."""
        part = _swap(part, self.swapped)
        for stand_in, was in self.written:
            part = part.replace(stand_in, was)
        return part

    def meaning(self, cell: bytes) -> str:
        """Return what a parsed cell says."""
        cell = _swap(cell, self.swapped)
        for stand_in, means in self.meant:
            cell = cell.replace(stand_in, means)
        return cell.decode()

    def restore(self, cells: pl.DataFrame) -> pl.DataFrame:
        """Put back into cells what belongs there."""
        pairs = {stand_in.decode(): means.decode() for stand_in, means in self.meant}
        if self.swapped:
            quote = self.swapped.decode()
            pairs |= {'"': quote, quote: '"'}
        return cells.with_columns(pl.all().str.replace_many(pairs)) if pairs else cells

    def restore_raw(self, raw: pl.Series) -> pl.Series:
        """Put back into malformed records exactly what they were."""
        if not (self.written or self.swapped) or raw.null_count() == len(raw):
            return raw
        return pl.Series(
            raw.name,
            [None if text is None else self.original(text.encode()).decode() for text in raw],
            dtype=pl.String,
        )


def rewrite(text: bytes, punctuation: Punctuation) -> Rewritten:
    """Rewrite a block of text. Raises `DropError` when every control character is in use."""
    if punctuation.is_plain:
        return Rewritten(text, punctuation.delimiter, (), (), b"")
    delimiter, quote, escape = (
        part.encode() for part in (punctuation.delimiter, punctuation.quote, punctuation.escape)
    )
    spare = (byte for byte in _SPARE if byte not in text)
    written: list[tuple[bytes, bytes]] = []
    meant: list[tuple[bytes, bytes]] = []

    def stand_in(text: bytes, was: bytes, means: bytes) -> bytes:
        if was not in text:
            return text
        byte = next(spare, None)
        if byte is None:
            raise DropError("it uses every control character.", "Ask the vendor for plain CSV.")
        written.append((byte, was))
        meant.append((byte, means))
        return text.replace(was, byte)

    if escape:
        # From the left: an escaped escape is no escape.
        for escaped in dict.fromkeys([escape, quote, delimiter]):
            if escaped:
                text = stand_in(text, escape + escaped, escaped)
    if not quote:
        text = stand_in(text, _PLAIN_QUOTE, _PLAIN_QUOTE)
    used = punctuation.delimiter
    if len(delimiter) > 1:
        text = stand_in(text, delimiter, delimiter)
        used = written[-1][0].decode() if written and written[-1][1] == delimiter else next(spare, b"\x1f").decode()
    swapped = quote if quote not in (b"", _PLAIN_QUOTE) else b""
    return Rewritten(_swap(text, swapped), used, tuple(reversed(written)), tuple(meant), swapped)


def _swap(text: bytes, quote: bytes) -> bytes:
    """Exchange another quote with the usual one."""
    return text.translate(bytes.maketrans(_PLAIN_QUOTE + quote, quote + _PLAIN_QUOTE)) if quote else text
