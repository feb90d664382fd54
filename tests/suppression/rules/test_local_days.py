"""An instant that names its zone is of the day that it was where the lead is; doubt about it counts against contact."""

from __future__ import annotations

import polars as pl

from tests.conftest import leadscrub
from tests.suppression.rules.conftest import LawScrub

#: 16 CFR 310.4(b)(1)(iii)(B)(2): a sale lifts the registry for 18 months. Scrubbed on 2026-11-21, the first day that
#: counts is 2025-05-21.
_NUMBERS = {"DC": "+12025550101", "HI": "+18085550101", "TN": "+16155550101", "toll free": "+18005550199"}
SALES = [
    # In Washington it was still the day before.
    ("DC", "2025-05-21T03:59:00Z", False),
    ("DC", "2025-05-21T04:00:00Z", True),
    ("DC", "2025-05-21 04:00:00+00:00", True),
    ("DC", "2025-05-20T23:59:00-04:00", False),
    ("DC", "2025-05-21 00:30:00 EDT", True),
    ("DC", "Wed, 21 May 2025 03:59:00 GMT", False),
    ("DC", "Wed May 21 2025 00:00:00 GMT-0400 (Eastern Daylight Time)", True),
    # Without a zone, a time is of the day that it names.
    ("DC", "2025-05-21T00:30:00", True),
    ("DC", "2025-05-21", True),
    ("DC", "2025-05-20", False),
    ("HI", "2025-05-21T09:59:00Z", False),
    ("HI", "2025-05-21T10:00:00Z", True),
    # Tennessee has two zones: the day counts that is the earlier.
    ("TN", "2025-05-21T04:30:00Z", False),
    ("TN", "2025-05-21T05:00:00Z", True),
    # Wherever it was, it was that day by noon at the latest in the last zone.
    ("toll free", "2025-05-21T09:59:00Z", False),
    ("toll free", "2025-05-21T12:00:00Z", True),
]


def test_the_day_of_a_sale_is_that_of_the_lead(law: LawScrub) -> None:
    """Each number is on the registry; a sale that is young enough lifts that."""
    states = {"toll free": ""}
    leads = [
        {"phone": _NUMBERS[where], "country": "US", "state": states.get(where, where), "last_purchase_at": sold}
        for where, sold, _ in SALES
    ]
    result = law(*leads, lists={"dnc.national": tuple(_NUMBERS.values())})
    held = set(result.rejected.filter(reason="dnc.national").get_column("row_id"))
    lifted = [row not in held for row in range(len(SALES))]
    assert list(zip(SALES, lifted, strict=True)) == [(sale, sale[2]) for sale in SALES]
    # Asked again, a result no longer says what the cell was: what was clean on the later of two days is not sure.
    campaign = result.folder.parent / "campaigns" / "c.toml"
    given = ("--campaign", campaign, "--as-of", "2026-11-21")
    again = leadscrub("rescrub", result.folder, "-o", result.folder.parent / "again", *given)
    assert again.code == 0, again.err
    kept = pl.read_parquet(result.folder.parent / "again" / "clean.parquet").get_column("row_id")
    assert [SALES[row][:2] for row in kept] == [
        ("DC", "2025-05-21T04:00:00Z"),
        ("DC", "2025-05-21 04:00:00+00:00"),
        ("DC", "2025-05-21 00:30:00 EDT"),
        ("DC", "Wed May 21 2025 00:00:00 GMT-0400 (Eastern Daylight Time)"),
        ("DC", "2025-05-21"),
        ("HI", "2025-05-21T10:00:00Z"),
        ("toll free", "2025-05-21T12:00:00Z"),
    ]


def test_a_withdrawal_may_be_of_the_later_day(law: LawScrub) -> None:
    """The United Kingdom lets a consent of a later day renew: a later hour of the same evening is none."""
    consent = {"consent_basis": "consent", "consent_method": "signed", "consent_named_parties": "Example Company"}
    times = [
        ("2026-03-01T23:30:00Z", "2026-03-01T20:00:00Z", True),
        ("2026-03-02T00:30:00Z", "2026-03-01T20:00:00Z", False),
        # Without its zone each is of the day that it names; with it this one was given on the day of the withdrawal.
        ("2026-03-02 00:30:00 CET", "2026-03-01T20:00:00Z", True),
        ("2026-03-02 00:30:00", "2026-03-01 20:00:00", False),
    ]
    leads = [
        {"email": f"p{row}@firm.co.uk", "country": "GB", "consent_at": given, "withdrawn_at": ended} | consent
        for row, (given, ended, _) in enumerate(times)
    ]
    result = law(*leads, channels=("email",), region="GB")
    found = result.findings.filter(code="consent.withdrawn").get_column("row_id")
    assert set(found) == {row for row, (_, _, holds) in enumerate(times) if holds}
