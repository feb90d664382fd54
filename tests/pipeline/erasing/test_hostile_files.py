"""A person is looked for in what vendors sent, also in what was refused: none of it stops the search or hides them."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from tests.attack.samples import sample
from tests.conftest import leadscrub

PHONE = "202-555-0103"
SHEET = "xl/worksheets/sheet1.xml"
#: A part of a workbook with what makes it hostile, and the rest as it was.
WORKBOOKS = {
    "rows without end": b"<worksheet><sheetData>" + b'<row r="1">' * 20_000,
    "cells without end": b'<worksheet><sheetData><row r="1">' + b"<c>" * 20_000 + b"</row></sheetData></worksheet>",
    "entities": b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet/>',
}
#: Numbers with more digits than Python takes.
LONG = b'<worksheet><sheetData><row r="%s"><c t="s"><v>%s</v></c></row></sheetData></worksheet>' % ((b"9" * 5000,) * 2)


def repacked(sheet: bytes) -> bytes:
    """A workbook with another first sheet."""
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(sample("leads.xlsx"))) as old, zipfile.ZipFile(content, "w") as new:
        for info in old.infolist():
            new.writestr(info.filename, sheet if info.filename == SHEET else old.read(info))
    return content.getvalue()


def in_directory(workbook: bytes, at: int, value: int) -> bytes:
    """A workbook whose list of parts says something else of each."""
    changed = bytearray(workbook)
    begin = changed.find(b"PK\x01\x02")
    while begin >= 0:
        changed[begin + at] = value
        begin = changed.find(b"PK\x01\x02", begin + 1)
    return bytes(changed)


def put(folder: Path, files: dict[str, bytes]) -> None:
    (folder / "quarantine" / "acme").mkdir(parents=True)
    (folder / "leadscrub.toml").write_text("")
    for name, content in files.items():
        (folder / "quarantine" / "acme" / name).write_bytes(content)


def test_no_file_stops_the_search_in_the_others(tmp_path: Path) -> None:
    whole = sample("leads.xlsx")
    damaged = {f"{name}.xlsx": repacked(sheet) for name, sheet in WORKBOOKS.items()}
    damaged |= {"locked.xlsx": in_directory(whole, 8, 1), "method.xlsx": in_directory(whole, 10, 99)}
    put(tmp_path, {**damaged, "long.xlsx": repacked(LONG), "whole.xlsx": whole})
    ran = leadscrub("subject", "find", "--phone", PHONE, "--region", "US", "--workspace", tmp_path, "--json")
    assert ran.code == 4, ran.err
    spots = {spot["where"]: spot for spot in json.loads(ran.out)["places"]}
    assert {name for name, spot in spots.items() if spot["fate"] == "by hand"} == {
        f"quarantine/acme/{name}" for name in damaged
    }
    assert spots["quarantine/acme/whole.xlsx"]["fate"] == "goes"


@pytest.mark.parametrize("value", [f'"{PHONE}","phone":"303-555-0100"', f'{"[" * 300}"{PHONE}"{"]" * 300}'])
def test_a_person_is_found_under_a_repeated_key_and_however_deep(tmp_path: Path, value: str) -> None:
    put(tmp_path, {"drop.json": f'[{{"phone":{value}}},{{"phone":"303-555-0101"}}]'.encode()})
    who = ("--phone", PHONE, "--region", "US", "--workspace", tmp_path)
    assert leadscrub("subject", "find", *who).code == 0
    ran = leadscrub("subject", "erase", *who, "--because", "asked", "--yes")
    assert ran.code == 0, ran.err
    assert (tmp_path / "quarantine" / "acme" / "drop.json").read_text() == '[{},{"phone":"303-555-0101"}]'
