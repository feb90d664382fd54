"""Exports of mailing services: all sections of opt-outs, and only those."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import pytest

from schemas.errors import ListError
from suppression.formats.blocks import NOT_LISTED
from suppression.formats.esp import KLAVIYO_WARNING
from suppression.formats.options import Options
from suppression.formats.reading import read_list
from tests.conftest import Written
from tests.suppression.formats.reading import collected, read

HUBSPOT = (
    "Email,Portal Bounce,Portal Unsubscribe,Portal Spam Report,Global Bounce,Marketing Information,Newsletter\n"
    "a@example.com,,TRUE,TRUE,,,\nb@example.com,,,,,,true\nc@example.com,MAILBOX_FULL,FALSE,FALSE,TRUE,FALSE,FALSE\n"
    "d@example.com,FALSE,FALSE,FALSE,FALSE,FALSE,FALSE\n"
)


def test_hubspot_merges_all_sections_and_names_them() -> None:
    got = read(HUBSPOT)
    assert got.rows("text", "reason") == [
        ("a@example.com", "Portal Unsubscribe; Portal Spam Report"),
        ("b@example.com", "Newsletter"),
        ("c@example.com", "Portal Bounce; Global Bounce"),
    ]
    assert got.refused == [("d@example.com", NOT_LISTED + "every opt-out column says no", 5)]


@pytest.mark.parametrize("yes", ["TRUE", "WAHR", "VRAI", "VERDADERO", "1", "Yes", "x", "✓", "2026-01-02", "ИСТИНА"])
@pytest.mark.parametrize("column", ["Portal Unsubscribe", "Portal Bounce", "Newsletter"])
def test_hubspot_every_word_but_a_no_is_a_yes(column: str, yes: str) -> None:
    columns = ["Portal Unsubscribe", "Portal Bounce", "Newsletter"]
    cells = ",".join(yes if name == column else "FALSE" for name in columns)
    got = read(f"Email,First Name,Country,{','.join(columns)}\na@example.com,Ann,US,{cells}\n", "hubspot")
    assert got.rows("text", "reason") == [("a@example.com", column)]


@pytest.mark.parametrize("no", ["", "FALSE", "false", "FALSCH", "FAUX", "FALSO", "0", "No", "nein", "non", "n"])
def test_hubspot_known_noes(no: str) -> None:
    got = read(f"Email,Portal Unsubscribe,Global Bounce\na@example.com,{no},{no}\n", "hubspot")
    assert got.texts == []
    assert got.refused[0][1] == NOT_LISTED + "every opt-out column says no"


def test_hubspot_chosen_sections() -> None:
    assert read(HUBSPOT, codes=frozenset({"Newsletter"})).texts == ["b@example.com"]


def _mailchimp(*sections: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for section in sections:
            time = {"unsubscribed": ",UNSUB_TIME,UNSUB_REASON", "cleaned": ",CLEAN_TIME"}.get(section, "")
            more = {"unsubscribed": ",2026-01-02 03:04:05,NORMAL", "cleaned": ",2026-01-03 03:04:05"}.get(section, "")
            content = f"Email Address,LEID{time}\n{section}@example.com,1{more}\n"
            archive.writestr(f"{section}_email_audience_export_0a1b2c.csv", content)
    return made.getvalue()


def test_mailchimp_zip_of_three(written: Written) -> None:
    path = written("export.zip", _mailchimp("subscribed", "unsubscribed", "cleaned"))
    got = collected(read_list([path], Options()))
    rows = [row for block in got.blocks if "listed_on" in block.frame.columns for row in block.frame.rows(named=True)]
    assert [(row["text"], row["reason"], row["listed_on"]) for row in rows] == [
        ("unsubscribed@example.com", "unsubscribed; NORMAL", date(2026, 1, 2)),
        ("cleaned@example.com", "cleaned", date(2026, 1, 3)),
    ]
    assert got.texts == ["unsubscribed@example.com", "cleaned@example.com"]
    assert got.refused == [("subscribed@example.com", NOT_LISTED + "subscribed", 2)]
    assert got.warnings == []


def test_mailchimp_without_a_section_is_a_warning(written: Written) -> None:
    got = collected(read_list([written("export.zip", _mailchimp("subscribed", "unsubscribed"))], Options()))
    assert set(got.warnings) == {"The Mailchimp section 'cleaned' is not among the files."}


def test_mailchimp_section_by_its_columns_or_not_at_all() -> None:
    assert read("Email Address,CLEAN_TIME\na@example.com,\n", "mailchimp", "renamed.csv").rows("reason") == [
        ("cleaned",)
    ]
    with pytest.raises(ListError, match="does not say which section"):
        read("Email Address,LEID\na@example.com,1\n", "mailchimp", "renamed.csv")


def test_klaviyo_warns_of_those_elsewhere() -> None:
    got = read(
        "Email,Suppression Reason,Suppression Timestamp\na@example.com,USER_SUPPRESSED,2023-02-21T20:07:38+00:00\n"
    )
    assert got.rows("text", "reason", "listed_on") == [("a@example.com", "USER_SUPPRESSED", date(2023, 2, 21))]
    assert got.warnings == [KLAVIYO_WARNING]


def test_sendgrid_dates_in_both_writings() -> None:
    got = read(
        "status,reason,email,created\n550,no such user,a@example.com,1780000000\n,,b@example.com,2009-06-01 19:41:39\n"
    )
    assert got.rows("text", "reason", "listed_on") == [
        ("a@example.com", "no such user", date(2026, 5, 28)),
        ("b@example.com", None, date(2009, 6, 1)),
    ]


def test_mailup_holds_phones_too() -> None:
    got = read("Email,Phone Number,OptOut_Date,optout_type\na@example.com,+12125550100,20110122T111244,3\n")
    assert sorted(got.rows("text", "reason", "listed_on")) == [
        ("+12125550100", "optout_type 3", date(2011, 1, 22)),
        ("a@example.com", "optout_type 3", date(2011, 1, 22)),
    ]
    assert got.holds == {"phone", "email"}
