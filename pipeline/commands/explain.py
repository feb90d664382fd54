"""The whole story of one lead, from what a result holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from pipeline.commands.source_lines import rows_of_line
from pipeline.commands.verify import refuse_damaged
from pipeline.results.folder import open_manifest, scan
from pipeline.terminal import print_lines, write_json
from schemas.codes import CODES
from schemas.columns import CALL_COLUMNS, EMAIL_SLOTS, PHONE_SLOTS
from schemas.contact.email import email_key, read_email
from schemas.contact.phone_readings import read_phone_point
from schemas.errors import UsageError
from schemas.manifest import Manifest
from schemas.masking import mask
from schemas.support.figures import counted
from schemas.support.shown import masked_addresses
from suppression.rules.describe import SURE, attempts_in_words, released_in_words


class Place(NamedTuple):
    """A line of the vendor's file, or of every file or sheet where none is named."""

    line: int
    file: str | None
    sheet: str | None


def print_story(
    out: Path, *, row: int | None, phone: str | None, email: str | None, place: Place | None = None, as_json: bool
) -> None:
    """Print the story of the lead. Raises `UsageError` unless exactly one of the options names it."""
    if sum(option is not None for option in (row, phone, email, place)) != 1:
        raise UsageError("Name the lead by one of --row, --line, --phone and --email.")
    manifest = open_manifest(out)
    refuse_damaged(out)
    if row is not None:
        rows = [row]
    elif place is not None:
        rows = rows_of_line(out, manifest, *place)
    elif phone is not None:
        rows = _rows_with(out, PHONE_SLOTS, _canonical_phones(phone, manifest))
    else:
        rows = _rows_with(out, EMAIL_SLOTS, [_canonical_email(str(email))])
    stories = [_story(out, number, manifest) for number in rows]
    if as_json:
        write_json(stories, default=str)
    else:
        print_lines(*[line for number, story in enumerate(stories) for line in ([""] if number else []) + _told(story)])


def _canonical_phones(phone: str, manifest: Manifest) -> list[str]:
    """Return E.164 of the number, and of its other reading where it has one."""
    form, other = read_phone_point(phone.strip(), manifest.region)
    if form.e164 is None:
        raise UsageError(
            f"The phone given is not a valid number: {form.why}.", "Give it with + and the country's code."
        )
    return [each.e164 for each in (form, other) if each is not None and each.e164 is not None]


def _canonical_email(email: str) -> str:
    form = read_email(email.strip())
    if form.normal is None:
        raise UsageError("The email given is not a valid address.", "Give it in full, as name@domain.")
    return form.normal


def _rows_with(out: Path, slots: tuple[str, ...], values: list[str]) -> list[int]:
    """Rows with one of the values, in either output, or with a finding about it."""
    texts = pl.Series(values)
    wanted = texts if slots == PHONE_SLOTS else pl.select(email_key(pl.lit(texts))).to_series()
    held = [pl.col(slot) if slots == PHONE_SLOTS else email_key(pl.col(slot)) for slot in slots]
    rows: set[int] = set()
    for name in ("clean", "rejected"):
        rows |= set(
            scan(out, name)
            .filter(pl.any_horizontal(column.is_in(wanted.implode()) for column in held))
            .select("row_id")
            .collect()["row_id"]
        )
    # A clean row no longer holds a point that was blocked; its findings name it masked.
    masked = [mask(value) for value in values]
    named = pl.any_horizontal(pl.col("detail").str.contains(each, literal=True) for each in masked)
    hidden = scan(out, "findings").filter(pl.col("point").is_in(slots) & named)
    # Another value may look the same when masked: better one story too many than one too few.
    candidates = set(hidden.select("row_id").collect()["row_id"])
    if not rows | candidates:
        raise UsageError(
            f"No row of '{out}' holds {' or '.join(masked)}.", "A value that could not be read is found by --row only."
        )
    return sorted(rows | candidates)


def _story(out: Path, row: int, manifest: Manifest) -> dict[str, Any]:
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
        "verdict": name,
        "source_file": masked_addresses(lead["source_file"]),
        "source_line": lead["source_line"],
        "vendor": lead["vendor"],
        "channels": lead["channels"],
        "valid_until": lead["valid_until"],
        "calling": {name: lead[name] for name in CALL_COLUMNS},
        "reasons": lead.get("reasons", []),
        "means": {code: _meaning(code, manifest) for code in lead.get("reasons", [])},
        "disposition": lead.get("disposition"),
        "points": points,
        "undeclared": {
            name: [code for code in lead.get("reasons", []) if code in each.rules]
            for name, each in manifest.rules.undeclared.items()
            if set(each.rules) & set(lead.get("reasons", []))
        },
        "released": [word.model_dump(mode="json") for word in manifest.rules.released],
        "findings": findings,
        "lists_consulted": lists,
        "as_of": manifest.as_of,
        "run_id": manifest.run_id,
    }


def _meaning(code: str, manifest: Manifest) -> dict[str, str | None]:
    """What a code means and what to do: of the register, or of a rule as it was in the run's packs."""
    if code in CODES:
        return {"title": CODES[code].summary, "remedy": CODES[code].remedy, "confidence": None, "reviewed_on": None}
    rule = manifest.rules.texts[code]
    reviewed = None if rule.reviewed_on is None else rule.reviewed_on.isoformat()
    return {
        "title": f"{rule.title} [{rule.citation}]",
        "remedy": rule.remedy,
        "confidence": rule.confidence,
        "reviewed_on": reviewed,
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


def _told(story: dict[str, Any]) -> list[str]:
    lines = [
        f"row {story['row_id']}: {story['verdict']}"
        + (f" for {', '.join(story['channels'])}" if story["channels"] else "")
        + (f", until {story['valid_until']}" if story["valid_until"] else ""),
        f"  came from    {story['source_file']} line {story['source_line']}"
        + (f", vendor {story['vendor']}" if story["vendor"] else ""),
    ]
    lines += [f"  {point:<12} {value}" for point, value in story["points"].items()]
    lines += _calling(story["calling"])
    for position, code in enumerate(story["reasons"]):
        means = story["means"][code]
        lines.append(f"  {'because' if position == 0 else 'and':<12} {code}: {means['title']}")
        if means["confidence"]:
            lines.append(f"  {'':<12} {SURE[means['confidence']]}; reviewed on {means['reviewed_on']}")
    if story["reasons"]:
        lines.append(f"  what to do   {story['means'][story['reasons'][0]]['remedy']}")
        lines.append(f"  disposition  {story['disposition']}")
    lines += [
        f"  undeclared   {name}: {', '.join(rules)} may rest on it" for name, rules in story["undeclared"].items()
    ]
    lines += [f"  released     {released_in_words(word)}" for word in story["released"]]
    for finding in story["findings"]:
        where = finding["point"] or "row"
        lines.append(f"  finding      {finding['effect']} {finding['code']} ({where}): {finding['detail']}")
        lines.append(f"  source       {finding['source']}")
    consulted = ", ".join(
        f"{lst['name']} ({lst['kind']}, {counted(lst['entries'], 'entry')})" for lst in story["lists_consulted"]
    )
    lines.append(f"  consulted    {consulted or 'no suppression list'}; as of {story['as_of']}")
    return lines
