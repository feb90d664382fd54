"""What the store says of its lists: status, history, and whether a value is on any of them."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import polars as pl
from rich.markup import escape

from pipeline.terminal import plain_table, stdout_console
from schemas.contact.email import read_email
from schemas.contact.second_look import read_phone_point
from schemas.errors import ListError, UsageError
from schemas.list_kinds import NO_MAX_AGE, MaxAge
from schemas.list_version import ListVersion, Loading
from schemas.masking import mask
from suppression.lists import SuppressionList, last_day
from suppression.screening import screen_points
from suppression.store import Store


@dataclass(frozen=True)
class ListStatus:
    """One line of ``lists status``: its state in a word. ``fault`` says why the list must not be used as it is."""

    name: str
    today: date
    state: str
    facts: ListVersion | None = None
    until: date | None = None
    fault: str | None = None


def status_of(store: Store, name: str, today: date, max_age: MaxAge = NO_MAX_AGE) -> ListStatus:
    """Judge a list: missing, damaged, stale or fit for use."""
    try:
        facts = store.open(name, today).facts
    except ListError as error:
        return ListStatus(name, today, "damaged" if _is_loaded(store, name) else "missing", fault=error.message)
    until = last_day(facts, max_age.of(facts.kind))
    fault = _fault(facts, until, today)
    state = "ok" if fault is None else "ahead" if facts.as_of > today else "stale"
    return ListStatus(name, today, state, facts, until, fault)


def _is_loaded(store: Store, name: str) -> bool:
    try:
        return name in store.all_names() and store.history(name).current is not None
    except ListError:
        return True


def _fault(facts: ListVersion, until: date | None, today: date) -> str | None:
    if facts.as_of > today:
        return f"dated {facts.as_of}, after {today}"
    return f"stale since {until}" if until is not None and until < today else None


def print_status(found: list[ListStatus], *, as_json: bool) -> None:
    """Print one line a list: what matters most comes first and is never cut."""
    facts = [_facts(status) for status in found]
    if as_json:
        sys.stdout.write(json.dumps(facts, default=str) + "\n")
        return
    console = stdout_console()
    columns = _STATUS_COLUMNS if console.width >= _ROOMY else _NARROW_COLUMNS
    table = plain_table()
    for column in columns:
        table.add_column(
            column.replace("_", " "),
            justify="right" if column in _NUMERIC else "left",
            overflow="fold",
            no_wrap=column in _NEVER_CUT,
        )
    for line in facts:
        style = "" if line["state"] == "ok" else "bold red"
        table.add_row(*(_shown(line.get(column)) for column in columns), style=style)
    console.print(table)


#: A narrower terminal shows fewer columns: the others are in --json and in the history.
_ROOMY = 110
_STATUS_COLUMNS = (
    "name", "state", "expires_in", "kind", "as_of", "age", "entries", "refused", "covers", "scope", "version",
)  # fmt: skip
_NARROW_COLUMNS = ("name", "state", "expires_in", "kind", "as_of", "age", "entries", "covers")
_NUMERIC = {"age", "expires_in", "entries", "refused"}
_NEVER_CUT = {"name", "state", "age", "entries", "refused", "kind", "as_of", "version"}


def _facts(status: ListStatus) -> dict[str, Any]:
    facts = status.facts
    if facts is None:
        return {"name": status.name, "state": status.state, "fault": status.fault}
    return {
        "name": facts.name,
        "kind": facts.kind,
        "version": facts.version[:12],
        "as_of": facts.as_of.isoformat(),
        "age": (status.today - facts.as_of).days,
        "expires_in": None if status.until is None else (status.until - status.today).days,
        "entries": facts.counts.indexed,
        "refused": sum(facts.counts.refused.values()),
        "covers": _covers(facts.covers),
        "scope": facts.scope,
        "state": status.state,
        "fault": status.fault,
    }


def _covers(areas: list[str] | None) -> str | None:
    if areas is None:
        return None
    return "all" if areas == ["all"] else f"{len(areas)} area codes" if len(areas) > 3 else " ".join(areas)


def _shown(value: object) -> str:
    return "" if value is None else f"{value:,}" if isinstance(value, int) else escape(str(value))


def print_history(store: Store, name: str, *, as_json: bool) -> None:
    """Print every step of a list, oldest first."""
    steps = [_step(store, step) for step in store.history(name).steps]
    if as_json:
        sys.stdout.write(json.dumps(steps) + "\n")
        return
    for line in steps:
        parts = [line["at"], line["action"], line.get("version", "")]
        parts.append(f"as of {line['as_of']}" if "as_of" in line else "")
        parts.append(f"on {line['base']} since {line['since'] or 'any day'}" if "base" in line else "")
        parts.append(", ".join(f"{count:,} {what}" for what, count in line.get("changes", {}).items()))
        parts.append(f"{line['entries']:,} entries" if "entries" in line else "")
        if (handed := line.get("handed_over")) is not None:
            how = "as they are" if handed["recipe"] is None else handed["recipe"]
            parts.append(f"for {handed['purpose']} to {handed['to_country']}, {handed['entries']:,} entries, {how}")
            parts.append(f"sha256:{handed['sha256'][:12]}")
        sys.stdout.write("  ".join(part for part in (*parts, *line.get("files", [])) if part) + "\n")


def _step(store: Store, step: Loading) -> dict[str, Any]:
    line: dict[str, Any] = {"at": step.at.isoformat(timespec="seconds"), "action": step.action}
    if step.version is None:
        return line
    line["version"] = step.version[:12]
    if step.handed_over is not None:
        return line | {"handed_over": step.handed_over.model_dump()}
    if not store.version_folder(step.version).is_dir():
        removed = step.removed_at
        line["files"] = [
            "missing: its folder is gone" if removed is None else f"removed after its retention, {removed.date()}"
        ]
        return line
    facts = store.facts_of(step.version)
    line |= {"as_of": facts.as_of.isoformat(), "entries": facts.counts.indexed}
    if facts.base is not None:
        since = facts.changes_since
        line |= {"base": facts.base[:12], "since": None if since is None else since.isoformat()}
    if facts.counts.changes is not None:
        line["changes"] = facts.counts.changes.model_dump() | {"refused": sum(facts.counts.refused.values())}
    line["files"] = [f"{source.name} sha256:{source.sha256[:12]}" for source in facts.sources]
    return line


def print_lookup(
    store: Store, values: list[str], region: str | None, today: date, max_age: MaxAge, *, as_json: bool
) -> list[str]:
    """Say of each value and each current list whether it is on it. Returns why some could not be asked.

    A list that must not be used says *matched*, but never *clear*: what is missing in it is not known.
    """
    lists = [replace(lst, max_age=max_age.of(lst.facts.kind)) for lst in (store.open(n, today) for n in store.names())]
    faults = {lst.facts.name: _fault(lst.facts, lst.valid_until, today) for lst in lists}
    answers = []
    for value in values:
        frame = _as_row(value, region)
        point = "phone" if "phone" in frame.columns else "email"
        found = screen_points(frame, lists)
        shown = mask(str(frame.item(0, point)))
        answers += [
            {
                "value": shown,
                "list": lst.facts.name,
                "kind": lst.facts.kind,
                "state": _answer(lst, point, found, faults[lst.facts.name]),
                "version": lst.facts.version[:12],
                "as_of": lst.facts.as_of.isoformat(),
                "scope": lst.facts.scope,
                "fault": faults[lst.facts.name],
            }
            for lst in lists
        ]
    unchecked = {str(answer["list"]) for answer in answers if answer["state"] == NOT_CHECKED}
    if as_json:
        sys.stdout.write(json.dumps(answers) + "\n")
    else:
        for answer in answers:
            notes = [answer["scope"] if answer["scope"] != "seller" else None, answer["fault"]]
            more = "".join(f", {note}" for note in notes if note)
            line = "{value}  {state:<11}  {list} ({kind}, version {version}, as of {as_of}".format(**answer)
            sys.stdout.write(f"{line}{more})\n")
    return [f"{name}: {faults[name]}" for name in sorted(unchecked)]


NOT_CHECKED = "not checked"


def _answer(suppression: SuppressionList, point: str, found: pl.DataFrame, fault: str | None) -> str:
    kind = suppression.kind
    if not (kind.phones if point == "phone" else kind.emails or kind.domains):
        return "holds none"
    # Several copies may speak for one number together, so "not covered" names them all.
    said = found.filter(pl.col("source").str.split("; ").list.contains(suppression.authority)).get_column("code")
    if (said != "dnc.not_covered").any():
        return "matched"
    if fault is not None:
        return NOT_CHECKED
    return "not covered" if len(said) else "clear"


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
    phone, other = read_phone_point(value.strip(), region)
    if phone.e164 is None:
        raise UsageError(f"{mask(value)} is no valid number: {phone.why}.", "Give it with + and the country's code.")
    row = pl.DataFrame({"row_id": [0], "phone": [phone.e164], "phone:region": [phone.region]})
    if other is None:
        return row
    return row.with_columns(pl.lit(other.e164).alias("phone:other"), pl.lit(other.region).alias("phone:other_region"))
