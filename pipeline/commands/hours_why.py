"""Tells why a clean lead may be called and texted when it may: each of the hours that hold, and what they come to."""

from __future__ import annotations

from typing import Any

import polars as pl

from schemas.columns import CALL_COLUMNS
from schemas.manifest import Manifest
from suppression.rules.calling import CallingHours, Who
from suppression.rules.describe import attempts_in_words, hours_in_words
from suppression.rules.engine import RuleSet
from suppression.rules.facts import Facts
from suppression.rules.row_locations import locations_of_rows
from suppression.rules.time_zones import stretches


def hours_story(rules: RuleSet, facts: Facts, manifest: Manifest) -> dict[str, Any] | None:
    """Ask the run's hours about its one clean row again; None where it is neither called nor texted."""
    day, opened = manifest.rules.calling_day, set(facts.frame["channels"][0])
    if day is None or not opened & {"call", "text"}:
        return None
    calling = CallingHours(rules.packs, rules.setting, day, manifest.rules.always)
    # A clean row holds only points that may be used.
    usable = {slot: facts.frame.select(pl.col(slot).is_not_null()).to_series() for slot in facts.points("call")}
    known, of_rows = locations_of_rows(facts, usable)
    places = dict.fromkeys(known[int(place[0])] for place in of_rows)
    channels = tuple(name for name in rules.setting.channels if name in opened & {"call", "text"})
    who = Who(bool(facts.business()[0]), channels)
    zone = next((place.zones[0] for place in places if place and place.zones), None)
    return {
        "day": day,
        "zone": zone,
        **facts.frame.select(CALL_COLUMNS).row(0, named=True),
        "asked": [
            {
                "rule": each.of.hours.id,
                "place": str(each.place),
                "says": hours_in_words(each.of.hours),
                "open": stretches(each.spans, zone),
                "shut": each.shut,
                "citation": str(each.of.hours.citation),
            }
            for place in places
            if place is not None
            for each in calling.spoken(who, place)
        ],
    }


def hours_told(story: dict[str, Any] | None, found: list[str]) -> list[str]:
    """The story as lines of text; ``found`` says of hours that are missing why they are."""
    if story is None:
        return []
    lines = [f"hours on {story['day']}" + (f", in the time of {story['zone']}" if story["zone"] else "")]
    for asked in story["asked"]:
        lines.append(f"  {asked['rule']:<32} {', '.join(asked['open']) or asked['shut'] or 'never'}")
        lines.append(f"    because    {asked['says']}, for {asked['place']} [{asked['citation']}]")
    together = ", ".join(story["call_hours"] or []) or "no hour that is known to be allowed"
    lines.append(f"  {'together':<32} {together}")
    if story["max_attempts"]:
        lines.append(f"  {'attempts':<32} {attempts_in_words(story['max_attempts'], story['attempt_days'])} at most")
    return [*lines, *(f"    note       {note}" for note in found)]
