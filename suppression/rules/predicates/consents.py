"""What a rule can ask about a lead's consent: whether it was given, what it lacks, whether it was withdrawn."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from suppression.rules.consent import (
    BIT,
    EVIDENCE_OF,
    LEADID,
    OF_CHANNEL,
    TRUSTEDFORM,
    TRUSTEDFORM_DAYS,
    Bits,
    bits_where,
)
from suppression.rules.facts import Facts
from suppression.rules.predicates import params
from suppression.rules.predicates.lead import listed, lists_of
from suppression.rules.predicates.predicate import predicate
from suppression.rules.setting import PointOnChannel
from suppression.rules.time_windows import NEVER, NO_DAY, Bools, Days, bools


def _of_consent(given: params.ConsentNeeds) -> Iterator[str]:
    yield from ("consent_basis", "withdrawn_at", *(() if given.any_channel else ("consent_channels",)))
    for need in given.needs:
        yield from EVIDENCE_OF[need]


def _of_defect(given: params.Lacking) -> tuple[str, ...]:
    return EVIDENCE_OF[given.lacks]


def _lists_and_withdrawal(given: params.OptedOut) -> tuple[str, ...]:
    return (*lists_of(given), *_WITHDRAWAL)


#: A consent of these qualities, of a later day than the withdrawal, is a new one.
_RENEWAL = BIT["given"] | BIT["date"] | BIT["before"] | BIT["act"] | BIT["choice"] | BIT["named"] | BIT["standing"]
#: Where a withdrawal shows: a date (or anything else in its column), and a basis that is the person's own no.
_WITHDRAWAL = ("withdrawn_at", "consent_basis")


def _withdrawn(facts: Facts, *, renewable: bool) -> Bools:
    if not renewable:
        return facts.withdrawn()
    return bools(facts.withdrawn() & ((facts.consents().lacks & _RENEWAL) != 0))


def _needed(at: PointOnChannel, given: params.ConsentNeeds) -> np.uint64:
    bits = BIT["given"] | BIT["standing"]
    for name in given.needs:
        bits |= BIT[name]
    if given.within is not None:
        bits |= BIT["date"]
    return bits if given.any_channel else bits | BIT[OF_CHANNEL[at.channel]]


def missing_of_consent(facts: Facts, at: PointOnChannel, given: params.ConsentNeeds) -> Bits:
    """What each row's consent lacks for a yes, as bits."""
    return facts.once(("missing of consent", id(given), at.channel), lambda: _missing(facts, at, given))


def _missing(facts: Facts, at: PointOnChannel, given: params.ConsentNeeds) -> Bits:
    lacks = facts.consents().lacks & _needed(at, given)
    if given.within is not None:
        day = facts.days("consent_at")
        aged = (day != NO_DAY) & (day < given.within.earliest(facts.setting.last_contact))
        lacks = lacks | bits_where(aged, "age")
    return lacks


def _consent_until(facts: Facts, given: params.ConsentNeeds) -> Days:
    """Last day on which each row's consent is young enough."""
    if given.within is None:
        return np.full(facts.rows, NEVER, dtype=np.int32)
    return given.within.last_days(facts.days("consent_at"))


@predicate(
    "channel", params.ConsentNeeds, _of_consent, unknown="no consent", until=_consent_until, lacking=missing_of_consent
)
def consent(facts: Facts, at: PointOnChannel, given: params.ConsentNeeds, against: bool) -> Bools:
    """Consent was given, covers the channel, stands, and has what is needed."""
    return bools(missing_of_consent(facts, at, given) == 0)


@predicate(
    "row",
    params.Lacking,
    _of_defect,
    unknown="it lacks this; without a claim there is no consent to lack it",
    lack_matters=False,
)
def consent_lacks(facts: Facts, at: PointOnChannel, given: params.Lacking, against: bool) -> Bools:
    """Consent is claimed and lacks this."""
    consents = facts.consents()
    return bools(consents.claimed & ((consents.lacks & BIT[given.lacks]) != 0))


@predicate("row", params.Lately, "withdrawn_at, consent_basis", unknown="not withdrawn", lack_matters=False)
def withdrawn(facts: Facts, at: PointOnChannel, given: params.Lately, against: bool) -> Bools:
    """Consent was withdrawn or contact objected to."""
    stands = _withdrawn(facts, renewable=given.renewable)
    if given.within is None:
        return stands
    day = facts.latest_days("withdrawn_at")
    return bools(stands & ((day == NO_DAY) | (day >= given.within.earliest(facts.setting.first_contact))))


@predicate("point", params.OptedOut, _lists_and_withdrawal, unknown="not opted out", lack_matters=False)
def opted_out(facts: Facts, at: PointOnChannel, given: params.OptedOut, against: bool) -> Bools:
    """A list of these kinds holds the point, or consent was withdrawn."""
    return bools(listed.test(facts, at, given, against) | _withdrawn(facts, renewable=given.renewable))


@predicate("row", params.Basis, "consent_basis", unknown="of none")
def basis(facts: Facts, at: PointOnChannel, given: params.Basis, against: bool) -> Bools:
    """The legal basis given is of such a class."""
    return facts.basis(list(given.classes))


@predicate(
    "row", params.Token, "trustedform_cert_url, jornaya_lead_id", unknown="no token: not malformed", lack_matters=False
)
def token_malformed(facts: Facts, at: PointOnChannel, given: params.Token, against: bool) -> Bools:
    """A consent token has the wrong host or form."""
    name, pattern = (
        ("trustedform_cert_url", TRUSTEDFORM) if given.kind == "trustedform" else ("jornaya_lead_id", LEADID)
    )
    tokens = facts.column(name)
    return facts.all(False) if tokens is None else ~tokens.str.contains(pattern).fill_null(True).to_numpy()


@predicate(
    "row",
    params.Nothing,
    "trustedform_cert_url, consent_at",
    unknown="a certificate without a date of consent is expired",
    lack_matters=False,
)
def token_expired(facts: Facts, at: PointOnChannel, given: params.Nothing, against: bool) -> Bools:
    """A TrustedForm certificate is past 90 days."""
    day = facts.days("consent_at")
    old = (day == NO_DAY) | (facts.today - day.astype(np.int64) > TRUSTEDFORM_DAYS)
    return bools(facts.held("trustedform_cert_url") & old)


@predicate(
    "row",
    params.Nothing,
    "withdrawn_at, consent_basis, consent_at, consent_method, consent_named_parties, received_at",
    unknown="not renewed",
)
def renewed(facts: Facts, at: PointOnChannel, given: params.Nothing, against: bool) -> Bools:
    """Consent was withdrawn, and given anew to us by name on a later day."""
    return bools(facts.withdrawn() & ~_withdrawn(facts, renewable=True))
