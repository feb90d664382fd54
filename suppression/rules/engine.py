"""Asks the rules of a run about a batch: which contact points each rule stands against, and what lifts it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import polars as pl

from schemas.coded_findings import CodedFindings
from schemas.codes import ReasonCode, with_rules
from schemas.columns import CHANNEL_POINTS, PHONE_SLOTS, POINTS
from schemas.config import Channel
from schemas.evidence import Attestation
from suppression.rules.coverage import CHANNEL_OF, unanswered
from suppression.rules.facts import Facts
from suppression.rules.in_force import Active, InForce, lead_without_facts
from suppression.rules.loading import Asked, LoadedPack, PackRule
from suppression.rules.setting import PointOnChannel, Setting
from suppression.rules.territories import Territories
from suppression.rules.time_windows import Bools
from suppression.rules.undeclared import Missing, missing_declarations


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
        #: Questions of contact that no rule answers, each with the countries where that is so.
        self.unanswered = {cell: tuple(sorted(lacks)) for cell, lacks in lacking.items() if cell.way in asked}
        covered = frozenset[str]().union(*(pack.pack.covered for pack in packs))
        scopes = (*(each.regions for each in self.rules), *self.unanswered.values())
        self.territories = Territories(scopes, covered, always)
        self._in_force = InForce(self.rules, setting, self.territories)
        self.active = self._in_force.active()

    @cached_property
    def changes_on(self) -> date | None:
        """Last day before some rule comes into force or ends."""
        return self._in_force.unchanged_until()

    @cached_property
    def codes(self) -> dict[str, ReasonCode]:
        """The register of reason codes with these rules in it."""
        rejecting = {each.rule.id for each in self.rules if each.rule.level == "list" and each.rule.effect == "block"}
        reasons = [each.rule.reason for each in self.rules]
        return with_rules(
            (reason for reason in reasons if reason.code in rejecting),
            (reason for reason in reasons if reason.code not in rejecting),
        )

    @cached_property
    def missing(self) -> Missing:
        """Fields that campaign and vendor leave undeclared, with what rests on each."""
        return missing_declarations(self.active, self.setting, self.territories)

    def released(self) -> list[Attestation]:
        """The words of people that release reviews of the whole list that would otherwise stand."""
        one = lead_without_facts(self.setting, self.territories)
        standing = {
            active.of.rule.id
            for active in self.active
            if active.of.rule.level == "list" and active.of.rule.effect == "review" and self._holds(active, one)
        }
        said = self.setting.vendor.attestations
        return [word for word in said if word.releases in standing and word.on <= self.setting.as_of]

    def noted(self) -> list[PackRule]:
        """Rules about the whole list that only ask for attention."""
        one = lead_without_facts(self.setting, self.territories)
        return [
            active.of
            for active in self.active
            if active.of.rule.level == "list" and active.of.rule.effect == "flag" and self._holds(active, one)
        ]

    def _holds(self, active: Active, facts: Facts) -> bool:
        at = PointOnChannel(active.channels[0], CHANNEL_POINTS[active.channels[0]][0])
        return not active.never and all(answer(asked, facts, at, against=True).all() for asked in active.asked)

    def facts(self, frame: pl.DataFrame, found: CodedFindings, region: str | None) -> Facts:
        """Facts of a batch, in terms of these packs' territories."""
        return Facts(frame, found, self.setting, region, self.territories.meaning, self.territories.always_states)

    def points(self, facts: Facts) -> dict[str, list[Channel]]:
        """Contact points that the batch has, and the channels of the campaign that reach each."""
        return facts.once(
            "reached",
            lambda: {
                point: reaching
                for point in POINTS
                if (reaching := [channel for channel in self.setting.channels if point in facts.points(channel)])
            },
        )

    def judge(self, facts: Facts) -> Iterator[Hit]:
        """Every rule against every point that it hits, in order of the packs."""
        for active in self.active:
            if active.never:
                continue
            if active.of.rule.level == "lead":
                yield from self._judge_points(active, facts)
            elif active.of.rule.effect != "flag" and not self._attested(active.of):
                at = PointOnChannel(active.channels[0], CHANNEL_POINTS[active.channels[0]][0])
                hits = self.hits(active, facts, at, whole_row=True)
                if hits is not None:
                    yield Hit(active, None, None, hits, at)

    def _attested(self, each: PackRule) -> bool:
        """Whether a person's word releases this review of the whole list."""
        return each.rule.effect == "review" and any(
            word.releases == each.rule.id and word.on <= self.setting.as_of for word in self.setting.vendor.attestations
        )

    def _judge_points(self, active: Active, facts: Facts) -> Iterator[Hit]:
        for point, reaching in self.points(facts).items():
            if self.spoken_to(active, facts, point) is None:
                continue
            per_channel = {
                channel: hits
                for channel in reaching
                if (hits := self.hits(active, facts, PointOnChannel(channel, point))) is not None
            }
            if len(per_channel) == len(reaching):
                every = np.logical_and.reduce(list(per_channel.values()))
                if every.any():
                    yield Hit(active, point, None, every, PointOnChannel(reaching[0], point))
                if len(reaching) == 1:
                    continue
                per_channel = {channel: hits & ~every for channel, hits in per_channel.items()}
            for channel, hits in per_channel.items():
                if hits.any():
                    yield Hit(active, point, channel, hits, PointOnChannel(channel, point))

    def hits(self, active: Active, facts: Facts, at: PointOnChannel, *, whole_row: bool = False) -> Bools | None:
        """Rows that a rule stands against and no exemption saves; None when there is none."""
        applies = self.applies(active, facts, at, whole_row=whole_row)
        if applies is None:
            return None
        rows = applies
        for exemption in active.exemptions:
            saved = self.applies(exemption, facts, at, whole_row=whole_row)
            if saved is not None:
                rows = rows & ~saved
        return rows if rows is applies or rows.any() else None

    def applies(self, active: Active, facts: Facts, at: PointOnChannel, *, whole_row: bool = False) -> Bools | None:
        """Rows that a rule speaks of and whose conditions all hold, exemptions aside; None when there is none."""
        if active.never or at.channel not in active.channels:
            return None
        key = ("applies", active.of.rule.id, at, whole_row)
        return facts.once(key, lambda: self._applies(active, facts, at, whole_row))

    def _applies(self, active: Active, facts: Facts, at: PointOnChannel, whole_row: bool) -> Bools | None:
        point = None if whole_row else at.point
        rows = self.spoken_to(active, facts, point)
        if rows is None:
            return None
        rows = rows & (facts.leads if point is None else facts.present(point))
        for asked in active.asked:
            if not rows.any():
                return None
            holds = answer(asked, facts, at, against=active.of.rule.effect != "exempt")
            if holds is not facts.all(True):
                rows = rows & holds
        return rows if rows.any() else None

    def speaks(self, active: Active, facts: Facts, at: PointOnChannel) -> bool:
        """Whether a rule speaks of any lead of the batch: of its jurisdiction and its audience."""
        return self.spoken_to(active, facts, at.point) is not None

    def spoken_to(self, active: Active, facts: Facts, point: str | None) -> Bools | None:
        """Rows of whose jurisdiction and audience a rule speaks; None when there is none."""
        audience = active.of.rule.audience
        if active.everywhere and audience == "any":
            return facts.all(True)
        # Who receives a point learns of the whole person: wherever that one is, by any number or the address.
        seen = point if point in PHONE_SLOTS and not active.of.rule.leaving else None
        scope, states = (None, None) if active.everywhere else (active.scope, active.states)
        return facts.once(("spoken to", scope, states, audience, seen), lambda: self._of_classes(active, facts, seen))

    def _of_classes(self, active: Active, facts: Facts, point: str | None) -> Bools | None:
        classes, audience, where = facts.classes(point), active.of.rule.audience, self.territories
        if not (active.everywhere or (classes.anywhere | where.always) & active.scope):
            return None
        chosen = np.ones(len(classes.business), dtype=bool)
        if not active.everywhere:
            chosen &= ((classes.territory | where.always) & active.scope) != 0
            if active.states:
                chosen &= ((classes.states | where.always_states) & active.states) != 0
        if audience != "any":
            chosen &= classes.business == (audience == "business")
        return classes.rows(chosen)


def answer(asked: Asked, facts: Facts, at: PointOnChannel, *, against: bool) -> Bools:
    """Ask a predicate, once for everything that its answer does not differ by."""
    predicate = asked.predicate
    differs_by = at.point if predicate.reads == "point" else at.channel if predicate.reads == "channel" else None
    key = ("answer", asked.key, differs_by, against)
    return facts.once(key, lambda: facts.shared(predicate.test(facts, at, asked.given, against)))
