"""A file's own word against contact refuses the channels that it names, in whatever system's columns it stands."""

from __future__ import annotations

import pytest

from schemas.refusals import REFUSAL_FIELDS, refusal_column, says
from tests.conftest import Scrub

pytestmark = pytest.mark.slow

ALL = {"call", "text", "email"}
#: System, column, cell, and the channels that it refuses.
REFUSED = [
    ("hubspot", "Unsubscribed from all email", "true", {"email"}),
    ("hubspot", "Lead Status", "DNC", ALL),
    ("salesforce", "DoNotCall", "TRUE", {"call"}),
    ("salesforce", "HasOptedOutOfEmail", "1", {"email"}),
    ("dynamics", "donotphone", "Do Not Allow", {"call"}),
    ("dynamics", "donotbulkemail", "Do Not Allow", {"email"}),
    ("dynamics", "Do not allow Phone Calls", "Do Not Allow", {"call"}),
    ("suitecrm", "do_not_call", "1", {"call"}),
    ("suitecrm", "email_opt_out", "1", {"email"}),
    ("espocrm", "doNotCall", "1", {"call"}),
    ("espocrm", "emailAddressIsOptedOut", "true", {"email"}),
    ("mautic", "doNotContact", "1", ALL),
    ("zoho", "Email Opt Out", "true", {"email"}),
    ("zoho", "SMS Opt Out", "true", {"text"}),
    ("shopify", "Accepts Email Marketing", "no", {"email"}),
    ("shopify", "Accepts SMS Marketing", "no", {"text"}),
    ("klaviyo", "Email Marketing Consent", "UNSUBSCRIBED", {"email"}),
    ("google-contacts", "Labels", "* myContacts ::: Do not call", {"call"}),
    ("outlook", "Categories", "Customers;Opted out", ALL),
    (None, "unsubscribed", "yes", ALL),
    (None, "opted_out", "2026-01-05", ALL),
    (None, "do_not_email", "x", {"email"}),
    (None, "Werbesperre", "ja", ALL),
    (None, "Ne pas appeler", "oui", {"call"}),
    (None, "No llamar", "sí", {"call"}),
    (None, "Descadastrado", "sim", ALL),
    (None, "DoNotCall", "perhaps", {"call"}),
    (None, "Accepts Marketing", "rather not", ALL),
    (None, "Consent", "no", ALL),
]  # fmt: skip
OPEN = [
    ("salesforce", "DoNotCall", "FALSE"),
    ("dynamics", "donotphone", "Allow"),
    ("shopify", "Accepts Email Marketing", "yes"),
    ("klaviyo", "Email Marketing Consent", "NEVER_SUBSCRIBED"),
    ("outlook", "Categories", "Customers"),
    (None, "do_not_call", "0"),
    (None, "do_not_call", "n/a"),
    (None, "Accepts Marketing", "2026-01-05"),
    (None, "DNC Status", "Clean"),
    (None, "HasOptedOutOfFax", "1"),
    (None, "Consent", "I agree to be called."),
    (None, "Opt in source", "no"),
    (None, "Tags", "Opposition"),
    (None, "Lead Status", "Cancelled"),
]


def channels_of(scrub: Scrub, layout: str | None, column: str, cell: str) -> set[str]:
    """Channels on which a lead with this cell is clean."""
    phone, email = {
        "google-contacts": ("Phone 1 - Value", "E-mail 1 - Value"),
        "outlook": ("Mobile Phone", "E-mail Address"),
    }.get(layout or "", ("Phone", "Email"))
    drop = f'{phone},{email},"{column}"\n+12025550101,ann@example.com,"{cell}"\n'
    options = () if layout is None else ("--layout", layout)
    result = scrub(drop, *options, channels=("call", "text", "email"))
    assert result.code == 0, result.err
    return set(result.clean.item(0, "channels")) if len(result.clean) else set()


@pytest.mark.parametrize(("layout", "column", "cell", "refused"), REFUSED)
def test_a_refusal_closes_the_channels_that_it_names(
    layout: str | None, column: str, cell: str, refused: set[str], scrub: Scrub
) -> None:
    """Also when the column is met without its system's layout."""
    assert channels_of(scrub, layout, column, cell) == ALL - refused
    if layout is not None and column not in {"Lead Status"}:
        about = refusal_column(column)
        assert about is not None
        assert set(says(about, cell)[1]) & ALL == refused


@pytest.mark.parametrize(("layout", "column", "cell"), OPEN)
def test_what_refuses_nothing_closes_nothing(layout: str | None, column: str, cell: str, scrub: Scrub) -> None:
    assert channels_of(scrub, layout, column, cell) == ALL


def test_every_field_of_refusals_can_be_mapped(scrub: Scrub) -> None:
    """In a layout, under any header."""
    for field, about in REFUSAL_FIELDS.items():
        said = says(about, "do not contact" if about.kind == "marks" else "yes" if about.kind == "refuses" else "no")
        assert said == ("refused", about.channels), field


def test_a_second_column_of_withdrawals_is_read_too(scrub: Scrub) -> None:
    drop = "phone,email opt-out date,sms opt-out date\n+12025550101,,2026-01-05\n"
    result = scrub(drop, channels=("call", "text"))
    assert result.clean_rows("channels") == [(["call"],)]
