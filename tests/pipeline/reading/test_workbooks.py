"""Workbooks are read as the vendor sees them: what is typed, where it stands, and what is hidden."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest
import xlsxwriter

from pipeline.reading.opening import open_tables
from schemas.errors import FileError
from schemas.files.apart.child import no_answer
from schemas.files.workbook.table import FORMAT
from schemas.files.workbook.zeros import PLAIN, NumberFormat, read_format
from schemas.layout import Layout
from tests.conftest import SHARED, Scrub, leadscrub, needs_shared_data, write_campaign
from tests.pipeline.reading.builders import (
    Rows,
    ods_content,
    read,
    write_ods,
    write_xls,
    write_xlsb,
    write_xlsx,
)

pytestmark = pytest.mark.slow

HEADER: list[str] = ["name", "phone", "zip", "born", "seen", "ok", "amount"]
TYPED: Rows = [
    [*HEADER],
    ["Ann", 7275550113, 1234, date(1980, 1, 2), datetime(2026, 1, 2, 3, 4), True, 19.99],
    ["Bo", 55501, 98765, date(1999, 12, 31), datetime(2026, 1, 3), False, 5],
]
SHOWN = [
    (2, ["Ann", "7275550113", "01234", "1980-01-02", "2026-01-02 03:04:00", "true", "19.99"]),
    (3, ["Bo", "0000055501", "98765", "1999-12-31", "2026-01-03 00:00:00", "false", "5"]),
]


def _ods(path: Path, sheets: dict[str, Rows]) -> Path:
    return write_ods(path, ods_content(sheets))


@pytest.mark.parametrize(("suffix", "write"), [("xlsx", write_xlsx), ("xls", write_xls), ("ods", _ods)])
def test_cells_are_what_a_person_typed(tmp_path: Path, suffix: str, write: Callable[..., Path]) -> None:
    """No point behind a phone, zeros where the format shows them, days and times in ISO form."""
    path = write(tmp_path / f"drop.{suffix}", {"Leads": TYPED})
    [records] = read(path)
    found = [(line, [cells[name].replace("T", " ") for name in HEADER]) for line, cells in records]
    if suffix == "xls":  # its writer has one format for both
        found = [(line, [*cells[:4], SHOWN[n][1][4], *cells[5:]]) for n, (line, cells) in enumerate(found)]
    assert found == SHOWN


def test_xlsb_is_read(tmp_path: Path) -> None:
    path = write_xlsb(tmp_path / "drop.xlsb", "Leads", [["name", "phone"], ["Zoë", 7275550113], ["Bo", "0033"]])
    assert read(path) == [[(2, {"name": "Zoë", "phone": "7275550113"}), (3, {"name": "Bo", "phone": "0033"})]]


def test_errors_and_formulas_stay_text(tmp_path: Path) -> None:
    """What a formula came to is read; an error is its name, and text that looks like a formula is text."""
    path = tmp_path / "drop.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("Leads")
    sheet.write_row(0, 0, ["name", "phone", "total"])
    sheet.write_string(1, 0, "=cmd|' /C calc'!A0")
    sheet.write_formula(1, 1, "=NA()", None, "#N/A")
    sheet.write_formula(1, 2, "=1+1", None, 2)
    sheet.write_formula(2, 1, "=1/0", None, "#DIV/0!")
    book.close()
    assert read(path) == [
        [
            (2, {"name": "=cmd|' /C calc'!A0", "phone": "#N/A", "total": "2"}),
            (3, {"name": "", "phone": "#DIV/0!", "total": ""}),
        ]
    ]


def test_titles_blank_rows_and_blank_columns(tmp_path: Path) -> None:
    """The header stands below merged titles; a blank row among the leads is a record, one above them is not."""
    path = tmp_path / "drop.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("Leads")
    sheet.merge_range("B2:F2", "Leads of November")
    sheet.write_row(4, 1, ["name", "", "phone", "", "note"])
    sheet.write_row(5, 1, ["Ann", "", "2025550100"])
    sheet.write_row(7, 1, ["Bo", "", "2025550101", "odd"])
    book.close()
    cells = ["name", "phone", "column 3", "note"]
    assert read(path) == [
        [
            (6, dict(zip(cells, ["Ann", "2025550100", "", ""], strict=True))),
            (7, dict(zip(cells, ["", "", "", ""], strict=True))),
            (8, dict(zip(cells, ["Bo", "2025550101", "odd", ""], strict=True))),
        ]
    ]


@pytest.mark.parametrize("write", [write_xlsx, write_xls])
def test_all_visible_sheets_are_read_and_hidden_ones_are_named(
    scrub: Scrub, tmp_path: Path, write: Callable[..., Path]
) -> None:
    header: list[str | int] = ["name", "phone"]
    sheets: dict[str, Rows] = {
        "East": [[*header], ["Ann", 2025550100]],
        "Blank": [],
        "Old": [[*header], ["Old", 2025550199]],
        "West": [[*header], ["Bo", 2025550101], ["Cy", 2025550102]],
    }
    path = write(tmp_path / "drop.xls", sheets, ("Old",))
    ran = scrub(path, channels=("call",))
    assert ran.code == 0, ran.err
    assert ran.clean_rows("row_id", "full_name", "source_file", "source_sheet", "source_line") == [
        (0, "Ann", "drop.xls", "East", 2),
        (1, "Bo", "drop.xls", "West", 2),
        (2, "Cy", "drop.xls", "West", 3),
    ]
    assert "sheet 'Old' of 'drop.xls' is hidden and was not read" in ran.err
    assert [(file["sheet"], file["counts"]["read"]) for file in ran.manifest["inputs"]] == [("East", 1), ("West", 2)]
    assert ran.manifest["inputs"][0]["read_as"]["not read"] == "hidden sheets: Old"
    ran = scrub(path, "--sheet", "Old", "--sheet", "East", channels=("call",), out="named")
    assert ran.clean_rows("full_name", "source_sheet") == [("Ann", "East"), ("Old", "Old")]


def test_a_layout_chooses_sheets(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "drop.xlsx", {"Notes": [["hello"]], "Leads": [["phone"], ["1"]]})
    assert read(path, Layout(sheet=["Leads"])) == [[(2, {"phone": "1"})]]
    with pytest.raises(FileError, match=r"has no sheet 'Leeds'\. Did you mean 'Leads'\?"):
        read(path, Layout(sheet=["Leeds"]))


def test_a_sheet_without_contact_ends_with_4_and_names_the_way_out(tmp_path: Path) -> None:
    """It is not passed over: it could hold leads under a name that is not known."""
    path = write_xlsx(tmp_path / "drop.xlsx", {"Leads": [["phone"], ["2025550100"]], "Notes": [["a", "b"], ["c", "d"]]})
    options: list[str | Path] = ["-o", tmp_path / "out", "--campaign", write_campaign(tmp_path)]
    ran = leadscrub("scrub", path, *options)
    assert (ran.code, "drop.xlsx [Notes]" in ran.err, "--sheet" in ran.err) == (4, True, True)
    assert leadscrub("scrub", path, *options, "--sheet", "Leads").code == 0


def test_sheet_without_a_workbook_is_wrong_usage(tmp_path: Path) -> None:
    drop = tmp_path / "drop.csv"
    drop.write_text("phone\n2025550100\n")
    ran = leadscrub("scrub", drop, "-o", tmp_path / "out", "--campaign", write_campaign(tmp_path), "--sheet", "A")
    assert ran.code == 2
    assert "no file of the drop is a workbook" in ran.err


def test_only_hidden_or_only_blank_sheets_end_with_4(tmp_path: Path) -> None:
    hidden = write_xls(tmp_path / "hidden.xls", {"A": [["phone"]]}, hidden=("A",))
    with pytest.raises(FileError, match=r"only hidden sheets \(A\)"):
        read(hidden)
    with pytest.raises(FileError, match="no sheet that holds anything"):
        read(write_xlsx(tmp_path / "blank.xlsx", {"A": []}))


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("00000", NumberFormat("", 5, "")),
        ("0000000000", NumberFormat("", 10, "")),
        ("000\\-00\\-0000", NumberFormat("", 9, "")),
        ("00000;-00000", NumberFormat("", 5, "")),
        ("(000) 000-0000", NumberFormat("", 10, "")),
        ("[Red]00000", NumberFormat("", 5, "")),
        ('"no. "000', NumberFormat("no. ", 3, "")),
        ('"+44 "0', NumberFormat("+44 ", 0, "")),
        ('"+"0', NumberFormat("+", 0, "")),
        ("\\+44\\ 0000\\ 000000", NumberFormat("+44 ", 10, "")),
        ("+44 ##########", NumberFormat("+44 ", 0, "")),
        ('"0"0', NumberFormat("0", 0, "")),
        ('"+1 "General', NumberFormat("+1 ", 0, "")),
        ("[$+49 ]0", NumberFormat("+49 ", 0, "")),
        ('"a;b"0;-0', NumberFormat("a;b", 0, "")),
        ('0" do not call"', NumberFormat("", 0, " do not call")),
        ('"$"0', PLAIN),
        ('0_-"-"', PLAIN),
        ("General", PLAIN),
        ("0", PLAIN),
        ("0.00", PLAIN),
        ("#,##0", PLAIN),
        ('"EUR "#,##0.00', PLAIN),
        ("yyyy-mm-dd", PLAIN),
        ("0%", PLAIN),
        ("0E+00", PLAIN),
        ("@", PLAIN),
        ('"text"', PLAIN),
    ],
)
def test_number_formats_that_show_zeros_and_text(code: str, shown: NumberFormat) -> None:
    assert read_format(code) == shown


@pytest.mark.parametrize(("suffix", "write"), [("xlsx", write_xlsx), ("xls", write_xls), ("ods", _ods)])
def test_text_of_a_number_format_is_part_of_the_value(tmp_path: Path, suffix: str, write: Callable[..., Path]) -> None:
    names = ["phone", "uk_phone", "escaped_phone", "remark", "money"]
    rows: Rows = [[*names], [7275550113, 2079304832, 7911123456, 2125550100, 5], [1, 2, 3, 4, 50]]
    [records] = read(write(tmp_path / f"drop.{suffix}", {"Leads": rows}))
    found = [[cells[name] for name in names] for _, cells in records]
    assert found[0] == ["7275550113", "+44 2079304832", "+44 7911123456", "2125550100 do not call", "5"]


@needs_shared_data
def test_the_calling_code_of_a_number_format_is_read(scrub: Scrub) -> None:
    ran = scrub(SHARED / "cases" / "number_format.xlsx", channels=("call",), region="US")
    assert ran.code == 0, ran.err
    assert ran.clean_rows("source_line", "phone") == [(2, "+442079304832"), (3, "+447911123456")]
    assert ran.rejected_rows("source_line", "reason") == [(4, "duplicate.in_drop")]


@pytest.mark.parametrize(
    ("rows", "header", "lines"),
    [
        ([["Report"], [], ["name", "phone", "x"], ["Ann", "2025550100", "2"]], ["name", "phone", "x"], [4]),
        ([["phone"], ["2025550100"]], ["phone"], [2]),
        ([["name", "phone"], ["a", "2025550100", "2", "3", "4"]], ["name", "phone", "", "", ""], [2]),
        # A lead whose cell is named like a field is a lead.
        ([["Ann", "Email", "2025550100"], ["Bo", "Phone", "2025550101"]], None, [1, 2]),
        ([["who", "way", "tel"], ["Ann", "Email", ""], ["Bo", "Phone", "2025550101"]], ["who", "way", "tel"], [2, 3]),
        ([["Ann", "ann@example.com"], ["Bo", "bo@example.com"]], None, [1, 2]),
        ([["Ann", "0", "ann@example.com"], ["Bo", "0", "bo@example.com"]], None, [1, 2]),
        # A group of columns may have a title of its own.
        (
            [["Contact", None, None, "Address", None], ["name", "phone", "email", "city", "zip"], ["A", "2025550100"]],
            ["name", "phone", "email", "city", "zip"],
            [3],
        ),
    ],
)
def test_where_the_header_is(tmp_path: Path, rows: Rows, header: list[str] | None, lines: list[int]) -> None:
    path = write_xlsx(tmp_path / "drop.xlsx", {"Leads": rows})
    [table] = open_tables(path, path.name, Layout())
    [records] = read(path)
    assert (list(table.header) if table.has_header else None) == header
    assert [line for line, _ in records] == lines


def test_leads_above_a_header_are_read_or_set_aside(scrub: Scrub, tmp_path: Path) -> None:
    """A table of its own, or single rows with their text; each title is named by its row."""
    leads: Rows = [[f"Lead {n}", f"lead{n}@example.com", 2025550100 + 7 * n % 100] for n in range(4)]
    more: Rows = [["phone", "name"], [2025550190, "Zed"]]
    ran = scrub(write_xlsx(tmp_path / "stack.xlsx", {"A": [["November"], *leads, *more]}))
    assert ran.code == 0, ran.err
    assert [(*row[:2], row[2]) for row in ran.clean_rows("source_sheet", "source_line", "email")] == [
        *(("A, table 1", line, f"lead{line - 2}@example.com") for line in range(2, 6)),
        ("A, table 2", 7, None),
    ]
    assert "[A, table 1]: row 1 before the table: no records" in ran.err
    one: Rows = [
        ["November"],
        ["call 202-555-0100 or", "ask Ann"],
        [],
        ["phone", "name", "city"],
        [2025550190, "Zed"],
    ]
    ran = scrub(write_xlsx(tmp_path / "one.xlsx", {"A": one}), out="one")
    assert ran.rejected_rows("source_line", "reason", "raw") == [(2, "row.malformed", "call 202-555-0100 or\task Ann")]
    assert ran.clean_rows("source_line", "full_name") == [(5, "Zed")]
    assert "rows 1, 3 before the table: no records" in ran.err
    assert "row 2 above the header with a phone, an email or a long number: set aside as row.malformed" in ran.err


def test_a_layout_s_word_about_headers_holds(scrub: Scrub, tmp_path: Path) -> None:
    """``header = false`` with names, ``header = true`` over unknown names, and rows to pass over."""
    rows: Rows = [["made by hand"], ["Jo", "jo@example.com", 2025550100], ["Bo", "bo@example.com", 2025550101]]
    path = write_xlsx(tmp_path / "drop.xlsx", {"A": rows})
    layout = Layout(header=False, column_names=["name", "email", "phone"], skip_lines=1)
    assert read(path, layout) == [
        [
            (2, {"name": "Jo", "email": "jo@example.com", "phone": "2025550100"}),
            (3, {"name": "Bo", "email": "bo@example.com", "phone": "2025550101"}),
        ]
    ]
    [records] = read(path, Layout(header=True, skip_lines=1))
    assert records == [(3, {"Jo": "Bo", "jo@example.com": "bo@example.com", "2025550100": "2025550101"})]


def test_a_sheet_of_one_empty_text_holds_nothing(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "drop.xlsx", {"A": [[""]], "B": [["phone"], ["2025550100"]]})
    assert read(path) == [[(2, {"phone": "2025550100"})]]
    with pytest.raises(FileError, match="no sheet that holds anything"):
        read(write_xlsx(tmp_path / "blank.xlsx", {"A": [[""]]}))


@pytest.mark.usefixtures("real_readers")
def test_no_module_beside_a_workbook_is_executed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that reads it imports neither from the current folder nor from those of PYTHONPATH."""
    path = write_xlsx(tmp_path / "drop.xlsx", {"Leads": [["phone"], ["2025550100"]]})
    trap = tmp_path / "sprung"
    for name in ("json", "schemas", "zipfile", "polars", "sitecustomize"):
        text = f"open({str(trap)!r}, 'a').write('{name} ')\nraise SystemExit('trap')\n"
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", f".:{tmp_path}")
    assert read(path) == [[(2, {"phone": "2025550100"})]]
    assert not trap.exists()


@pytest.mark.parametrize(
    ("code", "complaint", "says"),
    [
        (-6, "memory allocation of 17179869184 bytes failed", "needs more than 4 GB of memory"),
        (1, "Traceback\nMemoryError", "needs more than 4 GB of memory"),
        (-9, "", "the system ended the process that read it"),
        (-24, "", "more than 20 minutes of processor time"),
        (-11, "", r"its reader crashed \(SIGSEGV\)"),
        (1, "Traceback\nKeyError: 'somebody@example.com'", r"its reader failed \(KeyError\)"),
        (1, "Traceback\nModuleNotFoundError: No module named 'fastexcel'", "could not be started"),
    ],
)
def test_a_dead_reader_is_not_always_a_lack_of_memory(code: int, complaint: str, says: str) -> None:
    error = no_answer("drop.xlsx", FORMAT, code, complaint)
    assert re.search(says, str(error))
    assert "somebody" not in str(error)
