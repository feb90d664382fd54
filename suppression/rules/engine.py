"""Asks the rules of a run about a batch: which contact points each rule stands against, and what lifts it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import polars as pl

from schemas.codes import ReasonCode, with_rules
from schemas.columns import CHANNEL_POINTS, PHONE_SLOTS, POINTS
from schemas.config import Channel
from schemas.errors import ConfigError
from schemas.findings import no_findings
from schemas.rules import EVERYWHERE, RuleChannel
from suppression.rules.clocks import Bools
from suppression.rules.facts import Facts, Place, Setting
from suppression.rules.loading import Asked, LoadedPack, PackRule
from suppression.rules.places import state_bits

#: Bits of a lead's territory: the highest says that no pack covers a place, the next that every place is covered.
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
    place: Place


class RuleSet:
    """The rules that are in force on the day of a run, for its channels; with the territories that they speak of."""

    def __init__(self, packs: list[LoadedPack], setting: Setting, always: Iterable[str] = ()) -> None:
        self.packs, self.setting = packs, setting
        self.rules = [each for pack in packs for each in pack.rules]
        scopes = sorted({each.regions for each in self.rules})
        if len(scopes) > _COVERED:
            raise ConfigError([f"{len(scopes)} different sets of regions in the rule packs; at most {_COVERED} fit"])
        self._scopes = {regions: place for place, regions in enumerate(scopes)}
        self._covered = frozenset[str]().union(*(pack.pack.covered for pack in packs)) - {EVERYWHERE}
        self._meanings: dict[str, int] = {}
        self._everywhere = sum(1 << place for regions, place in self._scopes.items() if EVERYWHERE in regions)
        self._always = np.uint64(sum({1 << b for code in always for b in range(62) if self.meaning(code) >> b & 1}))
        in_force = [each for each in self.rules if each.rule.in_force(setting.as_of) and self._heard(each)]
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
            bits = sum(1 << place for regions, place in self._scopes.items() if region in regions)
            self._meanings[region] = bits | 1 << (_COVERED if region in self._covered else _UNCOVERED)
        return self._meanings[region]

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
                place = Place(active.channels[0], CHANNEL_POINTS[active.channels[0]][0])
                hits = self.hits(active, facts, place, whole_row=True)
                if hits is not None:
                    yield Hit(active, None, None, hits, place)
                continue
            yield from self._judge_points(active, facts)

    def _judge_points(self, active: Active, facts: Facts) -> Iterator[Hit]:
        for point, reaching in self._reached(facts).items():
            if self.spoken_to(active, facts, point) is None:
                continue
            per_channel = {
                channel: hits
                for channel in reaching
                if channel in active.channels and (hits := self.hits(active, facts, Place(channel, point))) is not None
            }
            if len(per_channel) == len(reaching):
                every = np.logical_and.reduce(list(per_channel.values()))
                if every.any():
                    yield Hit(active, point, None, every, Place(reaching[0], point))
                    per_channel = {channel: hits & ~every for channel, hits in per_channel.items()}
            for channel, hits in per_channel.items():
                if hits.any():
                    yield Hit(active, point, channel, hits, Place(channel, point))

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

    def hits(self, active: Active, facts: Facts, place: Place, *, whole_row: bool = False) -> Bools | None:
        """Rows that a rule stands against and no exemption saves; None when there is none."""
        applies = self.applies(active, facts, place, whole_row=whole_row)
        if applies is None:
            return None
        for exemption in active.exemptions:
            saved = self.applies(exemption, facts, place, whole_row=whole_row)
            if saved is not None:
                applies = applies & ~saved
        return applies if applies.any() else None

    def applies(self, active: Active, facts: Facts, place: Place, *, whole_row: bool = False) -> Bools | None:
        """Rows that a rule speaks of and whose conditions all hold, exemptions aside; None when there is none."""
        if place.channel not in active.channels:
            return None
        key = ("applies", active.of.rule.id, place, whole_row)
        return facts.once(key, lambda: self._applies(active, facts, place, whole_row))

    def _applies(self, active: Active, facts: Facts, place: Place, whole_row: bool) -> Bools | None:
        rule = active.of.rule
        rows = self.spoken_to(active, facts, None if whole_row else place.point)
        if rows is None:
            return None
        rows = rows & (facts.leads if whole_row else facts.present(place.point))
        for asked in active.of.asked:
            if not rows.any():
                return None
            rows = rows & answer(asked, facts, place, against=rule.effect != "exempt")
        return rows if rows.any() else None

    def speaks(self, active: Active, facts: Facts, place: Place) -> bool:
        """Whether a rule speaks of any lead of the batch: of its jurisdiction and its audience."""
        return self.spoken_to(active, facts, place.point) is not None

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
                chosen &= (classes.states & active.states) != 0
        if audience != "any":
            chosen &= classes.business == (audience == "business")
        return classes.rows(chosen)

    def points(self, facts: Facts) -> list[str]:
        """Contact points of a batch that the campaign's channels can reach."""
        return list(dict.fromkeys(point for channel in facts.setting.channels for point in facts.points(channel)))

    def uncovered(self, facts: Facts, point: str) -> tuple[Bools, Bools]:
        """Rows whose point is in a country that no pack of the run covers, and rows of whom no country is known."""
        bits = facts.territory(point) | self._always
        present = facts.present(point)
        known = bits & np.uint64(1 << _UNCOVERED | 1 << _COVERED)
        return present & ((bits & np.uint64(1 << _UNCOVERED)) != 0), present & (known == 0)

    @cached_property
    def changes_on(self) -> date | None:
        """Last day before some rule comes into force or ends."""
        day = self.setting.as_of
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
        place = Place(active.channels[0], CHANNEL_POINTS[active.channels[0]][0])
        return all(answer(asked, facts, place, against=True).all() for asked in active.of.asked)

    def _attested(self, each: PackRule) -> bool:
        """Whether a person's word releases this review of the whole list."""
        return each.rule.effect == "review" and any(
            word.releases == each.rule.id and word.on <= self.setting.as_of for word in self.setting.vendor.attestations
        )


def answer(asked: Asked, facts: Facts, place: Place, *, against: bool) -> Bools:
    """Ask a predicate, once for everything that its answer does not differ by."""
    predicate = asked.predicate
    part = {"run": (), "row": (), "point": (place.point,), "channel": (place.channel,)}[predicate.reads]
    key = ("answer", asked.key, part, against)
    return facts.once(key, lambda: predicate.test(facts, place, asked.given, against))
