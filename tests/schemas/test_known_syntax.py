"""What is decided without asking the libraries is what they say; `python -m tests.differential` compares more."""

from __future__ import annotations

import itertools
import random

import phonenumbers
import pytest

from schemas.contact.email_syntax import valid_address
from schemas.contact.numbering.known import read_known
from schemas.contact.numbering.library import read_phone
from tests.differential import library_email
from tests.schemas.test_email_values import made_up_addresses
from tests.schemas.test_numbering_values import REGIONS, made_up_values

_SIGNS = "0123456789" * 4 + " -()/.+*x#~;,_\t\u00a0\u200b\u202a\u2013\uff0b\uff11\u0663\u3000[]aext&=@:"
_LOCALS = [
    "ann",
    "\u00e9",
    "e\u0301",
    "\u0301a",
    "\u05d0\u05d1",
    "a\u212a",
    "\u2460",
    "Info",
    "a..b",
    '"a"',
    "a<b",
    "-",
]
_LABELS = [
    *("com", "net", "test", "local", "gmail", "1", "x" * 63, "x" * 64, "a--b", "ab--c", "_", "\u0378", "\U0001f600"),
    *("\u05d0", "xn--4dbc", "xn--a", "xn--", "\uff41", "\u3002x", "\uff11", "\u0301x", "\u00df", "\u03c2", "\u200dx"),
    *("\u0663", "e\u0301", "\u212a", "\ufb01", "\u2460", "\u0130", "xn--bcher-kva", "\u00e9"),
]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_phones_are_read_as_the_library_reads_them(seed: int) -> None:
    phonenumbers.enable_pattern_cache()
    draw = random.Random(seed)
    pairs = list(itertools.islice(made_up_values(seed, REGIONS, {}), 2_000))
    pairs += [
        ("".join(draw.choices(_SIGNS, k=draw.randint(1, 22))), draw.choice([*REGIONS, None, "XX", "us", "US", "GB"]))
        for _ in range(2_000)
    ]
    assert [pair for pair in pairs if read_known(*pair) != read_phone(*pair)] == []


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("+1 202 555 0123 x12/x13", "US"),
        ("800-FLOWERS", "US"),
        ("202-555-0123;ext=12", "US"),
        ("202-555-0123;isub=1", "US"),
        ("tel:555-0123;phone-context=+1-202", "US"),
        ("202-555-0123 \u2013 503#", "US"),
        ("++1 202 555 0123", None),
        ("+011 44 20 7946 0958", "us"),
        ("+00 44 20 7946 0958", "DE"),
        ("\uff0b\uff14\uff14 20 7946 0958", "GB"),
        ("-22180012 (347x\u20139;isub=1", "SN"),
        ("101\u20130676.8\xa039#;isub=1", "CN"),
    ],
)
def test_odd_phones_are_read_as_the_library_reads_them(text: str, region: str | None) -> None:
    assert read_known(text, region) == read_phone(text, region)


def test_addresses_are_valid_where_the_library_says() -> None:
    draw = random.Random(1)
    values = list(itertools.islice(made_up_addresses(1), 1_000))
    for _ in range(1_000):
        labels = draw.choices(_LABELS, k=draw.choice([1, 2, 2, 3]))
        values.append(f"{draw.choice(_LOCALS)}@{'.'.join(labels)}")
    assert [value for value in values if valid_address(value) != library_email(value)] == []
