"""Reads the files of a list, whatever they are, as one stream of blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import polars as pl

from suppression.formats.blocks import NOT_LISTED, Block, empty_frame, refuse
from suppression.formats.members import open_members
from suppression.formats.options import Options
from suppression.formats.registry import detect, format_named
from suppression.formats.sample import take_sample

AUTO: Final = "auto"


def read_list(paths: Sequence[Path], options: Options, format_name: str = AUTO) -> Iterator[Block]:
    """Yield the blocks of every file, each with its file's name; the format of each is found by itself if ``auto``.

    Blocks without entries, refused rows, coverage and warnings are left out. `ListError`, `UsageError`.
    """
    named = None if format_name == AUTO else format_named(format_name)
    for member in open_members(paths):
        if member.housekeeping:
            row = pl.DataFrame({"text": [member.name], "line": [1]})
            yield Block(
                empty_frame(), "mixed", refused=refuse(row, NOT_LISTED + "left by a file manager"), member=member.name
            )
            continue
        made = named or detect(take_sample(member, options))
        for block in made.read(member, options):
            if block.read or block.covers or block.warnings:
                yield replace(block, member=member.name)
