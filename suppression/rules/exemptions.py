"""Lifts a registry's match where every statute that gives it force exempts the lead; the exemption is noted."""

from __future__ import annotations

import numpy as np
import polars as pl

from schemas.coded_findings import CodedFindings, coded, together
from schemas.columns import CHANNEL_POINTS, EMAIL_SLOTS, PHONE_SLOTS
from schemas.config import Channel
from schemas.findings import findings
from suppression.rules.engine import RuleSet
from suppression.rules.facts import Facts
from suppression.rules.in_force import LIFTABLE, Active
from suppression.rules.setting import PointOnChannel
from suppression.rules.time_windows import Bools


def lifted(rules: RuleSet, facts: Facts, found: CodedFindings) -> CodedFindings:
    """Turn matches that exemptions lift into flags, on the channels on which they do, each with its exemption."""
    for point in (*PHONE_SLOTS, *EMAIL_SLOTS):
        channels = [channel for channel in rules.setting.channels if point in CHANNEL_POINTS[channel]]
        if not channels or facts.column(point) is None:
            continue
        for code in LIFTABLE:
            listed = facts.listed(point, (code,))
            if not listed.any():
                continue
            governing = [active for active in rules.active if code in active.governs]
            free = {
                channel: listed & _free(rules, governing, facts, PointOnChannel(channel, point)) for channel in channels
            }
            if any(rows.any() for rows in free.values()):
                notes = _notes(rules, governing, facts, code, point, free)
                found = together([*_split(found, facts.first, point, code, free), *map(coded, notes)])
    return found


def _free(rules: RuleSet, governing: list[Active], facts: Facts, at: PointOnChannel) -> Bools:
    """Rows to which a governing rule speaks, and all that do are lifted: the strictest jurisdiction wins."""
    spoken, standing = facts.all(False), facts.all(False)
    for active in governing:
        applies, hits = rules.applies(active, facts, at), rules.hits(active, facts, at)
        spoken = spoken if applies is None else spoken | applies
        standing = standing if hits is None else standing | hits
    return spoken & ~standing


def _split(found: CodedFindings, first: int, point: str, code: str, free: dict[Channel, Bools]) -> list[CodedFindings]:
    """One code's matches of one point become a flag, and a block for each channel on which nothing lifts them."""
    told = found.said.select(mine=((pl.col("code") == code) & (pl.col("point") == point)).fill_null(False))
    mine = np.flatnonzero(told.to_series().to_numpy()[found.which])
    at = found.places(first)[mine]
    some = np.logical_or.reduce([rows[at] for rows in free.values()])
    rest = np.ones(len(found), dtype=np.bool_)
    rest[mine[some]] = False
    lifted_ones = found.only(mine[some])
    blocked = [
        found.only(mine[some & ~rows[at]]).saying(channel=pl.lit(channel, pl.String)) for channel, rows in free.items()
    ]
    # What is not lifted stays where it is: the order of a row's findings does not depend on other rows.
    left = CodedFindings(found.row_id[rest], found.which[rest], found.said)
    return [left, lifted_ones.saying(effect=pl.lit("flag")), *blocked]


def _notes(
    rules: RuleSet,
    governing: list[Active],
    facts: Facts,
    code: str,
    point: str,
    free: dict[Channel, Bools],
) -> list[pl.DataFrame]:
    """Say which exemption lifted which match."""
    notes, ids = [], facts.frame.select("row_id")
    for channel, rows in free.items():
        for exemption in {each.of.rule.id: each for active in governing for each in active.exemptions}.values():
            saved = rules.applies(exemption, facts, PointOnChannel(channel, point))
            if saved is not None and (saved & rows).any():
                notes.append(
                    findings(
                        ids.filter(saved & rows),
                        exemption.of.rule.id,
                        point=point,
                        source=exemption.of.authority,
                        detail=f"lifts {code}",
                        effect="flag",
                        channel=channel,
                    )
                )
    return notes
