"""The law of a run: its rules, from what the campaign and the vendor declare, and what the manifest says of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from pipeline.report.missing_declarations import DeclarationTally
from pipeline.run.plan import Plan
from pipeline.run.tally import Tally
from schemas.manifest import Declarations, RuleText, Undeclared, UsedPack, UsedRules
from suppression.lists import SuppressionList

if TYPE_CHECKING:  # what the law needs is loaded only where there are rule packs
    from schemas.rules import Rule
    from suppression.rules.calling import CallingHours
    from suppression.rules.engine import RuleSet

NOT_CHECKED = (
    "no rule pack was applied: whether the law allows contact was not checked, nor whether data may leave; "
    "name packs in the campaign's [rules] or with --rules"
)


def rules_of(plan: Plan, as_of: date, lists: Sequence[SuppressionList]) -> RuleSet | None:
    """Put the packs of a run together with what they are asked of; None when it has none."""
    if not plan.packs:
        return None
    from suppression.rules.engine import RuleSet  # noqa: PLC0415  # as above
    from suppression.rules.setting import Consulted, Setting  # noqa: PLC0415

    campaign = plan.campaign
    setting = Setting(
        as_of,
        tuple(campaign.channels),
        plan.region,
        campaign.entity,
        campaign.evidence,
        plan.vendor_evidence,
        tuple(
            Consulted(lst.facts.kind, lst.facts.registry, lst.facts.known_as_of, lst.authority, lst.facts.state)
            for lst in lists
        ),
        contact=campaign.calling.contact(as_of),
        columns=frozenset(field for source in plan.sources for field in source.mapping.fields),
    )
    return RuleSet(plan.packs, setting, campaign.rules.always)


def hours_of(rules: RuleSet | None, plan: Plan) -> CallingHours | None:
    """The hours of a run's packs on the campaign's day; None when no pack applies or nobody is called or texted.

    Raises `ConfigError` when that day is before the day of the run.
    """
    if rules is None or not {"call", "text"} & set(rules.setting.channels):
        return None
    from suppression.rules.calling import CallingHours  # noqa: PLC0415  # as above

    return CallingHours(rules.packs, rules.setting, rules.setting.first_contact, plan.campaign.rules.always)


def law_warnings(rules: RuleSet | None) -> list[str]:
    """Sentences for a person: that nothing was checked, or what the rules note of the whole list."""
    if rules is None:
        return [NOT_CHECKED]
    return [f"{each.rule.id}: {each.rule.title} {each.rule.remedy}" for each in rules.noted()]


def used_rules(rules: RuleSet | None, hours: CallingHours | None, plan: Plan, whole: Tally) -> UsedRules:
    """What the manifest says of the law."""
    if rules is None:
        return UsedRules(checked=False)
    from suppression.rules.data_transfers import not_returned  # noqa: PLC0415  # as above

    noted = [each.rule.id for each in rules.noted()]
    named = {*whole.by_reason, *whole.by_flag, *noted}
    in_force = [each.of.pack for each in rules.active]
    undeclared = _undeclared(rules, whole)
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
        contact_from=rules.setting.first_contact,
        contact_to=rules.setting.last_contact,
        always=plan.campaign.rules.always,
        weaker=plan.weaker,
        withheld_returns=sorted(not_returned(rules)),
        noted=noted,
        undeclared=undeclared,
        declarations=_declarations(list(rules.missing.behind), whole.undeclared) if undeclared else None,
        released=rules.released(),
        texts={each.rule.id: _text(each.rule) for each in rules.rules if each.rule.id in named},
        campaign_evidence=rules.setting.campaign,
        vendor_evidence=rules.setting.vendor,
    )


def _undeclared(rules: RuleSet, whole: Tally) -> dict[str, Undeclared]:
    """What each undeclared field costs, of those that reject a row."""
    alone = whole.undeclared.released([1 << fact for fact in range(len(rules.missing.behind))])
    return {
        name: Undeclared(
            rules=[rule for rule in behind.rules if whole.by_reason[rule]],
            rows=whole.undeclared.behind(fact),
            alone=alone[fact],
        )
        for fact, (name, behind) in enumerate(rules.missing.behind.items())
        if whole.undeclared.behind(fact)
    }


def _declarations(names: list[str], counted: DeclarationTally) -> Declarations:
    best = counted.best_set()
    return Declarations(
        concerned=counted.rows,
        fields=[names[fact] for fact in counted.facts_in(best)],
        released=counted.released([best])[0],
    )


def _text(rule: Rule) -> RuleText:
    return RuleText(
        title=rule.title,
        remedy=rule.remedy,
        citation=str(rule.citation),
        confidence=rule.confidence,
        reviewed_on=rule.reviewed_on,
    )
