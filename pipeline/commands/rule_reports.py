"""Prints the rule packs: which rules and hours there are, and what one of them says."""

from __future__ import annotations

from datetime import date
from typing import Any

from pipeline.terminal import plain_table, print_lines, write_json
from pipeline.workspace import workspace_of
from schemas.columns import CHANNEL_WORDS, CHANNELS
from schemas.errors import UsageError
from schemas.rules import CONTACT, EVERYWHERE, LEAVING, Hours, Permit, Rule
from schemas.support.names import did_you_mean
from suppression.rules.describe import SURE, evidence_of, hours_in_words, lifted_by, period, question
from suppression.rules.examples import DAY, Example, examples_of, in_words
from suppression.rules.hours import PackHours
from suppression.rules.loading import ALL, LoadedPack, PackRule, load_packs
from suppression.rules.permits import PackPermit, permits_of

Fact = PackRule | PackHours | PackPermit


def all_packs() -> list[LoadedPack]:
    """Every shipped pack, with those of the workspace."""
    return load_packs([ALL], workspace_of(None))


def rules_by_id(packs: list[LoadedPack]) -> dict[str, Fact]:
    """Every rule, all hours and all permits of these packs by their ids."""
    found: dict[str, Fact] = {each.rule.id: each for pack in packs for each in pack.rules}
    found |= {each.hours.id: each for pack in packs for each in pack.hours}
    return found | {each.permit.id: each for each in permits_of(packs)}


def _permit_facts(each: PackPermit) -> dict[str, Any]:
    permit = each.permit
    return {
        "id": permit.id,
        "pack": each.pack,
        "version": each.version,
        "title": permit.title,
        "effect": "permits",
        "level": "lead",
        "channels": list(permit.channels),
        "audience": permit.audience,
        "regions": list(each.regions),
        "states": permit.states,
        "in_force": period(permit),
        "citation": str(permit.citation),
        "confidence": permit.confidence,
        "reviewed_on": permit.reviewed_on.isoformat(),
    }


def _hours_facts(each: PackHours) -> dict[str, Any]:
    hours = each.hours
    return {
        "id": hours.id,
        "pack": each.pack,
        "version": each.version,
        "title": hours.title,
        "effect": "hours",
        "level": "lead",
        "channels": list(hours.channels),
        "audience": hours.audience,
        "regions": list(each.regions),
        "states": hours.states,
        "open": [str(stretch) for stretch in hours.open],
        "closed_on_holidays": hours.closed_on_holidays,
        "zone": hours.zone,
        "max_attempts": hours.max_attempts,
        "attempt_days": hours.attempt_days,
        "hours": hours_in_words(hours),
        "in_force": period(hours),
        "citation": str(hours.citation),
        "confidence": hours.confidence,
        "reviewed_on": hours.reviewed_on.isoformat(),
    }


def _facts(each: Fact, packs: list[LoadedPack]) -> dict[str, Any]:
    if isinstance(each, PackHours):
        return _hours_facts(each)
    if isinstance(each, PackPermit):
        return _permit_facts(each)
    rule = each.rule
    return {
        "id": rule.id,
        "pack": each.pack,
        "version": each.version,
        "title": rule.title,
        "effect": rule.effect,
        "level": rule.level,
        "channels": list(rule.channels),
        "audience": rule.audience,
        "regions": list(each.regions),
        "states": rule.states,
        "holds_when": [question(condition) for condition in rule.when],
        "lifts": rule.lifts,
        "lifted_by": [exemption.rule.id for exemption in lifted_by(packs).get(rule.id, [])],
        "evidence": evidence_of(each),
        "in_force": period(rule),
        "citation": str(rule.citation),
        "confidence": rule.confidence,
        "reviewed_on": rule.reviewed_on.isoformat(),
        "remedy": rule.remedy,
        "vendor_sees": rule.vendor_phrase,
    }


def print_rules(*, country: str | None, channel: str | None, as_of: date, pack: str | None, as_json: bool) -> None:
    """List the rules in force on a day, for a country and a channel of campaigns (call, text, email, post).

    Rules on data that leaves are no rules on contact: ``channel`` is their way of leaving (transfer, return, export).
    """
    packs = load_packs([pack], workspace_of(None)) if pack else all_packs()
    chosen = [
        (each, fact)
        for loaded in packs
        for each, fact in _of_pack(loaded)
        if (pack is None or each.pack == pack)
        and fact.in_force(as_of)
        and (channel is None or _is_of(fact, channel))
        and (country is None or country in each.regions or EVERYWHERE in each.regions)
    ]
    if as_json:
        write_json([_facts(each, packs) for each, _ in chosen])
        return
    covered = {region for loaded in packs for region in loaded.pack.covered}
    if country is not None and pack is None and country not in covered:
        print_lines(f"no pack for {country}: leads there are for review (rules.not_covered)")
    table = plain_table()
    for column in ("rule", "effect", "channels", "in force", "sure", "says"):
        table.add_column(column, no_wrap=column == "rule", overflow="fold")
    for _, fact in chosen:
        channels = "all" if len(fact.channels) == len(CONTACT) else " ".join(fact.channels)
        effect = fact.effect if isinstance(fact, Rule) else "hours" if isinstance(fact, Hours) else "permits"
        table.add_row(fact.id, effect, channels, period(fact), fact.confidence, fact.title)
    table.print()


def _of_pack(pack: LoadedPack) -> list[tuple[Fact, Rule | Hours | Permit]]:
    found: list[tuple[Fact, Rule | Hours | Permit]] = [(each, each.rule) for each in pack.rules]
    found += [(each, each.hours) for each in pack.hours]
    return found + [(each, each.permit) for each in permits_of([pack])]


def channel_of_rules(name: str) -> str:
    """Check a channel, or a way in which data leaves. Raises `UsageError` when it is neither."""
    known = (*CHANNELS, *LEAVING)
    if name not in known:
        raise UsageError(f"There is no channel '{name}'.", did_you_mean(name, known, CHANNEL_WORDS))
    return name


def _is_of(fact: Rule | Hours | Permit, channel: str) -> bool:
    if channel in LEAVING:
        return channel in fact.leaving
    spoken = {"live", "automated"} if channel == "call" else {channel}
    return not fact.leaving and bool(spoken & fact.reach)


def print_rule(code: str, *, as_json: bool) -> None:
    """Print one rule. Raises `UsageError` with the nearest right id when there is none of that id."""
    packs = all_packs()
    rules = rules_by_id(packs)
    if code not in rules:
        raise UsageError(f"There is no rule '{code}'.", did_you_mean(code, rules))
    each = rules[code]
    facts = _facts(each, packs)
    examples = examples_of(each) if isinstance(each, PackRule) else {}
    if as_json:
        facts["examples"] = {kind: {"given": one.said, "hits": one.hits} for kind, one in examples.items()}
        write_json(facts, default=str)
        return
    print_lines(*_told(facts), *_shown(facts["effect"], examples))


def _shown(effect: str, examples: dict[str, Example]) -> list[str]:
    """The examples, each with what the rule does there."""
    verdicts = ("lifts", "does not lift") if effect == "exempt" else ("hits", "passes")
    lines: list[str] = []
    for kind, example in examples.items():
        does = verdicts[0] if example.hits else verdicts[1]
        why = ", evidence missing" if kind == "missing" else ""
        day = "" if "as_of" in example.said else f"on {DAY}; "
        lines.append(f"  {'example' if not lines else '':<12} {does}{why}: {day}{in_words(example.said)}")
    return lines


def _told(facts: dict[str, Any]) -> list[str]:
    rows = {
        "says": facts["title"],
        "effect": facts["effect"] + (" (of the whole list)" if facts["level"] == "list" else ""),
        "who": f"{facts['audience']}; {' '.join(facts['channels'])}",
        "where": " ".join(facts["states"] or facts["regions"]).replace(EVERYWHERE, "everywhere"),
        "allowed": facts.get("hours", ""),
        "holds when": "; and ".join(facts.get("holds_when", [])),
        "lifts": ", ".join(facts.get("lifts", [])),
        "lifted by": ", ".join(facts.get("lifted_by", [])),
        "reads": ", ".join(facts.get("evidence", [])),
        "in force": facts["in_force"],
        "law": facts["citation"],
        "confidence": SURE[facts["confidence"]],
        "reviewed on": facts["reviewed_on"],
        "what to do": facts.get("remedy", ""),
        "pack": f"{facts['pack']} {facts['version']}",
    }
    return [facts["id"], *(f"  {name:<12} {text}" for name, text in rows.items() if text)]


def is_rule(code: str) -> bool:
    """Whether a reason code is a rule's id. Dotted names of the register never are."""
    return code in rules_by_id(all_packs())
