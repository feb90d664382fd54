"""Runs the examples of the rules, as they are shipped beside the packs, through the real stage."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.columns.mapping import Mapping
from pipeline.context import Context, Source
from pipeline.stages.checks import Batch
from pipeline.stages.rules import RULES
from schemas.coded_findings import coded
from schemas.columns import CHANNEL_POINTS, EMAIL_SLOTS, PHONE_SLOTS, dtype_of
from schemas.config import Campaign, Channel, channel_named
from schemas.contact.apply import apply_here
from schemas.contact.phone import read_phone
from schemas.evidence import CampaignEvidence, VendorEvidence
from schemas.files.converted import ConvertedReader
from schemas.files.inputs import LocalFile
from schemas.files.table import Table
from schemas.findings import findings, no_findings
from schemas.rules import CONTACT
from suppression.rules.engine import RuleSet
from suppression.rules.examples import DAY, FOLDER, examples_in
from suppression.rules.examples import Example as Case
from suppression.rules.loading import LoadedPack, PackRule, load_packs
from suppression.rules.setting import Consulted, Export, Setting

ENTITY = "Example Company"
CONSENT: dict[str, Any] = {
    "consent_basis": "explicit consent",
    "consent_at": date(2026, 6, 1),
    "consent_channels": ["call", "text", "email", "post"],
    "consent_purposes": ["marketing"],
    "consent_method": "signed form, box ticked",
    "consent_text": "I agree to be contacted by Example Company.",
    "consent_url": "https://example.com/form",
    "consent_named_parties": [ENTITY],
    "consent_evidence": "recording 17",
}
#: Everything declared, and nothing that any rule minds; each case changes what it is about.
CAMPAIGN: dict[str, Any] = {
    "country": "FR",
    "sender_identified": True,
    "optout_offered": True,
    "purposes": ["marketing"],
    "product_class": [],
    "dialling": "live",
    "texting": "manual",
    "storage_country": "RU",
    "lia": "LIA-1",
}
VENDOR: dict[str, Any] = {"source_type": "own_customers", "origin": "own shop", "consent_separate": True}
#: What a campaign declares that passes its result on.
PASSED_ON: dict[str, Any] = {
    "passes_on": "sale",
    "recipient": "Example Partner",
    "destination_country": "FR",
    "recipient_controlled_by": [],
    "sensitive_data": False,
    "processor_contract": True,
    "ccpa_terms": True,
    "seller_sector": "other",
}
#: States that keep a registry of their own.
LISTING = ("CO", "FL", "IN", "LA", "MA", "MO", "OK", "PA", "TN", "TX", "WY")
_CHANNEL = {"live": "call", "automated": "call"}


@functools.cache
def packs() -> tuple[LoadedPack, ...]:
    """Every shipped pack."""
    return tuple(load_packs(["all"]))


@functools.cache
def rules() -> dict[str, PackRule]:
    """Every shipped rule."""
    return {each.rule.id: each for pack in packs() for each in pack.rules}


def read_cases() -> Iterator[Case]:
    """Cases of all files, in order."""
    exempt = frozenset(name for name, each in rules().items() if each.rule.effect == "exempt")
    for path in sorted(FOLDER.glob("*.toml")):
        yield from examples_in(path, exempt)


def channel_of(case: Case) -> Channel:
    """Channel of the campaign that a case is played in."""
    channels = rules()[case.rule].rule.channels
    by_default = "live" if case.said.get("email", "missing") == "missing" else "email"
    spoken = next((channel for channel in channels if channel in CONTACT), by_default)
    return channel_named(case.said.get("channel", _CHANNEL.get(spoken, spoken)))


def outcome(case: Case, without: str | None = None) -> list[tuple[str, str, str | None]]:
    """Findings of a case as (code, effect, channel); ``without`` leaves a rule out of its pack."""
    said = dict(case.said)
    rule = rules()[case.rule].rule
    by_default = "live" if said.get("email", "missing") == "missing" else "email"
    spoken = next((channel for channel in rule.channels if channel in CONTACT), by_default)
    channel = channel_of(case)
    said.pop("channel", None)
    as_of = said.pop("as_of", DAY)
    campaign = CAMPAIGN | ({"dialling": "automated"} if spoken == "automated" else {})
    campaign |= PASSED_ON if "transfer" in rule.leaving else {}
    campaign |= {name.removeprefix("campaign."): said.pop(name) for name in list(said) if name.startswith("campaign.")}
    vendor = VENDOR | {
        name.removeprefix("vendor."): said.pop(name) for name in list(said) if name.startswith("vendor.")
    }
    copies = said.pop("consulted", [{"kind": "dnc.national"}, *({"kind": "dnc.state", "state": s} for s in LISTING)])
    listed = said.pop("listed", [])
    region = said.pop("region", None)
    given_away = said.pop("export", None)
    export = None if given_away is None else Export(**{"registry": None, "hashed": True} | given_away)
    lead = (CONSENT if said.pop("consent", False) else {}) | said
    frame = _frame({name: value for name, value in lead.items() if value != "missing"})
    point = next(point for point in CHANNEL_POINTS[channel] if point == "address" or point in frame.columns)
    found = [findings(frame, kind, point=point, source="a list", detail="listed") for kind in listed]
    setting = Setting(
        as_of,
        (channel,),
        region,
        ENTITY,
        CampaignEvidence.model_validate({k: v for k, v in campaign.items() if v != "missing"}),
        VendorEvidence.model_validate({k: v for k, v in vendor.items() if v != "missing"}),
        tuple(Consulted(c["kind"], c.get("registry"), c.get("as_of", as_of), "a list", c.get("state")) for c in copies),
        export,
    )
    needed = {"general", *_brought(rules()[case.rule].pack)}
    ruleset = RuleSet([_without(pack, without) for pack in packs() if pack.pack.name in needed], setting)
    given = LocalFile(Path("d.parquet"))
    source = Source(
        Table(given, "d", (), (), ConvertedReader(given, {}, (), {})), Mapping({}, frozenset(), (), (), ()), region
    )
    context = Context(Campaign(channels=[channel]), None, as_of, [], [source], apply_here, ruleset)
    judged = RULES(Batch(0, frame, coded(pl.concat([no_findings(), *found]))), source, context).findings.frame()
    noted = [(each.rule.id, each.rule.effect, None) for each in ruleset.noted()]
    return [*judged.select("code", "effect", "channel").rows(), *noted]


@functools.cache
def _brought(name: str) -> frozenset[str]:
    """A pack and those that it brings along."""
    return frozenset(pack.pack.name for pack in load_packs([name]))


def stands(case: Case, found: list[tuple[str, str, str | None]]) -> bool:
    """Whether the case's rule stands against the lead; an exemption "stands" when no rule that it lifts does."""
    codes = {code for code, _, _ in found}
    rule = rules()[case.rule].rule
    return not codes & set(rule.lifts) if rule.effect == "exempt" else case.rule in codes


def _without(pack: LoadedPack, rule: str | None) -> LoadedPack:
    return LoadedPack(pack.pack, pack.sha256, tuple(each for each in pack.rules if each.rule.id != rule))


def _frame(lead: dict[str, Any]) -> pl.DataFrame:
    columns: dict[str, pl.Series] = {
        "row_id": pl.Series([0], dtype=pl.UInt64),
        "is_lead": pl.Series([True]),
    }
    for name, value in lead.items():
        given = datetime(value.year, value.month, value.day) if isinstance(value, date) else value
        series = pl.Series([given], dtype=pl.Datetime("us") if isinstance(value, date) else None, strict=False)
        columns[name] = series.dt.replace_time_zone("UTC") if dtype_of(name) == pl.Datetime("us", "UTC") else series
        columns[name] = columns[name].cast(dtype_of(name))
    for slot in PHONE_SLOTS:
        if slot in lead:
            form = read_phone(lead[slot], None)
            columns |= {f"{slot}:region": pl.Series([form.region]), f"{slot}:type": pl.Series([form.type])}
    assert not set(lead) & set(EMAIL_SLOTS) or "@" in str(lead.get("email", "@"))
    return pl.DataFrame(columns)
