"""What a campaign and a vendor leave undeclared, and which rules rest on that: each could read otherwise if it were so.

Nobody is advised to declare what is not so: this only says which silence counts against leads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product

from pydantic import BaseModel

from schemas.columns import EVIDENCE
from schemas.rules import RuleChannel
from suppression.rules.facts import Facts
from suppression.rules.in_force import Active, holds_for_run, lead_without_facts
from suppression.rules.loading import Asked
from suppression.rules.setting import Setting
from suppression.rules.territories import Territories

#: Fields that only make an exemption narrower: nothing rests on their not being declared.
_LIMITS = frozenset({"customer_months"})
#: Fields of a lead that are known from their columns alone: without the column they are known of nobody.
_FROM_COLUMNS = frozenset({*EVIDENCE, "job_title"} - {"is_business"})
_BUSINESSES_ONLY = "vendor businesses_only"
_CALLS: frozenset[RuleChannel] = frozenset({"live", "automated"})


@dataclass
class RestsOn:
    """Ids of the rules that stand because a field is not declared, or may; and the matches that go with a rule."""

    rules: list[str] = field(default_factory=list)
    matches: set[str] = field(default_factory=set)


@dataclass(eq=False)
class Missing:
    """Undeclared fields, as in ``campaign lia``.

    ``behind``: what rests on each, by its name. ``ways``: for a rule or the code of a match sets of fields, of which
    one set must be declared before it can fall. Whether it then does depends on what is declared, and on the lead.
    """

    behind: dict[str, RestsOn] = field(default_factory=dict)
    ways: dict[str, set[frozenset[str]]] = field(default_factory=dict)

    def add(self, rule: Active, names: Iterable[str], ways: Iterable[frozenset[str]]) -> None:
        """Add a rule that rests on these fields, and the sets of fields that can make it fall."""
        for name in dict.fromkeys(names):
            behind = self.behind.setdefault(name, RestsOn())
            behind.rules.append(rule.of.rule.id)
            behind.matches.update(rule.governs)
        found = set(ways)
        for code in (rule.of.rule.id, *rule.governs) if found else ():
            self.ways.setdefault(code, set()).update(found)


def missing_declarations(active: Iterable[Active], setting: Setting, territories: Territories) -> Missing:
    """What is not declared, with the rules that reject rows and rest on that."""
    one, found = lead_without_facts(setting, territories), Missing()
    for each in active:
        if each.never or each.of.rule.effect not in {"block", "review"}:
            continue
        names = [name for asked in each.of.asked for name in missing_of(asked, setting)]
        if setting.campaign.dialling is None and len(_CALLS & each.of.rule.reach) == 1:
            names.append("campaign dialling")
        undeclared = setting.vendor.businesses_only is None
        if each.of.rule.audience == "consumer" and undeclared and _business_is_unknown(setting):
            names.append(_BUSINESSES_ONLY)
        ways = [frozenset({name}) for name in names]
        for exemption in each.exemptions:
            for way, more in _ways_to_hold(exemption, setting, one):
                ways.append(way)
                names += [*sorted(way), *more]
        found.add(each, names, ways)
    found.behind = dict(sorted(found.behind.items()))
    return found


def _ways_to_hold(exemption: Active, setting: Setting, one: Facts) -> Iterator[tuple[frozenset[str], list[str]]]:
    """Sets of fields of which one must be declared before an exemption can hold, and fields that may matter besides."""
    needs: list[list[str]] = []
    if exemption.of.rule.audience == "business" and _business_is_unknown(setting):
        if setting.vendor.businesses_only is False:
            return
        needs.append([_BUSINESSES_ONLY])
    more: list[str] = []
    for asked in exemption.of.asked:
        if asked.predicate.reads != "run":
            if _is_known_of_nobody(asked, setting):
                return
            more += missing_of(asked, setting)
        elif not holds_for_run(asked, exemption.of.rule, one, exemption.channels[0]):
            # What was declared keeps it from holding, whatever else were declared.
            if not (names := missing_of(asked, setting)):
                return
            needs.append(names)
    if needs:
        yield from ((frozenset(names), more) for names in product(*needs))
    else:
        yield from ((frozenset({name}), more) for name in more)


def _business_is_unknown(setting: Setting) -> bool:
    """Whether nothing says of any lead that it is a business, so that all count as consumers."""
    is_known = setting.vendor.businesses_only or setting.columns is None or "is_business" in setting.columns
    return not is_known


def missing_of(asked: Asked, setting: Setting) -> list[str]:
    """Fields of the campaign's and the vendor's evidence that a question reads and nobody declared."""
    found = []
    for name in dict.fromkeys(asked.fields):
        who, _, declared = name.partition(" ")
        if who in {"campaign", "vendor"} and declared not in _LIMITS:
            evidence = setting.campaign if who == "campaign" else setting.vendor
            if _is_missing(evidence, declared):
                found.append(name)
    return found


def _is_known_of_nobody(asked: Asked, setting: Setting) -> bool:
    """Whether the drop has none of the columns that a question reads: an exemption then holds for no lead."""
    read = {name for name in asked.fields if " " not in name}
    return bool(read) and setting.columns is not None and read <= _FROM_COLUMNS - setting.columns


def _is_missing(evidence: BaseModel, declared: str) -> bool:
    said = getattr(evidence, declared)
    if isinstance(said, BaseModel):
        # Places or items of which each is declared by itself.
        return any(part is None or part is False for part in said.model_dump().values())
    # Only lists that cannot say "none" are empty by default.
    return said is None or (said == [] and type(evidence).model_fields[declared].get_default() == [])
