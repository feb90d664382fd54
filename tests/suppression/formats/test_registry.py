"""Each format is found by itself in a file written from its published description, and read to exact entries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from schemas.errors import FileError, ListError, UsageError
from suppression.formats.registry import FORMATS, format_named
from tests.suppression.formats.reading import detected, read

_SHA256 = "aQ3XCsMAaQ3XCsMAaQ3XCsMAaQ3XCsMAaQ3XCsMAaQ0="


@dataclass(frozen=True)
class Case:
    """One file: its format, and the entries that it must give."""

    format: str
    content: str
    entries: list[str]
    name: str = "list.txt"
    options: dict[str, Any] = field(default_factory=dict)


CASES = [
    Case("ftc-flat", "212,5550100\r\n212,5550101\r\n", ["2125550100", "2125550101"], "212.txt"),
    Case("ftc-flat", "2125550100\n6465550101\n", ["2125550100", "6465550101"], options={"region": "US"}),
    Case("ftc-flat", "12125550100\n16465550101\n", ["2125550100", "6465550101"], options={"region": "US"}),
    Case(
        "ftc-xml",
        "<list type='full' level='ac' val='423'>\n<ac val='423'>\n<ph val='5550100'/>\n"
        "<ph val='5550101'/>\n</ac></list>",
        ["4235550100", "4235550101"],
    ),
    Case("canada-csv", "416,5550100\n905,5550101\n", ["4165550100", "9055550101"]),
    Case(
        "canada-xml",
        "<list type='full' level='all' val='' />\n<ac val='416'><ph val='5550100' /></ac>\n"
        "<ac val='905'><ph val='5550101' /></ac>",
        ["4165550100", "9055550101"],
    ),
    Case(
        "ftc-change",
        "212,5550100,20261101,A\n212,5550101,20261102,D\n",
        ["2125550100", "2125550101"],
        options={"change_layout": "area,number,date,action"},
    ),
    Case(
        "uk-tps",
        "0207 9460100\r\n01632 960101\r\n0117 4960102\r\n07700 900103\r\n",
        ["+442079460100", "+441632960101", "+441174960102", "+447700900103"],
    ),
    Case("uk-tps", "02079460100 \r\n0163296010  \r\n", ["+442079460100", "+44163296010"]),
    Case("california-drop", f"{_SHA256}\n{_SHA256}\n", [_SHA256, _SHA256]),
    Case(
        "hex-hashes",
        "D41D8CD98F00B204E9800998ECF8427E\n" + "a" * 32 + "\n",
        ["d41d8cd98f00b204e9800998ecf8427e", "a" * 32],
    ),
    Case("hex-hashes", "0" * 128 + "\n" + "f" * 128 + "\n", ["0" * 128, "f" * 128]),
    Case(
        "hubspot",
        "Email,Portal Bounce,Portal Unsubscribe,Portal Spam Report,Global Bounce,Marketing Information\n"
        "a@example.com,,TRUE,,,\nb@example.com,,,,,TRUE\nc@example.com,550 no such user,,,,\nd@example.com,,,,,FALSE\n",
        ["a@example.com", "b@example.com", "c@example.com"],
    ),
    Case(
        "mailchimp",
        "Email Address,First Name,UNSUB_TIME,LEID\na@example.com,A,2026-01-02 03:04:05,1\n",
        ["a@example.com"],
        "unsubscribed_email_audience_export_1.csv",
    ),
    Case("sendgrid", "email,created\na@example.com,2009-06-01 19:41:39\n", ["a@example.com"]),
    Case(
        "klaviyo",
        "Email,Suppression Reason,Suppression Timestamp\na@example.com,USER_SUPPRESSED,2023-02-21T20:07:38+00:00\n",
        ["a@example.com"],
    ),
    Case(
        "mailup",
        "Email,Phone Number,idList,OptOut_Date,optout_type\na@example.com,,1,20110122T111244,0\n",
        ["a@example.com"],
    ),
    Case(
        "reassigned",
        "number,date,result\n2125550100,20260102,yes\n2125550101,01/02/26,no\n2125550102,2026-01-02,no data\n",
        ["2125550100", "2125550102"],
    ),
    Case("wash", "Number,Status\n0255501234,Accepted\n0255501235,Refused\n", ["0255501235"]),
    Case(
        "litigators",
        'Phone,Type,Severity,Code\n2125550100,Plaintiff,30,"TCPA,DNC"\n2125550101,Attorney,0,\n',
        ["2125550100", "2125550101"],
    ),
    Case("csv", "name;phone;e-mail\nAnn;(212) 555-0100;\nBob;;b@example.com\n", ["(212) 555-0100", "b@example.com"]),
    Case("domains", "@example.com\n.example.net\nexample.org\n", ["@example.com", ".example.net", "example.org"]),
    Case(
        "plain", "+1 212 555 0100\na@example.com\n212-555-0101\n", ["+1 212 555 0100", "a@example.com", "212-555-0101"]
    ),
]


@pytest.mark.parametrize("case", CASES, ids=[f"{case.format}-{place}" for place, case in enumerate(CASES)])
def test_sample_is_found_and_read(case: Case) -> None:
    if case.format != "canada-csv":  # It is the flat file by another name.
        assert detected(case.content, case.name, **case.options) == case.format
    assert read(case.content, case.format, case.name, **case.options).texts == case.entries


def test_every_format_has_a_sample() -> None:
    assert {case.format for case in CASES} == {made.name for made in FORMATS}


@pytest.mark.parametrize("made", FORMATS, ids=lambda made: made.name)
def test_every_format_says_where_its_description_is_from(made: Any) -> None:
    assert made.summary
    assert made.source
    assert made.known in {"documented", "unverified"}


def test_wrong_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="Did you mean 'mailchimp'"):
        format_named("mailchip")


def test_ten_bare_digits_are_american_only_where_numbers_are() -> None:
    assert detected("9876543210\n9876543211\n", region="IN") == "plain"
    assert detected("13812345678\n", region="CN") == "plain"
    assert detected("2125550100\n") == "plain"


@pytest.mark.parametrize(
    "content",
    ["first;second\na;b\nc;d\n", "Number,Error Code,Error Message\n", "see the\nattached file\n"],
)
def test_unknown_shape_is_refused(content: str) -> None:
    with pytest.raises(ListError):
        read(content.replace("Number,", "Item,"))


def test_undeclared_change_file_is_refused_with_what_to_declare() -> None:
    with pytest.raises(ListError, match="area,number,date,action"):
        read("212,5550100,20261101,A\n212,5550101,20261102,D\n")


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(FileError, match=r"'list\.txt' is binary"):
        read(b"212\x00555\x010100\n" * 9)
