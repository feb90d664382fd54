"""Runs cases about hours: a lead, a day and what the packs allow, through the real facts and packs."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from schemas.columns import PHONE_SLOTS
from schemas.config import channel_named
from schemas.contact.phone import read_phone
from schemas.evidence import CampaignEvidence, VendorEvidence
from schemas.findings import no_findings
from suppression.rules.callees import callees
from suppression.rules.calling import CallingHours, CallWindow
from suppression.rules.engine import RuleSet
from suppression.rules.facts import Setting
from suppression.rules.loading import LoadedPack
from tests.rules.cases import packs

MONDAY = date(2026, 11, 23)


def without(hours: str | None) -> list[LoadedPack]:
    """Every shipped pack; ``hours`` leaves one fact out."""
    return [
        LoadedPack(pack.pack, pack.sha256, pack.rules, (), tuple(h for h in pack.hours if h.hours.id != hours))
        for pack in packs()
    ]


def window(said: dict[str, Any], leave_out: str | None = None, always: tuple[str, ...] = ()) -> CallWindow:
    """What holds for a lead.

    ``phone`` … ``phone_4``, ``country``, ``state`` and ``is_business`` (as ``business``) are its own; ``day`` is the
    campaign's, a Monday unless given; ``channels`` are call alone unless given; ``region`` is the file's.
    """
    channels = tuple(channel_named(name) for name in said.get("channels", ["call"]))
    day = said.get("day", MONDAY)
    evidence = CampaignEvidence(dialling=said.get("dialling", "live"))
    setting = Setting(day, channels, said.get("region"), None, evidence, VendorEvidence(), ())
    columns: dict[str, pl.Series] = {
        "row_id": pl.Series([0], dtype=pl.UInt64),
        "is_lead": pl.Series([True]),
        "is_business": pl.Series([said.get("business")], dtype=pl.Boolean),
        **{name: pl.Series([said[name]]) for name in ("country", "state") if name in said},
    }
    for slot in PHONE_SLOTS:
        if slot in said:
            form = read_phone(said[slot], None)
            assert form.e164 is not None, said[slot]
            columns |= {slot: pl.Series([form.e164]), f"{slot}:region": pl.Series([form.region], dtype=pl.String)}
            columns[f"{slot}:zones"] = pl.Series([form.time_zones or []], dtype=pl.List(pl.String))
    rules = without(leave_out)
    facts = RuleSet(rules, setting).facts(pl.DataFrame(columns), no_findings(), said.get("region"))
    usable = {slot: pl.Series([True]) for slot in PHONE_SLOTS if slot in said}
    (callee,), _ = callees(facts, usable, {channel: pl.Series([True]) for channel in channels})
    return CallingHours(rules, setting, day, always).window(callee)


def in_utc(found: CallWindow) -> list[str]:
    """Spans of a window as text in UTC."""
    return [f"{start:%Y-%m-%d %H:%M} {end:%Y-%m-%d %H:%M}" for start, end in found.spans]
