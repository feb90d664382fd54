"""How a drop's files are found, and what their encoding, delimiter and header are taken for."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from pipeline.reading.files import find_files
from tests.conftest import Scrub, Written, leadscrub, write_campaign

TEXT = "Prénom,phone,Größe\nZoë,202-555-0100,€5\n"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (b"\xef\xbb\xbf" + TEXT.encode(), "utf-8"),
        (TEXT.encode("cp1252"), "windows-1252"),
        (b"\xff\xfe" + TEXT.encode("utf-16-le"), "utf-16-le"),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), "utf-16-be"),
        (b"\xff\xfe\x00\x00" + TEXT.encode("utf-32-le"), "utf-32-le"),
    ],
)
@pytest.mark.parametrize("block", ["8", "0.001"])
def test_text_is_read_in_the_encoding_that_it_has(scrub: Scrub, content: bytes, encoding: str, block: str) -> None:
    ran = scrub(content, "--block-mb", block, channels=("call",))
    assert ran.code == 0, ran.err
    assert ran.manifest["inputs"][0]["read_as"]["encoding"] == encoding
    assert ran.clean_rows("first_name", "phone", "extra") == [("Zoë", "+12025550100", {"Größe": "€5"})]


@pytest.mark.slow
def test_one_byte_deep_inside_a_file_settles_its_encoding(scrub: Scrub) -> None:
    """A megabyte of ASCII goes before it."""
    drop = b"name,phone\n" + b"Ann,202-555-0100\n" * 60_000 + "Zoë,202-555-0101\n".encode("cp1252")
    ran = scrub(drop, channels=("call",))
    assert ran.manifest["inputs"][0]["read_as"]["encoding"] == "windows-1252"
    assert ran.clean_rows("row_id", "full_name") == [(0, "Ann"), (60_000, "Zoë")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(scrub: Scrub, delimiter: str) -> None:
    """Other delimiters inside the cells do not mislead."""
    rows = [["name", "phone", "note"], ["A", "202-555-0100", "x; y | z"], ["B", "202-555-0101", "1, 2, 3"]]
    text = "".join(delimiter.join(f'"{cell}"' if delimiter in cell else cell for cell in row) + "\r\n" for row in rows)
    ran = scrub(text, channels=("call",))
    assert ran.manifest["inputs"][0]["read_as"]["delimiter"] == delimiter
    assert ran.clean_rows("full_name", "phone", "extra") == [
        ("A", "+12025550100", {"note": "x; y | z"}),
        ("B", "+12025550101", {"note": "1, 2, 3"}),
    ]


def test_a_layout_s_word_wins(scrub: Scrub, written: Written) -> None:
    """Over the delimiter, the encoding, the region and the columns that detection would have found."""
    layout = written(
        "layout.toml",
        'delimiter = "^"\nencoding = "cp1252"\nregion = "GB"\nignore = ["mobile"]\n'
        '[columns]\nphone = "A"\nfull_name = "B"\n',
    )
    drop = "A^B^mobile\n020 7946 0001^Zoë^020 7946 0002\n".encode("cp1252")
    ran = scrub(drop, "--layout", layout, channels=("call",))
    assert ran.clean_rows("phone", "phone_2", "full_name", "extra") == [
        ("+442079460001", None, "Zoë", {"mobile": "020 7946 0002"})
    ]


def test_the_country_of_a_row_decides_what_its_number_is(scrub: Scrub) -> None:
    drop = (
        "phone,country\n020 7946 0001,United Kingdom\n01 99 00 12 34,fr\n202-555-0100,\n202-555-0101,Atlantis\n"
        "+44 20 7946 0002,US\n"
    )
    ran = scrub(drop, channels=("call",))
    assert ran.clean_rows("row_id", "phone", "phone_region", "country") == [
        (0, "+442079460001", "GB", "United Kingdom"),
        (1, "+33199001234", "FR", "fr"),
        (2, "+12025550100", "US", None),
        (4, "+442079460002", "GB", "US"),
    ]
    # A word that names no country is never taken for an empty cell.
    assert ran.rejected_rows("row_id", "reason") == [(3, "phone.country_unread")]


def test_a_header_may_repeat_and_leave_names_out(scrub: Scrub) -> None:
    """No two columns share a name, and none is lost."""
    ran = scrub(" phone ,note,note,,note\n202-555-0100,a,b,c,d\n", channels=("call",))
    assert ran.clean_rows("phone", "extra") == [
        ("+12025550100", {"note": "a", "note (2)": "b", "column 4": "c", "note (3)": "d"})
    ]


def test_a_quoted_header_may_hold_a_line_end(scrub: Scrub) -> None:
    """The first record then starts on the third line."""
    ran = scrub('"phone","how\nmany"\n202-555-0100,3\n', channels=("call",))
    assert ran.clean_rows("source_line", "phone", "extra") == [(3, "+12025550100", {"how many": "3"})]


def test_records_that_are_no_leads_are_named(scrub: Scrub) -> None:
    """Blank rows, repeated headers and totals: each has one reason."""
    drop = (
        "name,phone,email\n"
        "Ann,202-555-0100,\n"
        ",,\n"
        ' , ,"  "\n'
        "name,phone,email\n"
        "NAME,Phone,EMAIL\n"
        "Total,,2\n"
        "Grand total: 2 records,,\n"
        "Total Recall Video,,\n"
        "Bo,202-555-0101,\n"
        "End of file\n"
    )
    ran = scrub(drop, channels=("call",))
    assert ran.clean_rows("row_id", "full_name") == [(0, "Ann"), (8, "Bo")]
    assert ran.rejected_rows("row_id", "source_line", "reasons") == [
        (1, 3, ["row.empty"]),
        (2, 4, ["row.empty"]),
        (3, 5, ["row.repeated_header"]),
        (4, 6, ["row.repeated_header"]),
        (5, 7, ["row.footer"]),
        (6, 8, ["row.footer"]),
        (7, 9, ["contact.none"]),
        (9, 11, ["row.footer"]),
    ]


def test_damage_of_every_kind_is_kept_with_its_text_and_line(scrub: Scrub) -> None:
    """Every record is in one of the two outputs."""
    drop = (
        "name,phone\n"
        "A,202-555-0100\n"
        "B\n"
        "C,202-555-0102,extra\n"
        '"D,202-555-0103\n'
        'E "the cat",202-555-0104\n'
        '"F" x,202-555-0105\n'
        '"G\nG",202-555-0106\r\n'
        'H,"202-555-0107'
    )
    ran = scrub(drop, channels=("call",))
    assert ran.clean_rows("row_id", "source_line", "full_name", "phone") == [
        (0, 2, "A", "+12025550100"),
        (4, 6, 'E "the cat"', "+12025550104"),
        (6, 8, "G\nG", "+12025550106"),
    ]
    assert ran.rejected_rows("row_id", "source_line", "reasons", "raw") == [
        (1, 3, ["row.malformed"], "B"),
        (2, 4, ["row.malformed"], "C,202-555-0102,extra"),
        (3, 5, ["row.malformed"], '"D,202-555-0103'),
        (5, 7, ["row.malformed"], '"F" x,202-555-0105'),
        (7, 10, ["row.malformed"], 'H,"202-555-0107'),
    ]


def test_files_are_found_by_name_folder_and_pattern(written: Written, in_folder: Path) -> None:
    """In order, each once; a folder gives its files by name, and nothing that is no drop."""
    for name in ("in/b.csv", "in/a.CSV", "in/c.txt", "in/d.tsv", "in/notes.md", "in/deeper/e.csv", "f.csv"):
        written(name, "phone\n")
    assert [str(path) for path in find_files(["in"])] == ["in/a.CSV", "in/b.csv", "in/c.txt", "in/d.tsv"]
    assert [str(path) for path in find_files(["f.csv", "in/*.csv", "./f.csv"])] == ["f.csv", "in/b.csv"]
    assert [str(path) for path in find_files(["in/**/e.csv"])] == ["in/deeper/e.csv"]


def test_files_of_one_name_are_told_apart(written: Written, tmp_path: Path) -> None:
    paths = [written(f"{place}/drop.csv", f"phone\n202-555-010{n}\n") for n, place in enumerate("ab")]
    ran = leadscrub("scrub", *paths, "-o", tmp_path / "out", "--campaign", write_campaign(tmp_path))
    assert ran.code == 0, ran.err
    files = pl.read_parquet(tmp_path / "out" / "clean.parquet").get_column("source_file").to_list()
    assert len(set(files)) == 2


def test_blank_lines_before_the_header_are_passed_over(scrub: Scrub) -> None:
    """Exports begin with them; the first line that holds something names the columns."""
    ran = scrub("\n\r\nname,phone\nA,202-555-0100\n", channels=("call",))
    assert ran.code == 0, ran.err
    assert ran.clean_rows("source_line", "phone") == [(4, "+12025550100")]
