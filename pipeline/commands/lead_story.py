"""The story of one lead out of a result, and how it is said: nobody's whole phone or email is in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from pipeline.evidence.facts import given, meaning, reviews_of
from pipeline.results.folder import scan
from schemas.columns import CALL_COLUMNS, EMAIL_SLOTS, PHONE_SLOTS
from schemas.errors import UsageError
from schemas.manifest import Manifest
from schemas.masking import mask
from schemas.support.figures import counted
from schemas.support.shown import masked_addresses, shown
from suppression.rules.describe import SURE, attempts_in_words, released_in_words


def lead_story(
    out: Path, row: int, manifest: Manifest, workspace: Path | None, match: str | None = None
) -> dict[str, Any]:
    """Everything that is known of a row. ``match``: how it was found, where it may not be who was asked for.

    ``workspace``: which knows what people decided about it. Raises `UsageError` when there is no such row.
    """
    for name in ("clean", "rejected"):
        found = scan(out, name).filter(pl.col("row_id") == row).collect()
        if len(found):
            lead = found.to_dicts()[0]
            break
    else:
        raise UsageError(f"'{out}' has no row {row}.", f"Rows go from 0 to {manifest.counts.read - 1}.")
    findings = scan(out, "findings").filter(pl.col("row_id") == row).drop("row_id").collect().to_dicts()
    lists = [
        {
            "name": lst.name,
            "kind": lst.kind,
            "version": lst.version[:12],
            "as_of": lst.as_of,
            "entries": lst.entries.indexed,
        }
        for lst in manifest.lists
    ]
    points = {slot: mask(lead[slot]) for slot in (*PHONE_SLOTS, *EMAIL_SLOTS) if lead[slot]}
    return {
        "row_id": row,
        "match": match,
        "verdict": name,
        "source_file": masked_addresses(lead["source_file"]),
        "source_line": lead["source_line"],
        "vendor": lead["vendor"],
        "channels": lead["channels"],
        "valid_until": lead["valid_until"],
        "calling": {name: lead[name] for name in CALL_COLUMNS},
        "reasons": lead.get("reasons", []),
        "means": {code: meaning(code, manifest) for code in lead.get("reasons", [])},
        "disposition": lead.get("disposition"),
        "points": points,
        "undeclared": {
            name: [code for code in lead.get("reasons", []) if code in each.rules]
            for name, each in manifest.rules.undeclared.items()
            if set(each.rules) & set(lead.get("reasons", []))
        },
        "attested": {
            "campaign": given(manifest.rules.campaign_evidence),
            "vendor": given(manifest.rules.vendor_evidence),
        },
        "released": [word.model_dump(mode="json") for word in manifest.rules.released],
        "decided": reviews_of(lead, manifest, workspace),
        "findings": findings,
        "lists_consulted": lists,
        "as_of": manifest.as_of,
        "run_id": manifest.run_id,
    }


def _calling(hours: dict[str, Any]) -> list[str]:
    """When the lead may be called, and on whose authority; nothing where no rule says."""
    if not hours["call_rules"]:
        return []
    lines = []
    if hours["call_hours"]:
        first, last = (f"{hours[name]:%Y-%m-%d %H:%M}" for name in ("call_after_utc", "call_before_utc"))
        lines.append(f"  call         {', '.join(hours['call_hours'])} {hours['call_zone']}")
        lines.append(f"               at the longest from {first} to {last} UTC")
    if hours["max_attempts"]:
        lines.append(f"  attempts     {attempts_in_words(hours['max_attempts'], hours['attempt_days'])} at most")
    return [*lines, f"  hours by     {', '.join(hours['call_rules'])}"]


def story_lines(story: dict[str, Any]) -> list[str]:
    """The story as lines of text."""
    lines = [
        f"row {story['row_id']}"
        + (f" ({story['match']})" if story["match"] else "")
        + f": {story['verdict']}"
        + (f" for {', '.join(story['channels'])}" if story["channels"] else "")
        + (f", until {story['valid_until']}" if story["valid_until"] else ""),
        f"  came from    {story['source_file']} line {story['source_line']}"
        + (f", vendor {story['vendor']}" if story["vendor"] else ""),
    ]
    lines += [f"  {point:<12} {value}" for point, value in story["points"].items()]
    lines += _calling(story["calling"])
    for position, code in enumerate(story["reasons"]):
        means = story["means"][code]
        cited = f" [{means['citation']}]" if means["citation"] else ""
        lines.append(f"  {'because' if position == 0 else 'and':<12} {code}: {means['title']}{cited}")
        if means["confidence"]:
            lines.append(f"  {'':<12} {SURE[means['confidence']]}; reviewed on {means['reviewed_on']}")
    if story["reasons"]:
        lines.append(f"  what to do   {story['means'][story['reasons'][0]]['remedy']}")
        lines.append(f"  disposition  {story['disposition']}")
    lines += [
        f"  undeclared   {name}: {', '.join(rules)} may rest on it" for name, rules in story["undeclared"].items()
    ]
    said = [f"{who} ({_words(facts)})" for who, facts in story["attested"].items() if facts]
    lines += [f"  attested     by {' and '.join(said)}"] if said else []
    lines += [f"  released     {released_in_words(word)}" for word in story["released"]]
    lines += [f"  decided      {_decision(each)}" for each in story["decided"]]
    for finding in story["findings"]:
        where = finding["point"] or "row"
        lines.append(f"  finding      {finding['effect']} {finding['code']} ({where}): {finding['detail']}")
        lines.append(f"  source       {finding['source']}")
    consulted = ", ".join(
        f"{lst['name']} ({lst['kind']}, {counted(lst['entries'], 'entry')})" for lst in story["lists_consulted"]
    )
    lines.append(f"  consulted    {consulted or 'no suppression list'}; as of {story['as_of']}")
    return lines


def _words(said: Any) -> str:
    """What was declared, as words."""
    if isinstance(said, dict):
        return "; ".join(f"{name} {_words(each)}" for name, each in said.items())
    if isinstance(said, list):
        return ", ".join(_words(each) for each in said) or "none"
    return {True: "yes", False: "no"}[said] if isinstance(said, bool) else shown(str(said))


def _decision(each: dict[str, Any]) -> str:
    until = f", until {each['until']}" if each["until"] else ""
    said = f"{each['decision']} of {each['code']} by {each['by']} on {each['on']}, evidence {each['evidence']}{until}"
    return shown(f"{said} (review {each['review']})")
