"""Tells why a clean lead may be called and texted when it may: each of the hours that hold, and what they come to."""

from __future__ import annotations

from typing import Any

import polars as pl

from schemas.manifest import Manifest
from suppression.rules.callees import callees
from suppression.rules.calling import CallingHours, CallWindow
from suppression.rules.engine import RuleSet
from suppression.rules.facts import Facts
from suppression.rules.telling import attempts_in_words, hours_in_words


def hours_story(rules: RuleSet, facts: Facts, manifest: Manifest) -> dict[str, Any] | None:
    """Ask the run's hours about its one clean row again; None where it is neither called nor texted."""
    day, opened = manifest.rules.calling_day, set(facts.frame["channels"][0])
    if day is None or not opened & {"call", "text"}:
        return None
    calling = CallingHours(rules.packs, rules.setting, day, manifest.rules.always)
    # A clean row holds only points that may be used.
    usable = {slot: facts.frame.select(pl.col(slot).is_not_null()).to_series() for slot in facts.points("call")}
    (callee,), _ = callees(facts, usable, {name: pl.Series([name in opened]) for name in rules.setting.channels})
    window = calling.window(callee)
    return {
        "day": day,
        "zone": window.zone,
        "open": window.stretches,
        "max_attempts": window.max_attempts,
        "attempt_days": window.attempt_days,
        "notes": [note.detail for note in (window.not_today, window.unknown) if note is not None],
        "asked": [
            {
                "rule": each.of.hours.id,
                "place": str(each.place),
                "says": hours_in_words(each.of.hours),
                "open": CallWindow(each.spans, window.zone).stretches,
                "shut": each.shut,
                "citation": str(each.of.hours.citation),
            }
            for each in calling.spoken(callee, day)
        ],
    }


def hours_told(story: dict[str, Any] | None) -> list[str]:
    """The story as lines of text."""
    if story is None:
        return []
    lines = [f"hours on {story['day']}" + (f", in the time of {story['zone']}" if story["zone"] else "")]
    for asked in story["asked"]:
        lines.append(f"  {asked['rule']:<32} {', '.join(asked['open']) or asked['shut'] or 'never'}")
        lines.append(f"    because    {asked['says']}, for {asked['place']} [{asked['citation']}]")
    lines.append(f"  {'together':<32} {', '.join(story['open']) or 'no hour that is known to be allowed'}")
    if story["max_attempts"]:
        lines.append(f"  {'attempts':<32} {attempts_in_words(story['max_attempts'], story['attempt_days'])} at most")
    return [*lines, *(f"    note       {note}" for note in story["notes"])]
