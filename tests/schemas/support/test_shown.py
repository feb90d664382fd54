"""Text from elsewhere is shown as one line of characters that can be seen, with addresses masked."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.errors import ConfigError, LeadscrubError
from schemas.masking import mask
from schemas.support.shown import masked_addresses, printable, printable_json, shown
from tests.conftest import can_be_seen

ANYTHING = st.text(st.characters())  # surrogates too: a file's name need not be text


@given(ANYTHING)
@example("\x1b[31mred\x9b0m\n\r\t\u2028\u202e\u2066\u200b\ufeff\udcff\U000e0041")
def test_any_text_becomes_one_line_that_can_be_seen(text: str) -> None:
    assert can_be_seen(printable(text))
    assert printable(printable(text)) == printable(text)
    assert can_be_seen(shown(text))
    assert shown(shown(text)) == shown(text)


@given(ANYTHING)
def test_an_error_is_shown_whatever_is_in_it(text: str) -> None:
    assert can_be_seen(str(LeadscrubError(text, text)))
    lines = str(ConfigError([text, text])).split("\n")
    assert [len(lines), *map(can_be_seen, lines)] == [3, True, True, True]


@given(st.recursive(ANYTHING, lambda inner: st.lists(inner) | st.dictionaries(ANYTHING, inner)))
def test_json_says_the_same_and_obeys_nobody(document: object) -> None:
    text = printable_json(json.dumps(document, ensure_ascii=False, indent=1))
    assert all(map(can_be_seen, text.split("\n")))
    assert json.loads(text) == json.loads(json.dumps(document))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("inbox/ann.lee+x@mail.example.com.csv", "inbox/a*****@m*****.csv"),
        ("s3://b/ann%40example.org/1.csv", "s3://b/a*****@e*****.org/1.csv"),
        ("Änne@bücher.example", "Ä*****@b*****.example"),
        ("leads_2025550123.csv", "leads_202*****23.csv"),
        ("202-555-0123", "202*****23"),
        ("of (202) 555-0123 and +44 7700 900123", "of 202*****23 and +4477*****23"),
        ("06 12 34 56 78", "061*****78"),
        ("+29020000", "+29*****00"),
        ("%2B12025550123.csv", "+1202*****23.csv"),
        ("leads2025550123", "leads202*****23"),
        ("+12025550123 202-555-0124", "+1202*****24"),
        ("2025550123-2025550124", "2025*****24"),
    ],
)
def test_addresses_in_a_text_are_masked(text: str, expected: str) -> None:
    assert masked_addresses(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "20261121030000.csv",
        "leads-2026-11-21-030000.csv",
        "2026-11-21 08:30:00",
        "127.0.0.1:45231",
        "1,234,567,890 bytes",
        "20261121-030000 and 2026_11_21_03_00",
        "192.168.100.200",
        "f47ac10b-58cc-4372-a567-446655440000",
        "1763712000123456789",
        "run 123456789012",
        "3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "sftp://user@host/folder",
        "+1202*****23 and j*****@m*****.example",
    ],
)
def test_what_is_no_address_stays(text: str) -> None:
    assert masked_addresses(text) == text


@given(st.from_regex(r"\+[1-9][0-9]{3,14}", fullmatch=True))
def test_a_mask_hides_half_of_a_short_number_and_five_digits_of_any(number: str) -> None:
    for masked in (mask(number), *([masked_addresses(number)] if len(number) > 7 else [])):
        hidden = len(number) - 1 - sum(letter.isdigit() for letter in masked)
        assert hidden >= min(5, (len(number) - 1) / 2)


def test_what_a_language_writes_stays() -> None:
    text = "Société « Été »\N{NO-BREAK SPACE}: 東京 😀"
    assert printable(text) == text
    assert unicodedata.category("\N{NO-BREAK SPACE}") == "Zs"
