"""The steps of a job, from the first row to the manifest: tasks check, shuffles compare, tasks decide and write.

What a task writes has the number of its try in its name, and the driver takes the files of one try of each: a task that
is tried again changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.results.folder import PARQUETS
from pipeline.results.vendor_csv import Returned
from pipeline.results.writer import output_file, return_file, together_proof
from pipeline.run.run_state import RunState
from pipeline.run.second_pass import close_run
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
from pipeline.spark.past import ask_past, history_of
from pipeline.spark.tasks import collected, partitions, places, stopped
from pipeline.stages.checks import Settlement
from pipeline.stages.consent_clusters import SECOND, Crowd, crowd_of
from pipeline.stages.mail_check import MailCheck
from schemas.files.limits import refuse_rows
from schemas.manifest import Manifest, OutputFile

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


def work_of(
    session: SparkSession, first: Callable[[Job], DataFrame], origins: list[Origin], *, moved: bool
) -> Callable[[RunState, Path], Manifest]:
    """What takes a run from its first row to its manifest. ``moved``: lines of a source count over all of its parts."""

    def work(run: RunState, staging: Path) -> Manifest:
        job = job_of(run, tuple(origins))
        with run.timer.step("check in tasks"):
            parts = heard(collected(first(job)), PartChecked)
        # Of a data frame without rows one part is left: there are always tables.
        parts = [part for part in parts if part.rows or origins] or [PartChecked(0, 0)]
        firsts = _account(run, parts)
        with run.timer.step("compare by shuffles"):
            answers = _compared(session, run, parts, firsts, moved=moved)
        to_decide = tuple(
            PartToDecide(place, part.number, start, start if moved else 0, tuple(part.batches))
            for place, (part, start) in enumerate(zip(parts, firsts, strict=True))
        )
        decided = places(session, len(to_decide)).mapInArrow(
            partial(decide_parts, job.pickled(), to_decide, answers), NOTES
        )
        with run.timer.step("decide in tasks"):
            notes = heard(collected(decided), PartDecided)
        written = _gathered(run, notes, staging)
        with run.timer.step("root of the rows"):
            proof = together_proof((note.hashes for note in notes), run.context, staging)
        return close_run(run, staging, written, proof)

    return work


def _account(run: RunState, parts: list[PartChecked]) -> tuple[int, ...]:
    """Enter what the first tasks counted into the run. Returns the ``row_id`` that each part begins with.

    Raises `FileError` when a table has more rows than the workspace takes.
    """
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
        refuse_rows(source.table.place, file.records)
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
        found = places(session, len(tokens)).mapInArrow(partial(tokens_of, tokens), TOKENS)
        together = found.repartition(partitions(run.records), "token")
        reused = _kept(together.mapInArrow(partial(reused_of, firsts), REUSED), run.work / "reused")
    past = ask_past(run, lines("history"), firsts)
    if run.context.campaign.dedupe_keys and (points := lines("points")):
        values = {part.part: part for part in lines("values")}
        points = tuple(
            replace(part, values=values[part.part].file, crowded=crowds[part.number, SECOND].value)
            if rejects and (part.number, SECOND) in crowds and part.part in values
            else part
            for part in points
        )
        shuffled = places(session, len(points)).mapInArrow(partial(points_of, points), POINTS)
        if rejects and reused is not None:
            held = session.read.parquet(reused.as_uri()).selectExpr("row_id AS held").distinct()
            rows = shuffled.selectExpr("*", "shiftrightunsigned(point, 4) AS held")
            shuffled = rows.join(held, "held", "left_anti").drop("held")
        if past is not None and past.blocked is not None:
            bought = session.read.parquet(past.blocked.as_uri())
            shuffled = shuffled.join(bought, "point", "left_anti").select(*shuffled.columns)
        together = shuffled.repartition(partitions(sum(part.points for part in parts)), "key")
        newest = run.context.campaign.dedupe.policy == "newest_consent"
        losers = _kept(together.mapInArrow(partial(losers_of, firsts, newest), LOSERS), run.work / "losers")
    states = None
    for check in run.checks:
        if isinstance(check, MailCheck):
            check.ask_about(domain for part in parts for domain in part.domains)
            check.settle(Settlement(run.records))
            states = check.states
    files = tuple((file.sha256, file.size) for file in run.files)
    return Answers(run.run_id, files, crowds, losers, reused, states, past)


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
    for row in collected(places(session, len(lines)).mapInArrow(partial(counts_of, lines, candidates), COUNTS)):
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
    for name in PARQUETS:
        (staging / name).mkdir()
    returned = return_file(staging, run.context)
    history = history_of(run)
    for note in notes:
        if history is not None:
            history.overlaps.update(note.overlaps)
        run.tallies[note.number].merge(note.tally)
        run.timer.merge(note.seconds)
        for name, (path, file) in note.files.items():
            table = name.removesuffix(".parquet")
            if table in PARQUETS:
                final = f"{table}/part-{note.part:05d}.parquet"
                path.rename(staging / final)
                written[final] = file
            elif file.rows or not returned.rows:
                returned.add(Returned(file.rows, path.read_bytes().removeprefix(returned.header)))
    if not returned.path.exists():
        returned.path.touch()
    name = str(returned.path.relative_to(staging))
    return written | {name: output_file(returned.path, returned.rows)}
