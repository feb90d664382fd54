"""What is written in a format is read back from it; and whatever a file holds, every line is accounted for."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.errors import FileError
from suppression.formats.rows import read_records
from tests.suppression.formats.reading import member_of, read

pytestmark = pytest.mark.slow

_AREA = st.sampled_from(["201", "212", "416", "989"])
_FICTIONAL = st.integers(100, 199).map(lambda number: f"5550{number}")
_AMERICAN = st.lists(st.tuples(_AREA, _FICTIONAL), min_size=1)
_END = st.sampled_from(["\n", "\r\n", "\r"])
_BRITISH = st.sampled_from(["0207946", "0163296", "0117496", "0770090"]).flatmap(
    lambda head: st.integers(0, 999).map(lambda tail: f"{head}0{tail:03d}")
)
_EMAIL = st.text("abcdefgh.0123-é", min_size=1).map(lambda local: f"{local.strip('.-') or 'a'}@example.com")
_DIGEST = st.binary(max_size=8).map(hashlib.sha256)
_CELL = st.text(st.sampled_from("ab1 ,;\"\n'é"), max_size=8)


@given(_AMERICAN, _END, st.sampled_from(["{},{}", "{}{}", "1{}{}"]))
def test_flat(numbers: list[tuple[str, str]], end: str, layout: str) -> None:
    content = end.join(layout.format(*number) for number in numbers)
    assert read(content, "ftc-flat").texts == ["".join(number) for number in numbers]


@given(_AMERICAN, st.sampled_from("'\""), st.booleans(), st.booleans())
def test_tagged(numbers: list[tuple[str, str]], quote: str, nested: bool, padded: bool) -> None:
    close, root = ("</ac>", "<list>") if nested else ("", "<list type='full' level='all' val='' />")
    content = root + "".join(
        f"\n<ac val={quote}{area}{quote}{'' if nested else ' /'}>"
        f"<ph val={quote}{number if padded else number.lstrip('0')}{quote} />{close}"
        for area, number in numbers
    )
    assert read(content, "ftc-xml").texts == ["".join(number) for number in numbers]


@given(_AMERICAN, st.lists(st.booleans(), min_size=100, max_size=100))
def test_change(numbers: list[tuple[str, str]], added: list[bool]) -> None:
    changes = [(*number, "A" if add else "D") for number, add in zip(numbers, added, strict=False)]
    content = "\n".join(",".join(change) for change in changes)
    expected = [(area + number, "add" if action == "A" else "delete") for area, number, action in changes]
    assert read(content, change_layout="area,number,action").rows("text", "action") == expected


@given(st.lists(_BRITISH, min_size=1), st.booleans())
def test_tps(numbers: list[str], spaced: bool) -> None:
    lines = [f"{number[:4]} {number[4:]:>7}" if spaced else f"{number:<12}" for number in numbers]
    got = read("".join(line + "\r\n" for line in lines), "uk-tps")
    assert got.texts == ["+44" + number[1:] for number in numbers]


@given(st.lists(_EMAIL, min_size=1), st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]), _END)
def test_plain(emails: list[str], encoding: str, end: str) -> None:
    assert read(end.join(emails).encode(encoding), "plain").texts == emails


@given(st.lists(_DIGEST, min_size=1))
def test_hashes(digests: list[hashlib._Hash]) -> None:
    hexadecimal = [digest.hexdigest() for digest in digests]
    assert read("\n".join(hexadecimal).upper()).texts == hexadecimal
    encoded = [base64.b64encode(digest.digest()).decode() for digest in digests]
    assert read("\n".join(encoded)).texts == encoded


@given(st.lists(st.tuples(_EMAIL, _CELL, _CELL)), st.sampled_from(["\n", "\r\n"]), st.booleans())
@example([("0@example.com", "", "\n,,\n"), ("00@example.com", "", "\n")], "\n", False)
def test_table(rows: list[tuple[str, str, str]], end: str, quoted: bool) -> None:
    """Notes may hold anything."""
    made = io.StringIO(newline="")
    writer = csv.writer(made, lineterminator=end, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL)
    writer.writerows([("email", "note", "more"), *rows])
    got = read(made.getvalue(), "csv")
    assert got.texts == [email for email, _, _ in rows]
    assert got.refused == []


_DAY = st.dates(min_value=date(2000, 1, 1), max_value=date(2030, 12, 31))
_PLAIN_EMAIL = st.integers(0, 10_000).map(lambda number: f"p{number}@example.com")
_AMERICAN_TEN = st.tuples(_AREA, _FICTIONAL).map("".join)
#: Of each format with a header: the header, a row of it, and whether the row's entry is on the list.
_TABLES: dict[str, tuple[tuple[str, ...], st.SearchStrategy[str], Callable[[str, date, bool], tuple[str, ...]]]] = {
    "hubspot": (
        ("Email", "Portal Unsubscribe", "Global Bounce", "Portal Spam Report"),
        _PLAIN_EMAIL,
        lambda entry, day, on: (entry, "TRUE" if on else "", "", "FALSE"),
    ),
    "mailup": (
        ("Email", "Phone Number", "idList", "OptOut_Date", "optout_type"),
        _PLAIN_EMAIL,
        lambda entry, day, on: (entry if on else "", "", "1", f"{day:%Y%m%d}T111244", "0"),
    ),
    "klaviyo": (
        ("Email", "Suppression Reason", "Suppression Timestamp"),
        _PLAIN_EMAIL,
        lambda entry, day, on: (entry if on else "", "USER_SUPPRESSED", f"{day}T20:07:38+00:00"),
    ),
    "sendgrid": (
        ("email", "created"),
        _PLAIN_EMAIL,
        lambda entry, day, on: (entry if on else "", f"{day} 19:41:39"),
    ),
    "reassigned": (
        ("number", "date", "result"),
        _AMERICAN_TEN,
        lambda entry, day, on: (entry, f"{day:%m/%d/%Y}", "yes" if on else "no"),
    ),
    "wash": (
        ("Number", "Status"),
        _AMERICAN_TEN,
        lambda entry, day, on: (entry, "Refused" if on else "Accepted"),
    ),
    "litigators": (
        ("Phone", "Type", "Severity", "Code"),
        _AMERICAN_TEN,
        lambda entry, day, on: (entry if on else "", "Plaintiff", str(day.day), "TCPA,DNC"),
    ),
    "mailchimp": (
        ("Email Address", "First Name", "UNSUB_TIME"),
        _PLAIN_EMAIL,
        lambda entry, day, on: (entry if on else "", "A", f"{day} 03:04:05"),
    ),
}


@pytest.mark.parametrize("name", _TABLES)
@given(data=st.data())
def test_table_of_each_kind(name: str, data: st.DataObject) -> None:
    """Who is on the list is read, in order; who is not, or has no entry, is refused, each with a reason."""
    header, entry, row = _TABLES[name]
    drawn = data.draw(st.lists(st.tuples(entry, _DAY, st.booleans()), min_size=1, max_size=20))
    made = io.StringIO(newline="")
    writer = csv.writer(made, lineterminator=data.draw(_END.filter(lambda end: end != "\r")))
    writer.writerows([header, *(row(*one) for one in drawn)])
    got = read(made.getvalue(), name, "unsubscribed_email_audience_export_1.csv")
    assert got.texts == [text for text, _, on in drawn if on]
    assert [line for _, _, line in got.refused] == [place for place, one in enumerate(drawn, 2) if not one[2]]


@given(_AMERICAN, _END)
def test_canadian(numbers: list[tuple[str, str]], end: str) -> None:
    expected = ["".join(number) for number in numbers]
    assert read(end.join(map(",".join, numbers)), "canada-csv").texts == expected
    content = "<list type='full' level='all' val='' />" + "".join(
        f"{end}<ac val='{area}'><ph val='{number}' /></ac>" for area, number in numbers
    )
    assert read(content, "canada-xml").texts == expected


@given(st.lists(st.tuples(st.sampled_from(["", "@", "."]), st.integers(0, 99)), min_size=1), _END)
def test_domains(domains: list[tuple[str, int]], end: str) -> None:
    expected = [f"{mark}d{number}.example.com" for mark, number in domains]
    assert read(end.join(expected), "domains").texts == expected


@given(st.lists(st.text(st.sampled_from('ab,"1 \r\x0b\u2028é'), max_size=9)), st.sampled_from([1, 4, 1 << 20]))
def test_no_line_of_a_table_is_lost(lines: list[str], size: int) -> None:
    """Each line that is not blank belongs to exactly one record or is refused."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("suppression.formats.text.line_blocks.__defaults__", (size,))
        records = list(read_records(member_of("x", "\n".join(lines).encode()).stream, ",", 3))
    physical = "\n".join(lines).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    seen: list[int] = []
    for record in records:
        for line, *cells in record.frame.select("line", "0", "1", "2").rows():
            seen += range(line, line + sum(cell.count("\n") for cell in cells) + 1)
        seen += record.refused.get_column("line").to_list()
    blank = {at for at, text in enumerate(physical, 1) if not text.strip('", \x0b\u2028')}
    assert sorted(set(seen) - blank) == sorted(set(range(1, len(physical) + 1)) - blank)
    assert len(seen) == len(set(seen))


@given(
    st.binary(max_size=200),
    st.sampled_from(["ftc-flat", "uk-tps", "plain", "domains", "hex-hashes", "california-drop"]),
)
def test_every_line_is_accounted_for(content: bytes, name: str) -> None:
    try:
        got = read(content, name)
    except FileError:
        # Binary, which is no list.
        return
    lines = [row[0] for row in got.rows("line")] + [line for _, _, line in got.refused]
    assert len(lines) == len(set(lines))
    text = read(content, "plain")
    expected = [row[0] for row in text.rows("line")] + [line for _, _, line in text.refused]
    assert sorted(lines) == sorted(expected)
