"""An email address is what email-validator says it is, on the fast path as on the slow one."""

from __future__ import annotations

import json
import random

import polars as pl
import pytest
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from email_validator.rfc_constants import CASE_INSENSITIVE_MAILBOX_NAMES
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.contact.blank import trimmed
from schemas.contact.email import EMAIL_COLUMNS, EMAIL_FORM_SCHEMA, email_forms, email_key, read_email
from schemas.contact.email_syntax import MAILBOXES, NAMES_FROM, SPECIAL_USE, library_version
from schemas.contact.marks import MARK_REMOVED, without_marks
from tests.conftest import SHARED, needs_shared_data
from tests.differential import compare_emails


def library(value: str) -> str | None:
    """What email-validator makes of a value, without DNS."""
    try:
        return validate_email(value, check_deliverability=False).normalized
    except EmailNotValidError:
        return None


def forms(values: list[str | None]) -> list[tuple[str | None, ...]]:
    frame = email_forms(pl.Series(values, dtype=pl.String))
    assert dict(frame.schema) == EMAIL_COLUMNS
    for normal, key, domain in frame.select("normal", "key", "domain").rows():
        assert key == (None if normal is None else normal.lower())
        assert domain == (None if normal is None else normal.lower().rpartition("@")[2])
    return frame.select(list(EMAIL_FORM_SCHEMA)).rows()


def assert_same_as_library(values: list[str]) -> None:
    """Same verdict and same normal form; only what was repaired may be valid beyond that."""
    for value, (state, normal, repair, why) in zip(values, forms(list(values)), strict=True):
        if "\ufffd" in value:
            # The library takes the mark of a lost character for a letter.
            assert state != "ok", value
        elif repair is None:
            assert normal == library(without_marks(value)), value
        else:
            assert library(without_marks(value)) is None or repair == MARK_REMOVED, value
            assert normal is not None
            assert normal == library(normal), value
        assert (state == "ok") == (normal is not None), value
        assert (why is None) == (state == "ok"), value


@needs_shared_data
def test_the_library_s_own_suite_has_the_same_outcome() -> None:
    """296 addresses, each with the outcome that its authors recorded."""
    lines = (SHARED / "suites" / "email_validator_suite.jsonl").read_text(encoding="utf-8").splitlines()
    cases = [json.loads(line) for line in lines]
    assert len(cases) == 296
    # Half of a surrogate pair is no text: no file in any encoding can hold it.
    cases = [case for case in cases if not any("\ud800" <= letter <= "\udfff" for letter in case["address"])]
    addresses = [case["address"] for case in cases]
    for case, (state, normal, repair, _) in zip(cases, forms(addresses), strict=True):
        if repair is None:
            assert (state == "ok") == (case["default_outcome"] == "valid"), case["address"]
            assert normal == (case["default_normalized"] or None), case["address"]
        else:
            assert case["default_outcome"] != "valid"
    assert_same_as_library(addresses)


def test_names_are_the_librarys_where_it_is_of_their_version() -> None:
    """After an update of email-validator: put its version and its names there."""
    assert library_version() == NAMES_FROM
    assert frozenset(CASE_INSENSITIVE_MAILBOX_NAMES) == MAILBOXES
    assert frozenset(SPECIAL_USE_DOMAIN_NAMES) == SPECIAL_USE


@pytest.mark.parametrize("domain", ["Acme.com", "acme.co.uk", "bücher.de", "a--b.com", "xn--bcher-kva.de"])
def test_mailboxes_whose_case_means_nothing_are_as_the_library_writes_them(domain: str) -> None:
    """RFC 2142: these names mean the same in any case, and every other name may not."""
    names = [*CASE_INSENSITIVE_MAILBOX_NAMES, "infos", "info.de", "x-info", "info+x", "jobs"]
    values = [
        f"{spelled}@{domain}" for name in names for spelled in (name, name.title(), name.upper(), name.swapcase())
    ]
    assert_same_as_library(values)
    assert [read_email(value).normal for value in values] == [library(value) for value in values]


label = st.text("abzAZ059-", min_size=1, max_size=8)
local = st.text("abzAZ059._+-'!#/=é\"", min_size=1, max_size=12)
ends = st.sampled_from(
    ["com", "co.uk", "x", "museum", "test", "local", "onion", "arpa", "example", "c0m", "xn--p1ai", "м", "1"]
)
address = st.builds(
    lambda name, labels, end: f"{name}@{'.'.join([*labels, end])}", local, st.lists(label, max_size=3), ends
)
long_address = st.builds(lambda size, other: f"{'a' * size}@{'b' * other}.com", st.integers(1, 70), st.integers(1, 70))


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.lists(address | long_address | st.emails(), min_size=1, max_size=12))
def test_generated_addresses_have_the_library_s_verdict_and_form(values: list[str]) -> None:
    """Near every limit: lengths, hyphens, dots, reserved and international domains."""
    assert_same_as_library(values)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=20) | address, min_size=1, max_size=12))
def test_any_text_has_the_library_s_verdict(values: list[str]) -> None:
    """Values come trimmed and not empty."""
    series = pl.DataFrame({"v": values}).select(trimmed(pl.col("v"))).to_series()
    assert_same_as_library([value for value in series.to_list() if value])


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.lists(address | st.emails(), min_size=1, max_size=12))
def test_normalising_twice_is_normalising_once(values: list[str]) -> None:
    once = [normal for _, normal, *_ in forms(list(values)) if normal is not None]
    assert [normal for _, normal, *_ in forms(list(once))] == once


@pytest.mark.parametrize(
    ("value", "state", "normal"),
    [
        ("Ann.Lee@Example.COM", "ok", "Ann.Lee@example.com"),
        ("mailto:ann@example.com", "ok", "ann@example.com"),
        ("<ann@example.com>", "ok", "ann@example.com"),
        ("ann@example.com;", "ok", "ann@example.com"),
        ("ann@münchen.example", "ok", "ann@münchen.example"),
        ("ann@", "syntax", None),
        ("http://example.com/contact", "syntax", None),
        ("ann@nowhere.museum, bo@nowhere.museum", "several", None),
        ("ann lee@nowhere.museum", "damaged", None),
        ("ann@nowhere,museum", "ok", "ann@nowhere.museum"),
        ("ann\ufffd@nowhere.museum", "damaged", None),
        ("ann@no\ufffdwhere.museum", "damaged", None),
        ("ann lee@example.com", "special_use", None),
        ("ann@localhost", "special_use", None),
        ("#N/A", "damaged", None),
        ("asdf", "syntax", None),
        ("202-555-0100", "is_phone", None),
        ("+44 (0)20 7946 0001", "is_phone", None),
        ("tel: 2025550100", "is_phone", None),
        ("12345", "syntax", None),
        ("ann@x.org;bo@x.org", "several", None),
        ("ann@x.org / bo@x.org", "several", None),
        ("ann@x.org\nbo@x.org", "several", None),
        ("Ann bo@x.org <ann@x.org>", "several", None),
        ("ann@x.org; bo@", "syntax", None),
        ("ann@x.org (work)", "syntax", None),
        ("ann,lee@x.org", "damaged", None),
        ("ann@x org", "damaged", None),
        # Both ann@x.co and ann@x.co.uk may be meant.
        ("ann@x.co,uk", "damaged", None),
        ("ann@x.co .uk", "damaged", None),
        ("ann@mail.test", "special_use", None),
        # A dot or a slip: yaho.o.com or yahoo.com.
        ("jo@yaho,o.com", "damaged", None),
        ("ann@mail,x,org", "damaged", None),
        ("ann@nowhere,co.uk", "damaged", None),
        ("o'neil@x.org", "ok", "o'neil@x.org"),
        ("do not mail ann@x.org", "damaged", None),
        ("sip:ann@x.org", "syntax", None),
        ('{"email": "ann@x.org", "optout": true}', "syntax", None),
        ("a@" * 16_000, "syntax", None),
        ("(" * 16_000, "syntax", None),
        ("@" + ". " * 16_000, "syntax", None),
    ],
    ids=lambda given: given[:40] if given else None,
)
def test_reads_an_address(value: str, state: str, normal: str | None) -> None:
    form = read_email(value)
    assert (form.state, form.normal) == (state, normal)
    assert [(row[0], row[1]) for row in forms([value])] == [(state, normal)]


@pytest.mark.parametrize(
    ("value", "normal", "repair"),
    [
        ("MAILTO:ann@x.org?subject=Hi", "ann@x.org", "mailto: removed"),
        ("<ann@x.org>", "ann@x.org", "brackets removed"),
        ('"Ann Lee" <ann@x.org>', "ann@x.org", "display name removed"),
        (
            "Lee, Ann <mailto:ann@x.org>;",
            "ann@x.org",
            "trailing punctuation removed, display name removed, mailto: removed",
        ),
        ('"ann@x.org"', "ann@x.org", "quotes removed"),
        ("ann@x.org .", "ann@x.org", "trailing punctuation removed"),
        ("ann@x.org; Ann@X.org", "ann@x.org", "the same address twice"),
        ("ann @x.org", "ann@x.org", "blank removed"),
        ("ann@ x . org", "ann@x.org", "blank removed"),
        ("ann@x,org", "ann@x.org", "comma read as dot"),
        ("(ann@x.org)", "ann@x.org", "brackets removed"),
        ("[ann@x.org]", "ann@x.org", "brackets removed"),
        ("\u201cann@x.org\u201d", "ann@x.org", "quotes removed"),
        ("\u201eann@x.org\u201c", "ann@x.org", "quotes removed"),
        ("\u00abann@x.org\u00bb", "ann@x.org", "quotes removed"),
        ("SMTP:ann@x.org", "ann@x.org", "label removed"),
        ("e-mail: ann@x.org", "ann@x.org", "label removed"),
        ("an\u200bn@x.org", "ann@x.org", "invisible characters removed"),
        ("ann@x\u200d.org", "ann@x.org", "invisible characters removed"),
        ("\u202aann@x.org\u202c", "ann@x.org", "invisible characters removed"),
        ("'dan@x.org", "dan@x.org", "spreadsheet's mark removed"),
        ("`dan@x.org", "dan@x.org", "spreadsheet's mark removed"),
        ("\u2019dan@x.org", "dan@x.org", "spreadsheet's mark removed"),
        ("'dan@x.org'", "dan@x.org", "spreadsheet's mark removed"),
        ('="dan@x.org"', "dan@x.org", "spreadsheet's mark removed"),
        ('=T("dan@x.org")', "dan@x.org", "spreadsheet's mark removed"),
        ("=dan@x.org", "dan@x.org", "spreadsheet's mark removed"),
        (
            '=HYPERLINK("mailto:dan@x.org","dan@x.org")',
            "dan@x.org",
            "spreadsheet's mark removed, the same address twice",
        ),
        ("ann @x,org", "ann@x.org", "blank removed, comma read as dot"),
    ],
)
def test_a_repair_is_named(value: str, normal: str, repair: str) -> None:
    assert read_email(value) == ("ok", normal, repair, None)
    assert forms([value]) == [("ok", normal, repair, None)]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [20_260_101, random.SystemRandom().randrange(10**9)], ids=["fixed", "fresh"])
def test_made_up_addresses_have_the_library_s_verdict_and_stay_as_they_are(seed: int) -> None:
    seen, wrong = compare_emails(seed, 5_000)
    assert wrong == [], seed
    assert seen["emails"] > 4_900
    assert seen["emails ok"] > 1_000


def test_rows_keep_their_place() -> None:
    """One form for each value, in order, repeats and nulls included."""
    found = [
        (state, normal) for state, normal, *_ in forms(["a@example.com", None, "x", "a@example.com", "é@example.com"])
    ]
    assert found == [
        ("ok", "a@example.com"),
        (None, None),
        ("syntax", None),
        ("ok", "a@example.com"),
        ("ok", "é@example.com"),
    ]


def test_no_values_give_no_rows() -> None:
    assert forms([]) == []
    assert forms([None]) == [(None, None, None, None)]


def test_an_address_s_key_is_in_lower_case() -> None:
    frame = pl.DataFrame({"email": ["Ann@example.com", None]})
    assert frame.select(email_key(pl.col("email"))).to_series().to_list() == ["ann@example.com", None]


def test_an_address_is_measured_as_it_is_written() -> None:
    """A full-width dot takes three bytes; with it this address is too long, though its normal form would not be."""
    domain = ".".join(["c" * 60, "c" * 25 + "{}" + "c" * 33, "c" * 61, "zxi.net"])
    long = [f"{'a' * 63}@{domain.format(dot)}" for dot in ("\uff0e", ".")]
    assert [form[1] for form in forms(list(long))] == [library(address) for address in long]
    assert forms([long[0]])[0][0] == "syntax"
