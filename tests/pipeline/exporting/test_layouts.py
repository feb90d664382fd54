"""Files for other systems: each shipped layout's exact header and a row of it, hashes by their recipes, own layouts."""

from __future__ import annotations

import csv
import hashlib
import io
from pathlib import Path

import polars as pl
import pytest

from pipeline.exporting.forms import formed, hashed
from schemas.export_layout import EXPORT_LAYOUTS
from tests.conftest import Scrub, Scrubbed, Written, campaign_text, leadscrub, scrub_files
from tests.pipeline.exporting.test_export import export, exported, read_csv

DROP = (
    "Ref,First,Last,Firm,Job Title,Phone,Mobile,Email,Email 2,Address,City,State,Zip,Country,Birth Date,Color\n"
    "r1,Ann,O'Neil,Acme,Boss,202-555-0100,+44 20 7946 0123,Ann@Example.com,b@example.com,1 Elm St,"
    "St. Louis,New York,10001-1234,United States,1980-02-03,red\n"
    "r2,Émile,,,,+39 06 698 12345,,,,,Roma,,00120,IT,,blue\n"
    "r3,Jo,Low,,,,,jo@example.org,,,,,,,,\n"
)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


#: By layout: its header, and the rows of the drop's leads. VICIdial's file begins with a lead.
EXPECTED = {
    "vicidial": """\
r1,acme,,1,2025550100,,Ann,,O'Neil,1 Elm St,,,St. Louis,NY,,10001-1234,United States,,1980-02-03,,Ann@example.com,,
r2,acme,,39,0669812345,,Émile,,,,,,Roma,,,00120,IT,,,,,,
""",
    "convoso": """\
phone_code,phone_number,alt_phone_1,alt_phone_2,first_name,last_name,email,address1,address2,city,state,postal_code\
,country,date_of_birth
1,2025550100,,,Ann,O'Neil,Ann@example.com,1 Elm St,,St. Louis,NY,10001-1234,United States,1980-02-03
39,0669812345,,,Émile,,,,,Roma,,00120,IT,
""",
    "five9": """\
number1,number2,number3,first_name,last_name,company,street,city,state,zip,email
2025550100,+442079460123,,Ann,O'Neil,Acme,1 Elm St,St. Louis,NY,10001-1234,Ann@example.com
+390669812345,,,Émile,,,,Roma,,00120,
""",
    "hubspot": """\
Email,First Name,Last Name,Phone Number,Company Name,Job Title,Street Address,City,State/Region,Postal Code\
,Country/Region
Ann@example.com,Ann,O'Neil,+12025550100,Acme,Boss,1 Elm St,St. Louis,New York,10001-1234,United States
,Émile,,+390669812345,,,,Roma,,00120,IT
jo@example.org,Jo,Low,,,,,,,,
""",
    "salesforce": """\
FirstName,LastName,Company,Title,Email,Phone,Street,City,State,PostalCode,Country
Ann,O'Neil,Acme,Boss,Ann@example.com,+12025550100,1 Elm St,St. Louis,New York,10001-1234,United States
Émile,[not provided],[not provided],,,+390669812345,,Roma,,00120,IT
Jo,Low,[not provided],,jo@example.org,,,,,,
""",
    "mailchimp": """\
Email Address,First Name,Last Name,Company
Ann@example.com,Ann,O'Neil,Acme
b@example.com,Ann,O'Neil,Acme
jo@example.org,Jo,Low,
""",
    # The campaign does not text: nothing says that Ann's phone may be texted.
    "klaviyo": """\
Email,Phone Number,First Name,Last Name,Organization,Title,Address,Address 2,City,State / Region,Zip Code,Country
Ann@example.com,,Ann,O'Neil,Acme,Boss,1 Elm St,,St. Louis,New York,10001-1234,US
jo@example.org,,Jo,Low,,,,,,,,
""",
    "google-customer-match": """\
Email,Phone,First Name,Last Name,Country,Zip
#ann@example.com,#+12025550100,#ann,#o'neil,US,10001-1234
,#+390669812345,#émile,,IT,00120
#jo@example.org,,#jo,#low,,
""",
    "meta-custom-audience": """\
email,email,email,phone,phone,phone,fn,ln,ct,st,zip,country
#ann@example.com,#b@example.com,,#12025550100,#442079460123,,#ann,#oneil,#stlouis,#ny,#10001,#us
,,,#390669812345,,,#émile,,#roma,,#00120,#it
#jo@example.org,,,,,,#jo,#low,,,,
""",
}


def expected(name: str) -> list[list[str]]:
    """Rows of a layout; a cell behind # is its SHA-256."""
    rows = csv.reader(io.StringIO(EXPECTED[name]))
    return [[sha256(cell[1:]) if cell.startswith("#") else cell for cell in row] for row in rows]


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Scrubbed:
    """Three leads: two phones of two countries and two emails; a phone of Italy; an email alone. All are clean."""
    folder = tmp_path_factory.mktemp("layouts")
    (folder / "drop.csv").write_text(DROP, encoding="utf-8")
    campaign = folder / "campaign.toml"
    campaign.write_text(campaign_text(("call", "email")), encoding="utf-8")
    ran = scrub_files([folder / "drop.csv"], folder / "out", "--campaign", campaign, "--vendor", "acme")
    made = Scrubbed(ran.code, ran.out, ran.err, folder / "out")
    assert made.clean_rows("row_id", "channels") == [(0, ["call", "email"]), (1, ["call"]), (2, ["email"])]
    return made


def test_every_shipped_layout_is_expected_here() -> None:
    assert sorted(EXPECTED) == sorted(path.stem for path in EXPORT_LAYOUTS.glob("*.toml"))


@pytest.mark.parametrize("name", EXPECTED)
def test_a_shipped_layout(name: str, result: Scrubbed, tmp_path: Path) -> None:
    assert exported(result, tmp_path / "leads.csv", "--for", name) == expected(name)


def test_what_is_not_in_the_file_is_counted(result: Scrubbed, tmp_path: Path) -> None:
    assert export(result, tmp_path / "a.csv", "--for", "vicidial").err == (
        "note: 1 row is open on none of the channels call\n"
        "note: 1 email that may be used has no column in this layout\n"
    )
    assert export(result, tmp_path / "b.csv", "--for", "hubspot").err == (
        "note: 1 phone that may be used has no column in this layout\n"
        "note: 1 email that may be used has no column in this layout\n"
    )


def test_hashes_are_those_of_the_recipe() -> None:
    cells = pl.Series([" Test@Example.com ", None, "", " Test@Example.com "])
    known = "973dfe463ec85785f5f95af5ba3906eedb2d931c24e69824a89ea65dba4e813b"
    assert hashed(cells, "trim+lower+sha256").to_list() == [known, None, None, known]
    assert hashed(pl.Series(["a"]), "md5+base64").to_list() == ["DMF1ucDxtqgxw5niaXcmYQ=="]
    assert hashed(pl.Series([None], dtype=pl.String), "sha256").to_list() == [None]


@pytest.mark.parametrize(
    ("form", "cells"),
    [
        ("calling_code", {"+12025550100": "1", "+442079460123": "44", "+390669812345": "39", "+35818123456": "358"}),
        ("national", {"+12025550100": "2025550100", "+390669812345": "0669812345", "+35818123456": "18123456"}),
        ("ten_digits", {"+12025550100": "2025550100", "+442079460123": "+442079460123"}),
        ("digits", {"+12025550100": "12025550100"}),
        ("country", {"Deutschland": "DE", "us": "US", "Nowhere": None, " ": None}),
        ("state", {"new york": "NY", "Bayern": "Bayern", "TX": "TX"}),
        ("zip5", {"10001-1234": "10001", "100011234": "10001", "SW1A 1AA": "SW1A1AA"}),
        ("words", {" O'Neil, Jr. ": "ONeil Jr"}),
        ("letters", {"St. Louis": "StLouis", "São Paulo": "SãoPaulo"}),
    ],
)
def test_forms(form: str, cells: dict[str, str | None]) -> None:
    given = pl.Series([*cells, None], dtype=pl.String)
    assert formed(given, form).to_list() == [*cells.values(), None]  # type: ignore[arg-type]  # the table names forms


OWN = """\
title = "Ours"
channels = ["call"]
rows = "phone"
delimiter = "|"
columns = [
  { name = "number", field = "phones.1" },
  { name = "=paint", column = "Color", otherwise = "none" },
  { name = "kind", text = "lead" },
]
"""


def test_a_layout_of_ones_own(result: Scrubbed, written: Written, in_folder: Path) -> None:
    named = written("ours.toml", OWN)
    assert export(result, "a.csv", "--for", named).code == 0
    wanted = "number|'=paint|kind\n+12025550100|red|lead\n+442079460123|red|lead\n+390669812345|blue|lead\n"
    assert Path("a.csv").read_text() == wanted
    # Of a workspace, by its name.
    written("leadscrub.toml", "")
    written("exports/ours.toml", OWN)
    assert export(result, "b.csv", "--for", "ours").code == 0
    assert Path("b.csv").read_text() == wanted
    unknown = export(result, "c.csv", "--for", "vicidail")
    assert (unknown.code, "Did you mean 'vicidial'?" in unknown.err) == (2, True)
    written("exports/bad.toml", OWN.replace("phones.1", "phone").replace('text = "lead"', 'text = "x", field = "city"'))
    faulty = export(result, "c.csv", "--for", "bad")
    assert faulty.code == 3
    assert "'phone' is not a field of a lead. Write phones.1 for the first that may be used." in faulty.err
    assert "name one of field, column and text" in faulty.err
    written("exports/gone.toml", OWN.replace('"Color"', '"Colour"'))
    gone = export(result, "c.csv", "--for", "gone")
    assert (gone.code, "takes 'Colour', which no file of the drop has. Did you mean 'Color'?" in gone.err) == (2, True)
    twice = export(result, "c.parquet", "--for", "meta-custom-audience")
    assert (twice.code, "Two columns are called 'email'" in twice.err) == (2, True)


def test_a_file_for_somebody_else_needs_a_campaign_that_declares_it(scrub: Scrub, tmp_path: Path) -> None:
    """With rule packs: without, no law was asked, and the run says that."""
    evidence = '[rules]\npacks = ["general"]\n[evidence]\npasses_on = "{}"\n'
    ran = scrub("Email\na@example.com\n", channels=("email",), campaign=evidence.format("none"))
    refused = leadscrub("export", ran.folder, "--to", tmp_path / "a.csv", "--for", "mailchimp")
    assert refused.code == 3
    assert "passes_on is 'none', and a file for Mailchimp audience goes to somebody who works for you" in refused.err
    assert 'Declare passes_on = "processor" in [evidence] of the campaign, and scrub again.' in refused.err
    declared = scrub(
        "Email\na@example.com\n", channels=("email",), campaign=evidence.format("processor"), out="declared"
    )
    for layout, code in (("mailchimp", 0), ("google-customer-match", 3)):
        ran_export = leadscrub("export", declared.folder, "--to", tmp_path / f"{layout}.csv", "--for", layout)
        assert ran_export.code == code, ran_export.err
    assert read_csv(tmp_path / "mailchimp.csv")[0] == ["Email Address", "First Name", "Last Name", "Company"]
