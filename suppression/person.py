"""A person, not a point: what somebody said by one phone or address holds for the person's other points as well."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from schemas.columns import CHANNEL_POINTS, EMAIL_SLOTS, POINTS
from schemas.config import PersonScope
from schemas.findings import findings, no_findings
from schemas.support.column_bytes import given_rows

#: Kinds of list that hold what people said to us, and how far that reaches where a campaign says nothing else. A
#: request made to us is one to leave the person alone; an unsubscribe or a complaint is about its channel.
SCOPES: Mapping[str, PersonScope] = {
    "dnc.internal": "everything",
    "email.unsubscribed": "channel",
    "email.complained": "channel",
}


def scopes_of(chosen: Mapping[str, PersonScope]) -> dict[str, PersonScope]:
    """How far each kind of list reaches: as the campaign has chosen, else as it is by default."""
    return {kind: scope for kind, scope in {**SCOPES, **chosen}.items() if scope != "point"}


def bound(
    frame: pl.DataFrame, found: pl.DataFrame, scopes: Mapping[str, PersonScope], channels: tuple[str, ...]
) -> pl.DataFrame:
    """Findings that bind the person: of the whole row, on the list's channels or on all.

    ``found`` are matches of lists (`FINDING_SCHEMA`); ``channels`` those of the campaign. Nothing is added to rows of
    ``frame`` that have no other point than those that match: it has the contact columns in play, consecutive in
    ``row_id``.
    """
    more = [no_findings()]
    points = [point for point in POINTS if point in frame.columns]
    if "post" in channels and "address_1" in frame.columns:
        points.append("address_1")
    for kind, scope in scopes.items():
        matches = found.filter((pl.col("code") == kind) & (pl.col("effect") == "block") & pl.col("point").is_not_null())
        if matches.is_empty():
            continue
        if scope == "everything":
            more.append(_of_person(_with_others(frame, matches, points), kind, None))
            continue
        by_email = pl.col("point").is_in(EMAIL_SLOTS)
        for channel in channels:
            reached = [point for point in CHANNEL_POINTS[channel] if point in frame.columns and channel != "post"]
            mine = matches.filter(by_email == (channel == "email"))
            more.append(_of_person(_with_others(frame, mine, reached), kind, channel))
    return pl.concat(more)


def _with_others(frame: pl.DataFrame, matches: pl.DataFrame, points: list[str]) -> pl.DataFrame:
    """Matches of rows that have another point."""
    if matches.is_empty():
        return matches
    rows, row_of = np.unique(matches.get_column("row_id").to_numpy(), return_inverse=True)
    places = (rows - np.uint64(frame.item(0, "row_id"))).astype(np.int64)
    given, listed = np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64)
    for point in points:
        column, is_point = frame.get_column(point), (matches.get_column("point") == point).to_numpy()
        given += given_rows(column)[places] if column.null_count() else 1
        listed += np.bincount(row_of[is_point], minlength=len(rows)) > 0
    return matches.filter(pl.Series((listed < given)[row_of]))


def _of_person(matches: pl.DataFrame, kind: str, channel: str | None) -> pl.DataFrame:
    once = matches.unique("row_id", keep="first", maintain_order=True)
    source = pl.lit("the same person, by ") + pl.col("source")
    detail = pl.col("detail") + " (" + pl.col("point") + "), which binds the person"
    return findings(once, kind, source=source, detail=detail, channel=channel)
