"""When each row that may be called or texted may be, on the day of the campaign, by the hours of the rule packs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import polars as pl

from pipeline.context import Source
from pipeline.stages.contactable import Contactable
from pipeline.stages.hours import with_hours
from schemas.coded_findings import coded
from schemas.columns import CALL_COLUMNS, dtype_of
from schemas.findings import findings, no_findings
from suppression.rules.call_windows import CallWindows, call_windows
from suppression.rules.calling import CallingHours, Note, Spans, Who
from suppression.rules.encode import Coded, paired
from suppression.rules.engine import RuleSet
from suppression.rules.facts import Facts
from suppression.rules.row_locations import locations_of_rows
from suppression.rules.time_zones import stretches, zone

_TIMES = ("call_after", "call_before", "call_zone", "call_after_utc", "call_before_utc", "call_hours")


def with_call_hours(
    frame: pl.DataFrame, contactable: Contactable, source: Source, rules: RuleSet, hours: CallingHours
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Add `CALL_COLUMNS`, null where neither call nor text is allowed; return the flags of rows without hours."""
    is_open = np.logical_or.reduce([rows.to_numpy() for rows in with_hours(contactable).values()])
    if 2 * np.count_nonzero(is_open) > len(frame):
        columns, flags = _hours(frame, contactable, source, rules, hours)
        return frame.with_columns_seq(columns), flags
    # The law leaves few rows open, and the others have no hours.
    if not is_open.any():
        return frame.with_columns_seq(pl.lit(None, dtype_of(name)).alias(name) for name in CALL_COLUMNS), no_findings()
    some = frame.filter(is_open)
    points = {point: rows.filter(is_open) for point, rows in contactable.points.items()}
    channels = {channel: rows.filter(is_open) for channel, rows in contactable.channels.items()}
    columns, flags = _hours(some, Contactable(points, channels), source, rules, hours)
    place = pl.Series(np.cumsum(is_open) - 1).scatter(np.flatnonzero(~is_open), None)
    return frame.with_columns_seq(column.gather(place) for column in columns), flags


def _hours(
    frame: pl.DataFrame, contactable: Contactable, source: Source, rules: RuleSet, hours: CallingHours
) -> tuple[list[pl.Series], pl.DataFrame]:
    """`CALL_COLUMNS` and the flags of rows."""
    facts = rules.facts(frame, coded(no_findings()), source.region)
    windows = call_windows(hours, _who(facts, contactable), *locations_of_rows(facts, contactable.points))
    flags = [
        _flags(frame, "call.not_today", windows.not_today),
        _flags(frame, "call.hours_unknown", windows.unknown),
    ]
    return _columns(windows), pl.concat(flags)


def _who(facts: Facts, contactable: Contactable) -> Coded[Who]:
    """Audience of each row, and which of call and text it is open on."""
    asked = with_hours(contactable)
    of_row = facts.business().astype(np.int64) << len(asked)
    for place, rows in enumerate(asked.values()):
        of_row |= rows.to_numpy().astype(np.int64) << place
    kinds = range(2 << len(asked))
    return Coded(
        [Who(bool(k >> len(asked)), tuple(n for p, n in enumerate(asked) if k >> p & 1)) for k in kinds], of_row
    )


def _columns(windows: CallWindows) -> list[pl.Series]:
    """The windows as `CALL_COLUMNS`; each window that occurs is put into words once."""
    rows: list[dict[str, Any]] = []

    def told(spans: int, name: int) -> int:
        rows.append(_told(windows.spans.values[spans] or (), windows.zone.values[name]))
        return len(rows) - 1

    which = paired(windows.spans.of_row, windows.zone.of_row, told)
    times = pl.DataFrame(rows, {name: dtype_of(name) for name in _TIMES})[which]
    rules = pl.Series("call_rules", [list(ids) or None for ids in windows.rules.values], dtype_of("call_rules"))
    limits = {"max_attempts": windows.attempts, "attempt_days": windows.days}
    return [
        *times.get_columns(),
        *(pl.Series(name, values).replace(0, None).cast(dtype_of(name)) for name, values in limits.items()),
        rules[windows.rules.of_row],
    ]


def _told(spans: Spans, name: str | None) -> dict[str, Any]:
    """Spans in the local time of a zone, and the longest of them (the first of equals) in UTC as well."""
    if not spans:
        return dict.fromkeys(_TIMES)

    def local(instant: datetime) -> datetime:
        return instant.astimezone(zone(name or "UTC"))

    start, end = max(spans, key=lambda span: span[1] - span[0])
    return {
        "call_after": local(start).time(),
        "call_before": local(end).time(),
        "call_zone": name,
        "call_after_utc": start,
        "call_before_utc": end,
        "call_hours": stretches(spans, name),
    }


def _flags(frame: pl.DataFrame, code: str, notes: Coded[Note | None]) -> pl.DataFrame:
    noted = notes.of_row > 0
    sources, details = (
        pl.Series(name, [note and getattr(note, name) for note in notes.values], pl.String)[notes.of_row[noted]]
        for name in ("source", "detail")
    )
    rows = frame.select_seq("row_id").filter(noted).with_columns_seq(sources, details)
    return findings(rows, code, source=pl.col("source"), detail=pl.col("detail"))
