"""Rows of an XLSX workbook that are a person's, and how they are blanked: the rows stay, without cells.

Only what is a row's is taken out: rows of sheets, and texts that no other row uses. Whatever else a workbook may hold
(comments, links, caches of pivot tables, images) is not changed, and whoever asks looks through it afterwards.
"""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from html import unescape
from pathlib import PurePosixPath
from typing import BinaryIO, Final, NamedTuple

from pipeline.results.person_wanted import Wanted
from schemas.errors import FileError
from schemas.files.inputs import Input
from schemas.files.stream_guard import DAMAGE
from schemas.files.workbook.workbook_guard import refuse_harmful

_STRINGS: Final = "xl/sharedStrings.xml"
#: Beginnings and ends of elements. What is between them is found by going over the text once: a pattern for whole
#: elements would, after each beginning that has no end, search to the end of the file.
_ROW: Final = re.compile(r"<(?P<end>/?)(?P<tag>(?:\w{1,30}:)?row)(?P<of>\s[^<>]*|/?)>")
_CELL: Final = re.compile(r"<(?P<end>/?)(?P<tag>(?:\w{1,30}:)?c)(?P<of>\s[^<>]*|/?)>")
_ITEM: Final = re.compile(r"<(?P<end>/?)(?P<tag>(?:\w{1,30}:)?si)(?P<of>\s[^<>]*|/?)>")
_VALUE: Final = re.compile(r"<(?:\w{1,30}:)?v\b[^<>]*>([^<]*)</")
_TEXT: Final = re.compile(r"<(?:\w{1,30}:)?(?:t|f)\b[^<>/]*>([^<]*)</")
_NUMBER: Final = re.compile(r"""\br=["'](\d{1,18})["']""")
_SHARED: Final = re.compile(r"""\bt=["']s["']""")
_SHEET: Final = re.compile(r"<(?:\w{1,30}:)?sheet\b[^<>]*>")
_LINK: Final = re.compile(r"<(?:\w{1,30}:)?Relationship\b[^<>]*>")
_NAMED: Final = re.compile(r"""(?<![\w:])([\w:]{1,60})=(?:"([^"]*)"|'([^']*)')""")
#: Digits of the number of a shared text; one with more is none.
_MOST_DIGITS: Final = 9


class _Element(NamedTuple):
    """An element of XML: where it begins and ends, its tag, its attributes, and what is inside it."""

    start: int
    stop: int
    tag: str
    of: str
    inside: str


def _elements(pattern: re.Pattern[str], xml: str) -> Iterator[_Element]:
    """The elements of a pattern in a text. Raises `ValueError` when one does not end before the next begins."""
    opened: re.Match[str] | None = None
    for found in pattern.finditer(xml):
        if found["end"]:
            if opened is not None:
                inside = xml[opened.end() : found.start()]
                yield _Element(opened.start(), found.end(), opened["tag"], opened["of"], inside)
            opened = None
        elif opened is not None:
            break
        elif found["of"].endswith("/"):
            yield _Element(found.start(), found.end(), found["tag"], found["of"].removesuffix("/"), "")
        else:
            opened = found
    if opened is not None:
        raise ValueError("an element does not end")


class Workbook:
    """The parts of a workbook that hold cells. Raises `FileError` when they are not where they should be."""

    def __init__(self, given: Input) -> None:
        self._given = given
        refuse_harmful(given)
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
        except (KeyError, *DAMAGE) as error:
            raise FileError(f"'{given}' is a workbook in a form that cannot be changed.", "") from error
        self._strings_xml = strings
        self.strings = [_text_of(item.inside) for item in _elements(_ITEM, strings)]

    def find(self, wanted: Sequence[Wanted], known: dict[str, set[int]]) -> dict[str, list[int]]:
        """Rows of each sheet (1-based) that are a person's, and those that are ``known``.

        Raises `FileError` when the workbook is damaged.
        """
        try:
            return self._found(wanted, known)
        except ValueError as error:
            raise FileError(f"'{self._given}' is a damaged workbook: {error}.", "Ask for it again.") from error

    def _found(self, wanted: Sequence[Wanted], known: dict[str, set[int]]) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for name, xml in self.sheets.items():
            for number, row in _rows(xml):
                cells = [self._cell(cell) for cell in _elements(_CELL, row.inside)]
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

    def _cell(self, cell: _Element) -> str:
        value = _VALUE.search(cell.inside)
        if _SHARED.search(cell.of) and value is not None:
            at = _place(value[1])
            return self.strings[at] if 0 <= at < len(self.strings) else ""
        texts = _text_of(cell.inside)
        return f"{texts} {unescape(value[1])}".strip() if value is not None else texts

    def _uses(self, sheets: Iterable[str]) -> Iterator[int]:
        for xml in sheets:
            for cell in _elements(_CELL, xml):
                if _SHARED.search(cell.of) and (value := _VALUE.search(cell.inside)) is not None:
                    yield _place(value[1])


def _place(text: str) -> int:
    """The number of a shared text; -1 of what is none."""
    digits = text.strip()
    return int(digits) if digits.isdecimal() and len(digits) <= _MOST_DIGITS else -1


def _text_of(inside: str) -> str:
    return unescape("".join(_TEXT.findall(inside)))


def _rows(xml: str) -> Iterator[tuple[int, _Element]]:
    number = 0
    for row in _elements(_ROW, xml):
        named = _NUMBER.search(row.of)
        number = int(named[1]) if named else number + 1
        yield number, row


def _without_cells(xml: str, rows: set[int]) -> str:
    parts, position = [], 0
    for number, row in _rows(xml):
        if number in rows and row.inside:
            parts += [xml[position : row.start], f"<{row.tag}{row.of}/>"]
            position = row.stop
    return "".join([*parts, xml[position:]])


def _without_texts(xml: str, gone: set[int]) -> str:
    parts, position = [], 0
    for number, item in enumerate(_elements(_ITEM, xml)):
        if number in gone:
            prefix = item.tag.removesuffix("si")
            parts += [xml[position : item.start], f"<{prefix}si><{prefix}t></{prefix}t></{prefix}si>"]
            position = item.stop
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
