"""Small files of public reports: what must be read from each."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import SHARED, Scrub, needs_shared_data

pytestmark = needs_shared_data
CASES = SHARED / "cases"


@pytest.mark.parametrize("name", ["stack2.csv", "stack.xlsx"])
def test_leads_above_a_header_and_below_it_are_read(scrub: Scrub, name: str) -> None:
    """Thirty without a header, then a header, then sixty."""
    ran = scrub(CASES / name)
    assert ran.code == 0, ran.err
    assert [file["counts"]["read"] for file in ran.manifest["inputs"]] == [30, 60]
    assert len(ran.clean) == 90
    assert ran.clean_rows("source_line", "email")[::89] == [(1, "ann579@gmail.com"), (91, "bo638@gmail.com")]


def test_a_first_line_with_an_email_alone_is_a_lead(scrub: Scrub) -> None:
    ran = scrub(CASES / "lead_email.csv")
    assert ran.clean_rows("source_line", "email", "flags") == [
        (1, "ann@example.org", ["row.short"]),
        (2, "bob@example.org", ["row.short"]),
        (3, "cyd@gmail.com", []),
        (4, "dee@gmail.com", []),
        (5, "eve@gmail.com", []),
    ]


def test_a_workbook_without_header_is_read_under_its_layout(scrub: Scrub) -> None:
    ran = scrub(CASES / "nohead.xlsx", "--layout", Path(CASES / "nohead.toml"))
    assert ran.clean_rows("source_line", "full_name", "email", "phone") == [
        (1, "Jo Smith", "jo@gmail.com", "+12124900579"),
        (2, "Bo Smith", "bo@gmail.com", "+12124900580"),
        (3, "Al Smith", "al@gmail.com", "+12124900581"),
    ]
