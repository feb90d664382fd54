"""What a rule says, in words: the questions it asks and the evidence that it reads."""

from __future__ import annotations

from typing import Any

from schemas.rules import Condition, Hours, Rule, Statute
from suppression.rules.loading import LoadedPack, PackRule
from suppression.rules.predicates import PREDICATES

_OF_CONSENT = {
    "date": "consent_at",
    "before": "consent_at, received_at",
    "act": "consent_method",
    "choice": "consent_method",
    "signed": "consent_method",
    "named": "consent_named_parties",
    "purpose": "consent_purposes, campaign purposes",
    "wording": "consent_text",
    "proof": "consent_evidence, consent_url, trustedform_cert_url, jornaya_lead_id",
    "explicit": "consent_basis",
}
_FIXED = {
    "withdrawn": "withdrawn_at",
    "opted_out": "withdrawn_at",
    "younger": "birth_date, country",
    "basis": "consent_basis",
    "token_malformed": "trustedform_cert_url, jornaya_lead_id",
    "token_expired": "trustedform_cert_url, consent_at",
    "line": "type of the number",
    "role": "email",
    "relevant_job": "job_title, campaign relevant_jobs",
    "promise_bars_resale": "vendor promises",
    "promise_unchecked": "vendor promises",
    "notice_ru": "vendor notice_ru",
    "lia": "campaign lia",
    "destination": "campaign destination_country, campaign recipient_controlled_by",
    "destination_outside": "campaign destination_country",
    "storage_outside": "campaign storage_country",
    "safe_harbour_gap": "campaign safe_harbour",
    "passed_on": "campaign passes_on",
    "goes_abroad": "campaign country, campaign destination_country",
    "agreed_to_sharing": "consent_basis, consent_at, received_at, consent_method, withdrawn_at, consent_purposes",
    "exported": "list kind, purpose of the export",
}


def evidence_of(rule: Rule) -> list[str]:
    """Fields of the lead, the campaign and the vendor that a rule reads, and lists that it looks in."""
    found: list[str] = []
    for condition in rule.when:
        name, given = condition.predicate, condition.parameters
        found += [f"list {kind}" for kind in given.get("kinds", [])]
        if name == "consent":
            found += ["consent_basis", "withdrawn_at"] + ([] if given.get("any_channel") else ["consent_channels"])
            found += [field for need in given.get("needs", []) for field in _OF_CONSENT[need].split(", ")]
        elif name in {"campaign", "vendor"}:
            found.append(f"{name} {given['field']}")
        elif name == "campaign_undeclared":
            found.append(f"campaign {given['field']}")
        elif name == "vendor_undeclared":
            found.append(f"vendor {given['field']}")
        elif name in _FIXED:
            found += _FIXED[name].split(", ")
            found += ["consent_named_parties", "campaign recipient"] if given.get("named") else []
        else:
            found += [given["field"]] if "field" in given else given.get("fields", [])
    if rule.audience != "any":
        found += ["is_business", "company"]
    return list(dict.fromkeys(found))


def question(condition: Condition) -> str:
    """A condition in words: what its predicate asks, with the parameters."""
    parameters = ", ".join(f"{name} {_spelled(value)}" for name, value in condition.parameters.items())
    return PREDICATES[condition.predicate].asks.rstrip(".") + (f" ({parameters})" if parameters else "")


def _spelled(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{inner} {name.replace('_', ' ')}" for name, inner in value.items())
    if isinstance(value, list):
        return " or ".join(str(each) for each in value)
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


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
    return f"{attempts} attempts in {'24 hours' if days == 1 else f'{days} days'}"


def hours_in_words(hours: Hours) -> str:
    """When hours are open, and how many attempts they allow."""
    said = [", ".join(str(stretch) for stretch in hours.open)] if hours.open else []
    if hours.zone:
        said.append(f"in {hours.zone}")
    if hours.closed_on_holidays:
        said.append("not on public holidays")
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
