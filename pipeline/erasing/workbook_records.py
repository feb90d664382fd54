"""Rows of an XLSX workbook that are a person's, and how they are blanked: the rows stay, without cells.

Only what is a row's is taken out: rows of sheets, and texts that no other row uses. Whatever else a workbook may hold
(comments, links, caches of pivot tables, images) is not changed, and whoever asks looks through it afterwards.
"""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from html import unescape
from pathlib import PurePosixPath
from typing import BinaryIO, Final

from pipeline.results.person_wanted import Wanted
from schemas.errors import FileError
from schemas.files.inputs import Input

_STRINGS: Final = "xl/sharedStrings.xml"
_ROW: Final = re.compile(r"<(?P<tag>(?:\w+:)?row)\b(?P<of>[^>]*?)(?:/>|>(?P<cells>.*?)</(?P=tag)>)", re.DOTALL)
_CELL: Final = re.compile(r"<(?P<tag>(?:\w+:)?c)\b(?P<of>[^>]*?)(?:/>|>(?P<inside>.*?)</(?P=tag)>)", re.DOTALL)
_ITEM: Final = re.compile(r"<(?P<tag>(?:\w+:)?si)\b[^>]*?(?:/>|>(?P<inside>.*?)</(?P=tag)>)", re.DOTALL)
_VALUE: Final = re.compile(r"<(?:\w+:)?v\b[^>]*>([^<]*)</")
_TEXT: Final = re.compile(r"<(?:\w+:)?(?:t|f)\b[^>/]*>([^<]*)</")
_NUMBER: Final = re.compile(r"""\br=["'](\d+)["']""")
_SHARED: Final = re.compile(r"""\bt=["']s["']""")
_SHEET: Final = re.compile(r"<(?:\w+:)?sheet\b[^>]*>")
_LINK: Final = re.compile(r"<(?:\w+:)?Relationship\b[^>]*>")
_NAMED: Final = re.compile(r"""([\w:]+)=(?:"([^"]*)"|'([^']*)')""")


class Workbook:
    """The parts of a workbook that hold cells. Raises `FileError` when they are not where they should be."""

    def __init__(self, given: Input) -> None:
        self._given = given
        try:
            with given.open("rb") as stream, zipfile.ZipFile(stream) as archive:
                names = set(archive.namelist())
                self.sheets = {
                    name: archive.read(part).decode("utf-8")
                    for name, part in _parts_of_sheets(archive).items()
                    if part in names
                }
                self._parts = {part: name for name, part in _parts_of_sheets(archive).items()}
                strings = archive.read(_STRINGS).decode("utf-8") if _STRINGS in names else ""
        except (zipfile.BadZipFile, KeyError, UnicodeDecodeError, OSError) as error:
            raise FileError(f"'{given}' is a workbook in a form that cannot be changed.", "") from error
        self._strings_xml = strings
        self.strings = [_text_of(item["inside"] or "") for item in _ITEM.finditer(strings)]

    def find(self, wanted: Sequence[Wanted], known: dict[str, set[int]]) -> dict[str, list[int]]:
        """Rows of each sheet (1-based) that are a person's, and those that are ``known``."""
        found: dict[str, list[int]] = {}
        for name, xml in self.sheets.items():
            for number, row in _rows(xml):
                cells = [self._cell(cell) for cell in _CELL.finditer(row["cells"] or "")]
                texts = [text for text in cells if text]
                if number in known.get(name, ()) or any(
                    each.is_in(text) for each in wanted for text in [*texts, ", ".join(texts)]
                ):
                    found.setdefault(name, []).append(number)
        return found

    def blank(self, rows: dict[str, list[int]], sink: BinaryIO) -> None:
        """Copy the workbook without the cells of these rows, and without texts that only they had."""
        sheets = {name: _without_cells(xml, set(rows.get(name, ()))) for name, xml in self.sheets.items()}
        before, after = (Counter(self._uses(each)) for each in (self.sheets.values(), sheets.values()))
        gone = {number for number in before if not after[number]}
        strings = _without_texts(self._strings_xml, gone)
        changed = {part: sheets[name] for part, name in self._parts.items() if name in sheets} | {_STRINGS: strings}
        with (
            self._given.open("rb") as stream,
            zipfile.ZipFile(stream) as archive,
            zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as copy,
        ):
            for info in archive.infolist():
                text = changed.get(info.filename)
                content = archive.read(info) if text is None else text.encode()
                copy.writestr(info, content, zipfile.ZIP_DEFLATED)

    def _cell(self, cell: re.Match[str]) -> str:
        inside = cell["inside"] or ""
        value = _VALUE.search(inside)
        if _SHARED.search(cell["of"]) and value is not None:
            at = int(value[1]) if value[1].isdecimal() else -1
            return self.strings[at] if 0 <= at < len(self.strings) else ""
        texts = _text_of(inside)
        return f"{texts} {unescape(value[1])}".strip() if value is not None else texts

    def _uses(self, sheets: object) -> Iterator[int]:
        for xml in sheets:  # type: ignore[attr-defined]  # values of a dict
            for cell in _CELL.finditer(xml):
                if _SHARED.search(cell["of"]) and (value := _VALUE.search(cell["inside"] or "")) is not None:
                    yield int(value[1])


def _text_of(inside: str) -> str:
    return unescape("".join(_TEXT.findall(inside)))


def _rows(xml: str) -> Iterator[tuple[int, re.Match[str]]]:
    number = 0
    for row in _ROW.finditer(xml):
        named = _NUMBER.search(row["of"])
        number = int(named[1]) if named else number + 1
        yield number, row


def _without_cells(xml: str, rows: set[int]) -> str:
    parts, position = [], 0
    for number, row in _rows(xml):
        if number in rows and row["cells"]:
            parts += [xml[position : row.start()], f"<{row['tag']}{row['of']}/>"]
            position = row.end()
    return "".join([*parts, xml[position:]])


def _without_texts(xml: str, gone: set[int]) -> str:
    parts, position = [], 0
    for number, item in enumerate(_ITEM.finditer(xml)):
        if number in gone:
            prefix = item["tag"].removesuffix("si")
            parts += [xml[position : item.start()], f"<{prefix}si><{prefix}t></{prefix}t></{prefix}si>"]
            position = item.end()
    return "".join([*parts, xml[position:]])


def _parts_of_sheets(archive: zipfile.ZipFile) -> dict[str, str]:
    """Names of the sheets, with the parts that hold them."""
    book = archive.read("xl/workbook.xml").decode("utf-8")
    links = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8")
    targets = {of["Id"]: of["Target"] for of in map(_attributes, _LINK.findall(links)) if "Id" in of and "Target" in of}
    parts = {}
    for of in map(_attributes, _SHEET.findall(book)):
        target = targets.get(next((value for name, value in of.items() if name.endswith(":id")), ""), "")
        part = target.removeprefix("/") if target.startswith("/") else str(PurePosixPath("xl") / target)
        parts[of.get("name", part)] = part
    return parts


def _attributes(tag: str) -> dict[str, str]:
    return {name: unescape(double or single) for name, double, single in _NAMED.findall(tag)}
