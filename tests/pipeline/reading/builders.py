"""Makes files as vendors' programs make them. All numbers and names are fictional."""

from __future__ import annotations

import io
import struct
import zipfile
from datetime import date, datetime
from pathlib import Path
from xml.sax.saxutils import escape

import xlsxwriter
import xlwt

from pipeline.reading.opening import open_tables
from schemas.files.table import FileTally, read_batches
from schemas.frame_columns import SOURCE
from schemas.layout import Layout

Cell = str | int | float | bool | date | datetime | None
Rows = list[list[Cell]]
#: A cell's number format, by its column's name.
ZEROS = {
    "phone": "0000000000",
    "zip": "00000",
    "uk_phone": '"+44 "0',
    "escaped_phone": r"\+44\ 0000\ 000000",
    "remark": '0" do not call"',
    "money": '"$"0',
}
#: What a program shows of a number in such a column.
_SHOWN = {
    "uk_phone": "+44 {}",
    "escaped_phone": "+44 {}",
    "remark": "{} do not call",
    "money": "${}",
    "phone": "{:0>10}",
    "zip": "{:0>5}",
}


def read(path: Path, layout: Layout | None = None, block: int = 1 << 20) -> list[list[tuple[int, dict[str, str]]]]:
    """Read each table of a file: its records as line and cells; a record that could not be parsed has only ``raw``."""
    tables = []
    for table in open_tables(path, path.name, layout or Layout()):
        tally, records = FileTally(), []
        for batch in read_batches(table, tally, block):
            for row in batch.to_dicts():
                cells = {name.removeprefix(SOURCE): row[name] for name in batch.columns if name.startswith(SOURCE)}
                records.append((row["source_line"], cells if row["raw"] is None else {"raw": row["raw"]}))
        assert tally.records == len(records)
        tables.append(records)
    return tables


def write_xlsx(path: Path, sheets: dict[str, Rows], hidden: tuple[str, ...] = ()) -> Path:
    """Write sheets; numbers in columns of `ZEROS` have that format."""
    book = xlsxwriter.Workbook(str(path))
    day, instant = (book.add_format({"num_format": code}) for code in ("dd/mm/yyyy", "dd/mm/yyyy hh:mm"))
    zeros = {name: book.add_format({"num_format": code}) for name, code in ZEROS.items()}
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        if name in hidden:
            sheet.hide()
        header = next(([str(cell) for cell in row] for row in rows if "phone" in row), [])
        for at, row in enumerate(rows):
            for column, cell in enumerate(row):
                kind = header[column] if column < len(header) else ""
                if isinstance(cell, datetime):
                    sheet.write_datetime(at, column, cell, instant)
                elif isinstance(cell, date):
                    sheet.write_datetime(at, column, datetime(cell.year, cell.month, cell.day), day)
                elif isinstance(cell, str):
                    sheet.write_string(at, column, cell)
                elif cell is not None:
                    sheet.write(at, column, cell, zeros.get(kind))
    book.close()
    return path


def write_xls(path: Path, sheets: dict[str, Rows], hidden: tuple[str, ...] = ()) -> Path:
    """Write sheets as `write_xlsx` does."""
    book = xlwt.Workbook()
    for name, rows in sheets.items():
        sheet = book.add_sheet(name)
        sheet.visibility = int(name in hidden)
        header = next(([str(cell) for cell in row] for row in rows if "phone" in row), [])
        for at, row in enumerate(rows):
            for column, cell in enumerate(row):
                code = ZEROS.get(header[column] if column < len(header) else "", "General")
                code = "DD/MM/YYYY" if isinstance(cell, date) else code
                if cell is not None:
                    sheet.write(at, column, cell, xlwt.easyxf(num_format_str=code))
    book.save(str(path))
    return path


_ODS = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" office:version="1.2">'
    "<office:body><office:spreadsheet>{}</office:spreadsheet></office:body></office:document-content>"
)


def ods_content(sheets: dict[str, Rows]) -> str:
    """Write the part of an ods file that holds the sheets."""
    return _ODS.format("".join(_ods_table(name, rows) for name, rows in sheets.items()))


def _ods_table(name: str, rows: Rows) -> str:
    header = next(([str(cell) for cell in row] for row in rows if "phone" in row), [])
    lines = []
    for row in rows:
        kinds = [*header, *[""] * len(row)]
        cells = "".join(_ods_cell(cell, kind) for cell, kind in zip(row, kinds, strict=False))
        lines.append(f"<table:table-row>{cells}</table:table-row>")
    return f'<table:table table:name="{name}">{"".join(lines)}</table:table>'


def _ods_cell(cell: Cell, kind: str) -> str:
    if cell is None:
        return "<table:table-cell/>"
    if isinstance(cell, bool):
        value, shown = f'boolean" office:boolean-value="{str(cell).lower()}', str(cell).upper()
    elif isinstance(cell, int | float):
        value, shown = f'float" office:value="{cell}', _SHOWN.get(kind, "{}").format(cell)
    elif isinstance(cell, date):
        value, shown = f'date" office:date-value="{cell.isoformat()}', f"{cell:%d.%m.%y}"
    else:
        value, shown = "string", escape(cell)
    return f'<table:table-cell office:value-type="{value}"><text:p>{shown}</text:p></table:table-cell>'


def write_ods(path: Path, content: str) -> Path:
    """Write an ods file with these contents."""
    manifest = (
        '<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        '<manifest:file-entry manifest:full-path="/" '
        'manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>'
    )
    return write_zip(
        path,
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": content,
            "META-INF/manifest.xml": manifest,
        },
    )


def write_zip(path: Path, members: dict[str, str | bytes]) -> Path:
    """Write an archive. Packed quickly: some of these are bombs, and 300 MB of one byte become 1.3 MB as well."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def write_xlsb(path: Path, sheet: str, rows: Rows) -> Path:
    """Write one sheet of texts and numbers (MS-XLSB: records of type, length and content)."""
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    relation = '<Relationship Id="rId1" Type="{}/{}" Target="{}"/>'
    package = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
    kinds = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
    bundle = struct.pack("<II", 0, 1) + _wide("rId1") + _wide(sheet)
    book = _record(131) + _record(143) + _record(156, bundle) + _record(144) + _record(132)
    height, width = len(rows) - 1, max(len(row) for row in rows) - 1
    body = io.BytesIO()
    body.write(_record(129) + _record(148, struct.pack("<IIII", 0, height, 0, width)) + _record(145))
    for at, row in enumerate(rows):
        body.write(_record(0, struct.pack("<I", at) + bytes(13)))
        for column, cell in enumerate(row):
            place = struct.pack("<II", column, 0)
            if isinstance(cell, str):
                body.write(_record(6, place + _wide(cell)))
            elif isinstance(cell, int | float):
                body.write(_record(5, place + struct.pack("<d", cell)))
    body.write(_record(146) + _record(130))
    return write_zip(
        path,
        {
            "[Content_Types].xml": kinds,
            "_rels/.rels": package.format(relation.format(relations, "officeDocument", "xl/workbook.bin")),
            "xl/workbook.bin": book,
            "xl/_rels/workbook.bin.rels": package.format(
                relation.format(relations, "worksheet", "worksheets/sheet1.bin")
            ),
            "xl/worksheets/sheet1.bin": body.getvalue(),
        },
    )


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def _record(kind: int, content: bytes = b"") -> bytes:
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size, length = len(content), b""
    while True:
        size, low = size >> 7, size & 0x7F
        length += bytes([low | (0x80 if size else 0)])
        if not size:
            return head + length + content


def ole_file(streams: dict[str, bytes]) -> bytes:
    """Make a compound file (MS-CFB 2): what XLS is, and what a workbook with a password comes in."""
    free, end, fat_mark = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    sectors: list[bytes] = []
    fat: list[int] = [fat_mark]
    starts = []
    for content in streams.values():
        padded = content.ljust(4096, b"\0")
        count = -(-len(padded) // 512)
        starts.append(1 + len(sectors))
        fat += [*range(len(fat) + 1, len(fat) + count), end]
        sectors += [padded[at * 512 : at * 512 + 512].ljust(512, b"\0") for at in range(count)]
    entries = [_ole_entry("Root Entry", 5, 1, end, 0)]
    for number, (name, content) in enumerate(streams.items(), start=1):
        after = number + 1 if number < len(streams) else free
        entries.append(_ole_entry(name, 2, free, starts[number - 1], max(len(content), 4096), after))
    directory = b"".join(entries)
    directory = directory.ljust(-(-len(directory) // 512) * 512, b"\0")
    first = len(fat)
    count = len(directory) // 512
    fat += [*range(first + 1, first + count), end]
    table = struct.pack("<128I", *fat, *[free] * (128 - len(fat)))
    header = struct.pack(
        "<8s16xHHHHH6xIIIIIIIII",
        *(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6),
        *(0, 1, first, 0, 4096, end, 0, end, 0),
    )
    header += struct.pack("<109I", 0, *[free] * 108)
    return header + table + b"".join(sectors) + directory


def _ole_entry(name: str, kind: int, child: int, start: int, size: int, after: int = 0xFFFFFFFF) -> bytes:
    text = (name + "\0").encode("utf-16-le")
    fields = (text, len(text), kind, 1, 0xFFFFFFFF, after, child if kind == 5 else 0xFFFFFFFF)
    return struct.pack("<64sHBBIII36xIQ", *fields, start, size)
