"""What a rule can ask about data that leaves: to whom it is passed on, what people said of it, which list goes."""

from __future__ import annotations

import numpy as np
import polars as pl

from schemas.columns import EMAIL_SLOTS, PERSON, PHONE_SLOTS
from suppression.rules.consent import BIT
from suppression.rules.facts import Facts
from suppression.rules.predicates import params
from suppression.rules.predicates.lead import lists_of
from suppression.rules.predicates.predicate import predicate
from suppression.rules.setting import PointOnChannel
from suppression.rules.time_windows import Bools, bools

#: What any consent must not lack to be one to the passing on.
_SOUND = BIT["given"] | BIT["date"] | BIT["before"] | BIT["act"] | BIT["choice"] | BIT["standing"]
_SHARING = ("consent_basis", "consent_at", "received_at", "consent_method", "withdrawn_at", "consent_purposes")


def _of_sharing(given: params.SharingConsent) -> tuple[str, ...]:
    return (*_SHARING, *(("consent_named_parties", "campaign recipient") if given.named else ()))


@predicate(
    "run",
    params.PassedOn,
    "campaign passes_on",
    unknown="kept, as far as transfer.undeclared lets it",
    lack_matters=False,
)
def passed_on(facts: Facts, at: PointOnChannel, given: params.PassedOn, against: bool) -> Bools:
    """The campaign declares that its result is passed on like this."""
    return facts.all(facts.setting.campaign.passes_on in given.to)


@predicate(
    "run",
    params.Nothing,
    "campaign country, campaign destination_country",
    unknown="no destination: it goes nowhere",
    lack_matters=False,
)
def goes_abroad(facts: Facts, at: PointOnChannel, given: params.Nothing, against: bool) -> Bools:
    """The result goes to another country than the campaign's own."""
    return facts.all(facts.setting.campaign.goes_abroad)


@predicate("row", params.ListedIn, lists_of, unknown="no list consulted: not listed", lack_matters=False)
def listed_anywhere(facts: Facts, at: PointOnChannel, given: params.ListedIn, against: bool) -> Bools:
    """A list of these kinds holds any point of the lead."""
    held = [facts.listed(point, tuple(given.kinds)) for point in (*PHONE_SLOTS, *EMAIL_SLOTS)]
    return bools(np.logical_or.reduce(held))


@predicate("row", params.SharingConsent, _of_sharing, unknown="no consent")
def agreed_to_sharing(facts: Facts, at: PointOnChannel, given: params.SharingConsent, against: bool) -> Bools:
    """Consent names the sale (or the sharing, when nothing is sold) as a purpose, and stands."""
    campaign = facts.setting.campaign
    sound = (facts.consents().lacks & _SOUND) == 0
    wanted = ["sale"] if campaign.passes_on == "sale" else ["sale", "sharing"]
    agreed = sound & _says(facts, "consent_purposes", wanted)
    if given.named:
        agreed &= _says(facts, "consent_named_parties", [campaign.recipient] if campaign.recipient else [])
    return bools(agreed)


def _says(facts: Facts, column: str, wanted: list[str]) -> Bools:
    """Whether a column of word lists holds one of these words; compared without regard to case."""
    words = facts.column(column)
    if words is None or not wanted:
        return facts.all(False)
    one_of = pl.element().str.to_lowercase().is_in([word.lower() for word in wanted])
    return words.list.eval(one_of).list.any().fill_null(False).to_numpy()


@predicate("run", params.Exported, "list kind, purpose of the export", unknown="no list goes", lack_matters=False)
def exported(facts: Facts, at: PointOnChannel, given: params.Exported, against: bool) -> Bools:
    """The list that is given away is of one of these kinds, for one of these purposes."""
    export = facts.setting.export
    if export is None:
        return facts.all(False)
    return facts.all(
        (not given.kinds or export.kind in given.kinds)
        and (not given.to or export.purpose in given.to)
        and (not given.registries or (export.registry or "none") in given.registries)
        and (given.hashed is None or export.hashed == given.hashed)
    )


@predicate(
    "run",
    params.Countries,
    "campaign destination_country, campaign recipient_controlled_by",
    unknown="it goes nowhere",
    lack_matters=False,
)
def destination(facts: Facts, at: PointOnChannel, given: params.Countries, against: bool) -> Bools:
    """What leaves goes to one of these countries, or to somebody controlled from there."""
    campaign = facts.setting.campaign
    return facts.all(
        bool({campaign.destination_country, *(campaign.recipient_controlled_by or [])} & set(given.countries))
    )


@predicate("run", params.Countries, "campaign destination_country", unknown="it goes nowhere", lack_matters=False)
def destination_outside(facts: Facts, at: PointOnChannel, given: params.Countries, against: bool) -> Bools:
    """What leaves goes to another country than these."""
    destination = facts.setting.campaign.destination_country
    return facts.all(destination is not None and destination not in given.countries)


@predicate(
    "row", params.Nothing, "vendor disclosed_fields", unknown="nothing was disclosed: not asked", lack_matters=False
)
def undisclosed(facts: Facts, at: PointOnChannel, given: params.Nothing, against: bool) -> Bools:
    """The lead has a field that people were not told of."""
    disclosed = facts.setting.vendor.disclosed_fields
    if disclosed is None:
        return facts.all(False)
    told = {name.strip().lower() for name in disclosed}
    kinds = {**dict.fromkeys(PHONE_SLOTS, "phone"), **dict.fromkeys(EMAIL_SLOTS, "email")}
    hidden = [name for name in (*PERSON, *kinds) if name not in told and kinds.get(name, name) not in told]
    held = [facts.held(name) for name in hidden]
    return bools(np.logical_or.reduce(held)) if held else facts.all(False)
