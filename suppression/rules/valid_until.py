"""How long a verdict of the law holds: until a window closes or opens that it rests on, or the law itself changes."""

from __future__ import annotations

from functools import partial

import numpy as np
import numpy.typing as npt

from schemas.columns import CHANNEL_POINTS
from suppression.rules.engine import RuleSet, answer
from suppression.rules.facts import Facts
from suppression.rules.in_force import Active
from suppression.rules.loading import PackRule
from suppression.rules.setting import PointOnChannel
from suppression.rules.time_windows import NEVER, Days, since_epoch

Rows = npt.NDArray[np.intp]
_NO_ROWS: Rows = np.empty(0, dtype=np.intp)
#: In an array of last days: the day is over.
_ALREADY = np.iinfo(np.int32).min


def until(rules: RuleSet, facts: Facts, point: str) -> Days:
    """Last day on which what lifts the rules against a point still lifts them; `NEVER` where nothing ends."""
    change = rules.changes_on
    latest = int(NEVER) if change is None else since_epoch(change)
    ends = np.full(facts.rows, latest, dtype=np.int32)
    for channel in facts.setting.channels:
        if point not in CHANNEL_POINTS[channel]:
            continue
        for active in rules.active:
            if active.of.rule.effect == "flag" or active.of.rule.level == "list":
                continue
            at = PointOnChannel(channel, point)
            if active.begins:
                _end_with(ends, *_free_until(rules, active, facts, at))
            # What has no end needs no date: only an exemption with a window can be the first to lapse.
            if active.lapses and (applies := rules.applies(active, facts, at)) is not None:
                rows = np.flatnonzero(applies)
                _end_with(ends, rows, _saved_until(rules, active, facts, at, rows))
    return ends


def _end_with(ends: Days, rows: Rows, last: Days) -> None:
    ends[rows] = np.minimum(ends[rows], last)


def _free_until(rules: RuleSet, active: Active, facts: Facts, at: PointOnChannel) -> tuple[Rows, Days]:
    """Rows that only time keeps a rule from, and the last day before it begins to hit each of them."""
    spoken = None if active.never else rules.spoken_to(active, facts, at.point)
    if spoken is None or at.channel not in active.channels:
        return _NO_ROWS, np.empty(0, dtype=np.int32)
    mine = spoken & facts.present(at.point)
    for asked in active.asked:
        if asked.predicate.begins is None:
            mine = mine & answer(asked, facts, at, against=True)
    rows = np.flatnonzero(mine)
    waits = np.full(len(rows), _ALREADY, dtype=np.int32)
    for asked in active.asked if len(rows) else ():
        if asked.predicate.begins is not None:
            holds = answer(asked, facts, at, against=True)[rows]
            last = facts.once(("begins", asked.key), partial(asked.predicate.begins, facts, asked.given))
            waits = np.where(holds, waits, np.maximum(waits, last[rows]))
    # An exemption that holds for longer than the rule waits has the last word.
    held = [rules.applies(exemption, facts, at) for exemption in active.exemptions] if len(rows) else []
    exempt = [saved[rows] for saved in held if saved is not None]
    if exempt:
        longest = np.maximum(waits, _saved_until(rules, active, facts, at, rows))
        waits = np.where(np.logical_or.reduce(exempt), longest, waits)
    return rows, np.where(waits != _ALREADY, waits, NEVER)


def _saved_until(rules: RuleSet, active: Active, facts: Facts, at: PointOnChannel, rows: Rows) -> Days:
    """For each of these rows the latest end of the exemptions that hold; `NEVER` where none does: nothing was saved."""
    latest = np.full(len(rows), _ALREADY, dtype=np.int32)
    for exemption in active.exemptions:
        saved = rules.applies(exemption, facts, at)
        if saved is not None and (mine := saved[rows]).any():
            latest = np.where(mine, np.maximum(latest, _end_of(exemption.of, facts)[rows]), latest)
    return np.where(latest == _ALREADY, NEVER, latest)


def _end_of(each: PackRule, facts: Facts) -> Days:
    """When the conditions of an exemption stop to hold: the first of them."""
    return facts.once(("end of", each.rule.id), lambda: _first_end(each, facts))


def _first_end(each: PackRule, facts: Facts) -> Days:
    ends = np.full(facts.rows, NEVER, dtype=np.int32)
    for asked in each.asked:
        if asked.predicate.until is not None:
            last = facts.once(("end", asked.key), partial(asked.predicate.until, facts, asked.given))
            ends = np.minimum(ends, last)
    return ends
