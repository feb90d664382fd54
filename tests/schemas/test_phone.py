"""A phone number is what libphonenumber says it is."""

from __future__ import annotations

import csv

import phonenumbers
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.contact.numbering.answers import calling_code_of
from schemas.contact.numbering.library import SEVERAL, WORD_AHEAD, PhoneForm
from schemas.contact.phone import PHONE_FORM_SCHEMA, phone_forms, read_phone
from tests.conftest import SHARED, needs_shared_data

REGIONS = ("US", "CA", "GB", "FR", "DE", "BR", "IT", "MX", "AR", "NO", "IN")


def forms(values: list[tuple[str | None, str | None]]) -> pl.DataFrame:
    frame = phone_forms(
        pl.Series([value for value, _ in values], dtype=pl.String),
        pl.Series([region for _, region in values], dtype=pl.String),
    )
    assert dict(frame.schema) == PHONE_FORM_SCHEMA
    return frame


def library(value: str, region: str | None) -> str | None:
    """E.164 when the library calls the value a valid number."""
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        return None
    valid = phonenumbers.is_valid_number(number)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if valid else None


@needs_shared_data
def test_the_library_s_own_suite_reads_the_same() -> None:
    """Those of its 232 parses whose outcome does not hang on the suite's own numbering plan."""
    with (SHARED / "suites" / "libphonenumber_testsuite_parse.csv").open(encoding="utf-8", newline="") as stream:
        cases = [case for case in csv.DictReader(stream) if case["real_matches_expected"] == "1"]
    assert len(cases) == 219
    for case in cases:
        region = case["default_region"] if case["default_region"] in phonenumbers.SUPPORTED_REGIONS else None
        form = read_phone(case["raw"], region)
        if form.e164 is not None and form.repair is None:
            assert form.e164 == case["expected_e164"], case
            assert (form.extension or "") == case["expected_extension"], case
        elif form.why not in (SEVERAL, WORD_AHEAD) and form.state != "damaged":
            assert library(case["raw"], region) is None, case


digits = st.text("0123456789", min_size=5, max_size=13)
spelled = st.builds(
    lambda prefix, number, cut, mark: f"{prefix}{number[:cut]}{mark}{number[cut:]}",
    st.sampled_from(["", "+", "+1", "+44", "+33 ", "+47", "001", "0", "(0)", "1-"]),
    digits,
    st.integers(0, 6),
    st.sampled_from(["", "-", " ", ".", ") ", "/"]),
)
examples = st.sampled_from(
    [
        phonenumbers.format_number(number, form)
        for region in sorted(phonenumbers.SUPPORTED_REGIONS)
        if (number := phonenumbers.example_number(region)) is not None
        for form in (
            phonenumbers.PhoneNumberFormat.E164,
            phonenumbers.PhoneNumberFormat.INTERNATIONAL,
            phonenumbers.PhoneNumberFormat.NATIONAL,
        )
    ]
)


@pytest.mark.slow
@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(spelled | examples, st.sampled_from(REGIONS) | st.none()), min_size=1, max_size=10))
def test_a_column_has_the_library_s_verdict_and_form(values: list[tuple[str, str | None]]) -> None:
    """E.164, region and type; only what holds several numbers or was damaged is judged otherwise."""
    frame = forms(list(values))
    for (value, region), row in zip(values, frame.iter_rows(named=True), strict=True):
        expected = library(value, region)
        if row["state"] == "damaged" or row["why"] == "several numbers in one cell":
            assert row["e164"] is None
            continue
        assert row["e164"] == expected, (value, region)
        assert (row["state"] == "ok") == (expected is not None)
        if expected is not None:
            number = phonenumbers.parse(value, region)
            assert row["region"] == phonenumbers.region_code_for_number(number)
            types = phonenumbers.PhoneNumberType
            assert getattr(types, row["type"].upper()) == phonenumbers.number_type(number)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(spelled | examples, st.sampled_from(REGIONS)), min_size=1, max_size=10))
def test_normalising_twice_is_normalising_once(values: list[tuple[str, str | None]]) -> None:
    """E.164 reads as itself, with or without a region."""
    once = forms(list(values)).get_column("e164").drop_nulls().to_list()
    for region in (None, "US", "GB"):
        again = forms([(e164, region) for e164 in once])
        assert again.get_column("e164").to_list() == once
        assert set(again.get_column("state")) <= {"ok"}


@pytest.mark.parametrize(
    ("value", "region", "state", "e164"),
    [
        ("(202) 555-0100", "US", "ok", "+12025550100"),
        ("202.555.0100 ext. 7200", "US", "ok", "+12025550100"),
        ("+44 (0)20 7946 0001", None, "ok", "+442079460001"),
        ("01 99 00 12 34", "FR", "ok", "+33199001234"),
        ("2025550100.0", "US", "ok", "+12025550100"),
        ("2.025550100E+9", "US", "ok", "+12025550100"),
        ("2.0255501E+9", "US", "damaged", None),
        ("4.41E+11", "GB", "damaged", None),
        ("########", "US", "damaged", None),
        ("202-555-0100 / 202-555-0101", "US", "unparseable", None),
        ("202-555-0100 or 202-555-0101", "US", "unparseable", None),
        ("202-555-0100", None, "unparseable", None),
        ("call me", "US", "unparseable", None),
        ("999-999-9999", "US", "invalid", None),
        ("555-0100", "US", "invalid", None),
    ],
)
def test_reads_a_number(value: str, region: str | None, state: str, e164: str | None) -> None:
    form = read_phone(value, region)
    assert (form.state, form.e164) == (state, e164)
    assert forms([(value, region)]).select("state", "e164").rows() == [(state, e164)]


def test_an_extension_is_kept_apart() -> None:
    assert read_phone("202-555-0100 x7200", "US").extension == "7200"


def test_rows_keep_their_place() -> None:
    """The same text in two regions is two numbers; nulls and repeats stay where they are."""
    values: list[tuple[str | None, str | None]] = [
        ("020 7946 0001", "GB"),
        (None, "GB"),
        ("020 7946 0001", "US"),
        ("020 7946 0001", "GB"),
    ]
    assert forms(values).select("state", "e164").rows() == [
        ("ok", "+442079460001"),
        (None, None),
        ("invalid", None),
        ("ok", "+442079460001"),
    ]


def test_calling_codes_are_the_library_s() -> None:
    for region in (*phonenumbers.SUPPORTED_REGIONS, "001", "ZZ", None):
        form = PhoneForm("ok", region=region)
        assert calling_code_of(form) == (phonenumbers.country_code_for_region(region) if region else 0)
