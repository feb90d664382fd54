"""Which columns are contact columns and which are one address, where names leave it open."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import phonenumbers
import pytest

from pipeline.columns.contact_values import unclaimed
from pipeline.columns.mapping import Mapping, map_columns
from pipeline.reading.opening import open_tables
from schemas.files.table import Table, first_rows
from schemas.layout import Layout

pytestmark = pytest.mark.slow

Opened = Callable[[str], Table]


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    def opened(text: str) -> Table:
        path = tmp_path / "drop.csv"
        path.write_text(text, encoding="utf-8")
        [table] = open_tables(path, path.name, Layout())
        return table

    return opened


def mapped(table: Table, region: str | None = "US") -> Mapping:
    return map_columns(table, Layout(), region, checked=False)


@pytest.mark.parametrize(("kind", "first"), [("MOBILE", 0), ("FIXED_LINE", 1)])
def test_phones_without_header_are_mapped_or_noted(opened: Opened, kind: str, first: int) -> None:
    """As people write them, and as bare digits; in every third country, since each takes a while."""
    silent = []
    for region in sorted(phonenumbers.SUPPORTED_REGIONS)[first::3]:
        number = phonenumbers.example_number_for_type(region, getattr(phonenumbers.PhoneNumberType, kind))
        if number is None or len(str(number.national_number)) < 6:
            continue
        written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
        for text in (written, "".join(filter(str.isdigit, written))):
            table = opened("".join(f"Ann {name},{text},Elm Street\n" for name in "ABCDE"))
            assert table.columns == ("column 1", "column 2", "column 3"), (region, text)
            fields = mapped(table, region).fields
            notes = unclaimed(first_rows(table), ("column 2",), region)
            assert fields in ({}, {"phone": "column 2"})
            if not fields and notes != [
                "column 'column 2' is not mapped, but its values look like phones: they are not screened"
            ]:
                silent.append((region, text))
            if text == written and fields == {} and any(mark in text for mark in " -()"):
                silent.append((region, text))
    assert silent == []


@pytest.mark.parametrize(
    ("column", "region"),
    [
        (["2026-01-02", "2026-02-03"], "DE"),
        (["12.50", "1234.00"], "GB"),
        (["10115", "80331"], "DE"),
        (["10000001", "10000002", "10000003"], "NO"),
        (["d41d8cd98f00b204e9800998ecf8427e"] * 2, "US"),
        (["http://a.example/1234567"] * 2, "US"),
    ],
)
def test_what_is_no_phone_is_not_mapped(opened: Opened, column: list[str], region: str) -> None:
    assert mapped(opened("".join(f"Ann {at},{cell}\n" for at, cell in enumerate(column))), region).fields == {}


@pytest.mark.parametrize(
    ("header", "value", "field"),
    [
        ("Phone number (recommended)", "202-555-0100", "phone"),
        ("Phone Number (Optional)", "202-555-0100", "phone"),
        ("Your phone number (with area code)", "202-555-0100", "phone"),
        ("Email ID", "ann@example.com", "email"),
        ("emailid", "ann@example.com", "email"),
        ("Mail Id", "ann@example.com", "email"),
        ("Email ID", "48151623", None),
        ("Mail", "ann@example.com", "email"),
        ("Mail", "yes", None),
        ("Mail Address", "ann@example.com", "email"),
        ("Mail Address", "1 Elm Street", "address_1"),
        ("WhatsApp", "202-555-0100", "phone"),
        ("WhatsApp", "yes", None),
        # Whose it is, no value tells.
        ("Lead Owner Email", "ann@example.com", None),
        ("Phone Type", "202-555-0100", None),
    ],
)
def test_values_settle_what_a_name_leaves_open(opened: Opened, header: str, value: str, field: str | None) -> None:
    fields = mapped(opened(f'id,"{header}"\n' + f"7,{value}\n" * 3)).fields
    assert {name: column for name, column in fields.items() if column == header} == ({field: header} if field else {})


@pytest.mark.parametrize(
    ("header", "cells", "code", "says"),
    [
        ("Prefijo", ["+44", "+1", "0033"], True, ""),
        ("Mobile Country Code", ["(+44)", "'+1", "+49"], True, ""),
        ("x", ["+44"] * 19 + ["none known"], True, ""),
        ("Prefijo", ["44", "1", "33"], False, "may hold the phones' calling codes"),
        ("Mobile Country Code", ["44", "1", "33"], False, "may hold the phones' calling codes"),
        ("Region Code", ["44", "1", "33"], False, ""),
        ("rank", ["44", "1", "33"], False, ""),
        ("area", ["212", "917", "646"], False, ""),
        ("Market", ["GB", "Deutschland", "US"], False, "values look like countries"),
        ("Market", ["US", "USA", "United States"], False, ""),
        ("Market", ["GB", "Deutschland", "north"], False, ""),
        ("language", ["en", "de", "fr"], False, ""),
    ],
)
def test_what_country_a_number_is_of_is_found_by_values_or_said(
    opened: Opened, header: str, cells: list[str], code: bool, says: str
) -> None:
    mapping = mapped(opened(f"phone,{header}\n" + "".join(f"202-555-0100,{cell}\n" for cell in cells)))
    assert mapping.fields == {"phone": "phone", **({"phone_code": header} if code else {})}
    assert [says in doubt for doubt in mapping.doubts] == [True] * bool(says)


OUTLOOK = (
    "First Name,Assistant's Phone,Business Fax,Business Phone,Business Phone 2,Callback,Car Phone,Company Main Phone,"
    "Home Fax,Home Phone,Home Phone 2,ISDN,Mobile Phone,Other Fax,Other Phone,Pager,Primary Phone,Radio Phone,Telex"
)


def test_of_many_phones_those_are_screened_that_reach_the_person(opened: Opened) -> None:
    fields = mapped(opened(OUTLOOK + "\n" + ",".join(["x"] * 19) + "\n")).fields
    assert [fields[f"phone{suffix}"] for suffix in ("", "_2", "_3", "_4")] == [
        *("Mobile Phone", "Primary Phone", "Business Phone", "Home Phone")
    ]


def test_four_phones_stay_in_the_file_s_order(opened: Opened) -> None:
    fields = mapped(opened("Car Phone,Work Phone,Mobile Phone,Home Phone\n1,2,3,4\n")).fields
    assert list(fields.values()) == ["Car Phone", "Work Phone", "Mobile Phone", "Home Phone"]


@pytest.mark.parametrize(
    ("header", "address"),
    [
        ("Home Address,Mailing City,Mailing State,Home Zip", ["Home Address", "Home Zip"]),
        ("Street,Mail City,Mail State,Zip", ["Street", "Zip"]),
        ("Current Address,Res City,Mail State,Mail Zip", ["Current Address"]),
        ("Physical Address,Physical City,Postal State,Postal Code", ["Physical Address", "Physical City"]),
        ("Home Street,Home City,Mailing Street,Mailing City,Mailing Zip", ["Home Street", "Home City"]),
        ("Mailing Address,City,State,Zip", ["Mailing Address", "City", "State", "Zip"]),
        ("Home Address,City,State,Mailing Address", ["Home Address"]),
        ("Res City,Res State,Mail Zip", ["Res City", "Res State"]),
        ("Address,City,State,Postal Code,Country", ["Address", "City", "State", "Postal Code", "Country"]),
    ],
)
def test_columns_of_two_addresses_are_not_put_together(opened: Opened, header: str, address: list[str]) -> None:
    fields = mapped(opened(f"phone,{header}\n1,{'x,' * header.count(',')}x\n")).fields
    assert [column for field, column in fields.items() if field != "phone"] == address


def test_a_layout_s_name_says_more_than_values(tmp_path: Path) -> None:
    """Ids of ten digits under a name are ids; a column that the layout does not name is judged by its values."""
    path = tmp_path / "drop.csv"
    rows = [("2125550143", "2025550100", "2025550109", "2025550107"), ("2015550110", "2025550101", "", "2025550106")]
    path.write_text("".join(",".join(row) + "\n" for row in rows), encoding="utf-8")
    layout = Layout(header=False, column_names=["source_id", "phone", "fax"])
    [table] = open_tables(path, path.name, layout)
    mapping = map_columns(table, layout, "US")
    assert mapping.fields == {"phone": "phone", "phone_2": "column 4", "phone_3": "fax"}
    assert mapping.fax == {"phone_3"}


@pytest.mark.parametrize("text", ["call 202-555-0100 first\n", ""])
def test_what_is_set_aside_above_the_header_hides_no_values(opened: Opened, text: str) -> None:
    """The first rows are looked at for what columns hold; a row that is set aside is one of them, not all."""
    table = opened(text + "id,name,Email ID\n" + "7,Ann,ann@example.com\n" * 3)
    assert mapped(table).fields["email"] == "Email ID"
