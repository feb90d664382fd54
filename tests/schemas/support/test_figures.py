"""Numbers in sentences: singular and plural, and shares without noise."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from schemas.support.figures import counted, percent, share

PACKAGES = ("pipeline", "suppression", "schemas", "leadscrub")


@pytest.mark.parametrize(
    ("number", "one", "said"),
    [
        (1, "row", "1 row"),
        (0, "row", "0 rows"),
        (12528, "lead", "12,528 leads"),
        (2, "entry", "2 entries"),
        (2, "match", "2 matches"),
        (3, "day", "3 days"),
        (2, "pass", "2 passes"),
    ],
)
def test_a_number_agrees_with_its_word(number: int, one: str, said: str) -> None:
    assert counted(number, one) == said


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [
        (0, 5, "0%"),
        (5, 5, "100%"),
        (1, 10_000, "under 0.1%"),
        (1, 44, "2.3%"),
        (2, 3, "67%"),
        (9_999, 10_000, "over 99.9%"),
        (0, 0, ""),
    ],
)
def test_a_share_says_no_more_than_it_knows_and_never_none_or_all_of_some(part: int, whole: int, said: str) -> None:
    assert share(part, whole) == said


@pytest.mark.parametrize(
    ("value", "said"), [(0.4, "40%"), (0.415, "41.5%"), (0.0025, "0.25%"), (1.0, "100%"), (0.0, "0%"), (0.601, "60.1%")]
)
def test_a_limit_is_as_exact_as_it_was_given(value: float, said: str) -> None:
    assert percent(value) == said


#: ``{n:,} rows``, ``{len(x)} earlier runs``: a number of things in a message, which may be one.
_COUNTED = re.compile(
    r"\{[^{}\"]*\} (?:[a-z]+ )?(rows|entries|records|runs|drops|leads|files|items|matches|days|cells)\b"
)
#: Where the number is a limit or a place, or is never one.
_NEVER_ONE = re.compile(
    r"== 1 else|_DAYS\}|MOST_|most:|_AHEAD|limits\(\)|share\(|percent\(|last \{len\(|fields\["
    r"|kinds\[|Assertion|len\(infos"
    # A forged log may say anything; a row that is short has two cells at least.
    r"|log: |if rows else|pl\.format"
)


def test_no_message_counts_things_by_itself() -> None:
    """A word behind a number that may be 1 comes from `counted`."""
    root = Path(__file__).parents[3]
    found = [
        f"{path.relative_to(root)}:{number}: {line.strip()}"
        for package in PACKAGES
        for path in (root / package).rglob("*.py")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if _COUNTED.search(line) and not _NEVER_ONE.search(line)
    ]
    assert found == []
