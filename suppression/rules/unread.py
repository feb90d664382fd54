"""Evidence that is there and cannot be read: where a rule may rest on it, the lead is for review."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from schemas.codes import UNREAD_FIELDS
from schemas.config import Channel
from suppression.rules.engine import RuleSet, answer
from suppression.rules.facts import Facts
from suppression.rules.in_force import Active
from suppression.rules.setting import PointOnChannel
from suppression.rules.time_windows import Bools, bools


@dataclass(frozen=True)
class UnreadEvidence:
    """A field that cannot be read, on these rows, and why that matters. ``point`` and ``channel`` None: for all."""

    field: str
    point: str | None
    channel: str | None
    rows: Bools
    source: str
    detail: str

    @property
    def code(self) -> str:
        """Its reason code."""
        return f"unread.{self.field if self.field in UNREAD_FIELDS else 'evidence'}"


def unread_evidence(rules: RuleSet, facts: Facts, columns: Mapping[str, str]) -> Iterator[UnreadEvidence]:
    """What cannot be read and matters. ``columns`` has the source column of each field, where it is known."""
    packs = "packs " + ", ".join(f"{pack.pack.name} {pack.pack.version}" for pack in rules.packs)

    def of_row(field: str, rows: Bools, why: str) -> UnreadEvidence:
        return UnreadEvidence(field, None, None, rows & facts.leads, packs, f"{_named(field, columns)}; {why}")

    yield of_row("country", facts.unread("country"), "whose law holds is not known")
    for field in ("state", "postal_code"):
        if facts.unread(field).any():
            yield of_row(
                field, facts.unread(field) & _told_apart(rules, facts, "states"), "states have laws of their own"
            )
    if facts.unread("is_business").any():
        rows = facts.unread("is_business") & _told_apart(rules, facts, "audience")
        yield of_row("is_business", rows, "the law tells businesses and people apart")
    yield from _by_rule(rules, facts, columns)


def _by_rule(rules: RuleSet, facts: Facts, columns: Mapping[str, str]) -> Iterator[UnreadEvidence]:
    """Fields for which a rule would stand against a point, could it be read; the first such rule is named."""
    told: dict[tuple[str, str, str], Bools] = {}
    for active, point, channel, by_field in _unread_hits(rules, facts):
        for field, rows in by_field.items():
            key = (field, point, channel)
            new = rows & ~told.get(key, np.zeros(facts.rows, dtype=bool))
            told[key] = told.get(key, rows) | rows
            if new.any():
                detail = f"{_named(field, columns)}; {active.of.rule.id} may stand"
                yield UnreadEvidence(field, point, channel, new, active.of.authority, detail)


def _unread_hits(rules: RuleSet, facts: Facts) -> Iterator[tuple[Active, str, Channel, dict[str, Bools]]]:
    """Rules that block or review and do not hit a point only because a field could not be read.

    Yields the rule, point and channel, with rows by field. An exemption that holds saves these rows too.
    """
    for active in rules.active:
        rule = active.of.rule
        if active.never or rule.level == "list" or rule.effect == "flag":
            continue
        asks = [asked for asked in active.asked if not asked.predicate.unknown_is_yes]
        fields = {name for asked in asks for name in asked.fields if facts.unread(name).any()}
        for point, reaching in rules.points(facts).items() if fields else ():
            for channel in reaching:
                rows = _would_hit(rules, active, facts, PointOnChannel(channel, point), fields)
                if rows is not None:
                    yield active, point, channel, rows


def _would_hit(
    rules: RuleSet, active: Active, facts: Facts, at: PointOnChannel, fields: set[str]
) -> dict[str, Bools] | None:
    rows = rules.spoken_to(active, facts, at.point)
    if rows is None or at.channel not in active.channels:
        return None
    rows = rows & facts.present(at.point)
    open_fields: dict[str, Bools] = {}
    for asked in active.asked:
        holds = answer(asked, facts, at, against=True)
        # In the order in which the question names them: that of a set would differ from run to run.
        mine = (
            [] if asked.predicate.unknown_is_yes else [name for name in dict.fromkeys(asked.fields) if name in fields]
        )
        for name in mine:
            open_fields[name] = open_fields.get(name, facts.all(False)) | (facts.unread(name) & ~holds)
        rows = rows & np.logical_or.reduce([holds, *(facts.unread(name) for name in mine)])
    for exemption in active.exemptions:
        saved = rules.applies(exemption, facts, at)
        rows = rows if saved is None else rows & ~saved
    found = {name: rows & unread for name, unread in open_fields.items() if (rows & unread).any()}
    return found or None


def _told_apart(rules: RuleSet, facts: Facts, by: Literal["audience", "states"]) -> Bools:
    """Rows of whose jurisdiction some rule speaks that tells people apart by their audience, or by their state."""
    found = facts.all(False)
    here = facts.territory(None) | rules.territories.always
    for active in rules.active:
        for each in (active, *active.exemptions):
            rule = each.of.rule
            tells = rule.audience != "any" if by == "audience" else bool(rule.states)
            if tells and rule.effect != "flag" and rule.level == "lead":
                found = found | (True if each.everywhere else (here & each.scope) != 0)
    return bools(found)


def _named(field: str, columns: Mapping[str, str]) -> str:
    column = columns.get(field)
    where = f"column '{column}' ({field})" if column else f"field {field}"
    what = UNREAD_FIELDS.get(field, field).partition(",")[0]
    return f"{where}: the cell cannot be read as {what}"
