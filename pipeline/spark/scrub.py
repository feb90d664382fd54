"""Scrubs the rows of a data frame, or a drop, as a Spark job.

The driver plans, tasks read and check (`pipeline.spark.check_part`), shuffles compare (`pipeline.spark.compare`), tasks
decide and write (`pipeline.spark.decide_part`), and the driver closes the account and publishes the result, as a run on
one machine does. Everything is made in a folder beside OUT that all machines see. What a task writes has the number of
its try in its name, and the driver takes the files of one try of each: a task that is tried again changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.columns.date_columns import date_fields
from pipeline.context import Source
from pipeline.ledger.logged import logged_change
from pipeline.proof.entries import Entry
from pipeline.proof.run_entry import location
from pipeline.reading.arrow_batches import sample_table
from pipeline.reading.csv_pieces import cut_file
from pipeline.reading.files import find_files
from pipeline.reading.opening import open_tables
from pipeline.reading.remote import is_remote
from pipeline.reading.tables.urls import is_table
from pipeline.results.folder import PARQUETS
from pipeline.results.manifest_file import manifest_digest
from pipeline.run.plan import Sources, mapping_of
from pipeline.run.progress import Report, silent
from pipeline.run.request import Request
from pipeline.run.scrub import Result, scrub_with
from pipeline.spark.check_part import check_file, check_rows
from pipeline.spark.date_orders import orders_in_frame, orders_in_pieces
from pipeline.spark.delta_tables import check_delta, write_delta
from pipeline.spark.job import Job, Origin
from pipeline.spark.notes import NOTES
from pipeline.spark.tasks import places
from pipeline.spark.work import work_of
from pipeline.workspace import workspace_of
from schemas.config import Campaign
from schemas.errors import DropError, LeadscrubError, UsageError
from schemas.layout import Layout
from schemas.manifest import Manifest
from schemas.support.shown import printable

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

#: About so many bytes of a large CSV file are read by one task.
PIECE_BYTES = 128 << 20
#: Rows of a data frame that are looked at to see which column is which.
_SAMPLE = 2_000


@dataclass(frozen=True)
class Scrubbed:
    """What a job came to: its three tables, read from where they were written, and what `Result` says of the run."""

    clean: DataFrame
    rejected: DataFrame
    findings: DataFrame
    result: Result


def scrub(rows: DataFrame, request: Request, delta: Path | None = None) -> Scrubbed:
    """Scrub the rows of a data frame; ``request.out`` is a folder that driver and executors see.

    The rows are numbered in the order of the partitions; their plan must give the same rows in the same order each time
    that a task is tried. ``delta``: a folder in which the three tables are written as Delta tables as well, unless the
    result is held. ``request.drops`` may name them for the record, else they are called ``table``. Raises what
    `leadscrub.scrub` raises, and `UsageError` for what a job does not do: a dry run.
    """
    result = scrub_rows(rows, request, delta=delta)
    return tables_of(rows.sparkSession, request, result)


def tables_of(session: SparkSession, request: Request, result: Result) -> Scrubbed:
    """The tables of a published result. Spark is told to read columns that hold a time of day, as the calling hours."""
    session.conf.set("spark.sql.timeType.enabled", "true")
    clean, rejected, findings = (session.read.parquet((request.out.absolute() / name).as_uri()) for name in PARQUETS)
    return Scrubbed(clean, rejected, findings, result)


def scrub_rows(rows: DataFrame, request: Request, report: Report = silent, delta: Path | None = None) -> Result:
    """Scrub the rows of a data frame and publish the result. Raises what `scrub` raises."""
    _refuse(request, delta)
    _refuse_types(rows)
    # Names may be anything, and stay here: tasks know the columns by their places.
    header = tuple(rows.columns)
    placed = rows.toDF(*(f"c{place}" for place in range(len(header))))
    name = request.drops[0] if request.drops else "table"

    def sources_of(layout: Layout, campaign: Campaign, region: str | None) -> list[Source]:
        sample = placed.limit(_SAMPLE).toArrow().rename_columns(list(header))
        table = sample_table(sample, printable(name), "table")
        source = Source(table, mapping_of(table, layout, campaign, region), region)
        return [replace(source, date_orders=orders_in_frame(placed, source))]

    def first(job: Job) -> DataFrame:
        return placed.mapInArrow(partial(check_rows, job.pickled()), NOTES)

    result = scrub_with(work_of(rows.sparkSession, first, [], moved=True), request, report, sources_of)
    return _with_delta(rows.sparkSession, request, result, delta)


def scrub_drop(session: SparkSession, request: Request, report: Report = silent, delta: Path | None = None) -> Result:
    """Scrub the files of a drop, each by one task, large regular CSV files by several, and publish the result.

    Raises what `scrub` raises.
    """
    _refuse(request, delta)
    origins: list[Origin] = []

    def first(job: Job) -> DataFrame:
        return places(session, len(job.tasks)).mapInArrow(partial(check_file, job.pickled()), NOTES)

    work = work_of(session, first, origins, moved=False)
    return _with_delta(session, request, scrub_with(work, request, report, _files(session, request, origins)), delta)


def _with_delta(session: SparkSession, request: Request, result: Result, delta: Path | None) -> Result:
    """Write the tables of a result that is not held as Delta tables, where that is wanted.

    The log has it before: what tasks write is there before the commit.
    """
    if delta is not None and not result.held:
        with logged_change(workspace_of(request.campaign), request.ledger) as log:
            if log.workspace is not None:
                log.append(_delta_entry(log.workspace, request, result.manifest, delta))
        try:
            write_delta(session, request.out, delta, result.manifest.run_id, force=request.force)
        except LeadscrubError as error:
            error.hint = f"{error.hint} The results in '{request.out}' are complete.".strip()
            raise
    return result


def _delta_entry(workspace: Path, request: Request, manifest: Manifest, delta: Path) -> Entry:
    """What the log says of rows that are in Delta tables besides: nobody finds them there by the result."""
    facts = {
        "as_of": manifest.as_of.isoformat(),
        "manifest_sha256": manifest_digest(request.out),
        "rows": {"clean": manifest.counts.clean, "rejected": manifest.counts.rejected},
        "what": "Delta tables",
        "to": location(workspace, delta),
    }
    return Entry("export", manifest.run_id, datetime.now(UTC).isoformat(), manifest.vendor, facts)


def _refuse(request: Request, delta: Path | None) -> None:
    """Raise `UsageError` for what a job does not do."""
    if delta is not None:
        check_delta(delta, request.out, force=request.force)
    if request.dry_run or request.earlier is not None or request.named_in is not None:
        raise UsageError("A Spark job makes no dry run, and scrubs no result again.", "Use 'leadscrub scrub'.")


def _refuse_types(rows: DataFrame) -> None:
    """Raise `DropError` for a column that Spark cannot hand to a task."""
    from pyspark.sql.pandas.types import to_arrow_type  # noqa: PLC0415  # there where a data frame is

    for column in rows.schema:
        try:
            to_arrow_type(column.dataType)
        except Exception as error:
            kind = column.dataType.simpleString().partition("<")[0]
            raise DropError(
                f"Column '{column.name}' cannot be read as text (type {kind}).", "Write it as text."
            ) from error


def _files(session: SparkSession, request: Request, origins: list[Origin]) -> Sources:
    """Find the tables of a drop, and note for the tasks where each of them is, and in which pieces it is read."""

    def sources_of(layout: Layout, campaign: Campaign, region: str | None) -> list[Source]:
        if tables := [drop for drop in request.drops if is_table(drop)]:
            raise DropError(f"A Spark job reads no table '{tables[0]}'.", "Name it as Spark's catalogue does.")
        if remote := [drop for drop in request.drops if is_remote(drop) or drop == "-"]:
            raise DropError(f"A Spark job cannot read '{remote[0]}'.", "Put the file where all machines see it.")
        if request.sheets:
            layout = layout.model_copy(update={"sheet": request.sheets})
        paths = find_files(request.drops)
        names = [printable(path.name) for path in paths]
        sources = []
        for path, name in zip(paths, names, strict=True):
            called = name if names.count(name) == 1 else printable(str(path))
            for position, table in enumerate(open_tables(path, called, layout)):
                source = Source(table, mapping_of(table, layout, campaign, region), region)
                cut = cut_file(table, PIECE_BYTES)
                if cut is not None and date_fields(source.mapping):
                    source = replace(source, date_orders=orders_in_pieces(session, source, cut))
                origins.append(Origin(path.absolute(), called, position, cut))
                sources.append(source)
        return sources

    return sources_of
