"""Scrubs the rows of a data frame, or a drop, as a Spark job.

The driver plans, tasks read and check (`pipeline.spark.check_part`), shuffles compare (`pipeline.spark.compare`), tasks
decide and write (`pipeline.spark.decide_part`), and the driver closes the account and publishes the result, as a run on
one machine does. Everything is made in a folder beside OUT that all machines see. What a task writes has the number of
its try in its name, and the driver takes the files of one try of each: a task that is tried again changes nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pyarrow as pa

from pipeline.columns.date_columns import date_fields, fits_of, orders_of
from pipeline.context import Source
from pipeline.reading.arrow_batches import sample_table, text_frame
from pipeline.reading.files import find_files
from pipeline.reading.opening import open_tables
from pipeline.reading.remote import is_remote
from pipeline.reading.tables.urls import is_table
from pipeline.results.vendor_csv import Returned
from pipeline.results.writer import output_file, return_file, together_proof
from pipeline.run.plan import Request, Sources, mapping_of
from pipeline.run.progress import Report, silent
from pipeline.run.run_state import RunState
from pipeline.run.scrub import Result, scrub_with
from pipeline.run.second_pass import close_run
from pipeline.spark.check_part import check_file, check_rows
from pipeline.spark.compare import (
    COUNTS,
    LOSERS,
    POINTS,
    REUSED,
    TOKENS,
    PartLines,
    counts_of,
    losers_of,
    points_of,
    reused_of,
    tokens_of,
)
from pipeline.spark.decide_part import Answers, PartToDecide, decide_parts
from pipeline.spark.job import Job, Origin, job_of
from pipeline.spark.notes import NOTES, PartChecked, PartDecided, heard
from pipeline.stages.checks import Settlement
from pipeline.stages.consent_clusters import SECOND, Crowd, crowd_of
from pipeline.stages.mail_check import MailCheck
from schemas.config import Campaign
from schemas.errors import DropError, LeadscrubError, UsageError
from schemas.layout import Layout
from schemas.manifest import Manifest, OutputFile
from schemas.support.shown import printable

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

#: Rows of a data frame that are looked at to see which column is which.
_SAMPLE = 2_000
#: Lines that one partition behind a shuffle compares in memory: some hundred megabytes.
_LINES = 4_000_000
_TABLES = ("clean", "rejected", "findings")


@dataclass(frozen=True)
class Scrubbed:
    """What a job came to: its three tables, read from where they were written, and what `Result` says of the run."""

    clean: DataFrame
    rejected: DataFrame
    findings: DataFrame
    result: Result


def scrub(rows: DataFrame, request: Request) -> Scrubbed:
    """Scrub the rows of a data frame; ``request.out`` is a folder that driver and executors see.

    The rows are numbered in the order of the partitions; their plan must give the same rows in the same order each time
    that a task is tried. ``request.drops`` may name them for the record, else they are called ``table``. Raises what
    `leadscrub.scrub` raises, and `UsageError` for what a job does not do: a ledger's history, a dry run.
    """
    result = scrub_rows(rows, request)
    return tables_of(rows.sparkSession, request, result)


def tables_of(session: SparkSession, request: Request, result: Result) -> Scrubbed:
    """The tables of a published result. Spark is told to read columns that hold a time of day, as the calling hours."""
    session.conf.set("spark.sql.timeType.enabled", "true")
    clean, rejected, findings = (session.read.parquet((request.out.absolute() / name).as_uri()) for name in _TABLES)
    return Scrubbed(clean, rejected, findings, result)


def scrub_rows(rows: DataFrame, request: Request, report: Report = silent) -> Result:
    """Scrub the rows of a data frame and publish the result. Raises what `scrub` raises."""
    _refuse(request)
    _refuse_types(rows)
    # Names may be anything, and stay here: tasks know the columns by their places.
    header = tuple(rows.columns)
    placed = rows.toDF(*(f"c{place}" for place in range(len(header))))
    name = request.drops[0] if request.drops else "table"

    def sources_of(layout: Layout, campaign: Campaign, region: str | None) -> list[Source]:
        sample = placed.limit(_SAMPLE).toArrow().rename_columns(list(header))
        table = sample_table(sample, printable(name), "table")
        source = Source(table, mapping_of(table, layout, campaign, region), region)
        return [replace(source, date_orders=orders_of(_fits(placed, source)))]

    def first(job: Job) -> DataFrame:
        return placed.mapInArrow(partial(check_rows, job.pickled()), NOTES)

    return scrub_with(_work(rows.sparkSession, first, [], moved=True), request, report, sources_of)


def scrub_drop(session: SparkSession, request: Request, report: Report = silent) -> Result:
    """Scrub the files of a drop, each by one task, and publish the result. Raises what `scrub` raises."""
    _refuse(request)
    origins: list[Origin] = []

    def first(job: Job) -> DataFrame:
        return _places(session, len(origins)).mapInArrow(partial(check_file, job.pickled()), NOTES)

    return scrub_with(_work(session, first, origins, moved=False), request, report, _files(request, origins))


def _refuse(request: Request) -> None:
    """Raise `UsageError` for what a job does not do."""
    if request.ledger is not None:
        refuse_history()
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


def refuse_history() -> NoReturn:
    """Raise `UsageError`: a run with a ledger would be one in which nothing was bought before."""
    raise UsageError(
        "A Spark job does not compare leads with what the ledger says was bought before.",
        "Say --ledger none to scrub without a history, or scrub on one machine.",
    )


def _files(request: Request, origins: list[Origin]) -> Sources:
    """Find the tables of a drop, and note for the tasks where each of them is."""

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
                origins.append(Origin(path.absolute(), called, position))
                sources.append(Source(table, mapping_of(table, layout, campaign, region), region))
        return sources

    return sources_of


def _fits(placed: DataFrame, source: Source) -> dict[str, tuple[bool, bool]]:
    """Which orders of day and month all dates in figures fit, of every date column that is text."""
    mapping, table = source.mapping, source.table
    fields = date_fields(mapping)
    of_column = {column: place for place, column in enumerate(table.columns)}
    places = sorted({of_column[mapping.fields[name]] for name in fields})
    fits = dict.fromkeys(fields, (True, True))
    if not places:
        return fits
    header, columns = [table.header[place] for place in places], [table.columns[place] for place in places]

    def look(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            given = pa.Table.from_batches([batch]).rename_columns(header)
            found = fits_of(mapping, [text_frame(given, header, columns)])
            month, day = (pa.array([fit[which] for fit in found.values()]) for which in (0, 1))
            yield pa.record_batch({"field": pa.array(list(found)), "month": month, "day": day})

    chosen = placed.select(*(f"c{place}" for place in places))
    said = _collected(chosen.mapInArrow(look, "field string, month boolean, day boolean").distinct())
    for row in said:
        month, day = fits[row["field"]]
        fits[row["field"]] = (month and row["month"], day and row["day"])
    return fits


def _work(
    session: SparkSession, first: Callable[[Job], DataFrame], origins: list[Origin], *, moved: bool
) -> Callable[[RunState, Path], Manifest]:
    """What takes a run from its first row to its manifest. ``moved``: lines of a source count over all of its parts."""

    def work(run: RunState, staging: Path) -> Manifest:
        job = job_of(run, tuple(origins))
        with run.timer.step("check in tasks"):
            parts = heard(_collected(first(job)), PartChecked)
        # Of a data frame without rows one part is left: there are always tables.
        parts = [part for part in parts if part.rows or origins] or [PartChecked(0, 0)]
        firsts = _account(run, parts)
        with run.timer.step("compare by shuffles"):
            answers = _compared(session, run, parts, firsts, moved=moved)
        to_decide = tuple(
            PartToDecide(place, part.number, start, start if moved else 0, tuple(part.batches))
            for place, (part, start) in enumerate(zip(parts, firsts, strict=True))
        )
        decided = _places(session, len(to_decide)).mapInArrow(
            partial(decide_parts, job.pickled(), to_decide, answers), NOTES
        )
        with run.timer.step("decide in tasks"):
            notes = heard(_collected(decided), PartDecided)
        written = _gathered(run, notes, staging)
        with run.timer.step("root of the rows"):
            proof = together_proof((note.hashes for note in notes), run.context, staging)
        return close_run(run, staging, written, proof)

    return work


def _account(run: RunState, parts: list[PartChecked]) -> tuple[int, ...]:
    """Enter what the first tasks counted into the run. Returns the ``row_id`` that each part begins with."""
    firsts, rows = [], 0
    named: set[int] = set()
    for part in parts:
        firsts.append(rows)
        rows += part.rows
        tally, file, source = run.tallies[part.number], run.files[part.number], run.context.sources[part.number]
        if part.number not in named:
            named.add(part.number)
            run.notices.of_source(source, part.sentences)
        tally.given += part.present["given"]
        tally.valid += part.present["valid"]
        run.matches.update(part.matches)
        run.timer.merge(part.seconds)
        file.records += part.rows
        file.size += part.size
        file.careful_blocks += part.careful_blocks
        file.sha256 = part.sha256
        run.report("reading and checking", 1.0, rows)
    if parts and not parts[0].sha256:
        _name_rows(run, parts)
    return tuple(firsts)


def _name_rows(run: RunState, parts: list[PartChecked]) -> None:
    """Give the rows of a data frame a hash, in place of a file's: of their columns, their number and their cells."""
    import hashlib  # noqa: PLC0415

    (source,), (file,) = run.context.sources, run.files
    sums = [sum(part.fingerprint[which] for part in parts) & ((1 << 64) - 1) for which in (0, 1)]
    facts = repr((source.table.header, file.records, sums))
    file.sha256 = hashlib.sha256(facts.encode()).hexdigest()


def _compared(
    session: SparkSession, run: RunState, parts: list[PartChecked], firsts: tuple[int, ...], *, moved: bool
) -> Answers:
    """Compare what the whole run shows, in the order in which its checks settle."""
    lines = partial(_lines, parts, firsts, moved=moved)
    crowds = _crowds(session, parts, lines("values"))
    rejects = run.context.rules is not None
    reused = losers = None
    if tokens := lines("tokens"):
        found = _places(session, len(tokens)).mapInArrow(partial(tokens_of, tokens), TOKENS)
        together = found.repartition(_partitions(run.records), "token")
        reused = _kept(together.mapInArrow(partial(reused_of, firsts), REUSED), run.work / "reused")
    if run.context.campaign.dedupe_keys and (points := lines("points")):
        values = {part.part: part for part in lines("values")}
        points = tuple(
            replace(part, values=values[part.part].file, crowded=crowds[part.number, SECOND].value)
            if rejects and (part.number, SECOND) in crowds and part.part in values
            else part
            for part in points
        )
        shuffled = _places(session, len(points)).mapInArrow(partial(points_of, points), POINTS)
        if rejects and reused is not None:
            held = session.read.parquet(reused.as_uri()).selectExpr("row_id AS held").distinct()
            rows = shuffled.selectExpr("*", "shiftrightunsigned(point, 4) AS held")
            shuffled = rows.join(held, "held", "left_anti").drop("held")
        together = shuffled.repartition(_partitions(sum(part.points for part in parts)), "key")
        newest = run.context.campaign.dedupe.policy == "newest_consent"
        losers = _kept(together.mapInArrow(partial(losers_of, firsts, newest), LOSERS), run.work / "losers")
    states = None
    for check in run.checks:
        if isinstance(check, MailCheck):
            check.ask_about(domain for part in parts for domain in part.domains)
            check.settle(Settlement(run.records))
            states = check.states
    files = tuple((file.sha256, file.size) for file in run.files)
    return Answers(run.run_id, files, crowds, losers, reused, states)


def _lines(parts: list[PartChecked], firsts: tuple[int, ...], name: str, *, moved: bool) -> tuple[PartLines, ...]:
    return tuple(
        PartLines(place, part.number, first, first if moved else 0, part.lines[name])
        for place, (part, first) in enumerate(zip(parts, firsts, strict=True))
        if name in part.lines
    )


def _crowds(
    session: SparkSession, parts: list[PartChecked], lines: tuple[PartLines, ...]
) -> dict[tuple[int, str], Crowd]:
    """What holds more than half of a file's consents: candidates are counted only where there are any."""
    totals: Counter[tuple[int, str]] = Counter()
    candidates: dict[tuple[int, str], set[int]] = {}
    for part in parts:
        for name, (count, most) in part.values.items():
            totals[part.number, name] += count
            if most:
                candidates.setdefault((part.number, name), set()).update(most)
    if not candidates:
        return {}
    counts: dict[tuple[int, str], Counter[int]] = {key: Counter() for key in candidates}
    for row in _collected(_places(session, len(lines)).mapInArrow(partial(counts_of, lines, candidates), COUNTS)):
        counts[row["number"], row["name"]][int(row["value"])] += row["count"]
    found = {key: crowd_of(count, totals[key]) for key, count in counts.items()}
    return {key: crowd for key, crowd in found.items() if crowd is not None}


def _kept(answers: DataFrame, folder: Path) -> Path | None:
    """Put answers away by part; None when there is none."""
    try:
        answers.repartition("part").write.partitionBy("part").parquet(folder.absolute().as_uri())
    except Exception as error:
        raise stopped(error) from error
    return folder.absolute() if any(folder.glob("part=*")) else None


def _gathered(run: RunState, notes: list[PartDecided], staging: Path) -> dict[str, OutputFile]:
    """Move the files of each part to their folders, and put the lines for the vendor together."""
    written: dict[str, OutputFile] = {}
    for name in _TABLES:
        (staging / name).mkdir()
    returned = return_file(staging, run.context)
    for note in notes:
        run.tallies[note.number].merge(note.tally)
        run.timer.merge(note.seconds)
        for name, (path, file) in note.files.items():
            table = name.removesuffix(".parquet")
            if table in _TABLES:
                final = f"{table}/part-{note.part:05d}.parquet"
                path.rename(staging / final)
                written[final] = file
            elif file.rows or not returned.rows:
                returned.add(Returned(file.rows, path.read_bytes().removeprefix(returned.header)))
    if not returned.path.exists():
        returned.path.touch()
    name = str(returned.path.relative_to(staging))
    return written | {name: output_file(returned.path, returned.rows)}


def _places(session: SparkSession, count: int) -> DataFrame:
    """A row for each of so many places, each in a partition of its own."""
    return session.range(0, count, 1, max(count, 1))


def _partitions(lines: int) -> int:
    return max(1, -(-lines // _LINES))


def _collected(frame: DataFrame) -> list[Any]:
    """Run a job and bring its rows here. Raises `LeadscrubError` when a task failed as often as Spark tries it."""
    try:
        return list(frame.collect())
    except Exception as error:
        raise stopped(error) from error


def stopped(error: Exception) -> LeadscrubError:
    """What to say of a job that failed; words of other libraries may quote cells."""
    ours = re.search(r"leadscrub: (internal error [^\n]*)", str(error))
    if ours is not None:
        return LeadscrubError(f"A task of the Spark job failed: {ours[1]}.", "Nothing was changed. Please report it.")
    return LeadscrubError(
        f"The Spark job failed ({type(error).__name__}); nothing was changed.",
        "Why is in the log of the task that failed, on its executor.",
    )
