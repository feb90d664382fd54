"""One entry a line: numbers and addresses as they come, and domains."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import polars as pl

from suppression.formats.blocks import Block, Holds, refuse
from suppression.formats.format import Format
from suppression.formats.members import Member
from suppression.formats.options import Options
from suppression.formats.sample import POINT, Sample
from suppression.formats.text import line_blocks, text_lines

_COMMENT: Final = "a comment? Declare that lines with # are comments"
# "@d" is that domain only, ".d" its subdomains only, "d" both.
_DOMAIN: Final = (
    r"^[@.]?(?:[\p{L}\p{N}_](?:[\p{L}\p{N}_-]*[\p{L}\p{N}_])?\.)+[\p{L}\p{N}][\p{L}\p{N}-]*[\p{L}\p{N}]\.?$"
)
_DOMAIN_LINE: Final = re.compile(r"\s*[@.]?(?:[^\W](?:[\w-]*\w)?\.)+[^\W\d][\w-]*\w\.?\s*")
# Numbers of one to fifteen digits in any writing; emails; domains; hashes.
_ENTRY_LINE: Final = re.compile(r"[^\s@]+@[^\s@]+|[+(\d][\d\s().+/-]{5,}(?:\s*(?:x|ext)\.?\s*\d+)?", re.IGNORECASE)
_FEW_CELLS: Final = 2
_LOOKS_LIKE_AN_ENTRY: Final = r"@|\d"


def _entries(member: Member, options: Options, holds: Holds, fits: pl.Expr, why: str) -> Iterator[Block]:
    comment = pl.col("text").str.starts_with("#")
    for block in line_blocks(member.stream):
        rows = text_lines(block)
        if options.comments:
            rows = rows.filter(~comment)
        sound = fits & ~comment
        because = pl.when(comment).then(pl.lit(_COMMENT)).otherwise(pl.lit(why))
        yield Block(rows.filter(sound), holds, refused=refuse(rows.filter(~sound), because))


def read_plain(member: Member, options: Options) -> Iterator[Block]:
    """Yield texts that each say what they are by their look. What has neither digit, ``@`` nor domain is refused."""
    fits = pl.col("text").str.contains(_LOOKS_LIKE_AN_ENTRY) | pl.col("text").str.contains(_DOMAIN)
    yield from _entries(member, options, "mixed", fits, "no number, address or domain")


def read_domains(member: Member, options: Options) -> Iterator[Block]:
    """Yield domains as written, in lower case, ``@`` or ``.`` before them kept. A whole address is refused."""
    fits = pl.col("text").str.contains(_DOMAIN)
    for block in _entries(member, options, "domain", fits, "not a domain"):
        lower = block.frame.with_columns(pl.col("text").str.to_lowercase().str.strip_suffix("."))
        yield Block(lower, "domain", refused=block.refused)


def _is_domains(sample: Sample) -> bool:
    return sample.all_lines(_DOMAIN_LINE, 0.8)


def _is_plain(sample: Sample) -> bool:
    """Most lines are an entry and nothing else, or from the first on hold one among words.

    A table whose header nobody knows, or that has none, is not guessed at.
    """
    fitting = sum(_ENTRY_LINE.fullmatch(line.strip()) is not None for line in sample.lines)
    if fitting > len(sample.lines) / 2:
        return True
    points = [POINT.search(line) is not None for line in sample.lines]
    return bool(points) and points[0] and sum(points) >= len(points) / 2 and not _is_table(sample)


def _is_table(sample: Sample) -> bool:
    """Whether the lines have one number of cells, and more than an entry and its country would be."""
    widths = {len(row) for row in sample.all_rows}
    return len(sample.all_rows) > 1 and len(widths) == 1 and widths.pop() > _FEW_CELLS


DOMAINS: Final = Format(
    "domains",
    "domains, one a line: @d that domain only, .d its subdomains only, d both",
    "documented",
    "PureSend, domain suppression lists",
    _is_domains,
    read_domains,
)
PLAIN: Final = Format(
    "plain",
    "numbers, emails or domains, one a line",
    "documented",
    "no layout to describe",
    _is_plain,
    read_plain,
)
