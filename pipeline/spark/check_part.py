"""The first task of a part: its rows are read and checked, and put away with what must be compared over the run."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from pipeline.columns.contact_values import unclaimed
from pipeline.context import Context, Source
from pipeline.reading.arrow_batches import text_frame
from pipeline.reading.csv_pieces import piece_of
from pipeline.run.batch_steps import Checked, check_batch
from pipeline.spark.job import Job, opened
from pipeline.spark.notes import PartChecked, PutAway, told
from pipeline.stages.checks import Batch
from pipeline.stages.consent_clusters import IP, SECOND, consent_values, most_of
from pipeline.stages.dedupe import compared_points
from pipeline.stages.history import points_asked
from pipeline.stages.mail_check import usable_domains
from pipeline.stages.token_reuse import token_lines
from schemas.coded_findings import coded
from schemas.columns import POINTS
from schemas.errors import LeadscrubError
from schemas.files.limits import limited_to
from schemas.files.table import FileTally, read_batches
from schemas.findings import no_findings
from schemas.frame_columns import SOURCE
from schemas.support.summed_file import SummedFile

_OLDEST = pl.CompatLevel.oldest()
#: Rows of a data frame that are checked together, and bytes of a file.
_ROWS = 32_768
_BLOCK_BYTES = 4 << 20
#: Both sums of a fingerprint are of rows hashed with a seed of their own.
_SEEDS = (1, 2)
_WORD = (1 << 64) - 1


def check_file(job_bytes: bytes, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Check tables of the drop, or pieces of them: ``batches`` have the places of these in the job's tasks."""
    for batch in batches:
        for place in batch.column(0).to_pylist():

            def work(place: int = place) -> PartChecked:
                job, context = opened(job_bytes)
                with limited_to(job.limits):
                    return _file_checked(job, context, place)

            yield from told(place, work)


def check_rows(job_bytes: bytes, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Check a partition of a data frame."""
    from pyspark import TaskContext  # noqa: PLC0415  # there in a task

    task = TaskContext.get()
    part = 0 if task is None else task.partitionId()

    def work() -> PartChecked:
        job, context = opened(job_bytes)
        with limited_to(job.limits):
            return _rows_checked(job, context, part, batches)

    yield from told(part, work)


def _file_checked(job: Job, context: Context, place: int) -> PartChecked:
    number, piece = job.tasks[place]
    source = job.source(number)
    note, tally = PartChecked(place, number), FileTally()
    table = source.table if piece is None else piece_of(source.table, piece)
    _check(job, context, source, read_batches(table, tally, _BLOCK_BYTES), note)
    note.sha256, note.size, note.careful_blocks = tally.sha256, tally.size, tally.careful_blocks
    if (cut := job.origins[number].cut) is not None:
        # The first piece counts for the whole file, and for the marks of its end that no piece has.
        note.sha256, note.size = cut.sha256, cut.size if piece == cut.pieces[0] else 0
    return note


def _rows_checked(job: Job, context: Context, part: int, batches: Iterator[pa.RecordBatch]) -> PartChecked:
    (source,) = job.plan.sources
    note = PartChecked(part, 0)
    _check(job, context, source, _text_of(source, batches, note), note)
    return note


def _text_of(source: Source, batches: Iterator[pa.RecordBatch], note: PartChecked) -> Iterator[pl.DataFrame]:
    """The rows of a partition as text, several batches together, and their fingerprint."""
    header, columns = source.table.header, source.table.columns
    first, sums = 0, [0, 0]
    for together in _gathered(batches):
        frame = text_frame(together.rename_columns(list(header)), header, columns, first)
        cells = frame.select(SOURCE + name for name in columns)
        sums = [(so_far + int(_total(cells, seed))) & _WORD for so_far, seed in zip(sums, _SEEDS, strict=True)]
        note.size += sum(int(cells.get_column(name).str.len_bytes().sum()) for name in cells.columns)
        note.fingerprint = (sums[0], sums[1])
        first += len(frame)
        yield frame


def _total(cells: pl.DataFrame, seed: int) -> int:
    hashes = cells.hash_rows(seed).to_numpy()
    return int(hashes.sum())  # wraps: the sum of all parts does not depend on how many there are


def _gathered(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    waiting: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        waiting.append(batch)
        rows += len(batch)
        while rows >= _ROWS:
            table = pa.Table.from_batches(waiting)
            yield table.slice(0, _ROWS)
            rest = table.slice(_ROWS)
            waiting, rows = (rest.to_batches() if len(rest) else []), len(rest)
    if rows:
        yield pa.Table.from_batches(waiting)


def _check(job: Job, context: Context, source: Source, frames: Iterator[pl.DataFrame], note: PartChecked) -> None:
    """Take the batches of a part through the first pass. Rows count from 0 in each part: where it begins is not known.

    An error that nobody foresaw names the file and the line where the batch began, and none of its cells.
    """
    context = _with_source(context, note.number, source)
    lines = Lines(job.work / "parts" / try_of(note.part))
    for place, frame in enumerate(frames):
        try:
            _check_batch(context, frame, note, lines, place)
        except LeadscrubError:
            raise
        except Exception as error:
            line = frame.item(0, "source_line") if len(frame) else 0
            last = traceback.extract_tb(error.__traceback__)[-1]
            # Words of other libraries may quote cells, and this goes to the executor's log.
            raise RuntimeError(
                f"leadscrub: internal error ({type(error).__name__} at {Path(last.filename).name}:{last.lineno}) in "
                f"'{source.table.place}', in the batch that begins on line {line}"
            ) from None
    note.lines = lines.written


def _with_source(context: Context, number: int, source: Source) -> Context:
    sources = [source if at == number else other for at, other in enumerate(context.sources)]
    return context._replace(sources=sources)


def _check_batch(context: Context, frame: pl.DataFrame, note: PartChecked, lines: Lines, place: int) -> None:
    if frame.is_empty():
        return
    number, rows = note.number, note.rows
    ids = pl.int_range(rows, rows + len(frame), dtype=pl.UInt64, eager=True).alias("row_id")
    checked = check_batch(Batch(number, frame.with_columns(ids), coded(no_findings())), context)
    batch, source = checked.batch, context.sources[number]
    if rows == 0:
        note.sentences = unclaimed(batch.frame, source.mapping.unmapped, source.region)
    note.rows += len(frame)
    found = batch.findings
    tables = {
        "batch": checked.held(context),
        "findings": pa.table({"row_id": found.row_id, "which": found.which}),
        "said": found.said.to_arrow(compat_level=_OLDEST),
    }
    note.batches.append(tuple(lines.put(f"{name}-{place}", table) for name, table in tables.items()))
    _compare_later(context, checked, note, lines)
    note.matches.update(checked.matches)
    for kind, counts in checked.present.items():
        note.present[kind].update(counts)
    for step, seconds in checked.timer.seconds.items():
        note.seconds[step] = note.seconds.get(step, 0) + seconds


def _compare_later(context: Context, checked: Checked, note: PartChecked, lines: Lines) -> None:
    """Put away what the comparisons of the run need of a batch."""
    batch = checked.batch
    rows = batch.frame.select("row_id", "source_line")
    for slot, points in compared_points(batch, context):
        position = pl.lit(POINTS.index(slot), pl.UInt8)
        text = pl.col("text") if "text" in points.columns else pl.lit(None, pl.String)
        placed = points.join(rows, on="row_id", how="left", maintain_order="left")
        lines.add(
            "points",
            placed.select("key", text.alias("text"), "row_id", position.alias("position"), "consent_at", "source_line"),
        )
        note.points += len(points)
    if context.asks_ledger:
        asked = points_asked(batch, context)
        lines.add("history", pl.DataFrame(asked, schema=["code", "key", "rest"], orient="row"))
    for tokens in token_lines(batch.frame, context.sources[batch.number], batch.number):
        lines.add("tokens", tokens)
    values = consent_values(batch.frame)
    lines.add("values", values)
    for name in (IP, SECOND):
        count, most = most_of(values.get_column(name))
        total, so_far = note.values.get(name, (0, set()))
        note.values[name] = (total + count, so_far | most)
    if context.mail is not None:
        note.domains |= usable_domains(batch)


def try_of(part: int) -> str:
    """A folder of this try of a task: another try, or a second one beside it, never writes into it."""
    from pyspark import TaskContext  # noqa: PLC0415  # there in a task

    task = TaskContext.get()
    return f"{part:06d}-{0 if task is None else task.taskAttemptId()}"


class Lines:
    """Writes files of one try of a task: whole tables, and lines that come batch by batch."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self._open: dict[str, tuple[SummedFile, Any]] = {}

    def put(self, name: str, table: pa.Table) -> PutAway:
        """Write a table."""
        with (
            SummedFile(self._folder / f"{name}.arrow") as file,
            pa.PythonFile(file, "w") as sink,
            pa.ipc.new_file(sink, table.schema) as writer,
        ):
            writer.write_table(table)
        return PutAway(file.path, file.sum)

    def add(self, name: str, frame: pl.DataFrame) -> None:
        """Append lines, all of one schema."""
        if frame.is_empty():
            return
        table = frame.to_arrow(compat_level=_OLDEST)
        if name not in self._open:
            file = SummedFile(self._folder / f"{name}.arrows")
            self._open[name] = (file, pa.ipc.new_stream(pa.PythonFile(file, "w"), table.schema))
        self._open[name][1].write_table(table)

    @property
    def written(self) -> dict[str, PutAway]:
        """Finish the lines, and say where they are."""
        done = {}
        for name, (file, writer) in self._open.items():
            writer.close()
            file.close()
            done[name] = PutAway(file.path, file.sum)
        return done
