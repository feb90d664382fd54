"""Every point in an entry's text is found, whatever is written around it."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.contact.apply import apply_here
from suppression.entry_phones import read_phones
from suppression.point_search import emails_in, numbers_in


def numbers(text: str, region: str | None = "US") -> list[str]:
    found = numbers_in(pl.Series([text]), pl.Series([region], dtype=pl.String), apply_here)
    return found.get_column("key").to_list()


def emails(text: str) -> list[str]:
    return emails_in(pl.Series([text]), apply_here).get_column("key").to_list()


@pytest.mark.parametrize(
    ("text", "region", "expected"),
    [
        ("ann@example.com, bob@example.com;212-736-5000 / 212-736-5001", "US", ["+12127365000", "+12127365001"]),
        ("2127365000 DO NOT CALL", "US", ["+12127365000"]),
        ("DO NOT CALL: 212.736.5000!", "US", ["+12127365000"]),
        ("212-736-5000/212-736-5001", "US", ["+12127365000", "+12127365001"]),
        ("212-736-5000 212-736-5001", "US", ["+12127365000", "+12127365001"]),
        ("212 736 5000 212 736 5001", "US", ["+12127365000", "+12127365001"]),
        ("(212) 736-5000 (212) 736-5001", "US", ["+12127365000", "+12127365001"]),
        ("(212) 736-5000 x12, asked 2024-01-05 10:15", "US", ["+12127365000"]),
        ("2127365000 on 01/05/2024", "US", ["+12127365000"]),
        ("• “212-736-5000” \u2013 asked twice", "US", ["+12127365000"]),
        ('="2127365000"', "US", ["+12127365000"]),
        ("'2127365000", "US", ["+12127365000"]),
        ("tel:+1-212-736-5000", "US", ["+12127365000"]),
        ("212,7365000", "US", ["+12127365000"]),
        ("030 901820, 030 901821", "DE", ["+4930901820", "+4930901821"]),
        ("030/901820 030/901821", "DE", ["+4930901820", "+4930901821"]),
        ("01 42 68 53 00 01 42 68 53 01", "FR", ["+33142685300", "+33142685301"]),
        ("01.42.68.53.00", "FR", ["+33142685300"]),
        ("22 22 22 22 / 33 33 33 33, 24.12.2024", "NO", ["+4722222222", "+4733333333"]),
        ("07911 123456,GB", "US", ["+447911123456"]),
        ("44,2079304832", "GB", ["+442079304832"]),
        ("+44 20 7930 4832 +1 212 736 5000", None, ["+442079304832", "+12127365000"]),
        ("no number at all 12", "US", []),
    ],
)
def test_numbers(text: str, region: str | None, expected: list[str]) -> None:
    assert numbers(text, region) == expected


def test_a_calling_code_before_a_number_of_the_region_is_another_reading() -> None:
    assert sorted(numbers("44,2079304832", "US")) == ["+12079304832", "+442079304832"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ann@example.com, bob@example.com;212-736-5000", ["ann@example.com", "bob@example.com"]),
        ("'dan@example.com", ["dan@example.com"]),
        ("`dan@example.com", ["dan@example.com"]),
        ('="ann@example.com"', ["ann@example.com"]),
        ("Ann Lee <Ann@Example.com>", ["ann@example.com"]),
        ("mailto:ann@example.com", ["ann@example.com"]),
        ("• ann@example.com (asked in May).", ["ann@example.com"]),
        ("“ann@example.com”", ["ann@example.com"]),
        ("o'brien@example.com; ann@example.com", ["o'brien@example.com", "ann@example.com"]),
        ("ann@example.com / bob@example.com", ["ann@example.com", "bob@example.com"]),
        ("ann@example", []),
    ],
)
def test_emails(text: str, expected: list[str]) -> None:
    assert emails(text) == expected


_WORDS = st.sampled_from(
    ["DO NOT CALL", "asked twice", "(by mail)", "-", "•", "VIP!", "2024-01-05", "x12", '"', "'", "#3"]
)
_GAPS = st.sampled_from([", ", "; ", " / ", " | ", "\u2028", "\t"])
_LINES = st.integers(5000, 5999).map(lambda line: f"+1212736{line}")
_WRITTEN = st.sampled_from(
    ["{0}", "({1}) {2}-{3}", "{1}-{2}-{3}", "{1}.{2}.{3}", "{1} {2} {3}", "{1}{2}{3}", "1 {1} {2} {3}"]
)


@given(st.lists(st.tuples(_LINES, _WRITTEN, _WORDS, st.booleans()), min_size=1, max_size=4), st.data())
def test_whatever_stands_around_and_between_numbers(
    entries: list[tuple[str, str, str, bool]], data: st.DataObject
) -> None:
    texts = []
    for key, written, word, before in entries:
        number = written.format(key, key[2:5], key[5:8], key[8:])
        texts.append(f"{word} {number}" if before and not word[-1].isdigit() else f"{number}, {word}")
    text = texts[0]
    for other in texts[1:]:
        text += data.draw(_GAPS) + other
    assert set(numbers(text)) == {key for key, *_ in entries}


_PIECES = st.sampled_from(
    ["2127365000", "212", "736-5000", "(0212)", "1", "+1", "00", "0049", "491622920007", "44", "7911123456", "ext 5",
     "x12", "2024-01-05", "DO NOT CALL", "ann@example.com", "/", ",", ";", "  ", "=", '"', ".", "-", "\n", "n/a", "DE"]
)  # fmt: skip
_REGIONS = st.sampled_from(["US", "DE", "GB", "IT", None])


@given(st.lists(st.tuples(st.lists(_PIECES, min_size=1, max_size=7).map("".join), _REGIONS), min_size=1, max_size=30))
def test_what_is_no_number_as_a_whole_need_not_be_read_again(entries: list[tuple[str, str | None]]) -> None:
    texts = pl.Series([text.strip() or None for text, _ in entries], dtype=pl.String)
    regions = pl.Series([region for _, region in entries], dtype=pl.String)
    whole = read_phones(texts, regions, apply_here).get_column("key")
    texts, regions = (column.filter(whole.is_null() & texts.is_not_null()) for column in (texts, regions))
    again, once = (numbers_in(texts, regions, apply_here, refused=refused) for refused in (False, True))
    assert once.rows() == again.rows()
