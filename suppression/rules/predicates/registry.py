"""The register of predicates: every question that a rule can ask, by its name."""

from __future__ import annotations

from suppression.rules.predicates import consents, lead, run, transfer
from suppression.rules.predicates.predicate import Predicate

_REGISTER: tuple[Predicate, ...] = (
    lead.always,
    lead.listed,
    consents.opted_out,
    consents.consent,
    consents.consent_lacks,
    consents.withdrawn,
    consents.renewed,
    lead.within,
    lead.past,
    lead.from_day,
    lead.not_told,
    lead.inactive,
    lead.has,
    lead.has_no,
    lead.customer,
    lead.younger,
    consents.basis,
    consents.token_malformed,
    consents.token_expired,
    lead.line,
    lead.role,
    lead.relevant_job,
    run.no_copy,
    lead.no_state_copy,
    run.campaign,
    run.campaign_undeclared,
    run.vendor,
    run.vendor_undeclared,
    run.promise_bars_resale,
    run.promise_unchecked,
    run.notice_ru,
    run.lia,
    run.safe_harbour_gap,
    run.storage_outside,
    transfer.passed_on,
    transfer.goes_abroad,
    transfer.destination,
    transfer.destination_outside,
    transfer.listed_anywhere,
    transfer.agreed_to_sharing,
    transfer.undisclosed,
    transfer.exported,
)


def _by_name() -> dict[str, Predicate]:
    found: dict[str, Predicate] = {}
    for each in _REGISTER:
        if each.name in found:
            raise AssertionError(f"predicate registered twice: {each.name}")
        found[each.name] = each
    return found


#: Every predicate by its name.
PREDICATES: dict[str, Predicate] = _by_name()
