"""The law of a run: its rules, from what the campaign and the vendor declare, and what the manifest says of them."""

from __future__ import annotations

from datetime import date

from pipeline.run.plan import Plan
from pipeline.run.tally import Tally
from schemas.errors import ConfigError
from schemas.manifest import RuleText, UsedPack, UsedRules
from suppression.lists import SuppressionList
from suppression.rules.calling import CallingHours
from suppression.rules.engine import RuleSet
from suppression.rules.facts import Consulted, Setting
from suppression.rules.leaving import not_returned

NOT_CHECKED = (
    "no rule pack was applied: whether the law allows contact was not checked, nor whether data may leave; "
    "name packs in the campaign's [rules] or with --rules"
)


def rules_of(plan: Plan, as_of: date, lists: list[SuppressionList]) -> RuleSet | None:
    """Put the packs of a run together with what they are asked of; None when it has none."""
    if not plan.packs:
        return None
    campaign = plan.campaign
    setting = Setting(
        as_of,
        tuple(campaign.channels),
        plan.region,
        campaign.entity,
        campaign.evidence,
        plan.vendor_evidence,
        tuple(Consulted(lst.facts.kind, lst.facts.registry, lst.facts.known_as_of, lst.authority) for lst in lists),
    )
    return RuleSet(plan.packs, setting, campaign.rules.always)


def hours_of(rules: RuleSet | None, plan: Plan) -> CallingHours | None:
    """The hours of a run's packs on the campaign's day; None when no pack applies or nobody is called or texted.

    Raises `ConfigError` when that day is before the day of the run.
    """
    if rules is None or not {"call", "text"} & set(rules.setting.channels):
        return None
    as_of, day = rules.setting.as_of, plan.campaign.calling.day
    if day is not None and day < as_of:
        raise ConfigError(
            [f"[calling] day {day} is before the day of the run ({as_of})"],
            "Give the day on which the leads are called, or leave it out when that is the day of the run.",
        )
    return CallingHours(rules.packs, rules.setting, day or as_of, plan.campaign.rules.always)


def law_warnings(rules: RuleSet | None) -> list[str]:
    """Sentences for a person: that nothing was checked, or what the rules note of the whole list."""
    if rules is None:
        return [NOT_CHECKED]
    return [f"{each.rule.id}: {each.rule.title} {each.rule.remedy}" for each in rules.noted()]


def used_rules(rules: RuleSet | None, hours: CallingHours | None, plan: Plan, whole: Tally) -> UsedRules:
    """What the manifest says of the law."""
    if rules is None:
        return UsedRules(checked=False)
    stands = {*whole.by_reason, *whole.by_flag}
    in_force = [each.of.pack for each in rules.active]
    return UsedRules(
        checked=True,
        packs=[
            UsedPack(
                name=pack.pack.name,
                version=pack.pack.version,
                sha256=pack.sha256,
                in_force=in_force.count(pack.pack.name),
            )
            for pack in rules.packs
        ],
        calling_day=None if hours is None else hours.day,
        always=plan.campaign.rules.always,
        weaker=plan.weaker,
        withheld_returns=sorted(not_returned(rules)),
        noted=[each.rule.id for each in rules.noted()],
        texts={
            each.rule.id: RuleText(title=each.rule.title, remedy=each.rule.remedy, citation=str(each.rule.citation))
            for each in rules.rules
            if each.rule.id in stands
        },
        campaign_evidence=rules.setting.campaign,
        vendor_evidence=rules.setting.vendor,
    )
