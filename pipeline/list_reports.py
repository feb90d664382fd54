"""What the store says of its lists: status, history, and whether a value is on any of them."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
from rich.markup import escape

from pipeline.terminal import plain_table, stdout_console
from schemas.contact.email import read_email
from schemas.contact.phone import read_phone
from schemas.errors import ListError, UsageError
from schemas.list_version import ListVersion
from schemas.masking import mask
from suppression.lists import last_day
from suppression.screening import screen_points
from suppression.store import Store


@dataclass(frozen=True)
class ListStatus:
    """One line of ``lists status``. ``fault`` says why the list must not be used as it is."""

    name: str
    facts: ListVersion | None
    fault: str | None


def status_of(store: Store, name: str, today: date) -> ListStatus:
    """Judge a list: missing, damaged, stale or fit for use."""
    try:
        facts = store.open(name, today).facts
    except ListError as error:
        return ListStatus(name, None, error.message)
    until = last_day(facts)
    return ListStatus(name, facts, f"stale since {until}" if until is not None and until < today else None)


def print_status(found: list[ListStatus], today: date, *, as_json: bool) -> None:
    """Print one line a list."""
    facts = [_facts(status, today) for status in found]
    if as_json:
        sys.stdout.write(json.dumps(facts, default=str) + "\n")
        return
    table = plain_table()
    for column in _STATUS_COLUMNS:
        table.add_column(column.replace("_", " "), justify="right" if column in _NUMERIC else "left")
    for line in facts:
        table.add_row(*(_shown(line.get(column)) for column in _STATUS_COLUMNS))
    stdout_console().print(table)


_STATUS_COLUMNS = ("name", "kind", "version", "as_of", "age", "expires_in", "entries", "refused", "covers", "state")
_NUMERIC = {"age", "expires_in", "entries", "refused"}


def _facts(status: ListStatus, today: date) -> dict[str, Any]:
    facts = status.facts
    if facts is None:
        return {"name": status.name, "state": status.fault}
    until = last_day(facts)
    return {
        "name": facts.name,
        "kind": facts.kind,
        "version": facts.version[:12],
        "as_of": facts.as_of.isoformat(),
        "age": (today - facts.as_of).days,
        "expires_in": None if until is None else (until - today).days,
        "entries": facts.counts.indexed,
        "refused": sum(facts.counts.refused.values()),
        "covers": _covers(facts.covers),
        "scope": facts.scope,
        "state": status.fault or "ok",
    }


def _covers(areas: list[str] | None) -> str | None:
    if areas is None:
        return None
    return "all" if areas == ["all"] else f"{len(areas)} area codes" if len(areas) > 3 else " ".join(areas)


def _shown(value: object) -> str:
    return "" if value is None else f"{value:,}" if isinstance(value, int) else escape(str(value))


def print_history(store: Store, name: str, *, as_json: bool) -> None:
    """Print every step of a list, oldest first."""
    steps = []
    for step in store.history(name).steps:
        line: dict[str, Any] = {"at": step.at.isoformat(timespec="seconds"), "action": step.action}
        if step.version is not None:
            line["version"] = step.version[:12]
            folder = store.version_folder(step.version)
            if folder.is_dir():
                facts = store.facts_of(step.version)
                line |= {"as_of": facts.as_of.isoformat(), "entries": facts.counts.indexed}
                line["files"] = [f"{source.name} sha256:{source.sha256[:12]}" for source in facts.sources]
            else:
                line["files"] = ["removed after its retention"]
        steps.append(line)
    if as_json:
        sys.stdout.write(json.dumps(steps) + "\n")
        return
    for line in steps:
        parts = [
            line["at"],
            line["action"],
            line.get("version", ""),
            f"as of {line['as_of']}" if "as_of" in line else "",
        ]
        entries = f"{line['entries']:,} entries" if "entries" in line else ""
        sys.stdout.write("  ".join(part for part in (*parts, entries, *line.get("files", [])) if part) + "\n")


def print_lookup(store: Store, values: list[str], region: str | None, today: date, *, as_json: bool) -> None:
    """Say of each value and each current list whether it is on it."""
    lists = [store.open(name, today) for name in store.names()]
    answers = []
    for value in values:
        frame = _as_row(value, region)
        found = screen_points(frame, lists)
        matched = dict(found.select("source", "code").rows())
        point = "phone" if "phone" in frame.columns else "email"
        for suppression in lists:
            kind = suppression.kind
            holds = kind.phones if point == "phone" else kind.emails or kind.domains
            state = "matched" if suppression.authority in matched else "clear" if holds else "holds no such values"
            answers.append(
                {
                    "value": mask(str(frame.item(0, point))),
                    "list": suppression.facts.name,
                    "kind": suppression.facts.kind,
                    "state": state,
                    "version": suppression.facts.version[:12],
                    "as_of": suppression.facts.as_of.isoformat(),
                }
            )
    if as_json:
        sys.stdout.write(json.dumps(answers) + "\n")
        return
    for answer in answers:
        sys.stdout.write("{value}  {state:<8}  {list} ({kind}, version {version}, as of {as_of})\n".format(**answer))


def _as_row(value: str, region: str | None) -> pl.DataFrame:
    """One lead with one contact point, as the screen stage sees it."""
    if "@" in value:
        email = read_email(value.strip())
        if email.normal is None:
            raise UsageError(f"{mask(value)} is no valid address: {email.why}.")
        return pl.DataFrame(
            {
                "row_id": [0],
                "email": [email.normal],
                "email:given": [value.strip()],
                "email:key": [email.normal.lower()],
            }
        )
    phone = read_phone(value.strip(), region)
    if phone.e164 is None:
        raise UsageError(f"{mask(value)} is no valid number: {phone.why}.", "Give it with + and the country's code.")
    return pl.DataFrame({"row_id": [0], "phone": [phone.e164]})
