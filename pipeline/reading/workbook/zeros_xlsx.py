"""Leading zeros in xlsx: number formats stand in ``styles.xml``, and each cell names its style.

ECMA-376 part 1: 18.3.1.4 (c), 18.8.10 (cellXfs), 18.8.30 (numFmt).
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from html import unescape
from typing import IO

from pipeline.reading.workbook.zeros import Zeros, digits_shown

_BLOCK = 1 << 20
_ATTRIBUTE = re.compile(rb'([\w:]+)\s*=\s*"([^"]*)"')
_REFERENCE = re.compile(rb"([A-Z]+)(\d+)")


def zeros_in_xlsx(archive: zipfile.ZipFile, sheet: int) -> Zeros:
    """Find the cells of the sheet at this position. A workbook without such formats costs nothing but its styles."""
    zeros = Zeros()
    styles = _styles(archive)
    if styles:
        with archive.open(_part(archive, sheet)) as stream:
            for attributes in _cells(stream, styles):
                reference = _REFERENCE.fullmatch(attributes.get(b"r", b""))
                if reference is not None:
                    zeros.add(int(reference[2]) - 1, _column(reference[1]), styles[int(attributes[b"s"])])
    return zeros


def _styles(archive: zipfile.ZipFile) -> dict[int, int]:
    """Index of a cell style -> digits that it shows."""
    try:
        text = archive.read("xl/styles.xml")
    except KeyError:
        return {}
    codes = {}
    for tag in re.findall(rb"<(?:\w+:)?numFmt\s([^>]*)>", text):
        found = dict(_ATTRIBUTE.findall(tag))
        codes[found.get(b"numFmtId")] = digits_shown(unescape(found.get(b"formatCode", b"").decode("utf-8", "replace")))
    section = re.search(rb"<(?:\w+:)?cellXfs\b.*?</(?:\w+:)?cellXfs>", text, re.DOTALL)
    styles = {}
    for number, tag in enumerate(re.findall(rb"<(?:\w+:)?xf\s([^>]*)>", section[0] if section else b"")):
        digits = codes.get(dict(_ATTRIBUTE.findall(tag)).get(b"numFmtId"), 0)
        if digits:
            styles[number] = digits
    return styles


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


def _cells(stream: IO[bytes], styles: dict[int, int]) -> Iterator[dict[bytes, bytes]]:
    """Attributes of the cells that have one of the styles."""
    choice = b"|".join(str(number).encode() for number in styles)
    cell: re.Pattern[bytes] | None = None
    rest = b""
    while block := stream.read(_BLOCK):
        text = rest + block
        if cell is None:
            prefix = re.search(rb"<(\w+:)?worksheet\b", text)
            name = (prefix[1] or b"") if prefix else b""
            cell = re.compile(rb"<" + name + rb'c\s([^>]*?\bs="(?:' + choice + rb')"[^>]*)>')
        end = text.rfind(b"<")
        for tag in cell.findall(text, 0, end):
            yield dict(_ATTRIBUTE.findall(tag))
        rest = text[end:]


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
