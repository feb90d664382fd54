"""What a rule can ask about data that leaves: to whom it is passed on, what people said of it, which list goes."""

from __future__ import annotations

import numpy as np
import polars as pl

from schemas.columns import EMAIL_SLOTS, PHONE_SLOTS
from suppression.rules import parameters as given_as
from suppression.rules.clocks import Bools, bools
from suppression.rules.consent import BIT
from suppression.rules.facts import Facts, Place

#: What any consent must not lack to be one to the passing on.
_SOUND = BIT["given"] | BIT["date"] | BIT["before"] | BIT["act"] | BIT["choice"] | BIT["standing"]


def campaign_undeclared(facts: Facts, place: Place, given: given_as.UndeclaredByCampaign, against: bool) -> Bools:
    """The campaign does not say."""
    return facts.all(getattr(facts.setting.campaign, given.field) is None)


def passed_on(facts: Facts, place: Place, given: given_as.PassedOn, against: bool) -> Bools:
    """The campaign declares that its result is passed on like this."""
    return facts.all(facts.setting.campaign.passes_on in given.to)


def goes_abroad(facts: Facts, place: Place, given: given_as.Nothing, against: bool) -> Bools:
    """The result goes to another country than the campaign's own."""
    return facts.all(facts.setting.campaign.goes_abroad)


def listed_anywhere(facts: Facts, place: Place, given: given_as.ListedIn, against: bool) -> Bools:
    """A list of these kinds holds any point of the lead."""
    held = [facts.listed(point, tuple(given.kinds)) for point in (*PHONE_SLOTS, *EMAIL_SLOTS)]
    return bools(np.logical_or.reduce(held))


def agreed_to_sharing(facts: Facts, place: Place, given: given_as.SharingConsent, against: bool) -> Bools:
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


def exported(facts: Facts, place: Place, given: given_as.Exported, against: bool) -> Bools:
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
