"""Reads the files of a list, whatever they are, as one stream of blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import polars as pl

from schemas.errors import FileError, ListError
from suppression.formats.blocks import NOT_LISTED, Block, empty_frame, refuse
from suppression.formats.format import Format
from suppression.formats.members import Member, open_members
from suppression.formats.options import Options
from suppression.formats.registry import detect, format_named
from suppression.formats.sample import take_sample

AUTO: Final = "auto"


def read_list(paths: Sequence[Path], options: Options, format_name: str = AUTO) -> Iterator[Block]:
    """Yield the blocks of every file, each with its file's name; the format of each is found by itself if ``auto``.

    Blocks without entries, refused rows, coverage and warnings are left out. Raises `ListError` when a file cannot be
    read as a list, `UsageError` when an option does not fit its format.
    """
    named = None if format_name == AUTO else format_named(format_name)
    try:
        for member in open_members(paths, options.sheets):
            for block in _blocks(member, options, named):
                if block.read or block.covers or block.warnings:
                    yield replace(block, member=member.name)
    except FileError as error:
        raise ListError(error.message, error.hint) from error


def _blocks(member: Member, options: Options, named: Format | None) -> Iterator[Block]:
    if member.housekeeping:
        row = pl.DataFrame({"text": [member.name], "line": [1]})
        yield Block(empty_frame(), "mixed", refused=refuse(row, NOT_LISTED + "left by a file manager"))
        return
    if member.is_table:
        options = replace(options, delimiter=",")
    for block in (named or detect(take_sample(member, options))).read(member, options):
        yield _numbered_by_records(block, member.header_lines) if member.header_lines else block


def _numbered_by_records(block: Block, header_lines: int) -> Block:
    number = pl.col("line") - header_lines
    return replace(block, frame=block.frame.with_columns(number), refused=block.refused.with_columns(number))
