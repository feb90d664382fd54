"""What vendors do to phone numbers: each kind of damage has one outcome, named."""

from __future__ import annotations

import random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.contact.numbering.library import PhoneForm
from schemas.contact.phone_points import PHONE_POINT_SCHEMA, phone_points
from schemas.contact.phone_repairs import read_phone_point
from tests.differential import compare_phones
from tests.schemas.test_numbering_values import REGIONS, made_up_values

US = "+17275551213"
Row = tuple[str | None, ...]

# fmt: off
#: value, region -> state, E.164, extension, repair, why, other reading
CASES: list[tuple[str, str | None, str, str | None, str | None, str | None, str | None, str | None]] = [
    # Spreadsheets
    ("4.41E+11", "GB", "damaged", None, None, None,
     "a spreadsheet turned the number into something else; digits are lost", None),
    ("7.275551213E+9", "US", "ok", US, None, "scientific notation written out", None, None),
    ("7275551213.0", "US", "ok", US, None, "decimal .0 removed", None, None),
    ("########", "US", "damaged", None, None, None,
     "a spreadsheet turned the number into something else; digits are lost", None),
    ("#N/A", "US", "damaged", None, None, None, "a spreadsheet's error stands in place of the number", None),
    ("#REF!", "US", "damaged", None, None, None, "a spreadsheet's error stands in place of the number", None),
    ("0000000000", "US", "damaged", None, None, None, "zeros only, as a spreadsheet's format shows an empty cell",
     None),
    ("000-000-0000", "US", "damaged", None, None, None, "zeros only, as a spreadsheet's format shows an empty cell",
     None),
    ("__________", "US", "unparseable", None, None, None, "not a phone number", None),
    ("(blank)", "US", "unparseable", None, None, None, "not a phone number", None),
    ("275551213", "IT", "ok", "+390275551213", None, "leading zero restored", None, None),
    ("275551213.0", "IT", "ok", "+390275551213", None, "leading zero restored", None, None),
    # +597 211234 and 0597 211234 are both numbers: no certain reading.
    ("597211234", "IT", "invalid", None, None, None, "in no range that is given out", None),
    ("2079460001", "GB", "ok", "+442079460001", None, None, None, None),
    ("'7275551213", "US", "ok", US, None, None, None, None),
    # Extensions
    ("7275551213 x4606", "US", "ok", US, "4606", None, None, None),
    ("727-555-1213 ext. 7200", "US", "ok", US, "7200", None, None, None),
    ("7275551213,123#", "US", "ok", US, "123", None, None, None),
    ("x4606", "US", "unparseable", None, None, None, "an extension without its number", None),
    ("ext. 7200", "US", "unparseable", None, None, None, "an extension without its number", None),
    # Several numbers, never merged
    ("5547717 / 5547720", "US", "unparseable", None, None, None, "several numbers in one cell", None),
    ("5547717-5547720", "DE", "unparseable", None, None, None, "several numbers in one cell", None),
    ("5547717 5547720", "DE", "unparseable", None, None, None, "several numbers in one cell", None),
    ("030 1234567/68", "DE", "unparseable", None, None, None, "several numbers in one cell", None),
    ("030 12345/6", "DE", "unparseable", None, None, None, "several numbers in one cell", None),
    ("727-555-1213\n727-555-1214", "US", "unparseable", None, None, None, "several numbers in one cell", None),
    ("7275551213,7275551214", "US", "unparseable", None, None, None, "several numbers in one cell", None),
    ("7275551213 / 727-555-1213", "US", "ok", US, None, "the same number twice", None, None),
    ("06/12/34/56/78", "FR", "ok", "+33612345678", None, None, None, None),
    ("0221/4701234", "DE", "ok", "+492214701234", None, None, None, None),
    ("10-29-31", "US", "invalid", None, None, None, "too short", None),
    # Letters
    ("503area missing", "US", "unparseable", None, None, None, "a word stands in the number", None),
    ("202 missing", "US", "unparseable", None, None, None, "a word stands in the number", None),
    ("call 727-555-1213 after 5", "US", "unparseable", None, None, None, "a word stands in the number", None),
    ("727-555-1213 fax", "US", "unparseable", None, None, None, "a word stands in the number", None),
    ("1-800-FLOWERS", "US", "ok", "+18003569377", None, None, None, None),
    ("727 555 1213 cell", "US", "ok", US, None, "word behind the number removed", None, None),
    ("+1 (727) 555-1213 (home)", "US", "ok", US, None, "word behind the number removed", None, None),
    # Other letters and marks
    ("\uff17\uff12\uff17\uff15\uff15\uff15\uff11\uff12\uff11\uff13", "US", "ok", US, None, None, None, None),
    ("\uff08727\uff09555-1213", "US", "ok", US, None, None, None, None),
    ("727-\n555-1213", "US", "ok", US, None, "line break removed", None, None),
    ("tel:+1-727-555-1213", "US", "ok", US, None, None, None, None),
    ("p:+17275551213", None, "ok", US, None, None, None, None),
    ("whatsapp:+17275551213", None, "ok", US, None, None, None, None),
    # What stands for calls abroad
    ("01117275551213", "US", "ok", US, None, None, None, None),
    ("0017275551213", "US", "ok", US, None, "prefix 00 read as +", None, None),
    ("001 727 555 1213", "GB", "ok", US, None, None, None, None),
    ("00 33 1 99 00 12 34", "US", "ok", "+33199001234", None, "prefix 00 read as +", None, None),
    ("+0044 20 7946 0001", "US", "ok", "+442079460001", None, "prefix +00 read as +", None, None),
    # A bogus prefix before a national number
    ("+2124900579", "US", "ok", "+12124900579", None, "bogus + removed", None, None),
    ("+(212) 490-0579", "CA", "ok", "+12124900579", None, "bogus + removed", None, None),
    ("002124900579", "US", "ok", "+12124900579", None, "bogus 00 removed", None, None),
    ("0112124900579", "US", "ok", "+12124900579", None, "bogus 011 removed", None, None),
    ("+02079460001", "GB", "ok", "+442079460001", None, "bogus + removed", None, None),
    ("+0612345678", "FR", "ok", "+33612345678", None, "bogus + removed", None, None),
    ("+\n2124900579", "US", "ok", "+12124900579", None, "line break removed, bogus + removed", None, None),
    # Not how national numbers are written there
    ("+612345678", "FR", "invalid", None, None, None, "in no range that is given out", None),
    ("+33612345678", "DE", "ok", "+33612345678", None, None, None, None),
    # Both readings are numbers: Budapest or Texas
    ("+3612345678", "US", "ok", "+3612345678", None, None, None, "+13612345678"),
    ("+36 1 234 5678", "CA", "ok", "+3612345678", None, None, None, "+13612345678"),
    ("0113612345678", "US", "ok", "+3612345678", None, None, None, "+13612345678"),
    ("003612345678", "US", "ok", "+3612345678", None, "prefix 00 read as +", None, "+13612345678"),
    ("+3612345678", "GB", "ok", "+3612345678", None, None, None, None),
    ("+3612345678", None, "ok", "+3612345678", None, None, None, None),
    # Not a subscriber's number
    ("911", "US", "short_code", None, None, None, "a short code", None),
    ("72755", "US", "short_code", None, None, None, "a short code", None),
    ("999", "GB", "short_code", None, None, None, "a short code", None),
    ("123456", "US", "invalid", None, None, None, "too short", None),
    ("jo@mail.example.com", "US", "is_email", None, None, None, "it is an email address", None),
    ("2025550100@example.com", "US", "is_email", None, None, None, "it is an email address", None),
]
# fmt: on


def told(value: str, region: str | None) -> Row:
    form, other = read_phone_point(value, region)
    return form.state, form.e164, form.extension, form.repair, form.why, other.e164 if other else None


@pytest.mark.parametrize("case", CASES, ids=[repr(case[0]) for case in CASES])
def test_each_kind_of_damage_has_its_outcome(case: tuple[str, str | None, *tuple[str | None, ...]]) -> None:
    value, region, *expected = case
    assert told(value, region) == tuple(expected)


def test_a_column_reads_as_its_values_do() -> None:
    """Nulls, repeats and regions keep their places."""
    rows = [(None, "US"), *((value, region) for value, region, *_ in CASES), ("+3612345678", "US"), (None, None)]
    frame = points(rows)
    assert dict(frame.schema) == PHONE_POINT_SCHEMA
    expected = [(None,) * 10 if value is None else flat(value, region) for value, region in rows]
    assert frame.rows() == expected


def points(rows: list[tuple[str | None, str | None]]) -> pl.DataFrame:
    values, regions = (pl.Series(column, dtype=pl.String) for column in zip(*rows, strict=True))
    return phone_points(values, regions)


def flat(value: str, region: str | None) -> tuple[object, ...]:
    form, other = read_phone_point(value, region)
    assert isinstance(form, PhoneForm)
    return (*form, *((other.e164, other.region) if other else (None, None)))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32))
def test_made_up_columns_read_as_their_values_do_and_stay_as_they_are(seed: int) -> None:
    made_up = made_up_values(seed, REGIONS, {})
    rows: list[tuple[str | None, str | None]] = [
        (value.strip() or None, r) for value, r in (next(made_up) for _ in range(40))
    ]
    frame = points(rows)
    assert frame.rows() == [(None,) * 10 if value is None else flat(value, region) for value, region in rows]
    once = frame.get_column("e164").drop_nulls().to_list()
    for region in (None, "US", "ES"):
        again = points([(e164, region) for e164 in [*once, "+12025550100"]])
        assert again.get_column("e164").to_list() == [*once, "+12025550100"]
        assert again.get_column("repair").null_count() == len(again)


@pytest.mark.parametrize("seed", [20_260_101, random.SystemRandom().randrange(10**9)], ids=["fixed", "fresh"])
def test_made_up_values_have_the_library_s_answer_and_stay_as_they_are(seed: int) -> None:
    """The library itself, not only `read_phone`; `python -m tests.differential` compares more of them."""
    seen, wrong = compare_phones(seed, 4_000, {})
    assert wrong == [], seed
    assert seen["phones ok"] > 500
    assert seen["phones repaired"] > 100


def test_no_values_give_no_rows() -> None:
    empty = pl.Series([], dtype=pl.String)
    assert phone_points(empty, empty).is_empty()
