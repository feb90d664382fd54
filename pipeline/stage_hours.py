"""Stage: the hours of the law. When each row that may be called or texted may be, on the day of the campaign."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from pipeline.context import Context, Source
from pipeline.usable import Allowed, allowed
from schemas.columns import CALL_COLUMNS, PHONE_SLOTS, dtype_of
from schemas.config import Channel
from schemas.findings import findings, no_findings
from suppression.rules.calling import NOT_TODAY, UNKNOWN, CallWindow
from suppression.rules.distinct import distinct
from suppression.rules.facts import Facts
from suppression.rules.time_zones import SEPARATOR
from suppression.rules.whereabouts import Callee, Number

Codes = npt.NDArray[np.int64]
#: A column's distinct values, and for each row which of them it has.
Coded = tuple[list[Any], Codes]
_LARGEST = 2**62


def hours_stage(
    frame: pl.DataFrame, found: pl.DataFrame, source: Source, context: Context
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Add `CALL_COLUMNS`, null where no call or text is allowed anyway; return the flags of rows without hours.

    Few kinds of rows occur: the hours of each are worked out once, and given to all rows of the kind.
    """
    if context.rules is None or context.hours is None or frame.is_empty():
        return frame, no_findings()
    may = allowed(frame, found, context)
    facts = context.rules.facts(frame, no_findings(), source.region)
    columns = [_channels(may, len(frame)), *_of_row(facts), *_numbers(frame, may)]
    kind, first = _kinds(columns)
    windows = []
    for row in first:
        channels, business, country, part, *numbers = (values[place[row]] for values, place in columns)
        given = tuple(Number(*named) for named in zip(numbers[::2], numbers[1::2], strict=True) if named[1] is not None)
        callee = Callee(given, country, part, source.region, business, channels)
        windows.append(context.hours.window(callee) if channels else CallWindow())
    table = pl.DataFrame([_told(window) for window in windows], {name: dtype_of(name) for name in CALL_COLUMNS})
    return frame.with_columns(table[kind].get_columns()), _flags(frame, kind, windows)


def _channels(may: Allowed, rows: int) -> Coded:
    """Which of call and text each row is open on."""
    bits = np.zeros(rows, dtype=np.int64)
    asked: list[Channel] = [name for name in may.channels if name in {"call", "text"}]
    for place, name in enumerate(asked):
        bits |= may.channels[name].to_numpy().astype(np.int64) << place
    return [tuple(n for p, n in enumerate(asked) if bit >> p & 1) for bit in range(1 << len(asked))], bits


def _of_row(facts: Facts) -> list[Coded]:
    """Audience, country and part of the country."""
    country, part = facts.address_region(), facts.column("state")
    nothing: Coded = ([None], np.zeros(facts.rows, dtype=np.int64))
    return [
        ([False, True], facts.business().astype(np.int64)),
        nothing if country is None else _coded(country),
        nothing if part is None else _coded(part),
    ]


def _numbers(frame: pl.DataFrame, may: Allowed) -> list[Coded]:
    """Region and area code or zones of each usable number, two columns for each slot."""
    found = []
    for slot in PHONE_SLOTS:
        if slot in may.points:
            usable = frame.select(
                *(pl.when(may.points[slot]).then(column) for column in (slot, f"{slot}:region", f"{slot}:zones"))
            )
            found += [_coded(usable.get_column(f"{slot}:region")), _coded(_named(usable, slot))]
    return found


def _named(usable: pl.DataFrame, slot: str) -> pl.Series:
    area_code = pl.when(pl.col(slot).str.starts_with("+1")).then(pl.col(slot).str.slice(2, 3))
    named = usable.select(area_code).to_series()
    if named.null_count() == usable.get_column(slot).null_count():
        return named
    zones = pl.col(f"{slot}:zones").list.join(SEPARATOR).fill_null("")
    return usable.select(pl.coalesce(named, pl.when(pl.col(slot).is_not_null()).then(zones))).to_series()


def _coded(values: pl.Series) -> Coded:
    words, place = distinct(values)
    return [*words, None], place


def _kinds(columns: list[Coded]) -> tuple[Codes, Codes]:
    """Which kind each row is of, by all columns together; and for each kind the first row of it."""
    kind, size = np.zeros(len(columns[0][1]), dtype=np.int64), 1
    for values, place in columns:
        if size * len(values) > _LARGEST:
            kind, size = _numbered(kind)
        kind, size = kind * len(values) + place, size * len(values)
    kind, size = _numbered(kind)
    first = np.zeros(size, dtype=np.int64)
    first[kind[::-1]] = np.arange(len(kind))[::-1]
    return kind, first


def _numbered(kind: Codes) -> tuple[Codes, int]:
    parts = pa.array(kind).dictionary_encode()
    return parts.indices.to_numpy().astype(np.int64), len(parts.dictionary)


def _told(window: CallWindow) -> dict[str, Any]:
    """A window as values of `CALL_COLUMNS`."""
    longest = window.longest
    local = [tuple(window.local(instant) for instant in span) for span in window.spans]
    return {
        "call_after": window.local(longest[0]).time() if longest else None,
        "call_before": window.local(longest[1]).time() if longest else None,
        "call_zone": window.zone if longest else None,
        "call_after_utc": longest[0] if longest else None,
        "call_before_utc": longest[1] if longest else None,
        "call_hours": [f"{start:%H:%M}-{end:%H:%M}" for start, end in local] or None,
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
