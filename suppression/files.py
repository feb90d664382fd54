"""Reads a list's file as text entries: plain, gzip or zip (every member), one entry a line or one column of a CSV."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO, cast

import polars as pl

from schemas.errors import ListError
from schemas.headers import match_header
from schemas.names import did_you_mean

_CHUNK = 16 << 20
_CSV_ROWS = 200_000
_DELIMITERS = ",;\t|"


@dataclass(frozen=True)
class Entries:
    """A block of a list's entries as text; ``north_american`` ones are ten digits without a calling code."""

    texts: pl.Series
    north_american: bool = False


def open_members(path: Path) -> Iterator[BinaryIO]:
    """Open the file, or each file inside it when it is a zip, one after the other."""
    if not path.exists():
        raise ListError(f"Suppression list '{path}' does not exist.", "Check the path.")
    if path.is_dir():
        raise ListError(f"Suppression list '{path}' is a folder.", "Name the file in it.")
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                for member in archive.infolist():
                    if not member.is_dir():
                        with archive.open(member) as stream:
                            yield cast(BinaryIO, stream)
        elif path.suffix == ".gz":
            with gzip.open(path) as unpacked:
                yield cast(BinaryIO, unpacked)
        else:
            with path.open("rb") as stream:
                yield stream
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise ListError(f"Suppression list '{path}' cannot be read: {error}.", "Download it again.") from error


def line_blocks(stream: BinaryIO) -> Iterator[str]:
    """Yield text blocks that end at a line end. UTF-8, else windows-1252 (entries are ASCII in either)."""
    rest = b""
    first = True
    while block := stream.read(_CHUNK):
        if first:
            block, first = block.removeprefix(b"\xef\xbb\xbf"), False
        cut = block.rfind(b"\n") + 1
        if not cut:
            rest += block
            continue
        yield _decode(rest + block[:cut])
        rest = block[cut:]
    if rest:
        yield _decode(rest)


def _decode(block: bytes) -> str:
    try:
        return block.decode()
    except UnicodeDecodeError:
        return block.decode("cp1252", errors="replace")


def entries(stream: BinaryIO, path: Path, column: str | None, fields: frozenset[str]) -> Iterator[Entries]:
    """Yield the entries of one file as blocks of text.

    ``AAA,NNNNNNN`` lines (the registries' flat form) come joined as ten digits. Otherwise a first line of column names
    makes the file a CSV: ``column`` is read, or every column whose name surely means one of ``fields``.
    """
    blocks = line_blocks(stream)
    try:
        first = next(blocks)
    except StopIteration:
        return
    if _is_flat(first):
        for block in chain([first], blocks):
            yield Entries(_lines(block).str.replace(",", "", literal=True), north_american=True)
        return
    places, delimiter = _csv_columns(first, path, column, fields)
    if places is None:
        for block in chain([first], blocks):
            yield Entries(_lines(block))
        return
    # A quoted cell may hold a line end, so one reader goes through all blocks.
    lines = (line for block in chain([first], blocks) for line in io.StringIO(block, newline=""))
    rows = csv.reader(lines, delimiter=delimiter)
    next(rows)
    while taken := list(islice(rows, _CSV_ROWS)):
        yield Entries(pl.Series([row[i] for row in taken for i in places if i < len(row)], dtype=pl.String))


def _sample(block: str) -> list[str]:
    return [line for line in block[:65536].splitlines() if line.strip()][:200]


def _is_flat(block: str) -> bool:
    lines = _sample(block)
    flat = [len(line) == 11 and line[3] == "," and (line[:3] + line[4:]).isdigit() for line in lines]
    return bool(lines) and sum(flat) > len(lines) // 2


def _lines(block: str) -> pl.Series:
    # Not splitlines: it makes a Python object of each line, and splits on characters that are no line ends.
    return pl.Series([block], dtype=pl.String).str.replace_all("\r", "", literal=True).str.split("\n").explode()


def _csv_columns(block: str, path: Path, column: str | None, fields: frozenset[str]) -> tuple[list[int] | None, str]:
    """Which columns of a CSV hold the entries; None when the file is one entry a line."""
    first = next(iter(_sample(block)), "")
    delimiter = max(_DELIMITERS, key=Counter(first).__getitem__)
    header = [name.strip() for name in next(csv.reader([first], delimiter=delimiter), [])]
    if column is not None:
        if column not in header:
            raise ListError(f"List '{path}' has no column '{column}'.", did_you_mean(column, header))
        return [header.index(column)], delimiter
    matches = [match_header(name) for name in header]
    found = [i for i, match in enumerate(matches) if match is not None and match.sure and match.field in fields]
    if found:
        return found, delimiter
    if len(header) > 1:
        raise ListError(
            f"List '{path}' has {len(header)} columns, and none is known to hold {' or '.join(sorted(fields))}.",
            "Name it with --list-column NAME=COLUMN (or column = in the campaign).",
        )
    return None, delimiter
