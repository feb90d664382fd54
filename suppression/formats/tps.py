"""The UK's TPS and CTPS files: twelve characters and a line end, in either of their two forms.

With spaces: dialling code left in five, remainder right in seven. Without: the number left, padded with blanks.
Source: TPS, Technical specifications for file formats (full downloads; those of updates are not published).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import polars as pl

from schemas.contact.blank import trimmed
from suppression.formats.blocks import Block, refuse
from suppression.formats.format import Format
from suppression.formats.members import Member
from suppression.formats.options import Options
from suppression.formats.sample import Sample
from suppression.formats.text import line_blocks, split_lines

_WIDTH: Final = 12
# A leading 0, then nine or ten digits: together ten or eleven, however they are parted.
_PARTED: Final = r"^0[0-9]{2,4} {0,2} *[0-9]{3,7}$"
_WHOLE: Final = r"^0[0-9]{8,10} *$"
_LINE: Final = re.compile(r"0(?:[0-9]{2,4} +[0-9]{3,7}|[0-9]{8,10} +)")


def _is_tps(sample: Sample) -> bool:
    sized = all(len(line) == _WIDTH for line in sample.lines)
    return sized and sample.all_lines(_LINE)


def read_tps(member: Member, _options: Options) -> Iterator[Block]:
    """Yield numbers with their calling code, as ``+442079460100``.

    Blanks lost at a line's end do not matter to a number without inner spaces; with them the width must be right.
    """
    for block in line_blocks(member.stream):
        rows = split_lines(block).filter(trimmed(pl.col("raw")) != "")
        raw = pl.col("raw")
        parted = raw.str.contains(_PARTED) & (raw.str.len_bytes() == _WIDTH)
        whole = raw.str.contains(_WHOLE) & (raw.str.len_bytes() <= _WIDTH)
        digits = raw.str.replace_all(" ", "", literal=True)
        fits = (parted | whole) & digits.str.len_bytes().is_between(9, 11)
        frame = rows.filter(fits).select((pl.lit("+44") + digits.str.slice(1)).alias("text"), "line")
        faults = rows.filter(~fits).select(raw.str.strip_chars().alias("text"), "line")
        yield Block(frame, "phone", refused=refuse(faults, "not a UK number in twelve characters"))


UK_TPS: Final = Format(
    "uk-tps",
    "UK TPS and CTPS: numbers in twelve characters, with or without spaces",
    "documented",
    "TPS, Technical specifications for file formats",
    _is_tps,
    read_tps,
)
