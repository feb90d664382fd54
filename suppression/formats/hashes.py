"""Lists of hashes, one a line: hexadecimal of any of four lengths, and the Base64 of California's DROP.

How the hashes were made is the list's recipe and not decided here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from suppression.formats.blocks import Block, refuse
from suppression.formats.format import Format
from suppression.formats.members import Member
from suppression.formats.options import Options
from suppression.formats.sample import Sample
from suppression.formats.text import line_blocks, lines_of_one_width, text_lines, with_lines

#: Hexadecimal digits of each hash.
HEX_LENGTHS: Final = {"md5": 32, "sha1": 40, "sha256": 64, "sha512": 128}
_HEX: Final = "|".join(f"[0-9a-fA-F]{{{length}}}" for length in HEX_LENGTHS.values())
_HEX_LINE: Final = re.compile(rf"\s*(?:{_HEX})\s*")
# 32 bytes are 43 characters and one "="; the last of the 43 has only four bits, so its two lower ones are zero.
_BASE64: Final = "[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]="
_BASE64_LINE: Final = re.compile(rf"\s*{_BASE64}\s*")


def read_hex(member: Member, options: Options) -> Iterator[Block]:
    """Yield hashes in lower case."""
    yield from _read(
        member, options, rf"^(?:{_HEX})$", "not an MD5, SHA-1, SHA-256 or SHA-512 in hexadecimal", fold=True
    )


def read_drop(member: Member, options: Options) -> Iterator[Block]:
    """Yield hashes as they are: Base64 tells capital letters from small ones."""
    yield from _read(member, options, f"^{_BASE64}$", "not the Base64 of a SHA-256", fold=False)


def _read(member: Member, options: Options, pattern: str, why: str, *, fold: bool) -> Iterator[Block]:
    fits = pl.col("text").str.contains(pattern)
    for block in line_blocks(member.stream):
        if fold and (texts := _regular(block.data)) is not None:
            yield Block(with_lines(texts, block), "hash")
            continue
        rows = text_lines(block)
        if options.comments:
            rows = rows.filter(~pl.col("text").str.starts_with("#"))
        sound = rows.filter(fits)
        if fold:
            sound = sound.with_columns(pl.col("text").str.to_lowercase())
        yield Block(sound, "hash", refused=refuse(rows.filter(~fits), why))


def _regular(data: bytes) -> pl.Series | None:
    """Return the lines, when all are hexadecimal, in small letters and of one length that a hash has; else None.

    Hashed lists are as long as registries and wider: this looks at the block as a whole and never at a line.
    """
    rows = lines_of_one_width(data)
    if rows is None or (length := rows.shape[1] - 1) not in HEX_LENGTHS.values() or not _small(rows):
        return None
    try:
        # Nothing but digits and white space, and exactly as many digits as do not stand for the line feeds.
        regular = 2 * len(bytes.fromhex(data.decode("ascii"))) == len(rows) * length
    except ValueError:
        return None
    return _texts(data, rows) if regular else None


def _small(rows: npt.NDArray[np.uint8]) -> bool:
    # Unsigned: what is before "A" wraps round to above 25.
    return not bool(((rows - np.uint8(ord("A"))) <= 25).any())


def _texts(data: bytes, rows: npt.NDArray[np.uint8]) -> pl.Series:
    """Point at the lines where they are.

    Arrow's view of a text of more than twelve bytes is its length, its first four bytes, and where it is: in which
    buffer, from which byte on.
    """
    count, width = rows.shape
    views = np.zeros((count, 4), dtype=np.uint32)
    views[:, 0] = width - 1
    views[:, 1] = np.ascontiguousarray(rows[:, :4]).view(np.uint32)[:, 0]
    views[:, 3] = np.arange(0, len(data), width)
    buffers = [None, pa.py_buffer(views.reshape(-1)), pa.py_buffer(data)]
    array: Any = pa.Array.from_buffers(pa.string_view(), count, buffers)
    return pl.Series("text", array)


def _is_drop(sample: Sample) -> bool:
    return sample.all_lines(_BASE64_LINE, 0.8)


def _is_hex(sample: Sample) -> bool:
    return sample.all_lines(_HEX_LINE, 0.8)


CALIFORNIA_DROP: Final = Format(
    "california-drop",
    "California DROP: SHA-256 in Base64, 44 characters a line",
    "documented",
    "CPPA, Delete Request and Opt-out Platform: hashing of identifiers",
    _is_drop,
    read_drop,
)
HEX_HASHES: Final = Format(
    "hex-hashes",
    "MD5, SHA-1, SHA-256 or SHA-512 in hexadecimal, one a line",
    "documented",
    "Optizmo and SuppressionList: hashed suppression files",
    _is_hex,
    read_hex,
)
