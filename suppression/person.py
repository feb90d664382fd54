"""A person, not a point: what somebody said by one phone or address holds for the person's other points as well."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from schemas.columns import CHANNEL_POINTS, EMAIL_SLOTS, POINTS
from schemas.config import PersonScope
from schemas.findings import findings, no_findings

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
    ``frame`` (with ``row_id`` and the contact columns in play) that have no other point than those that match.
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
    listed = matches.filter(pl.col("point").is_in(points)).group_by("row_id").agg(listed=pl.col("point").n_unique())
    rows = frame.select("row_id", *points).filter(pl.col("row_id").is_in(matches.get_column("row_id").implode()))
    given = rows.select(
        "row_id", given=pl.sum_horizontal(pl.lit(0), *(pl.col(point).is_not_null() for point in points))
    )
    others = given.join(listed, on="row_id", how="left").filter(pl.col("listed").fill_null(0) < pl.col("given"))
    return matches.filter(pl.col("row_id").is_in(others.get_column("row_id").implode()))


def _of_person(matches: pl.DataFrame, kind: str, channel: str | None) -> pl.DataFrame:
    once = matches.unique("row_id", keep="first", maintain_order=True)
    source = pl.lit("the same person, by ") + pl.col("source")
    detail = pl.col("detail") + " (" + pl.col("point") + "), which binds the person"
    return findings(once, kind, source=source, detail=detail, channel=channel)
