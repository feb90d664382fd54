"""Runs cases about hours: a lead, a day and what the packs allow, through the real stage and packs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.columns.mapping import Mapping
from pipeline.context import Context, Source
from pipeline.stages.checks import Batch
from pipeline.stages.contactable import contactable
from pipeline.stages.hours import hours_stage
from schemas.coded_findings import coded
from schemas.columns import PHONE_SLOTS
from schemas.config import Campaign, channel_named
from schemas.contact.apply import apply_here
from schemas.contact.phone import read_phone
from schemas.evidence import CampaignEvidence, VendorEvidence
from schemas.files.converted import ConvertedReader
from schemas.files.inputs import LocalFile
from schemas.files.table import Table
from schemas.findings import no_findings
from suppression.rules.calling import CallingHours
from suppression.rules.engine import RuleSet
from suppression.rules.loading import LoadedPack
from suppression.rules.setting import Setting
from tests.suppression.rules.cases import packs

MONDAY = date(2026, 11, 23)


@dataclass(frozen=True)
class Found:
    """What the stage says of a lead: its columns, and its flags' source and detail by code."""

    row: dict[str, Any]
    flags: dict[str, tuple[str, str]]

    @property
    def stretches(self) -> list[str] | None:
        return self.row["call_hours"]  # type: ignore[no-any-return]  # the column's type

    @property
    def rules(self) -> list[str]:
        return self.row["call_rules"] or []

    @property
    def attempts(self) -> list[int | None]:
        return [self.row["max_attempts"], self.row["attempt_days"]]

    @property
    def in_utc(self) -> str | None:
        """The longest stretch in UTC."""
        if self.row["call_after_utc"] is None:
            return None
        return f"{self.row['call_after_utc']:%Y-%m-%d %H:%M} {self.row['call_before_utc']:%Y-%m-%d %H:%M}"


def without(hours: str | None) -> list[LoadedPack]:
    """Every shipped pack; ``hours`` leaves one fact out."""
    return [
        LoadedPack(pack.pack, pack.sha256, pack.rules, (), tuple(h for h in pack.hours if h.hours.id != hours))
        for pack in packs()
    ]


def window(said: dict[str, Any], leave_out: str | None = None, always: tuple[str, ...] = ()) -> Found:
    """What holds for a lead.

    ``phone`` … ``phone_4``, ``country``, ``state`` and ``is_business`` (as ``business``) are its own; ``day`` is the
    campaign's, a Monday unless given; ``channels`` are call alone unless given; ``region`` is the file's.
    """
    channels = tuple(channel_named(name) for name in said.get("channels", ["call"]))
    day, region = said.get("day", MONDAY), said.get("region")
    evidence = CampaignEvidence(dialling=said.get("dialling", "live"))
    setting = Setting(day, channels, region, None, evidence, VendorEvidence(), ())
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
    used = without(leave_out)
    rules, hours = RuleSet(used, setting), CallingHours(used, setting, day, always)
    given = LocalFile(Path("d.parquet"))
    source = Source(
        Table(given, "d", (), (), ConvertedReader(given, {}, (), {})), Mapping({}, frozenset(), (), (), ()), region
    )
    context = Context(Campaign(channels=list(channels)), None, day, [], [source], apply_here, rules, hours)
    lead = pl.DataFrame(columns)
    nothing = coded(no_findings())
    batch = Batch(0, lead, nothing, contactable(lead, nothing, context))
    frame, flags = hours_stage(batch, source, context)
    return Found(
        frame.row(0, named=True), {code: (by, why) for code, by, why in flags.select("code", "source", "detail").rows()}
    )
