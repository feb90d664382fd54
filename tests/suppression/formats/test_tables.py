"""Tables: columns by header or declaration, facts, answers, choices, and rows that cannot be told."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from schemas.errors import ListError
from suppression.formats.blocks import NOT_LISTED
from suppression.formats.dates import read_dates
from tests.suppression.formats.reading import read


def test_facts_beside_an_entry() -> None:
    got = read(
        "phone,date,expiry,reason,severity\n2125550100,2026-01-02,20270102,asked,3\n2125550101,,,,\n2125550102,soon,never,,bad\n"
    )
    assert got.rows("text", "line", "listed_on", "expires_on", "reason", "severity") == [
        ("2125550100", 2, date(2026, 1, 2), date(2027, 1, 2), "asked", 3),
        ("2125550101", 3, None, None, None, None),
        ("2125550102", 4, None, None, None, None),
    ]
    assert got.warnings == [
        f"1 cell of '{name}' could not be read and counts as empty." for name in ("date", "expiry", "severity")
    ]


def test_every_phone_and_email_of_a_row_is_an_entry() -> None:
    got = read("Phone,Mobile,Email,Fax\n2125550100,2125550101,a@example.com,2125550109\n,,,2125550108\n")
    assert sorted(got.texts) == ["2125550100", "2125550101", "a@example.com"]
    assert got.refused == [(",,,2125550108", "no entry in this row", 3)]


def test_columns_of_other_kinds_are_not_read() -> None:
    assert read("phone,email\n2125550100,a@example.com\n", fields=frozenset({"email"})).texts == ["a@example.com"]


def test_declared_columns() -> None:
    content = "who|nr|since\nAnn|2125550100|03/04/2026\n"
    got = read(content, "csv", columns={"number": ("nr",), "date": ("since",)}, day_first=True)
    assert got.rows("text", "listed_on") == [("2125550100", date(2026, 4, 3))]
    assert read(content, column="NR").texts == ["2125550100"]
    with pytest.raises(ListError, match="no column 'nrs'"):
        read(content, column="nrs")


def test_area_code_in_a_column_of_its_own() -> None:
    got = read("npa,line\n212,555-0100\n21,5550101\n", "csv", columns={"area": ("npa",), "number": ("line",)})
    assert (got.texts, got.blocks[-2].north_american) == (["2125550100"], True)
    assert got.refused == [("215550101", "not an area code and a seven-digit number", 3)]


def test_table_without_header() -> None:
    got = read("Ann,2125550100\nBob,2125550101\n", headerless=True, columns={"number": ("2",)})
    assert got.rows("text", "line") == [("2125550100", 1), ("2125550101", 2)]


def test_doubtful_column_is_a_warning() -> None:
    assert any(
        "Litigator Phone" in warning for warning in read("phone,Litigator Phone\n2125550100,2125550101\n").warnings
    )


def test_a_column_of_contact_points_that_nobody_reads_is_a_warning() -> None:
    """A header that is rubbish must not take a whole column out of the list in silence."""
    rows = "".join(f"p{n}@example.com,212-736-50{n:02},+1212736{n:04},{n}\n" for n in range(10))
    assert read(f"email,xxxxx,Rückruf,id\n{rows}").warnings == [
        "Column 'xxxxx' looks like phone numbers and is not read: name it if it is.",
        "Column 'Rückruf' looks like phone numbers and is not read: name it if it is.",
    ]
    assert read(f"email,x,y,id\n{rows}", fields=frozenset({"email"})).warnings == []


def test_separator_line_and_repeated_header() -> None:
    got = read("sep=;\nphone;name\n2125550100;Ann\nphone;name\n2125550101;Bob\n")
    assert got.texts == ["2125550100", "2125550101"]
    assert got.refused == [("phone;name", NOT_LISTED + "the header again", 4)]


def test_quotes_and_line_ends_in_cells() -> None:
    got = read('phone,note\r\n2125550100,"a, b\r\nc ""d"""\r\n"2125550101",x\r\n\r\n2125550102,5" pipe\r\n')
    assert got.rows("text", "line") == [("2125550100", 2), ("2125550101", 4), ("2125550102", 6)]
    assert got.refused == []


def test_unclosed_quote_swallows_nothing() -> None:
    lines = [
        "phone,note",
        '2125550100,"oops',
        "2125550101,b",
        '2125550102,"c"',
        '2125550103,d"',
        '"2125550104"x,e',
        "2125550105,f",
    ]
    got = read("\n".join(lines))
    assert got.texts == ["2125550101", "2125550102", "2125550103", "2125550105"]
    assert got.refused == [
        (lines[1], "quotes in the wrong place", 2),
        (lines[5], "quotes in the wrong place", 6),
    ]


@pytest.mark.parametrize("size", [1, 5, 13, 40])
def test_records_over_block_ends(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr("suppression.formats.text.line_blocks.__defaults__", (size,))
    got = read('phone,note\n2125550100,"a\nb\nc"\n2125550101,"open\n2125550102,d\n2125550103,"e"\n')
    assert got.rows("text", "line") == [("2125550100", 2), ("2125550102", 6), ("2125550103", 7)]
    assert got.refused == [('2125550101,"open', "quotes in the wrong place", 5)]


def test_row_wider_than_the_header_is_refused() -> None:
    got = read("phone,note\n2125550100,a,b\n2125550101,c,\n2125550102\n")
    assert got.texts == ["2125550101", "2125550102"]
    assert got.refused == [("2125550100,a,b", "more cells than the 2 of the header", 2)]


LITIGATORS = 'Phone,Type,Severity,Code\n2125550100,Plaintiff,30,"TCPA, DNC"\n2125550101,Other,5,PRE\n2125550102,,,\n'


def test_litigators_with_all_their_codes() -> None:
    assert read(LITIGATORS).rows("text", "reason", "severity") == [
        ("2125550100", "Plaintiff; TCPA,DNC", 30),
        ("2125550101", "Other; PRE", 5),
        ("2125550102", None, None),
    ]


def test_choice_keeps_what_does_not_say() -> None:
    by_code = read(LITIGATORS, codes=frozenset({"dnc"}))
    assert by_code.texts == ["2125550100", "2125550102"]
    assert by_code.refused == [("2125550101", NOT_LISTED + "none of the codes to keep", 3)]
    by_severity = read(LITIGATORS, min_severity=10)
    assert by_severity.texts == ["2125550100", "2125550102"]
    assert by_severity.refused == [("2125550101", NOT_LISTED + "severity below 10", 3)]


def test_choice_by_what_the_table_has_not() -> None:
    with pytest.raises(ListError, match="no column of codes"):
        read("phone\n2125550100\n", codes=frozenset({"x"}))


def test_reassigned_answers() -> None:
    got = read(
        "Phone Number,Date,Result\n2125550100,20260102,Yes\n2125550101,2026-01-02,NO\n2125550102,01/02/2026,no_data\n"
        "2125550103,01/02/26,\n2125550104,20260102,perhaps\n",
        "reassigned",
    )
    day = date(2026, 1, 2)
    assert got.rows("text", "listed_on", "reason") == [
        ("2125550100", day, "reassigned"),
        ("2125550102", day, "no_data"),
        ("2125550103", day, "no_data"),
        ("2125550104", day, "answer not known"),
    ]
    assert got.refused == [("2125550101", NOT_LISTED + "not reassigned", 3)]


def test_answers_in_words_that_are_not_declared() -> None:
    content = "number,result\n2125550100,R1\n2125550101,R0\n"
    with pytest.raises(ListError, match="not declared, such as R0, R1"):
        read(content, "wash")
    assert read(content, "wash", statuses={"R1": "listed", "R0": "not listed"}).texts == ["2125550100"]


def test_wash_without_a_column_of_answers() -> None:
    with pytest.raises(ListError, match="no column of answers"):
        read("number\n2125550100\n", "wash")


@pytest.mark.parametrize(
    ("text", "day_first", "expected"),
    [
        ("20261121", None, date(2026, 11, 21)),
        ("2026-11-21", None, date(2026, 11, 21)),
        ("2026-11-21 10:00:00", None, date(2026, 11, 21)),
        ("2023-02-21T20:07:38+00:00", None, date(2023, 2, 21)),
        ("20110122T111244", None, date(2011, 1, 22)),
        ("1780000000", None, date(2026, 5, 28)),
        ("11/21/2026", None, date(2026, 11, 21)),
        ("21/11/2026", None, date(2026, 11, 21)),
        ("3/4/2026", None, None),
        ("4/4/26", None, date(2026, 4, 4)),
        ("3/4/26", False, date(2026, 3, 4)),
        ("3/4/26", True, date(2026, 4, 3)),
        ("21/11/2026", False, None),
        ("20261301", None, None),
        ("2026-02-30", None, None),
        ("soon", None, None),
        ("", None, None),
    ],
)
def test_dates(text: str, day_first: bool | None, expected: date | None) -> None:
    assert read_dates(pl.Series([text, text, None], dtype=pl.String), day_first).to_list() == [expected, expected, None]
