"""Leading zeros and literal text in xlsx: number formats are in ``styles.xml``, and each cell names its style.

ECMA-376 part 1: 18.3.1.4 (c), 18.8.10 (cellXfs), 18.8.30 (numFmt).
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterable, Iterator
from html import unescape
from typing import IO

import polars as pl

from schemas.files.workbook.zeros import PLAIN, NumberFormat, Zeros, read_format

_BLOCK = 4 << 20
_ATTRIBUTE = re.compile(rb'([\w:]+)\s*=\s*"([^"]*)"')


def zeros_in_xlsx(archive: zipfile.ZipFile, sheet: int) -> Zeros:
    """Find the cells of the sheet at this position. A workbook without such formats costs nothing but its styles."""
    formats = _styles(archive)
    styles = {number for number, each in enumerate(formats) if each.shows_more()}
    if not styles:
        return Zeros((), (), ())
    with archive.open(_part(archive, sheet)) as stream:
        tags = pl.concat([pl.Series(dtype=pl.String), *_tags(stream, styles)])
    # A cell without a reference stands where it is by its order; no known program writes that beside a format.
    cells = tags.to_frame("tag").select(
        pl.col("tag").str.extract(r'\sr="([A-Z]+)[0-9]+"').alias("letters"),
        pl.col("tag").str.extract(r'\sr="[A-Z]+([0-9]+)"').cast(pl.Int64).alias("row"),
        pl.col("tag").str.extract(r'\ss="([0-9]+)"').cast(pl.Int64).alias("style"),
    )
    cells = cells.drop_nulls()
    letters = {name: _column(name) for name in cells.get_column("letters").unique()}
    columns = cells.get_column("letters").replace_strict(letters, return_dtype=pl.Int64)
    kinds = cells.get_column("style").to_numpy()
    return Zeros((cells.get_column("row") - 1).to_numpy(), columns.to_numpy(), kinds, formats)


def _styles(archive: zipfile.ZipFile) -> list[NumberFormat]:
    """Return the number format of each cell style, in order."""
    try:
        text = archive.read("xl/styles.xml")
    except KeyError:
        return []
    codes = {}
    for tag in re.findall(rb"<(?:\w+:)?numFmt\s([^>]*)>", text):
        found = dict(_ATTRIBUTE.findall(tag))
        codes[found.get(b"numFmtId")] = read_format(unescape(found.get(b"formatCode", b"").decode("utf-8", "replace")))
    section = re.search(rb"<(?:\w+:)?cellXfs\b.*?</(?:\w+:)?cellXfs>", text, re.DOTALL)
    tags = re.findall(rb"<(?:\w+:)?xf\s([^>]*)>", section[0] if section else b"")
    return [codes.get(dict(_ATTRIBUTE.findall(tag)).get(b"numFmtId"), PLAIN) for tag in tags]


def _part(archive: zipfile.ZipFile, sheet: int) -> str:
    """Name of the part that holds the sheet at this position."""
    sheets = re.findall(rb"<(?:\w+:)?sheet\s([^>]*)>", archive.read("xl/workbook.xml"))
    found = dict(_ATTRIBUTE.findall(sheets[sheet]))
    relation = next(value for key, value in found.items() if key.endswith(b":id"))
    for tag in re.findall(rb"<(?:\w+:)?Relationship\s([^>]*)>", archive.read("xl/_rels/workbook.xml.rels")):
        attributes = dict(_ATTRIBUTE.findall(tag))
        if attributes.get(b"Id") == relation:
            target = attributes[b"Target"].decode()
            return posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")
    raise KeyError(relation.decode())


def _tags(stream: IO[bytes], styles: Iterable[int]) -> Iterator[pl.Series]:
    """Tags of the cells that have one of the styles."""
    choice = "|".join(str(number) for number in styles)
    rest, pattern = b"", None
    while block := stream.read(_BLOCK):
        text = rest + block
        end = text.rfind(b"<")
        if pattern is None:
            root = re.search(rb"<(\w+:)?worksheet\b", text)
            prefix = (root[1] or b"").decode() if root else ""
            pattern = rf'<{prefix}c(?:\s[^>]*)?\ss="(?:{choice})"[^>]*>'
        yield pl.Series([text[:end].decode("utf-8", "replace")]).str.extract_all(pattern).explode().drop_nulls()
        rest = text[end:]


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1
