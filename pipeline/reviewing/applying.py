"""Applies decisions: all of them or none. What they release is scrubbed again by the lists and rules of the day.

The folder of a review is made beside those that are in force, and appears in one step with its results. A command that
was killed before leaves nothing that counts, or all of it; the next one removes the one and logs the other.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from pipeline.ledger.logged import enter_unlogged, logged_change
from pipeline.proof.review_entries import review_entries
from pipeline.results.decisions import (
    DECISIONS,
    DENY,
    RECORD,
    RELEASE,
    TABLE,
    ReviewRecord,
    RunReviewed,
    digest_of,
    on_day,
    reviews_folder,
    reviews_in,
)
from pipeline.results.folder import scan
from pipeline.reviewing.choices import decisions_of
from pipeline.reviewing.queue import ReviewedRun, refuse_changed
from pipeline.reviewing.released_rows import earlier_of, write_released
from pipeline.reviewing.withdrawing import finish_withdrawals
from pipeline.run.request import Request
from pipeline.run.scrub import scrub
from pipeline.workspace import read_campaign
from schemas.errors import ConfigError, ListError, OutputError
from schemas.manifest import Manifest
from schemas.support.durable import make_folder, sync_folder, sync_path, write_atomically
from schemas.support.interrupts import interrupts_wait
from schemas.support.locks import lock, unlock
from schemas.support.places import lock_file, refuse_links
from suppression.loading import DATED_FOR_RUN

if TYPE_CHECKING:  # what a ledger needs is loaded only where there is one
    from pipeline.ledger.database import Ledger

_PARTIAL, _WORK = ".partial", "work"


@dataclass(frozen=True)
class Desk:
    """Where decisions are applied, and as of which day. ``asked`` completes the request of a scrub; ``now``: the clock.

    ``campaign``: file of the campaign; by default the workspace's of the same name.
    """

    workspace: Path
    ledger: Ledger | None
    day: date
    now: Callable[[], datetime]
    asked: Callable[[Request], Request] = lambda request: request
    campaign: Path | None = None
    threads: int = 2


@contextmanager
def at_desk(desk: Desk) -> Iterator[None]:
    """Let one process at a time decide, and first finish what one that was killed had begun.

    Raises `OutputError` when another process decides at the moment.
    """
    folder = reviews_folder(desk.workspace)
    refuse_links(folder / "lock", desk.workspace)
    make_folder(folder.absolute())
    handle = lock_file(folder / "lock")
    try:
        try:
            lock(handle, folder / "lock")
        except BlockingIOError as error:
            raise OutputError("Another command is applying decisions here.", "Wait for it.") from error
        for path in folder.glob(f".*{_PARTIAL}"):
            refuse_links(path, desk.workspace)
            shutil.rmtree(path)
        enter_unlogged(desk.workspace, desk.ledger)
        finish_withdrawals(desk.workspace, desk.ledger)
        _enter_results(desk)
        yield
    finally:
        unlock(handle)


def apply_choices(desk: Desk, runs: list[ReviewedRun], choices: pl.DataFrame) -> tuple[Path, ReviewRecord]:
    """Make a review of choices (`CHOICES`) that nobody made before. Returns its folder and what came of it.

    Raises `ListError` when a list has gone stale since, `DropError` when a result is not the one that was logged,
    `ConfigError` when its campaign is not in the workspace. Nothing is decided then.
    """
    mine = [run for run in runs if run.run_id in set(choices.get_column("run_id"))]
    made = [decisions_of(run, choices, "") for run in mine]
    review = _named(desk.workspace, pl.concat(made))
    made = [each.with_columns(pl.lit(review).alias("review")) for each in made]
    folder = reviews_folder(desk.workspace) / review
    staging = folder.with_name(f".{review}{_PARTIAL}")
    staging.mkdir(mode=0o700)
    try:
        settled, reviewed, rests_on = [], {}, set[str]()
        for run, new in zip(mine, made, strict=True):
            refuse_changed(run)
            outcome = _Outcome(desk, run, new, review, staging)
            settled.append(outcome.settled)
            reviewed[run.run_id] = outcome.reviewed
            rests_on |= outcome.rests_on
        record = _write(staging, desk, review, pl.concat(settled), reviewed, rests_on)
        _publish(desk, staging, folder, record)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return folder, record


def _named(workspace: Path, decisions: pl.DataFrame) -> str:
    """The id of a review: of what it decides, and of how often the same was withdrawn."""
    rows = sorted(set(decisions.get_column("run_id")))
    for number in range(1 + len(reviews_in(workspace, withdrawn=True))):
        review = sha256(f"{digest_of(decisions)} {rows} {number}".encode()).hexdigest()[:12]
        if not (reviews_folder(workspace) / review).exists():
            return review
    raise AssertionError("a review of these decisions is in force")


class _Outcome:
    """What new decisions come to for one run: denied rows, and released ones, which are scrubbed again."""

    def __init__(self, desk: Desk, run: ReviewedRun, new: pl.DataFrame, review: str, staging: Path) -> None:
        self._desk, self._run, self._review = desk, run, review
        known = run.known.filter(pl.col("review").is_not_null()).select(list(DECISIONS))
        counting = on_day(pl.concat([known, new]), desk.day)
        denied = new.filter(decision=DENY).get_column("row_id").unique()
        rows = new.filter(decision=RELEASE).get_column("row_id").unique()
        rows = rows.filter(~rows.is_in(counting.filter(decision=DENY).get_column("row_id").implode()))
        releases = counting.filter(decision=RELEASE)
        self._result: str | None = None
        self._manifest: Manifest | None = None
        released, refused = rows.clear(), rows.clear()
        if len(rows):
            released, refused = self._scrubbed(releases, rows, staging)
        over = pl.concat([denied, released, refused])
        self.settled = new.with_columns(pl.col("row_id").is_in(over.implode()).alias("settled"))
        others = releases.filter(pl.col("row_id").is_in(released.implode()) & (pl.col("review") != review))
        self.rests_on = set(others.get_column("review"))
        self.reviewed = RunReviewed(
            vendor=run.manifest.vendor,
            campaign=run.manifest.campaign,
            released=len(released),
            refused=len(refused),
            denied=len(denied),
            settled=len(over.unique()),
            result=self._result,
            result_run_id=None if self._manifest is None else self._manifest.run_id,
        )

    def _scrubbed(self, releases: pl.DataFrame, rows: pl.Series, staging: Path) -> tuple[pl.Series, pl.Series]:
        """Scrub the released rows again. Returns those that are clean, and those that are not."""
        desk, run = self._desk, self._run
        campaign = desk.campaign or campaign_file(desk.workspace, run.manifest.campaign)
        clean = [run.out, *(path for path, _ in _supplements(desk.workspace, run.run_id))]
        work = staging / _WORK
        work.mkdir(mode=0o700)
        written = write_released(run, read_campaign(campaign), releases, rows, clean, work)
        if not written.rows:
            shutil.rmtree(work)
            return rows.clear(), written.duplicates
        name = f"{run.vendor or 'unnamed-vendor'}-{run.run_id[:12]}"
        manifest = run.manifest
        request = Request(
            drops=[str(work / "clean.parquet")],
            out=staging / name,
            as_of=desk.day,
            campaign=campaign,
            vendor=manifest.vendor,
            region=manifest.region,
            no_region=manifest.region is None,
            earlier=earlier_of(run, self._review, work, written.rows),
            decisions=releases,
            accept_held=True,
            record=False,
            threads=desk.threads,
        )
        request = desk.asked(request)
        if not manifest.lists and not (request.lists or request.store_lists):
            request = replace(request, no_lists=True)
        in_ledger = desk.ledger is not None and manifest.history is not None
        result = scrub(replace(request, ledger=desk.ledger if in_ledger else None))
        _refuse_stale(manifest, result.manifest, desk.day)
        shutil.rmtree(work)
        self._result, self._manifest = name, result.manifest
        released, refused = (
            scan(staging / name, each).select("row_id").collect().get_column("row_id") for each in ("clean", "rejected")
        )
        return released, pl.concat([refused, written.duplicates])


def campaign_file(workspace: Path, name: str) -> Path:
    """The file of a workspace's campaign. Raises `ConfigError` when there is none of that name."""
    by_name = workspace / "campaigns" / f"{name}.toml"
    others = (path for path in sorted((workspace / "campaigns").glob("*.toml")) if path != by_name)
    for path in [by_name, *others]:
        if path.is_file() and read_campaign(path).name == name:
            return path
    raise ConfigError(
        [f"campaigns: there is no campaign '{name}', by whose lists and rules released rows are scrubbed again"],
        "Name its file with --campaign.",
    )


def _refuse_stale(then: Manifest, now: Manifest, day: date) -> None:
    """Refuse a copy that counted as dated on the day of the run and is the same still, once that copy is too old."""
    before = {lst.name: lst for lst in then.lists}
    for lst in now.lists:
        was = before.get(lst.name)
        if was is None or DATED_FOR_RUN not in (lst.dated_by, was.dated_by) or was.version != lst.version:
            continue
        if was.valid_until is not None and was.valid_until < day:
            raise ListError(
                f"List '{lst.name}' is the copy that run {then.run_id[:12]} used, which was good until "
                f"{was.valid_until}; nothing was released.",
                "Get a new copy of it.",
            )


def _supplements(workspace: Path, run_id: str) -> Iterator[tuple[Path, ReviewRecord]]:
    """Results of reviews in force with released rows of a run."""
    for folder, record in reviews_in(workspace):
        run = record.runs.get(run_id)
        if run is not None and run.result is not None:
            yield folder / run.result, record


def _write(
    staging: Path,
    desk: Desk,
    review: str,
    decisions: pl.DataFrame,
    runs: dict[str, RunReviewed],
    rests_on: set[str],
) -> ReviewRecord:
    decisions = decisions.select(list(DECISIONS)).cast(DECISIONS)  # type: ignore[arg-type]  # names to types
    decisions.write_parquet((staging / TABLE).absolute(), compression="zstd")
    record = ReviewRecord(
        review=review,
        made_at=desk.now(),
        as_of=desk.day,
        decisions=len(decisions),
        decisions_sha256=sha256((staging / TABLE).read_bytes()).hexdigest(),
        people=sorted(set(decisions.get_column("by"))),
        evidence=sorted(set(decisions.get_column("evidence")))[:20],
        codes=dict(sorted(decisions.get_column("code").value_counts().rows())),
        rests_on=sorted(rests_on),
        runs=runs,
    )
    write_atomically(staging / RECORD, record.model_dump_json(indent=2) + "\n")
    return record


def _publish(desk: Desk, staging: Path, folder: Path, record: ReviewRecord) -> None:
    sync_folder(staging)
    with (
        interrupts_wait(f"review {record.review} is applied"),
        logged_change(desk.workspace, desk.ledger) as log,
    ):
        staging.rename(folder)
        sync_path(folder.parent)
        _enter_results(desk)
        log.append(*review_entries(desk.workspace, folder, record))


def _enter_results(desk: Desk) -> None:
    """Let the ledger know of the results of reviews: they go stale, and retention deletes them, like others."""
    if desk.ledger is None:
        return
    from pipeline.ledger.expiring import record_rescrub, rescrubbed  # noqa: PLC0415  # what a ledger needs

    known = rescrubbed(desk.ledger)
    for folder, record in reviews_in(desk.workspace):
        for run_id, run in record.runs.items():
            if run.result is not None and run.result_run_id not in known and (folder / run.result).is_dir():
                record_rescrub(desk.ledger, folder / run.result, run_id, record.made_at)
