"""Who said no by one phone or address is left alone by the others as well."""

from __future__ import annotations

import pytest

from tests.conftest import Scrub, Written

DROP = (
    "phone,phone 2,email,email 2\n"
    "+12025550101,+12025550102,ann@example.com,ann@example.net\n"
    "+12025550103,,bob@example.com,\n"
)


def lists(written: Written, **entries: str) -> list[str]:
    """Options of a scrub: kind (with _ for the dot) = the list's text."""
    options = []
    for kind, text in entries.items():
        path = written(f"{kind}.txt", text)
        options += ["--list", f"{kind.replace('_', '.')}:{kind}={path}"]
    return options


def test_who_asked_us_by_email_is_not_called(scrub: Scrub, written: Written) -> None:
    """The campaign calls only: the address is looked up all the same."""
    result = scrub(DROP, *lists(written, dnc_internal="ann@example.net\n"), channels=("call",))
    assert result.rejected_rows("row_id", "reason", "disposition") == [(0, "dnc.internal", "suppress")]
    assert result.clean_rows("row_id") == [(1,)]
    assert result.found("row_id", "point", "code", "channel") == [(0, None, "dnc.internal", None)]
    assert "email_2" in result.findings.item(0, "detail")
    assert "ann" not in result.findings.item(0, "detail")
    assert result.manifest["person"]["dnc.internal"] == "everything"


def test_who_asked_us_by_phone_is_not_written_to(scrub: Scrub, written: Written) -> None:
    result = scrub(DROP, *lists(written, dnc_internal="+12025550102\n"), channels=("email",))
    assert result.clean_rows("row_id") == [(1,)]


def test_an_unsubscribe_holds_for_every_address_and_no_phone(scrub: Scrub, written: Written) -> None:
    result = scrub(DROP, *lists(written, email_unsubscribed="ann@example.com\n"), channels=("call", "email"))
    assert result.clean_rows("row_id", "channels", "phone", "email", "email_2") == [
        (0, ["call"], "+12025550101", None, None),
        (1, ["call", "email"], "+12025550103", "bob@example.com", None),
    ]


@pytest.mark.parametrize(
    ("scope", "clean"),
    [
        ("point", [(0, ["call", "email"], "+12025550102")]),
        ("channel", [(0, ["email"], None)]),
        ("everything", []),
    ],
)
def test_a_campaign_says_how_far_a_list_reaches(
    scope: str, clean: list[tuple[object, ...]], scrub: Scrub, written: Written
) -> None:
    """And the manifest records it."""
    options = lists(written, dnc_litigator="+12025550101\n")
    chosen = f'[person]\n"dnc.litigator" = "{scope}"\n'
    result = scrub(DROP, *options, channels=("call", "email"), campaign=chosen)
    assert [row for row in result.clean_rows("row_id", "channels", "phone_2") if row[0] == 0] == clean
    assert result.manifest["person"].get("dnc.litigator") == (None if scope == "point" else scope)


def test_a_registry_is_about_the_number(scrub: Scrub, written: Written) -> None:
    result = scrub(DROP, *lists(written, dnc_national="+12025550101\n"), channels=("call",))
    assert result.clean_rows("row_id", "phone", "phone_2") == [(0, None, "+12025550102"), (1, "+12025550103", None)]
