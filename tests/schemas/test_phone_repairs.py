"""What vendors do to phone numbers: each kind of damage has one outcome, named."""

from __future__ import annotations

import random
import re

import phonenumbers
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat

from schemas.contact import phone_repairs
from schemas.contact.numbering.library import PhoneForm, read_phone
from schemas.contact.phone_points import PHONE_POINT_SCHEMA, phone_points
from schemas.contact.phone_readings import read_phone_point
from tests.differential import compare_phones
from tests.schemas.test_numbering_values import REGIONS, examples, made_up_values

pytestmark = pytest.mark.slow

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
    ("#N/A", "US", "damaged", None, None, None, "a spreadsheet's error in place of the number", None),
    ("#REF!", "US", "damaged", None, None, None, "a spreadsheet's error in place of the number", None),
    ("0000000000", "US", "damaged", None, None, None, "zeros only, as a spreadsheet's format shows an empty cell",
     None),
    ("000-000-0000", "US", "damaged", None, None, None, "zeros only, as a spreadsheet's format shows an empty cell",
     None),
    ("__________", "US", "unparseable", None, None, None, "not a phone number", None),
    ("(blank)", "US", "unparseable", None, None, None, "not a phone number", None),
    ("+022345678.0", "AL", "ok", "+35522345678", None, "bogus + removed", None, None),
    ("00891641234.0", "CX", "invalid", None, None, None, "in no range that is given out", None),
    ("275551213", "IT", "ok", "+390275551213", None, "leading zero restored", None, None),
    ("275551213.0", "IT", "ok", "+390275551213", None, "leading zero restored", None, None),
    # +597 211234 and 0597 211234 are both numbers: no certain reading.
    ("597211234", "IT", "invalid", None, None, None, "in no range that is given out", None),
    ("800281", "IT", "invalid", None, None, None, "in no range that is given out", None),
    ("12345678", "IT", "invalid", None, None, None, "in no range that is given out", None),
    ("2124900579", "IT", "invalid", None, None, None, "in no range that is given out", None),
    ("707123456", "CI", "ok", "+2250707123456", None, "leading zero restored", None, None),
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
    ("503area missing", "US", "unparseable", None, None, None, "a word in the number", None),
    ("202 missing", "US", "unparseable", None, None, None, "a word in the number", None),
    ("call 727-555-1213 after 5", "US", "unparseable", None, None, None, "a word before the number", None),
    ("do not call 212-490-0579", "US", "unparseable", None, None, None, "a word before the number", None),
    ("Fax: 212-490-0579", "US", "unparseable", None, None, None, "a word before the number", None),
    ("deceased 212-490-0579", "US", "unparseable", None, None, None, "a word before the number", None),
    ("No 212-490-0579", "US", "unparseable", None, None, None, "a word before the number", None),
    ("verstorben: 030 12345678", "DE", "unparseable", None, None, None, "a word before the number", None),
    ("ne pas appeler 01 99 00 12 34", "FR", "unparseable", None, None, None, "a word before the number", None),
    ("не звонить +7 495 123-45-67", "RU", "unparseable", None, None, None, "a word before the number", None),
    ("勿拨 +86 10 6552 9988", "CN", "unparseable", None, None, None, "a word before the number", None),
    ("do not call +2124900579", "US", "unparseable", None, None, None, "a word before the number", None),
    ("tel no call 2124900579", "US", "unparseable", None, None, None, "a word before the number", None),
    # Objects are read by a key that says "phone", and refused where there is more in them
    ('{"number": "+17275551213"}', "US", "ok", US, None, None, None, None),
    ('[{"phone": "727-555-1213"}]', "US", "ok", US, None, None, None, None),
    ('{"type": "fax", "number": "212-490-0579"}', "US", "unparseable", None, None, None,
     "a JSON object with more than a number in it", None),
    ('{"number":"+17275551213","type":"home"}', "US", "unparseable", None, None, None,
     "a JSON object with more than a number in it", None),
    ('{"id":12,"no":7275551213}', "US", "unparseable", None, None, None,
     "a JSON object with more than a number in it", None),
    ('{"cc":1,"nr":7275551213}', "US", "unparseable", None, None, None,
     "a JSON object with more than a number in it", None),
    ("030 12345678 verstorben", "DE", "unparseable", None, None, None, "a word in the number", None),
    ("+7 495 123-45-67 умер", "RU", "unparseable", None, None, None, "a word in the number", None),
    ("Mobile phone: 727-555-1213", "US", "ok", US, None, None, None, None),
    ("Handy: 030 12345678", "DE", "ok", "+493012345678", None, None, None, None),
    ("тел. +7 495 123-45-67", "RU", "ok", "+74951234567", None, None, None, None),
    ("030 12345678 (privat)", "DE", "ok", "+493012345678", None, "word behind the number removed", None, None),
    ("01 99 00 12 34 portable", "FR", "ok", "+33199001234", None, "word behind the number removed", None, None),
    ("tel: +2124900579", "US", "ok", "+12124900579", None, "bogus + removed", None, None),
    ("(" * 16_000, "US", "unparseable", None, None, None, "too long a text for a phone number", None),
    ("1 " * 16_000, "US", "unparseable", None, None, None, "too long a text for a phone number", None),
    ("727-555-1213 fax", "US", "unparseable", None, None, None, "a word in the number", None),
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
    ("+1 727\u200e555\u20601213", "US", "ok", US, None, "invisible characters removed", None, None),
    ('="7275551213"', "US", "ok", US, None, None, None, None),
    ("`7275551213", "US", "ok", US, None, None, None, None),
    ("'+2124900579", "US", "ok", "+12124900579", None, "bogus + removed", None, None),
    ('="+2124900579"', "US", "ok", "+12124900579", None, "bogus + removed", None, None),
    ("'+3612345678", "US", "ok", "+3612345678", None, None, None, "+13612345678"),
    ('="+3612345678"', "US", "ok", "+3612345678", None, None, None, "+13612345678"),
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
    # Behind the prefix the calling code may be, and then it is no certain reading
    ("+55 3254-2097", "BR", "invalid", None, None, None, "in no range that is given out", None),
    ("+47 853067", "NO", "invalid", None, None, None, "no number of the country has this length", None),
    ("+0491622920007", "DE", "unparseable", None, None, None, "not a phone number", None),
    # 011 is dialled in North America only, and 0011 in Australia
    ("0112124900579", "GB", "invalid", None, None, None, "too long", None),
    ("01133199001234", "GB", "invalid", None, None, None, "too long", None),
    ("+01133199001234", "US", "ok", "+33199001234", None, None, None, None),
    ("+01133199001234", "FR", "unparseable", None, None, None, "not a phone number", None),
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
    ("+8 495 123-45-67", "RU", "ok", "+84951234567", None, None, None, "+74951234567"),
    ("+8 495 123-45-67", "KZ", "ok", "+84951234567", None, None, None, "+74951234567"),
    ("8 495 123-45-67", "RU", "ok", "+74951234567", None, None, None, None),
    # The calling code without its plus, or a national number that begins like it
    ("4915123020522", "DE", "ok", "+494915123020522", None, None, None, "+4915123020522"),
    ("49 6128 966000", "DE", "ok", "+49496128966000", None, None, None, "+496128966000"),
    ("0491622920007", "DE", "ok", "+49491622920007", None, None, None, None),
    ("04921 123456", "DE", "ok", "+494921123456", None, None, None, None),
    ("49 (0) 6128 966000", "DE", "ok", "+496128966000", None, "plus restored", None, None),
    ("+4915123020522", "DE", "ok", "+4915123020522", None, None, None, None),
    ("+494915123020522", "DE", "ok", "+494915123020522", None, None, None, None),
    ("4989123456", "DE", "ok", "+4989123456", None, None, None, None),
    ("55 800 123483", "BR", "ok", "+55800123483", None, "plus restored", None, None),
    # Not a subscriber's number
    ("911", "US", "short_code", None, None, None, "a short code", None),
    ("72755", "US", "short_code", None, None, None, "a short code", None),
    ("999", "GB", "short_code", None, None, None, "a short code", None),
    ("123456", "US", "invalid", None, None, None, "too short", None),
    ("jo@mail.example.com", "US", "is_email", None, None, None, "it is an email address", None),
    ("2025550100@example.com", "US", "is_email", None, None, None, "it is an email address", None),
]
# fmt: on


def read(value: str, region: str | None) -> Row:
    form, other = read_phone_point(value, region)
    return form.state, form.e164, form.extension, form.repair, form.why, other.e164 if other else None


@pytest.mark.parametrize("case", CASES, ids=[repr(case[0])[:50] for case in CASES])
def test_each_kind_of_damage_has_its_outcome(case: tuple[str, str | None, *tuple[str | None, ...]]) -> None:
    value, region, *expected = case
    assert read(value, region) == tuple(expected)


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


SEEDS = pytest.mark.parametrize("seed", [20_260_101, random.SystemRandom().randrange(10**9)], ids=["fixed", "fresh"])


def valid_numbers(seed: int, of_region: int) -> list[tuple[str, str]]:
    """Valid numbers of every region, each with its region: examples of all types whose last digits are drawn.

    Some begin with the region's calling code once more.
    """
    draw, found = random.Random(seed), []
    for region in REGIONS:
        code = str(phonenumbers.country_code_for_region(region))
        for _ in range(of_region):
            example = draw.choice(examples()[region])
            kept = draw.randrange(len(example) + 1)
            begun = code if draw.random() < 0.3 else example[:kept]
            digits = begun + "".join(draw.choice("0123456789") for _ in example[len(begun) :])
            found.append((f"+{code}{digits}", region))
    frame = points([(e164, None) for e164, _ in found])
    kept_rows = (frame.get_column("e164") == pl.Series([e164 for e164, _ in found])).fill_null(False)
    return [pair for pair, is_kept in zip(found, kept_rows, strict=True) if is_kept]


def readings(rows: list[tuple[str, str]]) -> list[set[str]]:
    frame = points([*rows])
    return [{e164, other} - {None} for e164, other in frame.select("e164", "other").rows()]


@SEEDS
def test_a_number_without_its_plus_is_always_among_the_readings(seed: int) -> None:
    """In every region, of every number with its calling code in front: a list and a drop find each other."""
    numbers = valid_numbers(seed, 30)
    assert len(numbers) > 1_500
    for write in (str, lambda e164: f"{e164[:4]} {e164[4:7]} {e164[7:]}", lambda e164: f" ({e164})"):
        bare = readings([(write(e164.removeprefix("+")).strip(), region) for e164, region in numbers])
        missed = [pair for pair, found in zip(numbers, bare, strict=True) if pair[0] not in found]
        assert missed == [], seed


@SEEDS
def test_a_repair_yields_no_number_while_another_reading_exists(seed: int) -> None:
    """Of digits with and without each prefix; whatever else they could be is screened too, or nothing comes out."""
    draw = random.Random(seed)
    rows = [
        (
            draw.choice(["", "+", "00", "+0", "+00", "011", "0", "0011"]) + digits,
            draw.choice([region, draw.choice(REGIONS)]),
        )
        for e164, region in valid_numbers(seed, 12)
        for digits in (e164.removeprefix("+"), e164[draw.randrange(1, len(e164)) :])
    ]
    frame = points([*rows])
    repaired = 0
    for (value, region), repair, e164, other in zip(rows, *frame.select("repair", "e164", "other"), strict=True):
        if repair is None:
            continue
        repaired += 1
        others = every_reading(value, region) - {e164, other, f"{e164} perhaps", f"{other} perhaps"}
        assert others == set(), (value, region, repair, seed)
    assert repaired > 50


def every_reading(value: str, region: str) -> set[str | None]:
    """Whatever number digits could be: with a plus, with one in place of what begins them, with a zero, or national."""
    code = str(phonenumbers.country_code_for_region(region))
    found = {read_phone(value, region).e164}
    for prefix in ("+00", "+011", "+0", "+", "0011", "011", "00"):
        dialled = {"1"} if prefix.endswith("+011") or prefix == "011" else {"61"} if prefix == "0011" else {code}
        if not value.startswith(prefix) or code not in dialled:
            continue
        rest = value.removeprefix(prefix)
        found.add(read_phone("+" + rest, None).e164)
        if prefix != "+0" and rest[:1].isdigit() and is_written_nationally(rest, region):
            form = read_phone(rest, region)
            found.add(form.e164)
            if form.e164 is not None and form.e164.startswith(f"+{code}{code}"):
                # As good as a plus and the digits.
                found.add("+" + form.e164.removeprefix(f"+{code}") + " perhaps")
    if value.isdecimal() and value.startswith(code):
        found.add(read_phone("+" + value, None).e164)
    return found - {None}


def is_written_nationally(digits: str, region: str) -> bool:
    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return False
    return re.sub("[^0-9]", "", phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)) == digits


@pytest.mark.parametrize(
    ("value", "region", "numbers"),
    [
        ("+0491622920007", "DE", ["+49491622920007", "+491622920007"]),
        ("+55 3254-2097", "BR", ["+555532542097"]),
        ("+47 853067", "NO", ["+4747853067"]),
        ("800281", "IT", ["+390800281"]),
        ("800281", "DE", []),
        ("do not call", "US", []),
        ("123", "US", []),
        ("(" * 16_000, "US", []),
        ("800281", None, []),
    ],
    ids=lambda given: str(given)[:30],
)
def test_a_list_takes_whom_a_refused_number_may_mean(value: str, region: str | None, numbers: list[str]) -> None:
    assert phone_repairs.doubtful_numbers(value, region) == numbers


def test_the_lost_zero_is_no_guess() -> None:
    """Random digits seldom become Italian numbers: only those of the usual length do."""
    draw = random.Random(1)
    rows = [("".join(draw.choice("0123456789") for _ in range(draw.randint(5, 12))), "IT") for _ in range(4_000)]
    frame = points([*rows]).with_columns(value=pl.Series([value for value, _ in rows]))
    restored = frame.filter(pl.col("repair") == "leading zero restored")
    assert set(restored.get_column("value").str.len_chars()) == {9}
    assert len(restored) < len(rows) / 10


def test_no_values_give_no_rows() -> None:
    empty = pl.Series([], dtype=pl.String)
    assert phone_points(empty, empty).is_empty()


@pytest.mark.parametrize(
    ("value", "region", "e164"),
    [
        ("0037" + "1" * 13, "JP", "+810037" + "1" * 13),
        ("0066" + "9" * 13, "JP", "+810066" + "9" * 13),
        ("001803" + "1" * 11, "ID", "+62001803" + "1" * 11),
    ],
)
def test_the_longest_numbers_that_are_given_out_are_read(value: str, region: str, e164: str) -> None:
    # Nineteen digits with the calling code: almost as many as 64 bits hold.
    read = phone_points(pl.Series([value]), pl.Series([region]))
    assert read.select("state", "e164", "other").rows() == [("ok", e164, None)]


#: What is behind numbers and behind their extensions: none of it is a word in the number.
BEHIND = (
    " ext 12",
    " (ext. 12",
    " x12",
    " - ext:12",
    " #12",
    ";ext=12",
    " доб 3",
    " int 4",
    " home",
    " missing",
    "x",
    "",
)
AT_THE_END = ("", ")", "].", " -", "#", "_", "\u00a0", "\u2026", "/", "/x5", "/ x?", ") (", "*)")


def test_what_ends_a_number_is_nothing_in_a_column_and_nothing_alone() -> None:
    numbers = ("202-456-1111", "(202) 456-1111", "+44 20 7946 0018", "1-800-GO-FEDEX")
    values = [number + behind + end for number in numbers for behind in BEHIND for end in AT_THE_END]
    column = phone_points(pl.Series(values).str.strip_chars(), pl.repeat("US", len(values), eager=True))
    alone = [read_phone_point(value.strip(), "US").form for value in values]
    fields = ("state", "e164", "why", "repair")
    assert column.select(fields).rows() == [tuple(getattr(form, field) for field in fields) for form in alone]
    extended = [form.e164 for value, form in zip(values, alone, strict=True) if re.match(r"202.*12[^#]*$", value)]
    assert set(extended) == {"+12024561111"}
