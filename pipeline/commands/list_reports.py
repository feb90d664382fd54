"""What the store says of its lists: status and history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.commands.list_lookup import NO_LIST_HINT
from pipeline.terminal import plain_table, print_lines, stdout_console, write_json
from schemas.config import Campaign
from schemas.errors import ListError
from schemas.list_kinds import NO_MAX_AGE, MaxAge
from schemas.list_version import ListVersion, Loading
from schemas.masking import masked_text
from schemas.support.figures import counted
from schemas.support.shown import masked_addresses
from suppression.lists import fault_on, last_day
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
    fault = fault_on(today, facts, until)
    state = "ok" if fault is None else "ahead" if facts.as_of > today else "stale"
    return ListStatus(name, today, state, facts, until, fault)


def _is_loaded(store: Store, name: str) -> bool:
    try:
        return store.is_current(name)
    except ListError:
        return True


def print_status(found: list[ListStatus], *, as_json: bool) -> None:
    """Print one line a list: what matters most comes first and is never cut."""
    facts = [_facts(status) for status in found]
    if as_json:
        write_json(facts, default=str)
        return
    columns = _STATUS_COLUMNS if stdout_console().width >= _ROOMY else _NARROW_COLUMNS
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
    table.print()


def print_run_lists(campaign: Campaign) -> None:
    """Print the lists that a run of a campaign reads from files, or that it is screened against none."""
    for entry in campaign.lists:
        print_lines(f"read for each run: {entry.name} ({entry.kind}) from {entry.file}")
    if campaign.no_lists:
        print_lines("no_lists: leads of this campaign are not screened against any list")


def refuse_nothing_to_use(
    store: Store, found: list[ListStatus], campaign: Campaign | None, campaign_file: Path | None
) -> None:
    """Check that there is a list to look leads up in, and each file that a run would read.

    Raises `ListError` when a file is missing; or when there is no list, and a campaign does not say that it wants none.
    """
    entries = [] if campaign is None else campaign.lists
    folder = Path() if campaign_file is None else campaign_file.parent
    missing = [f"{entry.name} from {entry.file}" for entry in entries if not (folder / entry.file).is_file()]
    if missing:
        raise ListError(f"Files of lists are missing: {'; '.join(missing)}.", "Check their paths in the campaign.")
    if not found and not entries and not (campaign is not None and campaign.no_lists):
        raise ListError(f"There is no list in the store '{store.folder}': nobody would be screened.", NO_LIST_HINT)


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
    return "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def print_history(store: Store, name: str, *, as_json: bool) -> None:
    """Print every step of a list, oldest first."""
    steps = [_step(store, step) for step in store.history(name).steps]
    if as_json:
        write_json(steps)
        return
    for line in steps:
        parts = [line["at"], line["action"], line.get("version", "")]
        parts.append(f"as of {line['as_of']}" if "as_of" in line else "")
        parts.append(f"on {line['base']} since {line['since'] or 'any day'}" if "base" in line else "")
        parts.append(", ".join(f"{count:,} {what}" for what, count in line.get("changes", {}).items()))
        parts.append(counted(line["entries"], "entry") if "entries" in line else "")
        if (handed := line.get("handed_over")) is not None:
            how = "as they are" if handed["recipe"] is None else handed["recipe"]
            parts.append(
                f"for {handed['purpose']} to {handed['to_country']}, {counted(handed['entries'], 'entry')}, {how}"
            )
            parts.append(f"sha256:{handed['sha256'][:12]}")
        print_lines("  ".join(part for part in (*parts, *line.get("files", [])) if part))


def print_refused(store: Store, name: str, *, as_json: bool) -> None:
    """Print where each unusable entry of the current version is, and why; its text is masked."""
    table = store.open(name, date.min).refused_table
    rows = (
        []
        if table is None
        else table.read().select("member", "line", "why", text=masked_text(pl.col("text"))).to_dicts()
    )
    rows = [row | {"member": masked_addresses(row["member"])} for row in rows]
    if as_json:
        write_json(rows)
        return
    for row in rows:
        place = row["member"] if row["line"] is None else f"{row['member']} line {row['line']}"
        print_lines(f"{place}  {row['why']}  {row['text']}")
    print_lines(f"{counted(len(rows), 'entry')} of {name} {'was' if len(rows) == 1 else 'were'} refused")


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
    line["files"] = [f"{masked_addresses(source.name)} sha256:{source.sha256[:12]}" for source in facts.sources]
    return line
