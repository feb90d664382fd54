"""Duties as a calendar file (iCalendar, RFC 5545): one all-day event each, and nobody's data."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from icalendar import Alarm, Calendar, Event

from pipeline.commands.duties.duty import KINDS, Duty
from pipeline.results.publish import publish_file, staged_file


def write_calendar(path: Path, duties: list[Duty], today: date, *, force: bool) -> None:
    """Write them to a file, readable by its owner only. The same duty has the same id in every file.

    Raises `OutputError` when the file exists or cannot be written.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//leadscrub//duties//EN")
    calendar.add("version", "2.0")
    for duty in duties:
        calendar.add_component(_event(duty, today))
    with staged_file(path, force=force) as staging:
        (staging / path.name).write_bytes(calendar.to_ical())
        publish_file(staging, path)


def _event(duty: Duty, today: date) -> Event:
    event, alarm = Event(), Alarm()
    identity = "\n".join((duty.kind, duty.subject, duty.vendor, duty.what, duty.day.isoformat()))
    whose = f" [{duty.vendor}]" if duty.vendor else ""
    event.add("uid", f"{hashlib.sha256(identity.encode()).hexdigest()[:32]}@leadscrub")
    event.add("dtstamp", datetime.combine(today, time(), UTC))
    event.add("dtstart", duty.day)
    event.add("dtend", duty.day + timedelta(1))
    event.add("summary", f"{duty.count:,} {duty.what}{whose}" if duty.count > 1 else f"{duty.what}{whose}")
    event.add("description", f"{KINDS[duty.kind]}: {duty.subject}\n{duty.to_do}")
    event.add("categories", [duty.kind])
    event.add("transp", "TRANSPARENT")
    alarm.add("action", "DISPLAY")
    alarm.add("description", duty.what)
    alarm.add("trigger", timedelta(days=-1))
    event.add_component(alarm)
    return event
