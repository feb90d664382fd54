"""Dates are read where there is one way to read them, and flagged where there is none or more."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.conftest import Scrub, Scrubbed, Written

HEAD = "name,phone,consent date\n"


def drop_of(*dates: str) -> str:
    return HEAD + "".join(f'A{n},202-555-01{n:02},"{date}"\n' for n, date in enumerate(dates))


def consents(ran: Scrubbed) -> list[datetime | None]:
    assert ran.code == 0, ran.err
    return ran.clean.sort("row_id").get_column("consent_at").to_list()


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def test_a_month_as_a_word_leaves_no_doubt(scrub: Scrub) -> None:
    ran = scrub(drop_of("4 Mar 2026", "04-Mar-2026 05:06:07", "March 4, 2026 5:06 PM", "Mar 4th, 2026", "31 Feb 2026"))
    assert consents(ran) == [at(2026, 3, 4), at(2026, 3, 4, 5, 6, 7), at(2026, 3, 4, 17, 6), at(2026, 3, 4), None]
    assert ran.found("row_id", "code") == [(4, "row.unread_value")]


@pytest.mark.parametrize(
    ("last", "first"),
    [("12/31/2025", at(2026, 3, 4)), ("31/12/2025", at(2026, 4, 3)), ("11/12/2025 05:06", None)],
    ids=["month first", "day first", "both"],
)
def test_figures_are_read_where_the_whole_column_allows_one_order(
    scrub: Scrub, last: str, first: datetime | None
) -> None:
    """One date, thousands of rows further on, settles it; ISO dates among them settle nothing."""
    dates = ["03/04/2026", "2026-01-02", *["05/06/2026"] * 3000, last]
    drop = HEAD + "".join(f"A{n},+1202555{n:04},{date}\n" for n, date in enumerate(dates))
    ran = scrub(drop, "--block-mb", "0.01")
    rows = ran.clean if len(ran.clean) else ran.rejected
    assert rows.filter(row_id=0).get_column("consent_at").to_list() in ([first], [])
    unread = ran.findings.filter(code="row.unread_value")
    assert len(unread) == (3002 if first is None else 0)
    if first is None:
        assert set(unread.get_column("detail")) == {
            "column 'consent date' (consent_at): day and month could change places in the whole column"
        }


def test_a_column_put_together_from_two_orders_is_not_read(scrub: Scrub) -> None:
    ran = scrub(drop_of("25/12/2025", "12/26/2025", "01/02/2026"))
    assert consents(ran) == [None, None, None]
    assert {detail for (detail,) in ran.found("detail")} == {
        "column 'consent date' (consent_at): neither order of day and month fits the whole column"
    }


def test_a_layout_s_format_is_read(scrub: Scrub, written: Written) -> None:
    layout = written("layout.toml", '[dates]\nconsent_at = "%d/%m/%y %H.%M"\n')
    ran = scrub(drop_of("03/04/26 05.06", "2026-01-02", "03/04/2026"), "--layout", layout)
    assert consents(ran) == [at(2026, 4, 3, 5, 6), at(2026, 1, 2), None]


def test_offsets_are_converted(scrub: Scrub) -> None:
    ran = scrub(drop_of("2026-10-02T14:05:00-05:00", "2026-10-02 14:05", "2026-10-02T14:05:00Z"))
    assert consents(ran) == [at(2026, 10, 2, 19, 5), at(2026, 10, 2, 14, 5), at(2026, 10, 2, 14, 5)]


def test_consent_in_the_future_or_after_delivery_is_flagged(scrub: Scrub) -> None:
    """The run's day is 2026-11-21; it is still that day somewhere at 11:59 UTC of the next."""
    rows = [
        ("2026-11-21", "2026-11-21"),
        ("2026-11-22", "2026-11-23"),
        ("2026-11-22T11:59:00Z", "2026-11-23"),
        ("2026-11-22T12:00:00Z", "2026-11-23"),
        ("2026-11-03T10:00:00Z", "2026-11-03T09:00:00Z"),
        ("2026-11-03T10:00:00Z", "2026-11-03"),
    ]
    drop = "name,phone,consent date,received at\n"
    drop += "".join(f"A,202-555-01{n:02},{consent},{received}\n" for n, (consent, received) in enumerate(rows))
    ran = scrub(drop)
    assert ran.code == 0, ran.err
    assert ran.found() == [
        (1, None, "consent.future"),
        (3, None, "consent.future"),
        (4, None, "consent.after_delivery"),
    ]
    assert len(ran.clean) == 6
