"""Consent that is dated when it cannot have been given."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import polars as pl

from schemas.findings import findings, no_findings

_AUDIT = "consent audit"


def consent_findings(frame: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Flag consent that is dated after the lead was delivered, or after the day of the run.

    Reads ``row_id``, ``consent_at`` and ``received_at`` (both in UTC, where the frame has them); returns findings.
    """
    if "consent_at" not in frame.columns:
        return no_findings()
    frame = frame.select_seq(name for name in ("row_id", "consent_at", "received_at") if name in frame.columns)
    consent = pl.col("consent_at")
    midnight = datetime(as_of.year, as_of.month, as_of.day) + timedelta(days=1)
    # The day of the run ends last in the zone twelve hours behind UTC; a bare date has no zone.
    limit = pl.when(consent.dt.time() == pl.time(0)).then(pl.lit(midnight)).otherwise(midnight + timedelta(hours=12))
    found = [no_findings()]
    latest = frame.get_column("consent_at").max()
    if isinstance(latest, datetime) and latest.replace(tzinfo=None) >= midnight:
        future = findings(
            frame.filter(consent.dt.replace_time_zone(None) >= limit),
            "consent.future",
            source=_AUDIT,
            detail=pl.lit("consent dated ") + consent.dt.strftime("%Y-%m-%d") + f", after the run's day {as_of}",
        )
        found.append(future)
    if "received_at" in frame.columns:
        received = pl.col("received_at")
        # A delivery by date alone is one at any hour of that day.
        until = pl.when(received.dt.time() == pl.time(0)).then(received + pl.duration(days=1)).otherwise(received)
        found.append(
            findings(
                frame.filter(consent > until),
                "consent.after_delivery",
                source=_AUDIT,
                detail=pl.lit("consent dated ")
                + consent.dt.strftime("%Y-%m-%d")
                + ", delivered "
                + received.dt.strftime("%Y-%m-%d"),
            )
        )
    return pl.concat(found)
