"""``explain --line``: the lead that is on a line of the vendor's file, or on a row of a sheet."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.conftest import Scrubbed, leadscrub, scrub_files
from tests.pipeline.reading.builders import Rows, write_xlsx

HEADER = "id,phone,address\n"
#: A remark above the header, a record of three lines, one that is blank, and a last one of two lines.
TEXT = f'{HEADER}1,2025550101,"Elm St\nback\nyard"\n2,2025550102,Oak Ave\n\n3,5,"Pine\nRd"\n'
OPTIONS = ("--channel", "call", "--region", "US", "--no-lists", "--as-of", "2026-11-21")


def told(out: Path, *option: str) -> list[tuple[int, int]]:
    """Rows that are explained, each with the line that it begins on."""
    ran = leadscrub("explain", out, *option, "--json")
    assert ran.code == 0, ran.err
    return [(story["row_id"], story["source_line"]) for story in json.loads(ran.out)["items"]]


def error(out: Path, *option: str) -> str:
    ran = leadscrub("explain", out, *option)
    assert ran.code == 2, ran.out
    return ran.err


@pytest.fixture(scope="module")
def drop(tmp_path_factory: pytest.TempPathFactory) -> Scrubbed:
    """Two texts and a workbook with two sheets, of which one has a hole."""
    folder = tmp_path_factory.mktemp("lines")
    (folder / "a.csv").write_text(TEXT, encoding="utf-8")
    (folder / "b.csv").write_text(f"{HEADER}8,2025550108,\n9,2025550109,\n", encoding="utf-8")
    one: Rows = [["id", "phone"], [1, "2025550101"], [], [2, "2025550102"]]
    write_xlsx(folder / "c.xlsx", {"One": one, "Two": [["id", "phone"], [7, "2025550107"]]})
    ran = scrub_files([folder / "a.csv", folder / "b.csv", folder / "c.xlsx"], folder / "out", *OPTIONS)
    assert ran.code == 0, ran.err
    return Scrubbed(ran.code, ran.out, ran.err, folder / "out")


@pytest.mark.parametrize(("line", "begins"), [("2", 2), ("3", 2), ("4", 2), ("5", 5), ("6", 6), ("7", 7), ("8", 7)])
def test_a_line_of_a_text_is_the_record_that_spans_it(drop: Scrubbed, line: str, begins: int) -> None:
    ((_, found),) = told(drop.folder, "--line", line, "--file", "a.csv")
    assert found == begins


def test_a_line_without_a_file_is_that_of_every_file_that_has_it(drop: Scrubbed) -> None:
    rows = drop.rejected.select("row_id", "source_file", "source_line")
    on_three = {row for row, file, line in rows.rows() if line == 3 or (file.endswith("a.csv") and line == 2)}
    assert {row for row, _ in told(drop.folder, "--line", "3")} == on_three


def test_a_row_of_a_sheet_is_found_exactly(drop: Scrubbed) -> None:
    one = ("--file", "c.xlsx", "--sheet", "One")
    assert [line for _, line in told(drop.folder, "--line", "4", *one)] == [4]
    assert [line for _, line in told(drop.folder, "--line", "2", "--sheet", "Two")] == [2]
    assert "last record, line 2" in error(drop.folder, "--line", "3", "--sheet", "Two")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--line", "1", "--file", "a.csv"), "'a.csv': line 1 is above the first record, which begins on line 2."),
        (("--line", "9", "--file", "a.csv"), "'a.csv': line 9 is behind the beginning of the last record, line 7."),
        (("--line", "99"), "line 99 is behind .* And 3 further tables."),
        (("--line", "2", "--file", "aa.csv"), "No row comes from file 'aa.csv'. Did you mean 'a.csv'?"),
        (("--line", "2", "--sheet", "Tow"), "No row comes from sheet 'Tow'. Did you mean 'Two'?"),
        (("--line", "2", "--file", "a.csv", "--sheet", "One"), "The drop has no sheets: leave --sheet out."),
        (("--line", "2", "--row", "0"), "Name the lead by one of --row, --line, --phone and --email."),
        (("--row", "0", "--sheet", "One"), "--file and --sheet work only with --line."),
        (("--line", "0"), "Invalid value for .--line."),
    ],
)
def test_what_is_on_no_line_is_said(drop: Scrubbed, options: tuple[str, ...], said: str) -> None:
    assert re.search(said.replace("?", r"\?"), error(drop.folder, *options)), error(drop.folder, *options)
