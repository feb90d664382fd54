"""What a campaign and a vendor leave undeclared, and which rules rest on that: each could read otherwise if it were so.

Nobody is advised to declare what is not so: this only says which silence counts against leads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pydantic import BaseModel

from schemas.rules import RuleChannel
from suppression.rules.in_force import Active, holds_for_run, lead_without_facts
from suppression.rules.loading import Asked
from suppression.rules.setting import Setting
from suppression.rules.territories import Territories

#: Fields that only make an exemption narrower: nothing rests on their not being declared.
_LIMITS = frozenset({"customer_months"})
_CALLS: frozenset[RuleChannel] = frozenset({"live", "automated"})


@dataclass
class RestsOn:
    """Ids of the rules that stand because a field is not declared, or may; and the matches that go with a rule."""

    rules: list[str] = field(default_factory=list)
    matches: set[str] = field(default_factory=set)


def rests_on(active: Iterable[Active], setting: Setting, territories: Territories) -> dict[str, RestsOn]:
    """Undeclared fields, as in ``campaign lia``, with what rests on each."""
    one, found = lead_without_facts(setting, territories), dict[str, RestsOn]()

    def answers(asked: Asked, each: Active) -> bool:
        return asked.predicate.reads != "run" or holds_for_run(asked, each.of.rule, one, each.channels[0])

    for each in active:
        if each.never or each.of.rule.effect not in {"block", "review"}:
            continue
        names = [name for asked in each.of.asked for name in missing_of(asked, setting)]
        if setting.campaign.dialling is None and len(_CALLS & each.of.rule.reach) == 1:
            names.append("campaign dialling")
        for exemption in each.exemptions:
            failing = [asked for asked in exemption.of.asked if not answers(asked, exemption)]
            # What was declared keeps it from holding, whatever else were declared.
            if any(not missing_of(asked, setting) for asked in failing):
                continue
            varying = [asked for asked in exemption.of.asked if asked.predicate.reads != "run"]
            names += [name for asked in (*failing, *varying) for name in missing_of(asked, setting)]
        for name in dict.fromkeys(names):
            behind = found.setdefault(name, RestsOn())
            behind.rules.append(each.of.rule.id)
            behind.matches.update(each.governs)
    return dict(sorted(found.items()))


def missing_of(asked: Asked, setting: Setting) -> Iterator[str]:
    """Fields of the campaign's and the vendor's evidence that a question reads and nobody declared."""
    for name in dict.fromkeys(asked.fields):
        who, _, declared = name.partition(" ")
        if who in {"campaign", "vendor"} and declared not in _LIMITS:
            evidence = setting.campaign if who == "campaign" else setting.vendor
            if _is_missing(evidence, declared):
                yield name


def _is_missing(evidence: BaseModel, declared: str) -> bool:
    said = getattr(evidence, declared)
    if isinstance(said, BaseModel):
        # Places or items of which each is declared by itself.
        return any(part is None or part is False for part in said.model_dump().values())
    # Only lists that cannot say "none" are empty by default.
    return said is None or (said == [] and type(evidence).model_fields[declared].get_default() == [])
