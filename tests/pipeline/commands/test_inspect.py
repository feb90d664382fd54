"""inspect says what a scrub would read, shows nobody's data, and its layout reads the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import SHARED, Scrub, Written, leadscrub, needs_shared_data

DROP = (
    "Leads of November\n\nname;Telephone;backup;reach by;bought\n"
    "Ann Lee;(202) 555-0100;(202) 555-0101;ann.lee@corp.example;03/04/2026\n"
    "Bo Ray;(202) 555-0102;(202) 555-0103;bo.ray@corp.example;05/06/2026\nTotal: 2\n"
)
#: Drop -> encoding, delimiter, records, mapped fields.
KNOWN: dict[str, tuple[str, str, int, dict[str, str]]] = {
    "openstates_people.csv": ("utf-8", ",", 13_768, {"email": "email", "phone": "voice", "phone_2": "fax"}),
    "cms_hospitals.csv": ("windows-1252", ",", 4_807, {"phone": "Phone Number"}),
    "us_dotgov.csv": ("utf-8", ",", 16_539, {"email": "Security contact email"}),
    "fr_annuaire_education.csv": ("utf-8", ";", 996, {"phone": "Telephone", "phone_2": "Fax", "email": "Mail"}),
    "okfn_gb.csv": ("utf-8", ",", 5_362, {"phone": "phone", "email": "email"}),
    "okfn_br.csv": ("utf-8", ",", 245, {"phone": "phone", "email": "email"}),
}


def inspected(*arguments: str | Path) -> dict[str, Any]:
    ran = leadscrub("inspect", *arguments, "--json")
    assert ran.code == 0, ran.err
    (found,) = json.loads(ran.out)["items"]
    assert isinstance(found, dict)
    return found


def test_it_shows_the_reading_the_mapping_and_what_nobody_claims(written: Written) -> None:
    found = inspected(written("drop.csv", DROP))
    assert found["read_as"] == {
        "format": "csv",
        "encoding": "utf-8",
        "delimiter": ";",
        "quote": '"',
        "lines_before_header": "2",
    }
    assert (found["records"], found["malformed"], found["malformed_lines"]) == (3, 1, [6])
    columns = {column["name"]: (column["field"], column["confidence"], column["kind"]) for column in found["columns"]}
    assert columns == {
        "name": ("full_name", "sure", "text"),
        "Telephone": ("phone", "sure", "phone"),
        "backup": (None, "look", "phone"),
        "reach by": (None, "look", "email"),
        "bought": (None, "none", "date"),
    }
    assert found["columns"][3]["samples"] == ["a*****@c*****.example", "b*****@c*****.example"]


def test_it_shows_nobody_s_data(written: Written) -> None:
    drop = written("drop.csv", DROP)
    for ran in (leadscrub("inspect", drop), leadscrub("inspect", drop, "--json")):
        assert ran.code == 0, ran.err
        for text in ("Ann", "Lee", "555-01", "0102", "ann.lee", "bo.ray"):
            assert text not in ran.out + ran.err


def test_a_drop_that_a_scrub_would_refuse_is_shown_with_the_reason(written: Written) -> None:
    found = inspected(written("drop.csv", "a,b\n1,2\n"))
    assert "has no column that certainly holds a phone or an email" in found["problem"]


@pytest.mark.parametrize(
    "drop",
    [
        DROP,
        "x@example.com,(202) 555-0100\ny@example.com,(202) 555-0101\n",
        "phone|Fax|Fax 2|mobile\r(202) 555-0100|2025550101|'a|b'|\r",
        '"phone\n1","na""me"\n2025550100,"a\\b"\n',
    ],
    ids=["title", "no header", "CR", "odd names"],
)
def test_a_saved_layout_reads_the_same(scrub: Scrub, written: Written, tmp_path: Path, drop: str) -> None:
    path, layout = written("drop.csv", drop), tmp_path / "saved.toml"
    plain = inspected(path, "--save-layout", layout)
    assert inspected(path, "--layout", layout)["read_as"] == plain["read_as"]
    one, other = scrub(path, out="one"), scrub(path, "--layout", layout, out="other")
    assert (one.code, other.code) == (0, 0), other.err
    assert one.clean.drop("run_id").equals(other.clean.drop("run_id"))
    assert one.rejected.drop("run_id").equals(other.rejected.drop("run_id"))


def test_a_saved_layout_replaces_no_file(written: Written) -> None:
    ran = leadscrub("inspect", written("drop.csv", DROP), "--save-layout", written("mine.toml", "# mine\n"))
    assert ran.code == 7
    assert "mine.toml' exists. Name a new file" in ran.err


@needs_shared_data
@pytest.mark.parametrize("name", KNOWN)
def test_real_drops_are_understood_without_options(name: str) -> None:
    encoding, delimiter, records, mapping = KNOWN[name]
    found = inspected(SHARED / "drops" / name)
    assert found["read_as"] == {"format": "csv", "encoding": encoding, "delimiter": delimiter, "quote": '"'}
    assert (found["records"], found["malformed"], found["problem"]) == (records, 0, None)
    fields = {column["name"]: column["field"] for column in found["columns"]}
    assert {slot: fields[column] for slot, column in mapping.items()} == {
        slot: "fax" if column.lower() == "fax" else slot for slot, column in mapping.items()
    }
