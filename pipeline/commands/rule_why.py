"""Tells why the law let a lead through or held it: the facts, each rule that was asked, and what would release it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from pipeline.commands.asked_again import asked_again, setting_of
from pipeline.commands.hours_why import hours_story, hours_told
from pipeline.commands.verify import refuse_damaged
from pipeline.results.folder import open_manifest, scan
from pipeline.terminal import print_lines, write_json
from pipeline.workspace import workspace_of
from schemas.coded_findings import coded
from schemas.columns import COMMON_COLUMNS, PHONE_SLOTS, POST_POINT
from schemas.errors import UsageError
from schemas.frame_columns import REGION
from schemas.manifest import Manifest
from schemas.masking import mask
from suppression.rules.consent import LACKS
from suppression.rules.describe import SURE, found_true, released_in_words
from suppression.rules.engine import RuleSet
from suppression.rules.engine import answer as holds
from suppression.rules.facts import Facts
from suppression.rules.in_force import Active
from suppression.rules.loading import load_packs
from suppression.rules.setting import PointOnChannel, Setting
from suppression.rules.undeclared import missing_of
from suppression.rules.us_states import states_in

#: What an exemption is about that is not about the lead.
_OF_OTHERS = {
    "business": "the lead is a business, in its jurisdiction",
    "consumer": "the lead is a consumer, in its jurisdiction",
    "any": "the lead is in its jurisdiction",
}


def print_why(out: Path, row: int, *, as_json: bool) -> None:
    """Ask the run's rules about one row of its result again, and print each answer.

    Raises `UsageError` when the run had no rules, there is no such row, or the result is damaged.
    """
    manifest = open_manifest(out)
    if not manifest.rules.checked:
        raise UsageError(f"'{out}' was scrubbed without rule packs.", "Scrub it with --rules or a campaign's [rules].")
    refuse_damaged(out)
    story = _story(out, row, manifest)
    if as_json:
        write_json(story, default=str)
    else:
        print_lines(*_told(story))


def _story(out: Path, row: int, manifest: Manifest) -> dict[str, Any]:
    found = scan(out, "findings").filter(pl.col("row_id") == row).collect()
    verdict, rows = _row(out, row, manifest)
    frame, known = asked_again(out, rows)
    packs = load_packs([pack.name for pack in manifest.rules.packs], workspace_of(None))
    used = {pack.name: pack.sha256 for pack in manifest.rules.packs}
    rules = RuleSet(packs, setting_of(manifest), manifest.rules.always)
    facts = rules.facts(frame, coded(known), manifest.region)
    asked = []
    for channel in rules.setting.channels:
        for point in facts.points(channel):
            if facts.present(point)[0]:
                asked += _asked(rules, facts, PointOnChannel(channel, point), frame)
    whole = found.filter(pl.col("point").is_null() & (pl.col("effect") != "flag"))
    return {
        "row_id": row,
        "verdict": verdict,
        "as_of": manifest.as_of,
        "audience": "business" if facts.business()[0] else "consumer",
        "address": " ".join(_address(facts)) or None,
        "states": states_in(int(facts.states(None)[0])),
        "numbers": {slot: frame[REGION.of(slot)][0] for slot in PHONE_SLOTS if REGION.of(slot) in frame.columns},
        "taken_to_be_in": _stand_in(facts, frame, manifest.region),
        "consent_lacks": _lacking(int(facts.consents().lacks[0])),
        "whole_row": [f"{code}: {detail}" for code, detail in whole.select("code", "detail").rows()],
        "not_checked": _not_checked(found),
        "released": [word.model_dump(mode="json") for word in rules.released()],
        "asked": asked,
        "undeclared_costs": {name: each.rows for name, each in manifest.rules.undeclared.items()},
        "hours": hours_story(rules, facts, manifest) if verdict == "clean" else None,
        "call_notes": found.filter(pl.col("code").str.starts_with("call.")).get_column("detail").to_list(),
        "packs_changed_since": [pack.pack.name for pack in packs if used.get(pack.pack.name) != pack.sha256],
    }


def _not_checked(found: pl.DataFrame) -> list[str]:
    """Points for which no rule of the packs was verified: not checked is not clean."""
    mine = found.filter(pl.col("code").str.starts_with("rules.")).select("point", "channel", "code", "detail")
    return [f"{point}{f' ({on})' if on else ''}: {code}: {detail}" for point, on, code, detail in mine.rows()]


def _lacking(bits: int) -> list[str]:
    """What the consent lacks; of one that was not given, only that."""
    words = [words for bit, words in enumerate(LACKS.values()) if bits >> bit & 1]
    return words[:1] if bits & 1 else words


def _address(facts: Facts) -> list[str]:
    """Countries that the address names."""
    named = [column.values[column.of_row[0]] for column in facts.locations.address_regions()]
    return [region for region in named if region is not None]


def _stand_in(facts: Facts, frame: pl.DataFrame, region: str | None) -> str | None:
    """The run's region, where neither the address nor a number says the country."""
    said: list[str | None] = list(_address(facts))
    said += [frame[name][0] for name in frame.columns if name.endswith(":region")]
    return None if any(said) else region


def _row(out: Path, row: int, manifest: Manifest) -> tuple[str, pl.DataFrame]:
    """Find the row in either output."""
    for name in ("clean", "rejected"):
        found = scan(out, name).filter(pl.col("row_id") == row).select(COMMON_COLUMNS).collect()
        if len(found):
            break
    else:
        raise UsageError(f"'{out}' has no row {row}.", f"Rows go from 0 to {manifest.counts.read - 1}.")
    return name, found


def _asked(rules: RuleSet, facts: Facts, at: PointOnChannel, frame: pl.DataFrame) -> list[dict[str, Any]]:
    shown = "address" if at.point == POST_POINT else mask(frame[at.point][0])
    answers = []
    for active in rules.active:
        rule = active.of.rule
        if rule.level == "list" or at.channel not in active.channels or not rules.speaks(active, facts, at):
            continue
        applies = rules.applies(active, facts, at)
        lifting = [each.of.rule.id for each in active.exemptions if _holds(rules, each, facts, at)]
        state = "does not apply" if applies is None else "lifted" if lifting else "stands"
        answers.append(
            {
                "channel": at.channel,
                "point": at.point,
                "value": shown,
                "rule": rule.id,
                "effect": rule.effect,
                "says": rule.title,
                "state": state,
                "asks": _found(active, facts.setting),
                "lifted_by": lifting,
                "could_be_lifted_by": [each.of.rule.id for each in active.exemptions if state == "stands"],
                "why_not_lifted": _why_not(rules, active, facts, at) if state == "stands" else {},
                "citation": str(rule.citation),
                "confidence": rule.confidence,
                "reviewed_on": rule.reviewed_on.isoformat(),
                "remedy": rule.remedy if state == "stands" else "",
                "undeclared": _undeclared_behind(rules, active, facts, at) if state == "stands" else [],
            }
        )
    return answers


def _found(active: Active, setting: Setting) -> list[str]:
    pairs = zip(active.of.asked, active.of.rule.when, strict=True)
    return [found_true(asked, condition, setting) for asked, condition in pairs]


def _why_not(rules: RuleSet, active: Active, facts: Facts, at: PointOnChannel) -> dict[str, list[str]]:
    """For each exemption, what of it does not hold."""
    found = {}
    for exemption in active.exemptions:
        rule = exemption.of.rule
        if at.channel not in exemption.channels:
            found[rule.id] = [f"it is about {' or '.join(rule.channels)}"]
        elif not rules.speaks(exemption, facts, at):
            found[rule.id] = [_OF_OTHERS[rule.audience]]
        else:
            pairs = zip(exemption.of.asked, _found(exemption, facts.setting), strict=True)
            found[rule.id] = [said for asked, said in pairs if not holds(asked, facts, at, against=False)[0]]
    return found


def _undeclared_behind(rules: RuleSet, active: Active, facts: Facts, at: PointOnChannel) -> list[str]:
    """Undeclared fields that a rule rests on which stands here, itself or because an exemption does not hold."""
    names = [name for asked in active.of.asked for name in missing_of(asked, facts.setting)]
    for exemption in active.exemptions:
        if at.channel in exemption.channels and rules.speaks(exemption, facts, at):
            failing = [asked for asked in exemption.of.asked if not holds(asked, facts, at, against=False)[0]]
            missing = [missing_of(asked, facts.setting) for asked in failing]
            names += [name for found in missing for name in found] if all(missing) else []
    return [name for name in dict.fromkeys(names) if name in rules.missing.behind]


def _undeclared(story: dict[str, Any]) -> list[str]:
    """Declarations that are missing, each with the rules that it may change and what it costs the run."""
    missing: dict[str, list[str]] = {}
    for asked in story["asked"]:
        for name in asked["undeclared"]:
            missing.setdefault(name, []).append(asked["rule"])
    costs = story["undeclared_costs"]
    return [
        f"{name}: {', '.join(dict.fromkeys(rules))}"
        + (f"; up to {costs[name]:,} of the run's rejected rows would change" if name in costs else "")
        for name, rules in missing.items()
    ]


def _holds(rules: RuleSet, exemption: Active, facts: Facts, at: PointOnChannel) -> bool:
    return rules.applies(exemption, facts, at) is not None


def _told(story: dict[str, Any]) -> list[str]:
    numbers = ", ".join(f"{slot} in {region or 'no country'}" for slot, region in story["numbers"].items())
    lines = [
        f"row {story['row_id']}: {story['verdict']}, as of {story['as_of']}",
        f"  who          {story['audience']}",
        f"  where        address in {story['address'] or 'no country'}"
        + (f"; {numbers}" if numbers else "")
        + (f"; {' '.join(story['states'])}" if story["states"] else "")
        + (f"; taken to be in {taken}, the region of the run" if (taken := story["taken_to_be_in"]) else ""),
        f"  consent      lacks {', '.join(story['consent_lacks']) or 'nothing'}",
    ]
    lines += [f"  whole row    {finding}" for finding in story["whole_row"]]
    last = None
    for answer in story["asked"]:
        here = (answer["channel"], answer["point"])
        if here != last:
            lines.append(f"{answer['channel']} {answer['point']} {answer['value']}")
            last = here
        told = answer["state"] + (f" by {', '.join(answer['lifted_by'])}" if answer["lifted_by"] else "")
        lines.append(f"  {answer['rule']:<32} {answer['effect']:<7} {told}")
        if answer["state"] != "does not apply":
            lines.append(f"    law        {answer['says']} [{answer['citation']}]")
            lines.append(f"    sure       {SURE[answer['confidence']]}; reviewed on {answer['reviewed_on']}")
        if answer["state"] == "stands":
            lines.append(f"    because    {'; and '.join(answer['asks'])}")
            if answer["could_be_lifted_by"]:
                lines.append(f"    exempt by  {', '.join(answer['could_be_lifted_by'])}: none holds")
                lines += [f"      {name}: not true: {'; '.join(why)}" for name, why in answer["why_not_lifted"].items()]
            lines.append(f"    release    {answer['remedy']}")
    lines += [f"not checked  {said}" for said in story["not_checked"]]
    lines += [f"released     {released_in_words(word)}" for word in story["released"]]
    lines += [f"missing declaration  {said}" for said in _undeclared(story)]
    lines += hours_told(story["hours"], story["call_notes"])
    if story["packs_changed_since"]:
        lines.append(f"note: changed since the run: pack {', '.join(story['packs_changed_since'])}")
    return lines
