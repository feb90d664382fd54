"""The same contact point is kept once over the whole run, and only points that otherwise pass compete for it."""

from __future__ import annotations

import random
from dataclasses import dataclass

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.stages.dedupe import duplicate_losers
from tests.conftest import POINT_ONLY, Scrub, Scrubbed, Written

PHONE = "+12025550100"
NEWEST = 'dedupe.policy = "newest_consent"'


def duplicates(ran: Scrubbed) -> list[tuple[int, str, str]]:
    """Row, point and detail of each point that lost."""
    assert ran.code == 0, ran.err
    rows = ran.findings.filter(code="duplicate.in_drop").select("row_id", "point", "detail").rows()
    return [(int(row), str(point), str(detail)) for row, point, detail in rows]


def test_the_first_copy_is_kept(scrub: Scrub) -> None:
    """Spelling does not matter; the detail names the row that was kept, and where it stands."""
    ran = scrub("phone\n202-555-0100\n202-555-0101\n(202) 555 0100\n+1.202.555.0100\n", channels=("call",))
    assert ran.clean_rows("row_id", "phone") == [(0, "+12025550100"), (1, "+12025550101")]
    assert ran.rejected_rows("row_id", "reasons", "disposition") == [
        (2, ["duplicate.in_drop"], "return"),
        (3, ["duplicate.in_drop"], "return"),
    ]
    assert duplicates(ran) == [
        (2, "phone", "kept in row 0 (drop.csv line 2)"),
        (3, "phone", "kept in row 0 (drop.csv line 2)"),
    ]


def test_the_copy_with_the_newest_consent_is_kept(scrub: Scrub) -> None:
    """A copy without consent date loses to any with one; equal dates leave it to the first."""
    drop = (
        "phone,consent_at\n"
        "2025550100,2026-01-01\n"
        "2025550100,2026-03-01T10:00:00+02:00\n"
        "2025550100,2026-03-01T09:00:00+00:00\n"
        "2025550100,\n"
        "2025550101,\n"
        "2025550101,\n"
        "2025550102,2026-02-01\n"
        "2025550102,2026-02-01\n"
    )
    ran = scrub(drop, channels=("call",), campaign=NEWEST)
    assert ran.clean_rows("row_id", "phone") == [(2, "+12025550100"), (4, "+12025550101"), (6, "+12025550102")]
    assert duplicates(ran) == [
        (0, "phone", "kept in row 2 (drop.csv line 4)"),
        (1, "phone", "kept in row 2 (drop.csv line 4)"),
        (3, "phone", "kept in row 2 (drop.csv line 4)"),
        (5, "phone", "kept in row 4 (drop.csv line 6)"),
        (7, "phone", "kept in row 6 (drop.csv line 8)"),
    ]
    assert set(ran.findings.filter(code="duplicate.in_drop").get_column("source")) == {
        "this run, policy newest_consent"
    }


def test_a_bad_first_copy_does_not_take_a_good_second_one_with_it(scrub: Scrub, written: Written) -> None:
    """A test record and a copy in a fax column are rejected for what they are, and the good copy stays."""
    drop = (
        "first_name,last_name,phone,fax\n"
        "Mickey,Mouse,2025550100,\n"
        "Ann,Lee,,2025550101\n"
        "Bo,Ray,2025550100,\n"
        "Cy,Fox,2025550101,\n"
    )
    ran = scrub(drop, channels=("call",))
    assert ran.clean_rows("row_id", "phone") == [(2, "+12025550100"), (3, "+12025550101")]
    assert ran.rejected_rows("row_id", "reasons") == [(0, ["lead.test_record"]), (1, ["phone.fax"])]


def test_copies_that_a_list_blocks_are_not_called_duplicates(scrub: Scrub, written: Written) -> None:
    """Each is rejected for the list: there is nothing to keep."""
    own = written("own.txt", "2025550100\n")
    ran = scrub("phone\n2025550100\n2025550100\n", "--internal", own, channels=("call",))
    assert ran.rejected_rows("row_id", "reasons") == [(0, ["dnc.internal"]), (1, ["dnc.internal"])]


def test_a_number_twice_in_one_row_is_kept_once(scrub: Scrub) -> None:
    """The row stays; its second column of the same number is empty."""
    ran = scrub("phone,mobile,email\n2025550100,(202) 555-0100,a@example.com\n")
    assert ran.clean_rows("row_id", "phone", "phone_2", "email", "channels") == [
        (0, "+12025550100", None, "a@example.com", ["call", "email"])
    ]
    assert duplicates(ran) == [(0, "phone_2", "same as phone of this row")]


def test_a_copy_in_another_column_is_the_same_number(scrub: Scrub) -> None:
    ran = scrub("phone,mobile\n2025550100,2025550101\n2025550101,2025550102\n", channels=("call",))
    assert ran.clean_rows("row_id", "phone", "phone_2") == [
        (0, "+12025550100", "+12025550101"),
        (1, None, "+12025550102"),
    ]
    assert duplicates(ran) == [(1, "phone", "kept in row 0 (drop.csv line 2)")]


def test_copies_are_found_over_all_files_of_a_run(scrub: Scrub, written: Written) -> None:
    first, second = written("a.csv", "phone\n2025550100\n"), written("b.csv", "tel,email\n202-555-0100,a@example.com\n")
    ran = scrub([first, second])
    assert ran.clean_rows("row_id", "source_file", "phone", "email") == [
        (0, "a.csv", "+12025550100", None),
        (1, "b.csv", None, "a@example.com"),
    ]
    assert duplicates(ran) == [(1, "phone", "kept in row 0 (a.csv line 2)")]


def test_emails_are_the_same_in_upper_and_lower_case(scrub: Scrub) -> None:
    ran = scrub("email\nAnn@example.com\nann@EXAMPLE.com\nann+x@example.com\n", channels=("email",))
    assert ran.clean_rows("row_id", "email") == [(0, "Ann@example.com"), (2, "ann+x@example.com")]


@pytest.mark.parametrize(
    ("keys", "clean"),
    [
        ('["phone"]', [(0, PHONE, "a@example.com"), (1, None, "a@example.com"), (2, None, "b@example.com")]),
        ('["email"]', [(0, PHONE, "a@example.com"), (1, PHONE, None), (2, PHONE, "b@example.com")]),
        ('["phone", "email"]', [(0, PHONE, "a@example.com"), (2, None, "b@example.com")]),
        ("[]", [(0, PHONE, "a@example.com"), (1, PHONE, "a@example.com"), (2, PHONE, "b@example.com")]),
    ],
)
def test_the_campaign_says_by_what_leads_are_the_same(
    scrub: Scrub, keys: str, clean: list[tuple[int, str | None, str | None]]
) -> None:
    drop = "phone,email\n2025550100,a@example.com\n2025550100,a@example.com\n2025550100,b@example.com\n"
    ran = scrub(drop, campaign=f"dedupe.keys = {keys}")
    assert ran.clean_rows("row_id", "phone", "email") == clean


def test_by_default_a_call_campaign_goes_by_phone_alone(scrub: Scrub) -> None:
    drop = "phone,email\n2025550100,a@example.com\n2025550101,a@example.com\n"
    ran = scrub(drop, channels=("call",))
    assert ran.clean_rows("row_id") == [(0,), (1,)]
    assert ran.manifest["dedupe"] == {"keys": ["phone"], "policy": "first"}


@dataclass(frozen=True)
class Point:
    """A contact point of the reference model."""

    row: int
    place: int
    value: str
    consent: str


SLOTS = ("phone", "phone_2", "email", "email_2")
DAYS = ("", "2026-01-01", "2026-02-01", "2026-03-01")


def reference(points: list[Point], blocked: set[str], policy: str) -> set[tuple[int, str]]:
    """Row and column of every point that loses, by the rule written out one key at a time."""
    lost = set()
    for value in {point.value for point in points} - blocked:
        copies = [point for point in points if point.value == value]
        best = copies[0]
        for copy in copies[1:]:
            if policy == "newest_consent" and copy.consent > best.consent:
                best = copy
        lost |= {(copy.row, SLOTS[copy.place]) for copy in copies if copy != best}
    return lost


@pytest.mark.parametrize("policy", ["first", "newest_consent"])
@pytest.mark.parametrize("seed", [1, 2, random.SystemRandom().randrange(10**9)], ids=["one", "two", "fresh"])
def test_it_does_what_a_simple_model_does(scrub: Scrub, written: Written, seed: int, policy: str) -> None:
    """Random tables with many repeats, cut into blocks, against a model in plain Python."""
    draw = random.Random(seed)
    phones = [f"20255501{number:02}" for number in range(25)]
    emails = [f"p{number}@example.com" for number in range(25)]
    blocked = {*draw.sample(phones, 4), *draw.sample(emails, 4)}
    lines, points = [], []
    for row in range(60):
        cells = [draw.choice([*values, ""]) for values in (phones, phones, emails, emails)]
        consent = draw.choice(DAYS)
        lines.append(",".join([*cells, consent]))
        points += [Point(row, place, value, consent) for place, value in enumerate(cells) if value]
    ran = scrub(
        "phone,phone 2,email,email 2,consent_at\n" + "\n".join(lines) + "\n",
        *("--list", f"dnc.litigator:own={written('own.txt', chr(10).join(sorted(blocked)))}"),
        *("--block-mb", "0.001"),
        campaign=f'dedupe.policy = "{policy}"\n{POINT_ONLY}',
    )
    expected = reference(points, blocked, policy)
    assert {(row, point) for row, point, _ in duplicates(ran)} == expected
    kept = {
        (row, slot)
        for row, *values in ran.clean_rows("row_id", *SLOTS)
        for slot, value in zip(SLOTS, values, strict=True)
        if value is not None
    }
    usable = {(point.row, SLOTS[point.place]) for point in points if point.value not in blocked}
    assert kept == usable - expected


def test_addresses_whose_hashes_are_equal_are_compared_in_full() -> None:
    """Only the same text is a duplicate; phones, whose key is their digits, have no text."""
    points = pl.DataFrame(
        {
            "key": [7, 7, 7, 7, 9, 9],
            "text": ["a@x.com", "b@x.com", "c@x.com", "b@x.com", None, None],
            "row_id": [0, 1, 2, 3, 4, 5],
            "position": [4, 4, 4, 4, 0, 1],
            "consent_at": [None] * 6,
        },
        schema_overrides=_POINT_TYPES,
    )
    lost = duplicate_losers(points, newest=False)
    assert lost.select("row_id", "kept_row", "kept_position").sort("row_id").rows() == [(3, 1, 4), (5, 4, 0)]


_POINT_TYPES = {"row_id": pl.UInt64(), "position": pl.UInt8(), "consent_at": pl.Datetime("us", "UTC")}
_drawn_points = st.dictionaries(
    st.tuples(st.integers(0, 9) | st.integers(2**60 - 3, 2**60 - 1), st.integers(0, 7)),
    st.tuples(st.integers(0, 3), st.sampled_from([None, "a", "b", "c"]), st.none() | st.integers(-2, 3)),
    min_size=1,
    max_size=40,
)


@given(_drawn_points, st.booleans())
def test_the_best_of_each_key_and_text_is_kept(
    drawn: dict[tuple[int, int], tuple[int, str | None, int | None]], newest: bool
) -> None:
    lines = [(*point, *what) for point, what in sorted(drawn.items(), key=lambda each: (each[1][0], str(each)))]
    points = pl.DataFrame(
        lines,
        {
            "row_id": pl.UInt64(),
            "position": pl.UInt8(),
            "key": pl.UInt64(),
            "text": pl.String(),
            "consent_at": pl.Int64(),
        },
        orient="row",
    ).cast({"consent_at": pl.Datetime("us", "UTC")})
    expected = []
    for row, position, key, text, _ in lines:
        same = [each for each in lines if each[2:4] == (key, text)]
        if newest:
            latest = max((each[4] for each in same if each[4] is not None), default=None)
            same = [each for each in same if each[4] == latest]
        kept = min(same)
        if kept[:2] != (row, position):
            expected.append((row, position, *kept[:2], lines.index(kept)))
    assert sorted(duplicate_losers(points, newest=newest).rows()) == sorted(expected)
