"""Text with fields at fixed places is read as its layout says."""

from __future__ import annotations

import pytest

from schemas.layout import Layout
from tests.conftest import REPO, Scrub, Written
from tests.pipeline.reading.builders import read

FIXED = {"fields": [{"name": "code", "start": 1, "width": 3}, {"name": "phone", "start": 6, "width": 10}]}


def test_fixed_width_text_is_read_by_its_layout(written: Written) -> None:
    """Blanks at a line's end may be cut off; a line that goes on after the last field is malformed."""
    text = "A01xx2025550100\r\né 2xx2025550101   \nA03\n\nA04xx2025550102,more"
    [records] = read(written("drop.txt", text), Layout.model_validate(FIXED), block=20)
    assert records == [
        (1, {"code": "A01", "phone": "2025550100"}),
        (2, {"code": "é 2", "phone": "2025550101"}),
        (3, {"code": "A03", "phone": ""}),
        (4, {"code": "", "phone": ""}),
        (5, {"raw": "A04xx2025550102,more"}),
    ]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ('[{name="a",start=1,width=3},{name="b",start=3,width=1}]', "the fields 'a' and 'b' overlap"),
        ('[{name="a",start=1,width=3},{name="a",start=4,width=1}]', "two fields are called 'a'"),
        ('[{name="a",start=0,width=3}]', "greater than or equal to 1"),
    ],
)
def test_fields_that_cannot_be_ends_with_3(scrub: Scrub, written: Written, fields: str, says: str) -> None:
    layout = written("layout.toml", f"fields = {fields}\n")
    ran = scrub("x\n", "--layout", layout)
    assert (ran.code, says in ran.err) == (3, True), ran.err


def test_vicidial_s_254_characters(scrub: Scrub, written: Written) -> None:
    """Each field is where the list loader looks for it, and the ends of lines may be cut off."""
    places = {0: "2025550100", 10: "Rose", 26: "Smiths", 50: "155 Tiger Mountain Rd.", 90: "Box 107", 130: "Henryetta"}
    places |= {158: "OK", 160: "74437", 165: "-941", 169: "DEMG", 173: "  226555", 185: "0"}
    line = ""
    for start, text in places.items():
        line = line.ljust(start) + text
    drop = written("drop.txt", f"{line.ljust(254)}\r\n{line[:60]}\r\n{line.ljust(254)}x\r\n")
    ran = scrub(drop, "--layout", REPO / "schemas" / "layouts" / "vicidial-fixed254.toml", channels=("call",))
    assert ran.code == 0, ran.err
    fields = ("phone", "first_name", "last_name", "address_1", "city", "state", "postal_code", "vendor_lead_id")
    assert ran.clean_rows("row_id", *fields) == [
        (0, "+12025550100", "Rose", "Smiths", "155 Tiger Mountain Rd.", "Henryetta", "OK", "74437", "226555"),
    ]
    assert ran.clean.get_column("extra").to_list() == [
        {"postal_code_rest": "-941", "province": "DEMG", "security_phrase": "", "rest": "0"}
    ]
    assert ran.rejected_rows("row_id", "reason", "address_1") == [
        (1, "duplicate.in_drop", "155 Tiger"),
        (2, "row.malformed", None),
    ]
