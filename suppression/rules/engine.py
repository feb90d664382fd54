"""Asks the rules of a run about a batch: which contact points each rule stands against, and what lifts it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Literal

import numpy as np
import polars as pl

from schemas.codes import ReasonCode, with_rules
from schemas.columns import CHANNEL_POINTS, PHONE_SLOTS, POINTS
from schemas.config import Channel
from schemas.errors import ConfigError
from schemas.evidence import country_and_state
from schemas.findings import no_findings
from schemas.rules import EVERYWHERE, Rule, RuleChannel
from suppression.rules.coverage import CHANNEL_OF, Cell, unanswered
from suppression.rules.facts import Facts
from suppression.rules.loading import Asked, LoadedPack, PackRule
from suppression.rules.setting import PointOnChannel, Setting
from suppression.rules.time_windows import Bools, bools
from suppression.rules.us_states import is_state, state_bits

#: Bits of a lead's territory: the highest says that no pack covers a country, the next that one does.
_UNCOVERED = 63
_COVERED = 62


@dataclass(frozen=True)
class Active:
    """A rule in force, with what is quick to ask first."""

    of: PackRule
    scope: np.uint64
    states: np.uint64
    channels: tuple[Channel, ...]
    exemptions: tuple[Active, ...] = ()
    #: Whether an exemption of it can lapse: then a verdict that rests on it has a last day.
    lapses: bool = False
    #: Whether it may begin to hit with time: a window of it is still open.
    begins: bool = False


@dataclass(frozen=True)
class Hit:
    """One rule against one contact point (None: the whole row) on one channel (None: all)."""

    active: Active
    point: str | None
    channel: Channel | None
    rows: Bools
    at: PointOnChannel


class RuleSet:
    """The rules that are in force on the day of a run, for its channels; with the territories that they speak of."""

    def __init__(self, packs: list[LoadedPack], setting: Setting, always: Iterable[str] = ()) -> None:
        self.packs, self.setting = packs, setting
        self.rules = [each for pack in packs for each in pack.rules]
        lacking = unanswered(packs, setting.first_contact, setting.last_contact)
        # Of undeclared dialling both ways are asked.
        asked = {way for way in CHANNEL_OF if setting.reached((way,))}
        self._unanswered = {cell: tuple(sorted(lacks)) for cell, lacks in lacking.items() if cell.way in asked}
        scopes = sorted({*(each.regions for each in self.rules), *self._unanswered.values()})
        if len(scopes) > _COVERED:
            raise ConfigError([f"{len(scopes)} different sets of regions in the rule packs; at most {_COVERED} fit"])
        self._scopes = {regions: bit for bit, regions in enumerate(scopes)}
        self._covered = frozenset[str]().union(*(pack.pack.covered for pack in packs)) - {EVERYWHERE}
        self._meanings: dict[str, int] = {}
        self._everywhere = sum(1 << bit for regions, bit in self._scopes.items() if EVERYWHERE in regions)
        places = [country_and_state(code) for code in always]
        self._always = np.uint64(sum({1 << b for code, _ in places for b in range(62) if self.meaning(code) >> b & 1}))
        if wrong := [state for _, state in places if state is not None and not is_state(state)]:
            raise ConfigError([f"[rules] always: '{state}' is not a state of the United States" for state in wrong])
        self._always_states = np.uint64(state_bits({state for _, state in places if state is not None}))
        in_force = [each for each in self.rules if self._in_force(each.rule) and self._heard(each)]
        lifting: dict[str, list[Active]] = {}
        for each in in_force:
            for lifted in each.rule.lifts:
                lifting.setdefault(lifted, []).append(self._active(each, ()))
        self.active = [
            self._active(each, tuple(lifting.get(each.rule.id, ())))
            for each in in_force
            if each.rule.effect != "exempt"
        ]

    def meaning(self, region: str) -> int:
        """Bits of a region: the sets of regions that hold it, and whether some pack covers it."""
        if region not in self._meanings:
            bits = sum(1 << bit for regions, bit in self._scopes.items() if region in regions)
            self._meanings[region] = bits | 1 << (_COVERED if region in self._covered else _UNCOVERED)
        return self._meanings[region]

    def _in_force(self, rule: Rule) -> bool:
        """Whether a rule applies: on any day of contact, and an exemption on all of them."""
        first, last = self.setting.first_contact, self.setting.last_contact
        if rule.effect == "exempt":
            return rule.in_force(first) and rule.in_force(last)
        return (rule.in_force_from or last) <= last and first <= (rule.in_force_to or first)

    def _heard(self, each: PackRule) -> bool:
        return bool(self._channels(each))

    def _channels(self, each: PackRule) -> tuple[Channel, ...]:
        """Channels of the campaign that the rule speaks of; none where it is about data that stays."""
        if each.rule.leaving and not any(self._leaves(way) for way in each.rule.leaving):
            return ()
        return self.setting.reached(each.rule.reach)

    def _leaves(self, way: RuleChannel) -> bool:
        """Whether data leaves in this way. Rows may go back to the vendor after any scrub."""
        if way == "export":
            return self.setting.export is not None
        return self.setting.export is None and (way == "return" or self.setting.campaign.leaves)

    def _active(self, each: PackRule, exemptions: tuple[Active, ...]) -> Active:
        return Active(
            each,
            np.uint64(1 << self._scopes[each.regions]),
            np.uint64(state_bits(each.rule.states)),
            self._channels(each),
            exemptions,
            any(asked.ends for exemption in exemptions for asked in exemption.of.asked),
            any(asked.predicate.begins is not None for asked in each.asked),
        )

    def facts(self, frame: pl.DataFrame, found: pl.DataFrame, region: str | None) -> Facts:
        """Facts of a batch, in terms of these packs' territories."""
        return Facts(frame, found, self.setting, region, self.meaning)

    def judge(self, facts: Facts) -> Iterator[Hit]:
        """Every rule against every point that it hits, in order of the packs."""
        for active in self.active:
            if active.of.rule.level == "list":
                if active.of.rule.effect == "flag" or self._attested(active.of):
                    continue
                at = PointOnChannel(active.channels[0], CHANNEL_POINTS[active.channels[0]][0])
                hits = self.hits(active, facts, at, whole_row=True)
                if hits is not None:
                    yield Hit(active, None, None, hits, at)
                continue
            yield from self._judge_points(active, facts)

    def _judge_points(self, active: Active, facts: Facts) -> Iterator[Hit]:
        for point, reaching in self._reached(facts).items():
            if self.spoken_to(active, facts, point) is None:
                continue
            per_channel = {
                channel: hits
                for channel in reaching
                if channel in active.channels
                and (hits := self.hits(active, facts, PointOnChannel(channel, point))) is not None
            }
            if len(per_channel) == len(reaching):
                every = np.logical_and.reduce(list(per_channel.values()))
                if every.any():
                    yield Hit(active, point, None, every, PointOnChannel(reaching[0], point))
                    per_channel = {channel: hits & ~every for channel, hits in per_channel.items()}
            for channel, hits in per_channel.items():
                if hits.any():
                    yield Hit(active, point, channel, hits, PointOnChannel(channel, point))

    def _reached(self, facts: Facts) -> dict[str, list[Channel]]:
        """Contact points that the batch has, and the channels of the campaign that reach each."""
        return facts.once(
            "reached",
            lambda: {
                point: reaching
                for point in POINTS
                if (reaching := [channel for channel in self.setting.channels if point in facts.points(channel)])
            },
        )

    def hits(self, active: Active, facts: Facts, at: PointOnChannel, *, whole_row: bool = False) -> Bools | None:
        """Rows that a rule stands against and no exemption saves; None when there is none."""
        applies = self.applies(active, facts, at, whole_row=whole_row)
        if applies is None:
            return None
        for exemption in active.exemptions:
            saved = self.applies(exemption, facts, at, whole_row=whole_row)
            if saved is not None:
                applies = applies & ~saved
        return applies if applies.any() else None

    def applies(self, active: Active, facts: Facts, at: PointOnChannel, *, whole_row: bool = False) -> Bools | None:
        """Rows that a rule speaks of and whose conditions all hold, exemptions aside; None when there is none."""
        if at.channel not in active.channels:
            return None
        key = ("applies", active.of.rule.id, at, whole_row)
        return facts.once(key, lambda: self._applies(active, facts, at, whole_row))

    def _applies(self, active: Active, facts: Facts, at: PointOnChannel, whole_row: bool) -> Bools | None:
        rule = active.of.rule
        rows = self.spoken_to(active, facts, None if whole_row else at.point)
        if rows is None:
            return None
        rows = rows & (facts.leads if whole_row else facts.present(at.point))
        for asked in active.of.asked:
            if not rows.any():
                return None
            rows = rows & answer(asked, facts, at, against=rule.effect != "exempt")
        return rows if rows.any() else None

    def speaks(self, active: Active, facts: Facts, at: PointOnChannel) -> bool:
        """Whether a rule speaks of any lead of the batch: of its jurisdiction and its audience."""
        return self.spoken_to(active, facts, at.point) is not None

    def spoken_to(self, active: Active, facts: Facts, point: str | None) -> Bools | None:
        """Rows of whose jurisdiction and audience a rule speaks; None when there is none."""
        audience, everywhere = active.of.rule.audience, EVERYWHERE in active.of.regions
        if everywhere and audience == "any":
            return facts.all(True)
        # Who receives a point learns of the whole person: wherever that one is, by any number or the address.
        seen = point if point in PHONE_SLOTS and not active.of.rule.leaving else None
        scope, states = (None, None) if everywhere else (active.scope, active.states)
        return facts.once(("spoken to", scope, states, audience, seen), lambda: self._of_classes(active, facts, seen))

    def _of_classes(self, active: Active, facts: Facts, point: str | None) -> Bools | None:
        classes, audience = facts.classes(point), active.of.rule.audience
        chosen = np.ones(len(classes.business), dtype=bool)
        if EVERYWHERE not in active.of.regions:
            chosen &= ((classes.territory | self._always) & active.scope) != 0
            if active.states:
                chosen &= ((classes.states | self._always_states) & active.states) != 0
        if audience != "any":
            chosen &= classes.business == (audience == "business")
        return classes.rows(chosen)

    def unread_hits(self, facts: Facts) -> Iterator[tuple[Active, str, Channel, dict[str, Bools]]]:
        """Rules that block or review and do not hit a point only because a field could not be read.

        Yields the rule, point and channel, with rows by field. An exemption that holds saves these rows too.
        """
        for active in self.active:
            rule = active.of.rule
            if rule.level == "list" or rule.effect == "flag":
                continue
            asks = [asked for asked in active.of.asked if not asked.predicate.unknown_is_yes]
            fields = {name for asked in asks for name in asked.fields if facts.unread(name).any()}
            for point, reaching in self._reached(facts).items() if fields else ():
                for channel in reaching:
                    rows = self._would_hit(active, facts, PointOnChannel(channel, point), fields)
                    if rows is not None:
                        yield active, point, channel, rows

    def _would_hit(self, active: Active, facts: Facts, at: PointOnChannel, fields: set[str]) -> dict[str, Bools] | None:
        rows = self.spoken_to(active, facts, at.point)
        if rows is None or at.channel not in active.channels:
            return None
        rows = rows & facts.present(at.point)
        open_fields: dict[str, Bools] = {}
        for asked in active.of.asked:
            holds = answer(asked, facts, at, against=True)
            mine = set() if asked.predicate.unknown_is_yes else fields & set(asked.fields)
            for name in mine:
                open_fields[name] = open_fields.get(name, facts.all(False)) | (facts.unread(name) & ~holds)
            rows = rows & np.logical_or.reduce([holds, *(facts.unread(name) for name in mine)])
        for exemption in active.exemptions:
            saved = self.applies(exemption, facts, at)
            rows = rows if saved is None else rows & ~saved
        found = {name: rows & unread for name, unread in open_fields.items() if (rows & unread).any()}
        return found or None

    def told_apart(self, facts: Facts, by: Literal["audience", "states"]) -> Bools:
        """Rows of whose jurisdiction some rule speaks that tells people apart by their audience, or by their state."""
        found = facts.all(False)
        for active in self.active:
            for each in (active, *active.exemptions):
                rule = each.of.rule
                tells = rule.audience != "any" if by == "audience" else bool(rule.states)
                if tells and rule.effect != "flag" and rule.level == "lead":
                    here = facts.territory(None) | self._always
                    everywhere = EVERYWHERE in each.of.regions
                    found = found | (True if everywhere else (here & each.scope) != 0)
        return bools(found)

    def unverified(self, facts: Facts) -> Iterator[tuple[Cell, str, Channel, Bools]]:
        """Points in a country whose question of contact no rule answers: no rule that hits does not mean allowed."""
        for cell, countries in self._unanswered.items():
            channel, scope = CHANNEL_OF[cell.way], np.uint64(1 << self._scopes[countries])
            for point in facts.points(channel):
                audience = facts.business() if cell.audience == "business" else ~facts.business()
                rows = facts.present(point) & audience & bools((facts.territory(point) & scope) != 0)
                if rows.any():
                    yield cell, point, channel, rows

    def points(self, facts: Facts) -> list[str]:
        """Contact points of a batch that the campaign's channels can reach."""
        return list(dict.fromkeys(point for channel in facts.setting.channels for point in facts.points(channel)))

    def uncovered(self, facts: Facts, point: str) -> tuple[Bools, Bools]:
        """Rows whose point is in a country that no pack of the run covers, and rows of whom no country is known."""
        bits = facts.territory(point) | self._always
        present = facts.present(point)
        known = bits & np.uint64(1 << _UNCOVERED | 1 << _COVERED)
        unsaid = bools(known == 0) & ~facts.unread("country")
        return present & ((bits & np.uint64(1 << _UNCOVERED)) != 0), present & unsaid

    @cached_property
    def changes_on(self) -> date | None:
        """Last day before some rule comes into force or ends."""
        day = self.setting.last_contact
        starts = [each.rule.in_force_from for each in self.rules if self._heard(each)]
        ends = [each.rule.in_force_to for each in self.rules if self._heard(each)]
        last = [start - timedelta(days=1) for start in starts if start and start > day]
        return min([*last, *(end for end in ends if end and end >= day)], default=None)

    @cached_property
    def codes(self) -> dict[str, ReasonCode]:
        """The register of reason codes with these rules in it."""
        rejecting = {each.rule.id for each in self.rules if each.rule.level == "list" and each.rule.effect == "block"}
        reasons = [each.rule.reason for each in self.rules]
        return with_rules(
            (reason for reason in reasons if reason.code in rejecting),
            (reason for reason in reasons if reason.code not in rejecting),
        )

    def noted(self) -> list[PackRule]:
        """Rules about the whole list that only ask for attention."""
        one = self.facts(pl.DataFrame({"row_id": [0], "is_lead": [True]}), no_findings(), None)
        return [
            active.of
            for active in self.active
            if active.of.rule.level == "list" and active.of.rule.effect == "flag" and self._holds(active, one)
        ]

    def _holds(self, active: Active, facts: Facts) -> bool:
        at = PointOnChannel(active.channels[0], CHANNEL_POINTS[active.channels[0]][0])
        return all(answer(asked, facts, at, against=True).all() for asked in active.of.asked)

    def _attested(self, each: PackRule) -> bool:
        """Whether a person's word releases this review of the whole list."""
        return each.rule.effect == "review" and any(
            word.releases == each.rule.id and word.on <= self.setting.as_of for word in self.setting.vendor.attestations
        )


def answer(asked: Asked, facts: Facts, at: PointOnChannel, *, against: bool) -> Bools:
    """Ask a predicate, once for everything that its answer does not differ by."""
    predicate = asked.predicate
    part = {"run": (), "row": (), "point": (at.point,), "channel": (at.channel,)}[predicate.reads]
    key = ("answer", asked.key, part, against)
    return facts.once(key, lambda: predicate.test(facts, at, asked.given, against))
