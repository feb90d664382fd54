"""Which rules of the packs a run has to ask: those in force on its days of contact, for its channels and its data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import polars as pl

from schemas.coded_findings import coded
from schemas.columns import CHANNEL_POINTS
from schemas.config import Channel
from schemas.findings import no_findings
from schemas.rules import EVERYWHERE, Rule, RuleChannel
from suppression.rules.facts import Facts
from suppression.rules.loading import Asked, PackRule
from suppression.rules.setting import PointOnChannel, Setting
from suppression.rules.territories import Territories
from suppression.rules.us_states import state_bits

#: Matches that a statute may lift. A request made to us and a litigator's number bind whatever the statute says.
LIFTABLE = ("dnc.national", "dnc.state", "email.wireless_domain")
_ASKS_LISTS = "listed"


@dataclass(frozen=True)
class Active:
    """A rule in force, with what is quick to ask first."""

    of: PackRule
    scope: np.uint64
    states: np.uint64
    everywhere: bool
    channels: tuple[Channel, ...]
    #: Its questions whose answer differs from row to row.
    asked: tuple[Asked, ...]
    #: Whether what was declared for the whole run keeps it from applying to any row.
    never: bool
    exemptions: tuple[Active, ...] = ()
    #: Whether an exemption of it can lapse: then a verdict that rests on it has a last day.
    lapses: bool = False
    #: Whether it may begin to hit with time: a window of it is still open.
    begins: bool = False

    @cached_property
    def governs(self) -> tuple[str, ...]:
        """Kinds of matches that the rule gives their force."""
        if self.of.rule.effect != "block":
            return ()
        asks = [asked.given for asked in self.of.asked if asked.predicate.name == _ASKS_LISTS]
        return tuple(code for code in LIFTABLE if any(code in getattr(given, "kinds", ()) for given in asks))


class InForce:
    """The rules that a run has to ask."""

    def __init__(self, rules: Iterable[PackRule], setting: Setting, territories: Territories) -> None:
        self._rules, self._setting, self._territories = list(rules), setting, territories
        self._one = lead_without_facts(setting, territories)

    def active(self) -> list[Active]:
        """Rules other than exemptions, each with the exemptions that may lift it."""
        in_force = [each for each in self._rules if self._applies_then(each.rule) and self._channels(each)]
        lifting: dict[str, list[Active]] = {}
        for each in in_force:
            for lifted in each.rule.lifts:
                lifting.setdefault(lifted, []).append(self._active(each, ()))
        return [
            self._active(each, tuple(lifting.get(each.rule.id, ())))
            for each in in_force
            if each.rule.effect != "exempt"
        ]

    def unchanged_until(self) -> date | None:
        """Last day before some rule comes into force or ends; None when none of them does."""
        day, heard = self._setting.last_contact, [each.rule for each in self._rules if self._channels(each)]
        last = [rule.in_force_from - timedelta(days=1) for rule in heard if rule.in_force_from is not None]
        ends = [rule.in_force_to for rule in heard if rule.in_force_to is not None]
        return min((end for end in (*last, *ends) if end >= day), default=None)

    def _applies_then(self, rule: Rule) -> bool:
        """Whether a rule applies: on any day of contact, and an exemption on all of them."""
        first, last = self._setting.first_contact, self._setting.last_contact
        if rule.effect == "exempt":
            return rule.in_force(first) and rule.in_force(last)
        return (rule.in_force_from or last) <= last and first <= (rule.in_force_to or first)

    def _channels(self, each: PackRule) -> tuple[Channel, ...]:
        """Channels of the campaign that the rule speaks of; none where it is about data that stays."""
        if each.rule.leaving and not any(self._leaves(way) for way in each.rule.leaving):
            return ()
        return self._setting.reached(each.rule.reach)

    def _leaves(self, way: RuleChannel) -> bool:
        """Whether data leaves in this way. Rows may go back to the vendor after any scrub."""
        if way == "export":
            return self._setting.export is not None
        return self._setting.export is None and (way == "return" or self._setting.campaign.leaves)

    def _active(self, each: PackRule, exemptions: tuple[Active, ...]) -> Active:
        channels = self._channels(each)
        of_run = [asked for asked in each.asked if asked.predicate.reads == "run"]
        return Active(
            each,
            self._territories.of_set(each.regions),
            np.uint64(state_bits(each.rule.states)),
            EVERYWHERE in each.regions,
            channels,
            tuple(asked for asked in each.asked if asked.predicate.reads != "run"),
            not all(holds_for_run(asked, each.rule, self._one, channels[0]) for asked in of_run),
            exemptions,
            any(asked.ends for exemption in exemptions for asked in exemption.of.asked),
            any(asked.predicate.begins is not None for asked in each.asked),
        )


def lead_without_facts(setting: Setting, territories: Territories) -> Facts:
    """One lead of whom nothing is known: what is asked of the run as a whole is asked of it."""
    frame = pl.DataFrame({"row_id": [0], "is_lead": [True]})
    return Facts(frame, coded(no_findings()), setting, None, territories.meaning)


def holds_for_run(asked: Asked, rule: Rule, one: Facts, channel: Channel) -> bool:
    """What a question answers that is not about a lead. ``one``: any lead."""
    at = PointOnChannel(channel, CHANNEL_POINTS[channel][0])
    return bool(asked.predicate.test(one, at, asked.given, rule.effect != "exempt")[0])
