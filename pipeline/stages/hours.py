"""Stage: the hours of the law. When each row that may be called or texted may be, on the day of the campaign."""

from __future__ import annotations

import polars as pl

from pipeline.context import Context, Source
from pipeline.stages.checks import Batch, BatchCheck
from pipeline.stages.contactable import Contactable
from schemas.columns import CALL_COLUMNS, LOCATION_FIELDS
from schemas.config import Channel
from schemas.findings import no_findings

#: Fields that are read: where a lead is, and whether it is a business; with the columns that are named after them.
HOURS_READ = frozenset({"row_id", "is_business", *LOCATION_FIELDS})


def with_hours(contactable: Contactable) -> dict[Channel, pl.Series]:
    """The channels that have hours, with the rows that are open on each."""
    return {channel: rows for channel, rows in contactable.channels.items() if channel in {"call", "text"}}


def hours_stage(batch: Batch, source: Source, context: Context) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Add `CALL_COLUMNS`, null where neither call nor text is allowed anyway; return the flags of rows without hours.

    Without hours of any pack nothing changes. `HOURS_READ` is there where any row is open on a channel with hours.
    """
    rules, hours, contactable = context.rules, context.hours, batch.contactable
    if rules is None or hours is None or contactable is None or batch.frame.is_empty():
        return batch.frame, no_findings()
    from pipeline.stages.call_hours import with_call_hours  # noqa: PLC0415  # only runs with rule packs need the law

    return with_call_hours(batch.frame, contactable, source, rules, hours)


HOURS = BatchCheck(
    "hours",
    hours_stage,
    codes=frozenset({"call.not_today", "call.hours_unknown"}),
    adds=CALL_COLUMNS,
    after=("map", "normalise", "rules"),
)
