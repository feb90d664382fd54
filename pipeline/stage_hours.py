"""Stage: the hours of the law. When each row that may be called or texted may be, on the day of the campaign."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from pipeline.context import Context, Source
from pipeline.usable import allowed
from schemas.columns import CALL_COLUMNS, dtype_of
from schemas.findings import findings, no_findings
from suppression.rules.callees import Codes, callees
from suppression.rules.calling import NOT_TODAY, UNKNOWN, CallWindow


def hours_stage(
    frame: pl.DataFrame, found: pl.DataFrame, source: Source, context: Context
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Add `CALL_COLUMNS`, null where neither call nor text is allowed anyway; return the flags of rows without hours.

    ``found`` are all findings about these rows. Without hours of any pack nothing changes.
    """
    if context.rules is None or context.hours is None or frame.is_empty():
        return frame, no_findings()
    may = allowed(frame, found, context)
    kinds, kind = callees(context.rules.facts(frame, no_findings(), source.region), may.points, may.channels)
    windows = [context.hours.window(callee) if callee.channels else CallWindow() for callee in kinds]
    table = pl.DataFrame([_told(window) for window in windows], {name: dtype_of(name) for name in CALL_COLUMNS})
    return frame.with_columns(table[kind].get_columns()), _flags(frame, kind, windows)


def _told(window: CallWindow) -> dict[str, Any]:
    """A window as values of `CALL_COLUMNS`."""
    start, end = window.longest or (None, None)
    return {
        "call_after": start and window.local(start).time(),
        "call_before": end and window.local(end).time(),
        "call_zone": start and window.zone,
        "call_after_utc": start,
        "call_before_utc": end,
        "call_hours": window.stretches or None,
        "max_attempts": window.max_attempts,
        "attempt_days": window.attempt_days,
        "call_rules": list(window.rules) or None,
    }


def _flags(frame: pl.DataFrame, kind: Codes, windows: list[CallWindow]) -> pl.DataFrame:
    found = [no_findings()]
    for code, notes in ((NOT_TODAY, [w.not_today for w in windows]), (UNKNOWN, [w.unknown for w in windows])):
        noted = np.array([note is not None for note in notes])[kind]
        if noted.any():
            sources, details = (
                pl.Series(name, [note and getattr(note, name) for note in notes], pl.String)[kind[noted]]
                for name in ("source", "detail")
            )
            rows = frame.select("row_id").filter(noted).with_columns(sources, details)
            found.append(findings(rows, code, source=pl.col("source"), detail=pl.col("detail")))
    return pl.concat(found)
