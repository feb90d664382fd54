"""Files that are made to do harm end with 4 and a clear sentence, in bounded memory."""

from __future__ import annotations

import os
import sys
import zipfile
from pathlib import Path

import pytest

from schemas.errors import FileError
from tests import processes
from tests.conftest import REPO
from tests.pipeline.reading.builders import ods_content, read, write_ods, write_xlsx, write_zip

pytestmark = pytest.mark.slow

#: What a process may take to refuse any of these, in bytes of address space: libraries map about half of it.
_LIMIT = 3 << 30


def refused(path: Path) -> str:
    """Open a file in a process of little memory; what it says."""
    code = (
        "import resource, sys; from pathlib import Path\n"
        "from pipeline.reading.opening import open_tables\n"
        "from schemas.files.table import FileTally, read_batches\n"
        "from schemas.config import Layout; from schemas.errors import FileError\n"
        f"resource.setrlimit(resource.RLIMIT_AS, ({_LIMIT}, {_LIMIT}))\n"
        "path = Path(sys.argv[1])\n"
        "try:\n"
        "    for table in open_tables(path, path.name, Layout()):\n"
        "        for batch in read_batches(table, FileTally(), 4 << 20): pass\n"
        "except FileError as error: print(error)\n"
        # Not getrusage: its peak is that of the process that started this one, if that was larger.
        "peak = next(line for line in Path('/proc/self/status').open() if line.startswith('VmHWM'))\n"
        "print(int(peak.split()[1]) >> 10, file=sys.stderr)\n"
    )
    ran = processes.run(
        [sys.executable, "-c", code, str(path)],
        env={**os.environ, "PYTHONPATH": str(REPO)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert int(ran.stderr.split()[-1]) < 1_000, "megabytes resident"
    return str(ran.stdout)


def _with_part(path: Path, part: str, old: str, new: str) -> Path:
    """Rewrite one part of a workbook."""
    with zipfile.ZipFile(path) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    assert old.encode() in members[part]
    members[part] = members[part].replace(old.encode(), new.encode())
    return write_zip(path, dict(members))


def test_cells_far_from_the_data_do_not_take_all_memory(tmp_path: Path) -> None:
    """Two cells span seventeen thousand million."""
    path = write_xlsx(tmp_path / "drop.xlsx", {"Leads": [["phone"], ["2025550100"]]})
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    _with_part(path, "xl/worksheets/sheet1.xml", "</sheetData>", far)
    assert "needs more than 4 GB of memory to read" in refused(path)


def test_cells_that_repeat_without_end_do_not_take_all_memory(tmp_path: Path) -> None:
    """A few bytes of an ods file stand for a sheet of a thousand million cells."""
    cell = '<table:table-cell table:number-columns-repeated="16384" office:value-type="float" office:value="7">'
    content = ods_content({"Leads": [["phone"]]}).replace(
        "</table:table>",
        f'<table:table-row table:number-rows-repeated="1048576">{cell}<text:p>07</text:p></table:table-cell>'
        "</table:table-row></table:table>",
    )
    said = refused(write_ods(tmp_path / "drop.ods", content))
    assert "needs more than 4 GB of memory to read" in said or "is a damaged workbook" in said


def test_more_sheets_than_a_workbook_of_leads_has_are_refused(tmp_path: Path) -> None:
    """Thousands of sheets may be one part of the file, which is read for each of them."""
    path = write_xlsx(tmp_path / "drop.xlsx", {f"S{n}": [["phone"]] for n in range(257)})
    with pytest.raises(FileError, match=r"drop\.xlsx' has 257 sheets; at most 256 are read"):
        read(path)


def test_sheets_that_share_a_part_count_each_time(tmp_path: Path) -> None:
    """What comes out is counted, not what the archive holds: 200 sheets of 1.5 MB are one part of it."""
    names = [f"S{n}" for n in range(200)]
    path = write_xlsx(tmp_path / "drop.xlsx", {name: [["phone"]] for name in names})
    with zipfile.ZipFile(path) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    rows = "".join(
        f'<row r="{n}"><c r="A{n}" t="inlineStr"><is><t>{"y" * 3_000}</t></is></c></row>' for n in range(1, 501)
    )
    sheet = members["xl/worksheets/sheet1.xml"].decode().partition("<sheetData>")[0]
    members["xl/worksheets/sheet1.xml"] = f"{sheet}<sheetData>{rows}</sheetData></worksheet>".encode()
    relations = members["xl/_rels/workbook.xml.rels"].decode()
    for number in range(2, 201):
        relations = relations.replace(f"worksheets/sheet{number}.xml", "worksheets/sheet1.xml")
        del members[f"xl/worksheets/sheet{number}.xml"]
    members["xl/_rels/workbook.xml.rels"] = relations.encode()
    write_zip(path, dict(members))
    with pytest.raises(FileError, match="unpacks to more than 200 times its size"):
        read(path)


@pytest.mark.parametrize("filled", [1, 150])
def test_a_row_of_a_workbook_is_a_record(tmp_path: Path, filled: int) -> None:
    """A cell has at most 32,767 characters."""
    row = ["y" * 32_000] * filled
    path = write_xlsx(tmp_path / "drop.xlsx", {"Leads": [[f"c{n}" for n in range(filled)], ["x"] * filled, [*row]]})
    if filled == 1:
        assert read(path) == [[(2, {"c0": "x"}), (3, {"c0": row[0]})]]
        return
    with pytest.raises(FileError, match="the record on row 3 is longer than 4 MB"):
        read(path)


def test_a_claim_of_dimensions_is_no_reason_to_refuse(tmp_path: Path) -> None:
    """Real programs leave it wrong; it is not believed."""
    path = write_xlsx(tmp_path / "drop.xlsx", {"Leads": [["phone"], ["2025550100"]]})
    _with_part(path, "xl/worksheets/sheet1.xml", 'ref="A1:A2"', 'ref="A1:XFD1048576"')
    assert read(path) == [[(2, {"phone": "2025550100"})]]


@pytest.mark.parametrize("part", ["xl/sharedStrings.xml", "xl/workbook.xml", "[Content_Types].xml"])
def test_xml_entities_are_refused(tmp_path: Path, part: str) -> None:
    path = write_xlsx(tmp_path / "drop.xlsx", {"Leads": [["phone"], ["2025550100"]]})
    entities = '?>\n<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    _with_part(path, part, "?>", entities)
    with pytest.raises(FileError, match="declares XML entities"):
        read(path)


def test_a_workbook_that_unpacks_without_end_is_refused(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "drop.xlsx", {"Leads": [["phone"], ["2025550100"]]})
    _with_part(path, "xl/worksheets/sheet1.xml", "</sheetData>", "</sheetData>" + " " * (300 << 20))
    with pytest.raises(FileError, match="unpacks to more than 200 times its size"):
        read(path)


@pytest.mark.parametrize("name", ["drop.xlsx", "drop.ods", "drop.xls"])
def test_a_damaged_workbook_ends_with_4(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "drop.xlsx":
        _with_part(write_xlsx(path, {"Leads": [["phone"]]}), "xl/worksheets/sheet1.xml", "<sheetData>", "<sheetDa")
    elif name == "drop.ods":
        write_ods(path, ods_content({"Leads": [["phone"]]})[:-60])
    else:
        path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(range(256)) * 40)
    with pytest.raises(FileError, match=r"is a damaged workbook|or is damaged"):
        read(path)


def _sparse(path: Path, head: bytes, size: int, fill: bytes = b"") -> Path:
    """Write a file that is long, and takes no room on disk where it is zeros."""
    with path.open("wb") as stream:
        stream.write(head)
        block = fill * (1 << 20)
        for _ in range(size >> 20 if fill else 0):
            stream.write(block)
        stream.truncate(max(size, stream.tell()))
    return path


@pytest.mark.parametrize(
    ("name", "head"), [("a.csv", b"name,phone\nA,"), ("a.json", b'{"a": "'), ("b.json", b'[{"a": "')]
)
def test_a_line_without_end_does_not_take_all_memory(tmp_path: Path, name: str, head: bytes) -> None:
    """More than a process may take, in one cell."""
    said = refused(_sparse(tmp_path / name, head + b"x" * (8 << 20), 5 << 28))
    assert "longer than 4 MB" in said


def test_a_hundred_thousand_columns_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "drop.csv"
    header = ",".join(f"c{n}" for n in range(100_000))
    path.write_text(f"{header}\n{',' * 99_999}\n")
    assert "columns; at most 4,096 are read" in refused(path)
