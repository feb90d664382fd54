"""The registries' flat file: one North American number a line, ``aaa,nnnnnnn``, ``aaannnnnnn`` or 11 digits.

Sources disagree on the layout of the National Do Not Call Registry's flat file, so all three are read, in any mixture.
Canada's National DNCL publishes the first (CRTC, National DNCL file formats).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from suppression.formats.area_codes import codes_in_name, refuse_others
from suppression.formats.blocks import Block, no_refused, refuse
from suppression.formats.format import Format, never
from suppression.formats.members import Member
from suppression.formats.options import Options
from suppression.formats.sample import Sample
from suppression.formats.text import TextBlock, line_blocks, lines_of_one_width, text_lines, with_lines

_COMMA: Final = re.compile(r"\s*[0-9]{3},[0-9]{7}\s*")
# Without a comma the digits could be of any country; see `_looks_flat`.
_BARE: Final = re.compile(r"\s*1?[2-9][0-9]{2}[2-9][0-9]{6}\s*")
_LINE: Final = r"^(?:[0-9]{3},[0-9]{7}|[0-9]{10}|1[0-9]{10})$"
_HALVED_DOWN_TO: Final = 32 << 10
_COMMA_BYTE: Final = ord(",")
_ZERO: Final = ord("0")
_AREA_NUMBERS: Final = 10_000_000


def _looks_flat(sample: Sample) -> bool:
    """Ten digits are a French or Indian number too, eleven a Chinese one: they count where numbers are American."""
    # A few odd lines are entries written otherwise, to be taken up or refused one by one, not another format.
    if sample.all_lines(_COMMA, _MOST):
        return True
    return sample.options.north_american and sample.all_lines(_BARE, 0.9)


_MOST = 0.6


def read_flat(member: Member, _options: Options) -> Iterator[Block]:
    """Yield ten-digit texts; an irregular line is refused. `ListError` when the file's name denies an area code."""
    named = codes_in_name(member)
    for block in line_blocks(member.stream):
        parts = list(_read(block))
        frame = pl.concat([frame for frame, _ in parts])
        refused = pl.concat([refused for _, refused in parts])
        if named:
            refuse_others(member, named, _areas(frame))
        yield Block(frame, "phone", north_american=True, covers=named, refused=refused)


def _areas(frame: pl.DataFrame) -> frozenset[str]:
    """Area codes of a block: found in its numbers, since cutting every text costs more than reading it."""
    areas = frame.get_column("number").to_numpy() // _AREA_NUMBERS
    return frozenset(f"{area:03d}" for area in np.flatnonzero(np.bincount(areas)))


def _read(block: TextBlock) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Read whole if regular; else halve, so that one odd line costs the fast way only to its own neighbours."""
    digits = _regular(block.data)
    if digits is not None:
        yield _numbered(with_lines(_texts(digits), block)), no_refused()
    elif len(block.data) <= _HALVED_DOWN_TO:
        yield _irregular(block)
    else:
        cut = block.data.rfind(b"\n", 0, len(block.data) // 2) + 1
        if not cut:
            yield _irregular(block)
            return
        left = block.data[:cut]
        yield from _read(TextBlock(left, block.line))
        yield from _read(TextBlock(block.data[cut:], block.line + left.count(b"\n")))


def _regular(data: bytes) -> npt.NDArray[np.uint8] | None:
    """Return the digits, one row of ten a line, when all lines have one layout and nothing else; else None.

    This carries a quarter of a billion lines, so it looks at whole columns of bytes and never at a line.
    """
    rows = lines_of_one_width(data)
    if rows is None or (width := rows.shape[1]) not in (11, 12):
        return None
    comma = width == 12 and rows[0, 3] == _COMMA_BYTE
    if comma and not (rows[:, 3] == _COMMA_BYTE).all():
        return None
    if comma:
        digits = np.delete(rows, (3, 11), axis=1)
    elif width == 12:
        if not (rows[:, 0] == _ZERO + 1).all():
            return None
        digits = np.ascontiguousarray(rows[:, 1:11])
    else:
        digits = np.ascontiguousarray(rows[:, :10])
    # Unsigned: what is below "0" wraps round to above nine.
    return digits if bool(((digits - np.uint8(_ZERO)) <= 9).all()) else None


def _texts(digits: npt.NDArray[np.uint8]) -> pl.Series:
    """Turn rows of ten digits into texts without copying them one by one.

    Arrow's view of a text of at most twelve bytes is its length in four bytes, then the text itself, then zeros.
    """
    views = np.zeros((len(digits), 16), dtype=np.uint8)
    views[:, 0] = 10
    views[:, 4:14] = digits
    array: Any = pa.Array.from_buffers(pa.string_view(), len(digits), [None, pa.py_buffer(views.reshape(-1))])
    return pl.Series("text", array)


def _irregular(block: TextBlock) -> tuple[pl.DataFrame, pl.DataFrame]:
    rows = text_lines(block)
    fits = pl.col("text").str.contains(_LINE)
    # The last ten digits: a leading 1 goes, and the comma with it.
    frame = rows.filter(fits).with_columns(pl.col("text").str.replace(",", "", literal=True).str.slice(-10))
    return _numbered(frame), refuse(rows.filter(~fits), "not an area code and a seven-digit number")


def _numbered(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(frame.get_column("text").cast(pl.Int64).alias("number"))


FTC_FLAT: Final = Format(
    "ftc-flat",
    "US National Do Not Call Registry, flat file: aaa,nnnnnnn or aaannnnnnn or 11 digits a line",
    "documented",
    "FTC, Q&A for Telemarketers and Sellers: flat file, one number a line; descriptions differ on the comma",
    _looks_flat,
    read_flat,
)
#: The same layout as FTC_FLAT, which is what detection answers; named for who wants to name it.
CANADA_CSV: Final = Format(
    "canada-csv",
    "Canadian National DNCL, CSV: 416,1234567 a line",
    "documented",
    "CRTC, National DNCL: description of list files",
    never,
    read_flat,
)
