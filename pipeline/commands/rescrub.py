"""Scrubs an earlier clean set against today's lists and rules, and says what changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from pipeline.commands.summary import print_summary
from pipeline.commands.verify import refuse_damaged
from pipeline.exporting.record import workspace_of_result
from pipeline.results.decisions import settled_rows
from pipeline.results.folder import earliest_valid_until, open_manifest, rows_in_review, scan
from pipeline.run.rescrub_source import Earlier
from pipeline.run.scrub import Result
from pipeline.terminal import print_lines
from schemas.columns import EMAIL_SLOTS, PHONE_SLOTS
from schemas.support.figures import counted

_POINTS = (*PHONE_SLOTS, *EMAIL_SLOTS)


def earlier_result(folder: Path) -> Earlier:
    """Open a result to scrub again. Raises `UsageError` when it is none, is damaged, or was itself thrown away."""
    manifest = open_manifest(folder)
    refuse_damaged(folder)
    return Earlier(folder, manifest, earliest_valid_until(folder))


def campaign_of(earlier: Earlier, workspace: Path | None) -> Path | None:
    """The workspace's campaign of the name that the earlier run had; None when there is none."""
    if workspace is None:
        return None
    path = workspace / "campaigns" / f"{earlier.manifest.campaign}.toml"
    return path if path.is_file() else None


@dataclass(frozen=True)
class Changes:
    """What became of clean rows. ``narrowed``: still clean, with fewer contact points or channels."""

    stays: int
    narrowed: int
    blocked: int
    valid_until: date | None
    before: date | None


def changes(result: Result, earlier: Earlier, out: Path) -> Changes:
    """Compare the rows of the two clean sets."""
    points = pl.sum_horizontal(pl.col(point).is_not_null().cast(pl.UInt32) for point in _POINTS)
    wide = [points.alias("points"), pl.col("channels").list.len().alias("channels")]
    now = scan(out, "clean").select("row_id", *wide)
    then = scan(earlier.folder, "clean").select("row_id", *wide)
    fewer = (pl.col("points") < pl.col("points_then")) | (pl.col("channels") < pl.col("channels_then"))
    narrowed = now.join(then, on="row_id", suffix="_then").filter(fewer).select(pl.len()).collect().item()
    counts = result.manifest.counts
    return Changes(counts.clean - narrowed, narrowed, counts.rejected, earliest_valid_until(out), earlier.valid_until)


def print_changes(result: Result, earlier: Earlier, out: Path, *, as_json: bool) -> None:
    """Print the summary of the run, and what changed."""
    found = changes(result, earlier, out)
    waits = rows_waiting(earlier.folder) + rows_waiting(out)
    if as_json:
        document = _document(found, earlier) | {"in_review": waits}
        print_summary(result, out, as_json=True, more={"rescrub": document})
        return
    print_summary(result, out, as_json=False)
    print_lines(
        f"of {counted(earlier.manifest.counts.clean, 'row')} of run {earlier.manifest.run_id}: {found.stays:,} stay as "
        f"they were, {found.narrowed:,} stay with fewer contact points or channels, {found.blocked:,} are newly "
        f"blocked; usable until {found.valid_until or 'further notice'} (before: {found.before or 'further notice'})"
    )
    if waits:
        print_lines(f"{counted(waits, 'row')} of that run and this wait for a person: see 'leadscrub review list'")


def rows_waiting(folder: Path) -> int:
    """Rows of a result that wait for a person still."""
    workspace = workspace_of_result(folder)
    settled = {} if workspace is None else settled_rows(workspace)
    return max(rows_in_review(folder) - settled.get(open_manifest(folder).run_id, 0), 0)


def _document(found: Changes, earlier: Earlier) -> dict[str, object]:
    return {
        "of": earlier.manifest.run_id,
        "stays": found.stays,
        "narrowed": found.narrowed,
        "blocked": found.blocked,
        "valid_until": None if found.valid_until is None else found.valid_until.isoformat(),
        "valid_until_before": None if found.before is None else found.before.isoformat(),
    }
