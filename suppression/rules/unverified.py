"""What the packs of a run cannot answer: countries that they do not cover, and questions of contact without a rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from suppression.rules.coverage import CHANNEL_OF
from suppression.rules.engine import RuleSet
from suppression.rules.facts import Facts
from suppression.rules.territories import COVERED, UNCOVERED
from suppression.rules.time_windows import Bools, bools


@dataclass(frozen=True)
class Unanswered:
    """Rows whose point, on a channel (None: on all), no rule of the packs was verified for. ``code``: why."""

    code: str
    point: str
    channel: str | None
    rows: Bools
    detail: str


def unanswered_points(rules: RuleSet, facts: Facts) -> Iterator[Unanswered]:
    """Points in countries whose law the run does not have, or without any country: not checked is not clean."""
    for point in rules.points(facts):
        outside, unknown = _uncovered(rules, facts, point)
        for rows, code, said in (
            (outside, "rules.not_covered", "number or address is in a country that these packs do not cover"),
            (unknown, "rules.no_country", "neither number nor address says the country"),
        ):
            if rows.any():
                yield Unanswered(code, point, None, rows, said)
    yield from _unverified(rules, facts)


def _uncovered(rules: RuleSet, facts: Facts, point: str) -> tuple[Bools, Bools]:
    """Rows whose point is in a country that no pack of the run covers, and rows of whom no country is known."""
    bits = facts.territory(point) | rules.territories.always
    present = facts.present(point)
    outside = present & ((bits & UNCOVERED) != 0)
    unsaid = bools((bits & (UNCOVERED | COVERED)) == 0)
    return outside, present & unsaid & ~facts.unread("country") if unsaid.any() else unsaid


def _unverified(rules: RuleSet, facts: Facts) -> Iterator[Unanswered]:
    """Points in a country whose question of contact no rule answers: no rule that hits does not mean allowed."""
    for cell, countries in rules.unanswered.items():
        channel, scope = CHANNEL_OF[cell.way], rules.territories.of_set(countries)
        for point in facts.points(channel):
            classes = facts.classes(point)
            open_classes = (classes.territory & scope) != 0
            spoken = classes.rows(bools(open_classes & (classes.business == (cell.audience == "business"))))
            if spoken is not None and (rows := np.logical_and(spoken, facts.present(point))).any():
                said = f"no rule of these packs was verified on {cell} in the country of the number or the address"
                yield Unanswered("rules.unverified", point, channel, rows, said)
