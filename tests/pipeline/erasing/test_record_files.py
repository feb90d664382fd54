"""Records of files in many forms are blanked where they are: every other record keeps its line and every cell."""

from __future__ import annotations

import bz2
import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.erasing.person import person_named
from pipeline.erasing.record_files import CannotEraseError, RecordFile, leftovers
from pipeline.reading.opening import open_tables
from schemas.files.inputs import LocalFile
from schemas.files.table import FileTally, read_batches
from schemas.layout import Layout

HEADER = ("id", "name", "phone", "email", "note")
WANTED = person_named(["+12025550123"], ["ann@mail.example"], [], "US", None).wanted
PERSON = [
    ("(202) 555-0123", "x@example.org"),
    ("001 202 555 0123", ""),
    ("12", "ANN@MAIL.EXAMPLE"),
    ("", "Ann <ann@mail.example>"),
    ("2025550123.0", "y@example.org"),
]
NOTES = st.sampled_from(
    ["", "plain", "two\nlines", 'a "quoted" word', "comma, and; more", "naïve £", "20255501234", "x" * 40]
)
ROWS = st.lists(st.tuples(st.sampled_from([*PERSON, None, None, None]), NOTES), min_size=2, max_size=12)


def rows_of(drawn: list[tuple[tuple[str, str] | None, str]]) -> list[tuple[str, ...]]:
    return [
        (f"L{n}", f"Name{n}", *(given or (f"303-555-01{n:02}", f"p{n}@example.com")), note)
        for n, (given, note) in enumerate(drawn)
    ]


def csv_text(rows: list[tuple[str, ...]], delimiter: str, end: str) -> str:
    def cell(text: str) -> str:
        return '"' + text.replace('"', '""') + '"' if set(text) & {delimiter, '"', "\n"} else text

    return "".join(delimiter.join(map(cell, row)) + end for row in [HEADER, *rows])


def records(path: Path) -> list[tuple[Any, ...]]:
    """Line and cells of every record of every table in a file."""
    return [
        (row[-1], *row[:-1])
        for table in open_tables(path, path.name, Layout())
        for batch in read_batches(table, FileTally(), 1 << 20)
        for row in batch.select(pl.exclude("raw", "source_line"), "source_line").rows()
    ]


def erased(path: Path) -> Path:
    """The file written again, beside."""
    new = path.with_name(f"new-{path.name}")
    with new.open("wb") as sink:
        RecordFile(LocalFile(path), Layout(), WANTED).erase(sink)
    assert RecordFile(LocalFile(new), Layout(), WANTED).find() == {}
    assert not leftovers(LocalFile(new), WANTED)
    return new


@pytest.mark.slow
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    drawn=ROWS,
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    packed=st.sampled_from([bytes, gzip.compress, bz2.compress]),
)
def test_every_other_record_of_a_text_keeps_its_line_and_its_cells(
    drawn: list[tuple[tuple[str, str] | None, str]],
    delimiter: str,
    end: str,
    encoding: str,
    packed: Callable[[bytes], bytes],
    tmp_path: Path,
) -> None:
    rows = rows_of(drawn)
    path = tmp_path / "drop.csv"
    path.write_bytes(packed(csv_text(rows, delimiter, end).encode(encoding)))
    before = {record[0]: record for record in records(path)}
    after = {record[0]: record for record in records(erased(path))}
    gone = {line for line, number in zip(sorted(before), range(len(rows)), strict=True) if drawn[number][0] is not None}
    assert {line: after.get(line) for line in before if line not in gone} == {
        line: record for line, record in before.items() if line not in gone
    }
    assert not any(
        str(cell or "").strip() for line in after if line not in before or line in gone for cell in after[line][1:]
    )


def as_xlsx(rows: list[tuple[str, ...]]) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet = book.add_worksheet("A & B")
        for line, row in enumerate([HEADER, *rows]):
            sheet.write_row(line, 0, row)
    return content.getvalue()


def as_frame(rows: list[tuple[str, ...]], write: Callable[[pl.DataFrame, io.BytesIO], object]) -> bytes:
    content = io.BytesIO()
    write(pl.DataFrame(rows, schema=HEADER, orient="row"), content)
    return content.getvalue()


def as_zip(rows: list[tuple[str, ...]]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("folder/a.csv", csv_text(rows, ",", "\n"))
        archive.writestr("read me.md", "Ask 202 555 0123\n")
        archive.writestr("b.xlsx", as_xlsx(rows))
    return content.getvalue()


FORMS: dict[str, Callable[[list[tuple[str, ...]]], bytes]] = {
    "a.xlsx": as_xlsx,
    "a.parquet": lambda rows: as_frame(rows, lambda frame, sink: frame.write_parquet(sink)),
    "a.arrow": lambda rows: as_frame(rows, lambda frame, sink: frame.write_ipc(sink)),
    "a.ndjson": lambda rows: as_frame(rows, lambda frame, sink: frame.write_ndjson(sink)),
    "a.json": lambda rows: as_frame(rows, lambda frame, sink: frame.write_json(sink)),
    "a.zip": as_zip,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMS)
def test_a_file_of_each_format_loses_the_person_and_nobody_else(name: str, tmp_path: Path) -> None:
    drawn = [(None, ""), (PERSON[0], "two\nlines"), (None, "x"), (PERSON[3], ""), (None, "y")]
    rows = rows_of(drawn)
    path = tmp_path / name
    path.write_bytes(FORMS[name](rows))
    before, after = records(path), records(erased(path))
    kept = [record for record in before if record[1] in {"L0", "L2", "L4"}]
    assert [record for record in after if (record[1] or "").strip()] == kept
    assert len(after) in {len(before), len(kept)}  # a workbook's empty rows are none


def test_what_cannot_be_written_again_is_said(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("a.csv", "phone\n2025550123\n")
    path = tmp_path / "nested.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("inner.zip", inner.getvalue())
    with pytest.raises(CannotEraseError, match="an archive in an archive"):
        RecordFile(LocalFile(path), Layout(), WANTED).find()
    table = pa.table(
        {"phone": ["2025550123"], "other": ["x"]},
        schema=pa.schema([pa.field("phone", pa.string(), nullable=False), ("other", pa.string())]),
    )
    with pa.OSFile(str(tmp_path / "a.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    assert records(erased(tmp_path / "a.arrow")) == [(1, "", "")]
