"""Duties that come from lists, campaigns, contracts and [retention]."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from pipeline.commands.duties.duty import Duty
from pipeline.commands.retention import DELIVERED, HISTORY, OUTPUT, RAW, RETURNED, Due, due
from pipeline.ledger.database import Ledger
from pipeline.returning.returns_job import Job, returns_of
from pipeline.workspace import read_campaign
from schemas.config import Campaign
from schemas.list_kinds import list_kind, max_age_days
from schemas.workspace import Retention
from suppression.lists import last_day
from suppression.store import store_of


def campaigns_of(workspace: Path) -> list[Campaign]:
    """The campaigns of a workspace. Raises `ConfigError` with the faults of one."""
    return [read_campaign(path) for path in sorted((workspace / "campaigns").glob("*.toml"))]


def renewals(workspace: Path, campaigns: list[Campaign], last: date) -> Iterator[Duty]:
    """Copies of lists that grow too old by a day: of the store, and those that campaigns read for each run."""
    store = store_of(None, workspace)
    for facts in [] if store is None else map(store.facts, store.names()):
        until = last_day(facts)
        if until is not None and until <= last:
            yield _renewal(facts.name, facts.kind, facts.as_of, until, "store")
    for campaign in campaigns:
        for entry in campaign.lists:
            made, days = entry.as_of, max_age_days(list_kind(entry.kind), entry.registry)
            if made is not None and days is not None and made + timedelta(days) <= last:
                yield _renewal(entry.name, entry.kind, made, made + timedelta(days), f"campaign {campaign.name}")


def _renewal(name: str, kind: str, as_of: date, until: date, where: str) -> Duty:
    what = f"copy of list '{name}' ({kind}) of {as_of}, which is then too old"
    return Duty("list", until, what, "Get a new copy: leadscrub lists update.", f"{where}: {name}")


def last_days(campaigns: list[Campaign], today: date, last: date) -> Iterator[Duty]:
    """Campaigns whose last day of contact is in these days."""
    for campaign in campaigns:
        end = campaign.calling.until or campaign.calling.day
        if end is not None and today <= end <= last:
            what = f"campaign '{campaign.name}' ends its contact"
            yield Duty("campaign", end, what, "Call by then, or set a later day and scrub again.", campaign.name)


def closing_windows(ledger: Ledger, workspace: Path, today: date, last: date) -> Iterator[Duty]:
    """Rows that go back now, by the last day on which their vendor takes them."""
    for outcome in returns_of(ledger, workspace, None, Job(datetime.combine(today, time(), UTC))):
        rows = outcome.plan.returnable
        counts = Counter((run_id, deadline.date()) for run_id, deadline in rows.select("run_id", "deadline").rows())
        for (run_id, day), count in sorted(counts.items(), key=lambda each: each[0][1]):
            if today <= day <= last:
                vendor = outcome.plan.vendor.name
                what = "rows that the vendor takes back until then"
                to_do = f"leadscrub returns --vendor {vendor} --deliver"
                yield Duty("returns", day, what, to_do, f"run {run_id[:12]}", vendor, count)


def deletions(ledger: Ledger, workspace: Path, keep: Retention, today: date, last: date) -> Iterator[Duty]:
    """What [retention] has deleted, by the first day on which it is older than it may be."""
    counts: Counter[tuple[date, str, str]] = Counter()
    for each in due(ledger, workspace, keep, last):
        counts[(_day(each, keep, today), each.what, each.vendor)] += 1
    for (day, what, vendor), count in sorted(counts.items()):
        yield Duty("retention", day, f"to be deleted: {what}", "leadscrub retention --delete", what, vendor, count)


def _day(each: Due, keep: Retention, today: date) -> date:
    """The first day on which something is kept too long. What was begun is to be finished at once."""
    if each.begun:
        return today
    kept = {RAW: keep.raw_days, HISTORY: keep.history_days}
    kept |= dict.fromkeys((OUTPUT, RETURNED, DELIVERED), keep.output_days)
    return each.since + timedelta((kept.get(each.what) or 0) + 1)
