"""The register of predicates: every question that a rule can ask, with its parameters and what unknown means.

The convention for what is not known: it speaks against contact. In a rule that blocks, an unknown answer counts as
yes; in an exemption, as no. ``against`` tells a predicate which of the two it serves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from suppression.rules import of_lead, of_run, of_transfer
from suppression.rules import parameters as given_as
from suppression.rules.clocks import Bools, Days
from suppression.rules.consent import Bits
from suppression.rules.facts import Facts, Place

Reads = Literal["run", "row", "point", "channel"]


@dataclass(frozen=True)
class Predicate:
    """A question. ``reads`` says what its answer can differ by, so that it is asked no oftener than needed.

    ``until`` gives the last day on which each row's yes holds, ``begins`` the last on which its no does, ``lacking``
    what a row lacks for a yes.
    """

    name: str
    parameters: type[BaseModel]
    unknown: str
    reads: Reads
    test: Callable[[Facts, Place, Any, bool], Bools]
    until: Callable[[Facts, Any], Days] | None = None
    lacking: Callable[[Facts, Place, Any], Bits] | None = None
    begins: Callable[[Facts, Any], Days] | None = None

    @property
    def asks(self) -> str:
        """The question: what is true when the answer is yes."""
        return (self.test.__doc__ or "").strip()


_NO = "nothing is unknown"
_AGAINST = "undeclared speaks against contact"

_REGISTER: tuple[Predicate, ...] = (
    Predicate("always", given_as.Nothing, _NO, "run", of_lead.always),
    Predicate("listed", given_as.ListedIn, "no list: not listed", "point", of_lead.listed),
    Predicate("no_copy", given_as.ListedIn, "no copy", "run", of_run.no_copy),
    Predicate("opted_out", given_as.ListedIn, "not opted out", "point", of_lead.opted_out),
    Predicate("consent", given_as.ConsentNeeds, "no consent", "channel",
              of_lead.consent,
              of_lead.consent_until, of_lead.missing_of_consent),
    Predicate("consent_lacks", given_as.Lacking, "lacking", "row", of_lead.consent_lacks),
    Predicate("withdrawn", given_as.Lately, "not withdrawn", "row", of_lead.withdrawn),
    Predicate("within", given_as.Since, _AGAINST, "row", of_lead.within, of_lead.within_until),
    Predicate("past", given_as.Since, _AGAINST, "row", of_lead.past, begins=of_lead.within_until),
    Predicate("inactive", given_as.Inactive, "no date: inactive", "row", of_lead.inactive,
              begins=of_lead.active_until),
    Predicate("has", given_as.Held, "an empty field is not had", "row", of_lead.has),
    Predicate("has_no", given_as.Held, "an empty field is not had", "row", of_lead.has_no),
    Predicate("younger", given_as.Ages, "no birth date: not younger", "row", of_lead.younger),
    Predicate("basis", given_as.Basis, "none of them", "row", of_lead.basis),
    Predicate("campaign", given_as.OfCampaign, _AGAINST, "run", of_run.campaign),
    Predicate("vendor", given_as.OfVendor, _AGAINST, "run", of_run.vendor),
    Predicate("vendor_undeclared", given_as.Undeclared, "undeclared", "run", of_run.undeclared),
    Predicate("promise_bars_resale", given_as.Nothing, "no promise", "run", of_run.promise),
    Predicate("promise_unchecked", given_as.Nothing, "unchecked", "run", of_run.promise_unchecked),
    Predicate("notice_ru", given_as.Nothing, "not told", "run", of_run.notice_ru),
    Predicate("lia", given_as.Nothing, "none", "run", of_run.lia),
    Predicate("token_malformed", given_as.Token, "no token", "row", of_lead.token_malformed),
    Predicate("token_expired", given_as.Nothing, "expired", "row", of_lead.token_expired),
    Predicate("line", given_as.Types, "of none", "point", of_lead.line),
    Predicate("role", given_as.Nothing, "of none", "point", of_lead.role),
    Predicate("relevant_job", given_as.Nothing, "it is not", "row", of_lead.relevant_job),
    Predicate("destination", given_as.Countries, "it goes nowhere", "run", of_run.destination),
    Predicate("safe_harbour_gap", given_as.Nothing, "not attested", "run", of_run.safe_harbour_gap),
    Predicate("destination_outside", given_as.Countries, "it goes nowhere", "run", of_run.destination_outside),
    Predicate("storage_outside", given_as.Countries, "kept elsewhere", "run", of_run.storage_outside),
    Predicate("campaign_undeclared", given_as.UndeclaredByCampaign, "undeclared", "run",
              of_transfer.campaign_undeclared),
    Predicate("passed_on", given_as.PassedOn, "kept, as far as transfer.undeclared lets it", "run",
              of_transfer.passed_on),
    Predicate("goes_abroad", given_as.Nothing, "no destination: it goes nowhere", "run", of_transfer.goes_abroad),
    Predicate("listed_anywhere", given_as.ListedIn, "no list: not listed", "row", of_transfer.listed_anywhere),
    Predicate("agreed_to_sharing", given_as.SharingConsent, "no consent", "row", of_transfer.agreed_to_sharing),
    Predicate("exported", given_as.Exported, "no list goes", "run", of_transfer.exported),
)  # fmt: skip


def _by_name() -> dict[str, Predicate]:
    found: dict[str, Predicate] = {}
    for predicate in _REGISTER:
        if predicate.name in found:
            raise AssertionError(f"predicate registered twice: {predicate.name}")
        found[predicate.name] = predicate
    return found


#: Every predicate by its name.
PREDICATES: dict[str, Predicate] = _by_name()
