"""Vendors' layouts: how they are found, and what each of their keys does."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.config import load
from schemas.layout import LAYOUTS, Layout
from tests.conftest import REPO, Scrub, Written
from tests.pipeline.reading.builders import Rows, ods_content, write_ods, write_xls, write_xlsx

pytestmark = pytest.mark.slow

BUILT_IN = sorted(path.stem for path in LAYOUTS.glob("*.toml"))
VICIDIAL = (
    "V1|src|101|1|2025550100|Ms|Ann||Lee|1 Elm St|||Boise|ID||83702|US|F|0000-00-00|2025550101|ann@example.com||{}\n"
    "V2|src|101|1|2025550102||Bo||Ray|||||||||||||\n"
)


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_built_in_layout_is_valid(name: str) -> None:
    faults: list[str] = []
    assert load(LAYOUTS / f"{name}.toml", Layout, faults) is not None
    assert faults == []


def test_the_built_in_layouts_are_those_that_are_documented() -> None:
    page = (REPO / "docs" / "drops.md").read_text(encoding="utf-8")
    assert [name for name in BUILT_IN if f"`{name}`" not in page] == []


@pytest.mark.parametrize(("layout", "delimiter"), [("vicidial-pipe", "|"), ("vicidial-tab", "\t")])
def test_a_file_without_header_is_read_in_its_layout_s_order(scrub: Scrub, layout: str, delimiter: str) -> None:
    """The second record leaves out what comes last in the layout, as do all others of the file."""
    drop = VICIDIAL.format("said |hi|".replace("|", '"')).replace("|", delimiter)
    lines = [delimiter.join(line.split(delimiter)[:22]) for line in drop.splitlines()]
    ran = scrub("\n".join(lines) + "\n", "--layout", layout)
    assert ran.code == 0, ran.err
    assert ran.clean_rows("vendor_lead_id", "first_name", "phone", "phone_2", "email", "city", "country") == [
        ("V1", "Ann", "+12025550100", "+12025550101", "ann@example.com", "Boise", "US"),
        ("V2", "Bo", "+12025550102", None, None, None, None),
    ]
    assert ran.findings.is_empty()


@pytest.mark.parametrize(("layout", "place"), [("vicidial-multi-alt", 27), ("vicidial-multi-alt-owner", 29)])
def test_several_phones_in_one_cell_are_contact_points_each(scrub: Scrub, layout: str, place: int) -> None:
    """Those beyond the fourth are no contact points, and are never silently left out."""
    cells = ("2025550113_1_work!2025550114_61", "", "2025550105", "2025550106!2025550107!2025550108")
    rows = [["V", "src", "101", "1", f"20255501{n:02}", "", "", "", f"L{n}"] for n in range(4)]
    lines = ["|".join([*row, *[""] * (place - 10), cell]) for row, cell in zip(rows, cells, strict=True)]
    ran = scrub("\n".join(lines) + "\n", "--layout", layout)
    assert ran.code == 0, ran.err
    assert ran.clean.sort("row_id").select("phone", "phone_2", "phone_3", "phone_4").rows() == [
        ("+12025550100", None, "+12025550113", "+12025550114"),
        ("+12025550101", None, None, None),
        ("+12025550102", None, "+12025550105", None),
        ("+12025550103", None, "+12025550106", None),
    ]
    assert (3, "phone_4", "phone.unparseable") in ran.found()


def test_vicidial_s_carriers_give_one_result(scrub: Scrub, written: Written, tmp_path: Path) -> None:
    """The same leads by pipe, by tab, as CSV and in workbooks: columns without any value keep their places."""
    leads = [
        ["", "src", "101", "1", "2025550100", "", "Ann", "", "Lee", "", "", "", "Boise", "ID", "", "83702", "US", "F"],
        ["", "src", "101", "1", "2025550101", "", "Bo", "B", "Low", "", "", "", "Reno", "NV", "", "89501", "US", "M"],
    ]
    rest = ["", "no dogs", "0", "NEW", "2026-11-01", "", ""]
    rows = [[*lead, "1980-01-02", f"202555019{n}", f"lead{n}@example.com", *rest] for n, lead in enumerate(leads)]
    cells: Rows = [[*row] for row in rows]
    text = {mark: "".join(mark.join(row) + "\n" for row in rows) for mark in "|\t,"}
    carriers = [
        ("vicidial-pipe", written("pipe.txt", text["|"])),
        ("vicidial-tab", written("tab.txt", text["\t"])),
        ("vicidial-csv", written("comma.csv", text[","])),
        ("vicidial-pipe", write_xlsx(tmp_path / "leads.xlsx", {"Leads": cells})),
        ("vicidial-csv", write_xls(tmp_path / "leads.xls", {"Leads": cells})),
        ("vicidial-tab", write_ods(tmp_path / "leads.ods", ods_content({"Leads": cells}))),
    ]
    results = []
    for layout, path in carriers:
        ran = scrub(path, "--layout", layout, out=f"from {path.name}")
        assert ran.code == 0, ran.err
        results.append(ran.clean.drop("source_file", "source_sha256", "source_sheet", "run_id").rows(named=True))
    assert [(row["first_name"], row["phone"], row["state"], row["source_line"]) for row in results[0]] == [
        ("Ann", "+12025550100", "ID", 1),
        ("Bo", "+12025550101", "NV", 2),
    ]
    assert all(found == results[0] for found in results)


def test_prefixes_empty_words_and_aliases(scrub: Scrub, written: Written) -> None:
    layout = written(
        "layout.toml",
        'empty = ["nope", "9999"]\nrequired = ["phone", "vendor_lead_id"]\n'
        '[aliases]\n"The Number" = "phone"\nref = "vendor_lead_id"\nabsent = "email"\n'
        '[prefixes]\n"The Number" = ["p:"]\nref = ["l:", "x-"]\n',
    )
    drop = "THE_NUMBER,ref,city\np:+12025550100,l:17,nope\nnope,x-18,9999\n 2025550101,19,Boise\n"
    ran = scrub(drop, "--layout", layout, channels=("call",))
    assert ran.code == 0, ran.err
    both = sorted(
        ran.clean_rows("row_id", "phone", "vendor_lead_id", "city")
        + ran.rejected_rows("row_id", "phone", "vendor_lead_id", "city")
    )
    assert both == [(0, "+12025550100", "17", None), (1, None, "18", None), (2, "+12025550101", "19", "Boise")]


def test_a_required_column_that_is_missing_stops_the_run(scrub: Scrub, written: Written) -> None:
    layout = written("layout.toml", 'required = ["phone", "consent_at"]\n')
    ran = scrub("name,phone\nA,2025550100\n", "--layout", layout)
    assert ran.code == 4
    assert "has no column for consent_at, which the layout requires. Its columns: name, phone." in ran.err


def test_a_layout_that_does_not_exist_is_answered_with_the_nearest(scrub: Scrub) -> None:
    ran = scrub("phone\n1\n", "--layout", "hubspt")
    assert (ran.code, ran.err) == (2, "leadscrub: There is no layout 'hubspt'. Did you mean 'hubspot'?\n")


def test_parts_of_two_addresses_are_not_put_together(scrub: Scrub) -> None:
    drop = "phone,Business Street,Home City,Home Postal Code\n2025550100,1 Elm St,Boise,83702\n"
    ran = scrub(drop, channels=("call",))
    assert ran.clean_rows("address_1", "city", "postal_code") == [("1 Elm St", None, None)]
    assert "column 'Home City' is of another address than the first" in ran.err
