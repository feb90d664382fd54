"""Prints what changes in the law between two days: rules that begin or end, and clean rows of a result that change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

import numpy as np
import polars as pl

from pipeline.commands.asked_again import clean_rows, setting_of
from pipeline.commands.rule_reports import Fact, all_packs, rules_by_id
from pipeline.commands.verify import refuse_damaged
from pipeline.results.folder import open_manifest
from pipeline.terminal import plain_table, print_lines, write_json
from pipeline.workspace import workspace_of
from schemas.coded_findings import coded
from schemas.columns import CHANNEL_POINTS, POINTS, POST_POINT
from schemas.config import Channel
from schemas.errors import UsageError
from schemas.list_kinds import KINDS
from schemas.masking import mask
from schemas.rules import Hours, Permit, Rule
from schemas.support.figures import counted
from suppression.rules.engine import RuleSet
from suppression.rules.facts import Facts
from suppression.rules.hours import PackHours
from suppression.rules.loading import PackRule, load_packs
from suppression.rules.time_windows import Bools, bools
from suppression.rules.verdicts import judged


@dataclass(frozen=True)
class Change:
    """A statement of a pack that begins to apply on a day (its first), or has ended by it (its first without)."""

    on: date
    what: Literal["begins", "ends"]
    id: str
    effect: str
    regions: tuple[str, ...]
    title: str
    citation: str
    confidence: str
    reviewed_on: date


@dataclass(frozen=True)
class ChangedRow:
    """A clean row that may be contacted otherwise on the second day. ``points`` are masked."""

    row_id: int
    before: tuple[str, ...]
    after: tuple[str, ...]
    rules: tuple[str, ...]
    points: tuple[str, ...]


@dataclass
class OnResult:
    """What the two days say of the clean rows of a result: ``lost`` and ``gained`` count rows by rule and channel."""

    clean: int
    rows: list[ChangedRow]
    lost: Counter[tuple[str, str]]
    gained: Counter[tuple[str, str]]


def print_diff(first: date, last: date, *, out: Path | None, rows: bool, as_json: bool) -> None:
    """Print the changes from one day to a later one.

    Raises `UsageError` when the days are not in order, or the result at ``out`` was scrubbed without rule packs.
    """
    if last <= first:
        raise UsageError(f"--to {last} is not after --from {first}.", "Give the earlier day as --from.")
    changes = list(_changes(first, last))
    found = None if out is None else on_result(out, first, last)
    if as_json:
        write_json(_plain(changes, found, rows=rows), default=str)
        return
    begins = sum(change.what == "begins" for change in changes)
    print_lines(f"from {first} to {last}: {begins:,} begin, {len(changes) - begins:,} end")
    for change in changes:
        where = " ".join(change.regions)
        print_lines(
            f"  {change.on}  {change.what:<6}  {change.id:<32} {change.effect:<7} {where}",
            f"    {change.title} [{change.citation}; {change.confidence}, reviewed on {change.reviewed_on}]",
        )
    if found is not None:
        _print_on_result(out, found, rows=rows)


def _changes(first: date, last: date) -> Iterator[Change]:
    """Statements of all packs, the workspace's too, that apply on one of the days and not on the other."""
    found = []
    for each in rules_by_id(all_packs()).values():
        statute = _statute(each)
        then, now = statute.in_force(first), statute.in_force(last)
        if then == now:
            continue
        ended = statute.in_force_to or last
        on = (statute.in_force_from or last) if now else ended + timedelta(days=1)
        found.append(
            Change(
                on,
                "begins" if now else "ends",
                statute.id,
                statute.effect if isinstance(statute, Rule) else "hours" if isinstance(statute, Hours) else "permits",
                tuple(each.regions),
                statute.title,
                str(statute.citation),
                statute.confidence,
                statute.reviewed_on,
            )
        )
    yield from sorted(found, key=lambda change: (change.on, change.id))


def _statute(each: Fact) -> Rule | Hours | Permit:
    if isinstance(each, PackRule):
        return each.rule
    return each.hours if isinstance(each, PackHours) else each.permit


def on_result(out: Path, first: date, last: date) -> OnResult:
    """Ask the law of both days of the clean rows of a result, with its packs as they are now.

    Raises `UsageError` when the result was scrubbed without rule packs, or is damaged.
    """
    manifest = open_manifest(out)
    if not manifest.rules.checked:
        raise UsageError(f"'{out}' was scrubbed without rule packs.", "Scrub it with --rules or a campaign's [rules].")
    refuse_damaged(out)
    packs = load_packs([pack.name for pack in manifest.rules.packs], workspace_of(None))
    days = [RuleSet(packs, setting_of(manifest, day), manifest.rules.always) for day in (first, last)]
    found = OnResult(0, [], Counter(), Counter())
    for frame, known in clean_rows(out):
        found.clean += len(frame)
        # A file's region stands in for a lead without a country; a run has one.
        then, now = (_Day.of(rules, frame, known, manifest.region) for rules in days)
        _compare(found, frame, then, now)
    return found


@dataclass(frozen=True)
class _Day:
    """What is against the rows of a part on one day, and the channels that each row is open on."""

    against: pl.DataFrame
    open_on: dict[Channel, Bools]

    @classmethod
    def of(cls, rules: RuleSet, frame: pl.DataFrame, known: pl.DataFrame, region: str | None) -> _Day:
        said = judged(rules, frame, coded(known), region)[1].frame()
        # Lists were asked by the run; of a match, the rules say what follows on the day.
        against = said.filter((pl.col("effect") != "flag") & ~pl.col("code").is_in(list(KINDS)))
        facts = rules.facts(frame, coded(known), region)
        return cls(against, {channel: _open(facts, against, channel) for channel in rules.setting.channels})


def _open(facts: Facts, against: pl.DataFrame, channel: Channel) -> Bools:
    """Rows that were open on a channel and have a point of it that nothing is against."""
    mine = against.filter(pl.col("channel").is_null() | (pl.col("channel") == channel))
    whole = _rows(facts, mine.filter(pl.col("point").is_null()))
    free = [
        facts.present(point) & ~_rows(facts, mine.filter(pl.col("point") == point)) for point in facts.points(channel)
    ]
    listed = facts.frame.get_column("channels").list.contains(channel).fill_null(False).to_numpy()
    return bools(np.logical_or.reduce([facts.all(False), *free]) & ~whole & listed)


def _rows(facts: Facts, found: pl.DataFrame) -> Bools:
    rows = np.zeros(facts.rows, dtype=np.bool_)
    rows[found.get_column("row_id").to_numpy().astype(np.int64)] = True
    return rows


def _compare(found: OnResult, frame: pl.DataFrame, then: _Day, now: _Day) -> None:
    changed = np.zeros(len(frame), dtype=np.bool_)
    codes: dict[int, set[str]] = {}
    for channel in then.open_on:
        for counts, before, after, against in (
            (found.lost, then, now, now.against),
            (found.gained, now, then, then.against),
        ):
            rows = before.open_on[channel] & ~after.open_on[channel]
            changed |= rows
            mine = against.filter(
                (pl.col("channel").is_null() | (pl.col("channel") == channel))
                & (pl.col("point").is_null() | pl.col("point").is_in(CHANNEL_POINTS[channel]))
                & pl.col("row_id").is_in(pl.Series(np.flatnonzero(rows)).cast(pl.UInt64).implode())
            )
            for row, code in mine.select("row_id", "code").unique(maintain_order=True).rows():
                counts[code, channel] += 1
                codes.setdefault(row, set()).add(code)
    for row in np.flatnonzero(changed).tolist():
        open_before, open_after = (
            tuple(name for name, rows in day.open_on.items() if rows[row]) for day in (then, now)
        )
        found.rows.append(
            ChangedRow(
                int(frame.item(row, "row")),
                open_before,
                open_after,
                tuple(sorted(codes.get(row, ()))),
                tuple(
                    f"{point} {mask(frame.item(row, point))}"
                    for point in POINTS
                    if point != POST_POINT and frame.item(row, point) is not None
                ),
            )
        )


def _print_on_result(out: Path | None, found: OnResult, *, rows: bool) -> None:
    change = "changes" if len(found.rows) == 1 else "change"
    print_lines(f"on {out}: {len(found.rows):,} of {counted(found.clean, 'clean row')} {change} verdict")
    table = plain_table()
    for name in ("rule", "channel"):
        table.add_column(name)
    for name in ("no longer allowed", "allowed again"):
        table.add_column(name, justify="right")
    for code, channel in sorted({*found.lost, *found.gained}):
        key = (code, channel)
        table.add_row(code, channel, f"{found.lost[key]:,}", f"{found.gained[key]:,}")
    if found.rows:
        table.print()
    for row in found.rows if rows else ():
        ways = f"{' '.join(row.before) or 'nothing'} → {' '.join(row.after) or 'nothing'}"
        print_lines(f"row {row.row_id}: {ways}: {', '.join(row.rules)} ({', '.join(row.points)})")


def _plain(changes: list[Change], found: OnResult | None, *, rows: bool) -> dict[str, Any]:
    plain: dict[str, Any] = {"statements": [asdict(change) for change in changes]}
    if found is not None:
        plain["clean"], plain["changed"] = found.clean, len(found.rows)
        plain["rules"] = [
            {"rule": code, "channel": channel, "lost": found.lost[code, channel], "gained": found.gained[code, channel]}
            for code, channel in sorted({*found.lost, *found.gained})
        ]
        if rows:
            plain["rows"] = [asdict(row) for row in found.rows]
    return plain
