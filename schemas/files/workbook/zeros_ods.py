"""Leading zeros and literal text in ods: beside its number, a cell holds the text that it shows.

OpenDocument 1.3 part 3: 9.1 (tables, rows, cells and how often each repeats), 19.387 (office:value-type).
"""

from __future__ import annotations

import re
import zipfile
from xml.parsers import expat

from schemas.files.workbook.zeros import NumberFormat, Zeros, literal

_SHOWN = re.compile(rb'value-type="float"[^>]*>\s*<text:p[^>]*>(?:0\d|[^<]*[+A-Za-z\x80-\xff])')
_BLOCK = 1 << 20
_ROWS, _COLUMNS = "table:number-rows-repeated", "table:number-columns-repeated"
#: A sheet has no more rows and columns than this; a cell that repeats further is filled to the end of its sheet.
_REPEATS = 1 << 20


def zeros_in_ods(archive: zipfile.ZipFile, sheet: int) -> Zeros:
    """Find the cells of the sheet at this position."""
    if not _any_shown(archive):
        return Zeros((), (), ())
    walk = _Walk(sheet)
    parser = expat.ParserCreate()
    parser.StartElementHandler = walk.start
    parser.EndElementHandler = walk.end
    parser.CharacterDataHandler = walk.text
    with archive.open("content.xml") as stream:
        parser.ParseFile(stream)
    return Zeros(walk.rows, walk.columns, walk.kinds, list(walk.formats))


def _any_shown(archive: zipfile.ZipFile) -> bool:
    rest = b""
    with archive.open("content.xml") as stream:
        while block := stream.read(_BLOCK):
            text = rest + block
            if _SHOWN.search(text):
                return True
            rest = text[-1024:]
    return False


def _shown_format(shown: str, value: str) -> NumberFormat | None:
    """Say what is shown of a whole number besides its digits; None where that is nothing, or another number."""
    text, digits = shown.strip(), value.removesuffix(".0")
    if not digits.isdecimal():
        return None
    together = text if digits in text else re.sub(r"[() /-]", "", text)
    at = together.rfind(digits)
    if at < 0:
        return None
    zeros = re.search(r"0*$", together[:at])
    width = len(digits) + (len(zeros[0]) if zeros else 0)
    before, behind = together[: at + len(digits) - width], text.rpartition(digits[-1])[2]
    found = NumberFormat(literal(before), width if width > len(digits) else 0, literal(behind))
    return found if found.shows_more() else None


class _Walk:
    """Follows a table's rows and cells."""

    def __init__(self, sheet: int) -> None:
        self.rows: list[int] = []
        self.columns: list[int] = []
        self.kinds: list[int] = []
        self.formats: dict[NumberFormat, int] = {}
        self._wanted, self._sheet = sheet, -1
        self._row = self._column = 0
        self._rows = self._columns = 1
        self._shown: str | None = None
        self._value = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table:table":
            self._sheet += 1
            self._row = 0
        elif name == "table:table-row":
            self._rows = min(int(attributes.get(_ROWS, 1)), _REPEATS)
            self._column = 0
        elif name in ("table:table-cell", "table:covered-table-cell"):
            self._columns = min(int(attributes.get(_COLUMNS, 1)), _REPEATS)
            self._shown = "" if attributes.get("office:value-type") == "float" else None
            self._value = attributes.get("office:value", "")

    def text(self, text: str) -> None:
        if self._shown is not None:
            self._shown += text

    def end(self, name: str) -> None:
        if name == "table:table-row":
            self._row += self._rows
        elif name in ("table:table-cell", "table:covered-table-cell"):
            if self._sheet == self._wanted and self._shown and (found := _shown_format(self._shown, self._value)):
                kind = self.formats.setdefault(found, len(self.formats))
                for row in range(self._row, self._row + self._rows):
                    self.rows += [row] * self._columns
                    self.columns += range(self._column, self._column + self._columns)
                    self.kinds += [kind] * self._columns
            self._column += self._columns
            self._shown = None
