"""The country beside a number: words of every kind, calling codes under any header, and what cannot be read."""

from __future__ import annotations

import csv
import io

import pytest

from tests.conftest import Scrub, Scrubbed, Written, leadscrub
from tests.suppression.formats.test_rubbish import RUBBISH

GB = "+442079460001"
FR = "+33199001234"
REVIEWED = "phone.country_unread"


def reviewed(ran: Scrubbed) -> list[tuple[object, ...]]:
    """Row, point and detail of the numbers set aside since their country is not certain."""
    assert ran.code == 0, ran.err
    return ran.findings.filter(code=REVIEWED).select("row_id", "point", "detail").rows()


@pytest.mark.parametrize(
    "word",
    [
        *("UK", "GBR", "United Kingdom (UK)", "Vereinigtes Königreich", "England / UK", "+44", "0044", "44", "44.0"),
        *(
            "Regno Unito",
            "'44",
            "'GB",
            '"=""44"""',
            "\uff14\uff14",
            "\uff27\uff22",
            "\U0001f1ec\U0001f1e7",
            "011 44",
            "+44 (UK)",
        ),
    ],
)
def test_a_country_word_of_any_kind_decides_where_a_number_is_read(scrub: Scrub, word: str) -> None:
    ran = scrub(f"name,country,phone\nAnn,{word},020 7946 0001\n", channels=("call",), region="US")
    assert ran.clean_rows("phone", "flags") == [(GB, [])]


def test_an_unknown_country_word_sets_the_numbers_of_its_row_aside(scrub: Scrub) -> None:
    """Also a number that is valid in the run's region, and one with its calling code; a blank cell is no doubt."""
    ran = scrub(
        "country,phone,mobile,email\n"
        "Freedonia,202-555-0100,,\n"
        "Freedonia,+44 20 7946 0001,202-555-0101,\n"
        ",202-555-0102,,\n"
        "USA,202-555-0103,,\n"
        "Freedonia,,,jo@example.com\n",
        region="US",
    )
    sentence = "the country column has a word that names no country; read in US"
    assert reviewed(ran) == [(0, "phone", sentence), (1, "phone", sentence), (1, "phone_2", sentence)]
    assert ran.clean_rows("row_id", "phone", "email") == [
        (2, "+12025550102", None),
        (3, "+12025550103", None),
        (4, None, "jo@example.com"),
    ]
    assert ran.rejected_rows("row_id", "reason", "disposition") == [(0, REVIEWED, "review"), (1, REVIEWED, "review")]
    assert "column 'country' has words that name no country (1 of 2 in the first rows, such as 'xxxxxxxxx')" in ran.err


def test_a_number_that_may_be_one_of_the_unread_country_is_not_the_vendor_s_fault(scrub: Scrub) -> None:
    """It is none in the run's region, which says nothing about it; what is none anywhere goes back."""
    ran = scrub(
        "country,phone,code\nFreedonia,020 7946 0001,\nFreedonia,no phone,\n#REF!,020 7946 0001,\nUSA,020 7946 0001,\n",
        channels=("call",),
        region="US",
    )
    assert ran.rejected_rows("row_id", "reasons", "disposition") == [
        (0, [REVIEWED], "review"),
        (1, ["phone.unparseable", REVIEWED], "return"),
        (2, [REVIEWED], "review"),
        (3, ["phone.invalid"], "return"),
    ]
    coded = scrub("phone_code,phone\nbogus,020 7946 0001\n", channels=("call",), region="US", out="coded")
    assert coded.rejected_rows("reasons", "disposition") == [([REVIEWED], "review")]


def test_a_word_far_down_in_the_column_is_noted_too(scrub: Scrub) -> None:
    rows = "".join(f"USA,212{number:07}\n" for number in range(2_000_000, 2_020_000))
    ran = scrub(f"country,phone\n{rows}Freedonia,202-555-0100\n", channels=("call",), region="US")
    assert "name no country" not in ran.err
    assert "1 row is in review since the country of a number cannot be read (phone.country_unread)" in ran.err


def test_several_countries_leave_only_numbers_with_a_calling_code_certain(scrub: Scrub) -> None:
    ran = scrub(
        'country,phone\n"France, USA",202-555-0100\n"France, USA",+33 1 99 00 12 34\n"USA, Canada",202-555-0101\n',
        channels=("call",),
        region="US",
    )
    assert reviewed(ran) == [(0, "phone", "the country column names several countries; read in US")]
    assert ran.clean_rows("row_id", "phone") == [(1, FR), (2, "+12025550101")]


def test_a_country_code_column_of_calling_codes_is_the_phone_s(scrub: Scrub) -> None:
    """Whatever its header says, and beside a column of countries."""
    drop = "country_code,phone,country\n44,2079460001,Germany\n+33,199001234,\n1,2025550100,USA\n"
    ran = scrub(drop, channels=("call",), region="US")
    mapping = ran.manifest["inputs"][0]["mapping"]
    assert (mapping["phone_code"], mapping["country"]) == ("country_code", "country")
    assert ran.clean_rows("phone") == [(GB,), (FR,), ("+12025550100",)]


def test_a_country_code_column_of_letters_stays_the_country(scrub: Scrub) -> None:
    ran = scrub("country_code,phone\nGB,020 7946 0001\nFRA,01 99 00 12 34\n", channels=("call",), region="US")
    assert ran.manifest["inputs"][0]["mapping"]["country"] == "country_code"
    assert ran.clean_rows("phone") == [(GB,), (FR,)]


def test_numeric_codes_of_countries_are_no_calling_codes(scrub: Scrub) -> None:
    """250 is France, and Rwanda's calling code: nothing is certain. 826 is the United Kingdom, and nothing else."""
    ran = scrub("country,phone\n250,01 99 00 12 34\n826,020 7946 0001\n", channels=("call",), region="FR")
    assert ran.manifest["inputs"][0]["mapping"]["country"] == "country"
    assert reviewed(ran) == [(0, "phone", "the country column names several countries; read in FR")]
    assert ran.clean_rows("phone") == [(GB,)]


def test_each_calling_code_column_serves_the_phone_that_it_names(scrub: Scrub) -> None:
    drop = (
        "Mobile Phone Calling Code,Mobile Phone,Primary Phone Calling Code,Primary Phone,Fax Calling Code\n"
        "33,0199001234,44,020 7946 0001,1\n"
        "+1 (US),2025550100,GB,020 7946 0002,1\n"
    )
    ran = scrub(drop, channels=("call",), region="DE")
    mapping = ran.manifest["inputs"][0]["mapping"]
    phones = {mapping["phone"]: "phone", mapping["phone_2"]: "phone_2"}
    assert phones == {"Mobile Phone": "phone", "Primary Phone": "phone_2"}
    assert mapping["phone_code"] == "Mobile Phone Calling Code"
    assert mapping["phone_2_code"] == "Primary Phone Calling Code"
    assert ran.clean_rows("phone", "phone_2") == [(FR, GB), ("+12025550100", "+442079460002")]


def test_inspect_shows_country_words_that_cannot_be_read(written: Written) -> None:
    drop = written("drop.csv", "Country,Phone\nGermany,030 12345678\nFreedonia,030 12345679\n")
    ran = leadscrub("inspect", drop)
    assert ran.code == 0
    assert "column 'Country' has words that name no country (1 of 2 in the first rows, such as 'xxxxxxxxx')" in ran.err
    assert "Freedonia" not in ran.err


def test_rubbish_beside_a_number_never_makes_it_the_run_s(scrub: Scrub) -> None:
    """London's numbers are Maine's too: whatever becomes of the cell beside one, nobody in Maine is called."""
    given = {"country": "GB", "phone_code": "44"}
    cells = [(column, how, RUBBISH[how](cell)) for column, cell in given.items() for how in sorted(RUBBISH)]
    text = io.StringIO()
    writer = csv.DictWriter(text, ["phone", *given])
    writer.writeheader()
    writer.writerows({"phone": f"20793048{at:02}", column: cell} for at, (column, _, cell) in enumerate(cells))
    ran = scrub(text.getvalue(), channels=("call",), region="US")
    assert ran.code == 0, ran.err
    numbers = ran.clean_rows("row_id", "phone")
    assert [cells[row] for row, phone in numbers if phone.startswith("+1")] == []
    assert len(numbers) > 5, "some of it can be read"
