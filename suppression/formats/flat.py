"""The registries' flat file: one North American number a line, ``aaa,nnnnnnn``, ``aaannnnnnn`` or 11 digits.

Sources disagree on the layout of the National Do Not Call Registry's flat file, so all three are read, in any mixture.
Canada's National DNCL publishes the first (CRTC, National DNCL file formats).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import numpy as np
import polars as pl

from schemas.kernels.kernel import Bytes, Int64s
from schemas.kernels.registry_lines import registry_numbers
from suppression.formats.area_codes import codes_in_name, refuse_others
from suppression.formats.blocks import Block, no_refused, refuse
from suppression.formats.format import Format, never
from suppression.formats.members import Member
from suppression.formats.options import Options
from suppression.formats.sample import Sample
from suppression.formats.text import TextBlock, line_blocks, text_lines, with_lines

_COMMA: Final = re.compile(r"\s*[0-9]{3},[0-9]{7}\s*")
# Without a comma the digits could be of any country; see `_looks_flat`.
_BARE: Final = re.compile(r"\s*1?[2-9][0-9]{2}[2-9][0-9]{6}\s*")
_LINE: Final = r"^(?:[0-9]{3},[0-9]{7}|[0-9]{10}|1[0-9]{10})$"
_HALVED_DOWN_TO: Final = 32 << 10
_COMMA_BYTE: Final = ord(",")
_AREA_NUMBERS: Final = 10_000_000


def _looks_flat(sample: Sample) -> bool:
    """Ten digits are a French or Indian number too, eleven a Chinese one: they count where numbers are American."""
    # A few odd lines are entries written otherwise, to be taken up or refused one by one, not another format.
    if sample.all_lines(_COMMA, _MOST):
        return True
    return sample.options.north_american and sample.all_lines(_BARE, 0.9)


_MOST = 0.6


def read_flat(member: Member, _options: Options) -> Iterator[Block]:
    """Yield ten-digit numbers; an irregular line is refused. `ListError` when the file's name denies an area code."""
    named = codes_in_name(member)
    for block in line_blocks(member.stream):
        areas = np.zeros(1000, dtype=np.uint8)
        parts = list(_read(block, areas))
        frame = pl.concat([frame for frame, _ in parts])
        refused = pl.concat([refused for _, refused in parts])
        if named:
            refuse_others(member, named, frozenset(f"{area:03d}" for area in np.flatnonzero(areas)))
        yield Block(frame, "phone", north_american=True, covers=named, refused=refused)


def _read(block: TextBlock, areas: Bytes) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Read whole if regular; else halve, so that one odd line costs the fast way only to its own neighbours.

    Yields entries (``number``, ``line``) and those refused, and marks the area codes that are met in ``areas``.
    """
    numbers = _regular(block.data, areas)
    if numbers is not None:
        yield with_lines(pl.Series("number", numbers), block), no_refused()
    elif len(block.data) <= _HALVED_DOWN_TO:
        yield _irregular(block, areas)
    else:
        cut = block.data.rfind(b"\n", 0, len(block.data) // 2) + 1
        if not cut:
            yield _irregular(block, areas)
            return
        left = block.data[:cut]
        yield from _read(TextBlock(left, block.line), areas)
        yield from _read(TextBlock(block.data[cut:], block.line + left.count(b"\n")), areas)


def _regular(data: bytes, areas: Bytes) -> Int64s | None:
    """Return the numbers when all lines have one layout and nothing else; else None. Reads a quarter of a billion."""
    width = data.find(b"\n") + 1
    if width not in (11, 12) or len(data) % width:
        return None
    comma = width == 12 and data[3] == _COMMA_BYTE
    numbers = np.zeros(len(data) // width, dtype=np.int64)
    met = np.zeros_like(areas)
    content = np.frombuffer(data, dtype=np.uint8)
    registry_numbers(content, width, int(width == 12 and not comma), int(comma), numbers, met)
    if numbers.min() < 0:
        return None
    areas |= met
    return numbers


def _irregular(block: TextBlock, areas: Bytes) -> tuple[pl.DataFrame, pl.DataFrame]:
    rows = text_lines(block)
    fits = pl.col("text").str.contains(_LINE)
    # The last ten digits: a leading 1 goes, and the comma with it.
    digits = pl.col("text").str.replace(",", "", literal=True).str.slice(-10)
    frame = rows.filter(fits).select(digits.cast(pl.Int64).alias("number"), "line")
    areas[frame.get_column("number").to_numpy() // _AREA_NUMBERS] = 1
    return frame, refuse(rows.filter(~fits), "not an area code and a seven-digit number")


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
