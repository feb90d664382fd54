"""Until when a row may go back, and in which period its return counts."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from schemas.contracts import ReturnTerms


def deadline(received: datetime, terms: ReturnTerms) -> datetime:
    """The last instant of the window, in UTC. Hours and days are exact; a day has 24 hours.

    Business days pass only from Monday to Friday, holidays left out: what comes on another day counts from the start
    of the next one, and ends at the same time of day in the vendor's time zone.
    """
    number, unit = terms.window_length
    if unit != "bd":
        return received.astimezone(UTC) + timedelta(hours=number * (24 if unit == "d" else 1))
    local = received.astimezone(terms.zone)
    day, clock = local.date(), local.time()
    if not _is_business(day, terms):
        day, clock = _next_business(day, terms), time()
    for _ in range(number):
        day = _next_business(day, terms)
    return datetime.combine(day, clock, terms.zone).astimezone(UTC)


def period(received: datetime, sequence: int, terms: ReturnTerms) -> str:
    """What a cap counts over: the month or ISO week of receipt, or the drop."""
    day = local_day(received, terms)
    if terms.cap_per == "month":
        return f"{day:%Y-%m}"
    if terms.cap_per == "week":
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02}"
    return f"drop {sequence}"


def local_day(received: datetime, terms: ReturnTerms | None) -> date:
    """The day of receipt where the vendor's contract counts days; in UTC without one."""
    return received.astimezone(terms.zone if terms else UTC).date()


def _is_business(day: date, terms: ReturnTerms) -> bool:
    return day.isoweekday() <= 5 and day not in terms.holidays


def _next_business(day: date, terms: ReturnTerms) -> date:
    day += timedelta(days=1)
    while not _is_business(day, terms):
        day += timedelta(days=1)
    return day
