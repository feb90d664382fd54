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
from suppression.formats.sample import Sample
from suppression.formats.text import line_blocks, text_lines

_COMMENT: Final = "a comment? Declare that lines with # are comments"
# "@d" is that domain only, ".d" its subdomains only, "d" both.
_DOMAIN: Final = (
    r"^[@.]?(?:[\p{L}\p{N}_](?:[\p{L}\p{N}_-]*[\p{L}\p{N}_])?\.)+[\p{L}\p{N}][\p{L}\p{N}-]*[\p{L}\p{N}]\.?$"
)
_DOMAIN_LINE: Final = re.compile(r"\s*[@.]?(?:[^\W](?:[\w-]*\w)?\.)+[^\W\d][\w-]*\w\.?\s*")
# Numbers of one to fifteen digits in any writing; emails; domains; hashes.
_ENTRY_LINE: Final = re.compile(r"[^\s@]+@[^\s@]+|[+(\d][\d\s().+/-]{5,}(?:\s*(?:x|ext)\.?\s*\d+)?", re.IGNORECASE)
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
    """Nearly all lines are an entry and nothing else: a table whose header nobody knows is not guessed at."""
    fitting = sum(_ENTRY_LINE.fullmatch(line.strip()) is not None for line in sample.lines)
    return fitting > len(sample.lines) / 2


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
