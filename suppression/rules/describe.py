"""What a rule says, in words: the questions it asks and the evidence that it reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from schemas.support.figures import counted

if TYPE_CHECKING:  # who describes what a result says of its rules needs no rules
    from schemas.rules import Condition, Hours, Statute
    from suppression.rules.loading import Asked, LoadedPack, PackRule
    from suppression.rules.setting import Setting


def evidence_of(each: PackRule) -> list[str]:
    """Fields of the lead, the campaign and the vendor that a rule reads, and lists that it looks in."""
    found = [name for asked in each.asked for name in asked.fields]
    if each.rule.audience != "any":
        found.append("is_business")
    return list(dict.fromkeys(found))


def question(condition: Condition) -> str:
    """A condition in words: what its predicate asks, with the parameters."""
    from suppression.rules.predicates.registry import PREDICATES  # noqa: PLC0415  # as above

    parameters = ", ".join(f"{name} {_spelled(value)}" for name, value in condition.parameters.items())
    return PREDICATES[condition.predicate].asks.rstrip(".") + (f" ({parameters})" if parameters else "")


def _spelled(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{inner} {name.replace('_', ' ')}" for name, inner in value.items())
    if isinstance(value, list):
        return " or ".join(str(each) for each in value)
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


#: How sure the wording of a fact is.
SURE = {
    "primary": "primary (the official text was read)",
    "secondary": "secondary (a law firm, a regulator's summary, the press)",
    "general": "general knowledge, not verified",
}
_DECLARED = {
    "campaign": "campaign",
    "campaign_undeclared": "campaign",
    "vendor": "vendor",
    "vendor_undeclared": "vendor",
}


def found_true(asked: Asked, condition: Condition, setting: Setting) -> str:
    """A condition in words, with what was declared: nobody is told that a campaign declares what it does not."""
    who = _DECLARED.get(asked.predicate.name)
    if who is None:
        return question(condition)
    field = condition.parameters["field"]
    said = getattr(setting.campaign if who == "campaign" else setting.vendor, field)
    return f"{who} {field} is " + ("not declared" if said is None else _spelled(said) or "declared as none")


def released_in_words(word: Mapping[str, Any]) -> str:
    """Who released a review of the whole list, when, and with what words."""
    return f"{word['releases']}, by {word['by']} on {word['on']}: {word['says']}"


def lifted_by(packs: list[LoadedPack]) -> dict[str, list[PackRule]]:
    """Exemptions of each rule."""
    found: dict[str, list[PackRule]] = {}
    for pack in packs:
        for each in pack.rules:
            for lifted in each.rule.lifts:
                found.setdefault(lifted, []).append(each)
    return found


def attempts_in_words(attempts: int, days: int | None) -> str:
    """A limit of attempts."""
    return f"{counted(attempts, 'attempt')} in {'24 hours' if days == 1 else f'{days} days'}"


def hours_in_words(hours: Hours) -> str:
    """When hours are open, and how many attempts they allow."""
    said = [", ".join(str(stretch) for stretch in hours.open)] if hours.open else []
    if hours.zone:
        said.append(f"in {hours.zone}")
    if hours.closed_on_holidays:
        said.append("not on public holidays")
    said += [f"not on {', '.join(days)} in {place}" for place, days in hours.closed_on.items()]
    if hours.max_attempts is not None:
        said.append(attempts_in_words(hours.max_attempts, hours.attempt_days))
    return "; ".join(said)


def period(rule: Statute) -> str:
    """When a rule is in force."""
    if rule.in_force_from and rule.in_force_to:
        return f"{rule.in_force_from} to {rule.in_force_to}"
    if rule.in_force_from:
        return f"since {rule.in_force_from}"
    return f"until {rule.in_force_to}" if rule.in_force_to else "always"
