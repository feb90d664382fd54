"""The second task of a part: its batches are taken back, decided with all that was found over the run, and written."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.context import Context
from pipeline.results.writer import ResultFiles
from pipeline.run.batch_steps import batch_to_decide, decide_batch
from pipeline.run.second_pass import provenance
from pipeline.run.tally import Tally
from pipeline.spark.check_part import try_of
from pipeline.spark.job import opened
from pipeline.spark.notes import PartDecided, PutAway, told
from pipeline.spark.past import PastAnswers
from pipeline.stages.checks import Batch, RunCheck, Settlement
from pipeline.stages.consent_audit import ConsentAudit
from pipeline.stages.consent_clusters import Crowd
from pipeline.stages.dedupe import LOSER_SCHEMA, Deduplication
from pipeline.stages.held import restore
from pipeline.stages.history import PurchaseHistoryCheck
from pipeline.stages.mail_check import mail_findings
from pipeline.stages.token_reuse import REUSED
from schemas.coded_findings import CodedFindings
from schemas.files.table import FileTally
from schemas.support.arrow_columns import column
from schemas.support.summed_file import check_sum
from schemas.support.timer import Timer

if TYPE_CHECKING:
    from pipeline.stages.mail_hosts import MailState


#: Beside the results of a part: the hashes of its rows.
_HASHES = "row-hashes"


@dataclass(frozen=True)
class PartToDecide:
    """A part with the ``row_id`` of its first row; lines of a data frame count from there too (``moved``)."""

    part: int
    number: int
    first: int
    moved: int
    batches: tuple[tuple[PutAway, ...], ...]


@dataclass(frozen=True)
class Answers:
    """What the comparisons of the run came to. ``losers`` and ``reused``: folders of Parquet, by part; None: nothing.

    ``files``: hash and size of each source. ``states``: what DNS says of each domain.
    ``past``: what the ledger says of the points.
    """

    run_id: str
    files: tuple[tuple[str, int], ...]
    crowds: Mapping[tuple[int, str], Crowd]
    losers: Path | None
    reused: Path | None
    states: Mapping[str, MailState] | None
    past: PastAnswers | None


class _MailAnswers(RunCheck):
    """What DNS answered to the driver."""

    name = "mail_check"
    codes = frozenset()

    def __init__(self, states: Mapping[str, MailState]) -> None:
        self._states = states

    @classmethod
    def make(cls, folder: Path, context: Context) -> None:
        """See `RunCheck`. Its answers are those of the driver."""

    def gather(self, batch: Batch) -> None:
        """Gather nothing: the first task did."""

    def settle(self, settlement: Settlement) -> None:
        """Settle nothing: the driver did."""

    def findings(self, batch: Batch) -> pl.DataFrame:
        """See `RunCheck`."""
        return mail_findings(batch.frame, self._states)


def decide_parts(
    job_bytes: bytes, parts: tuple[PartToDecide, ...], answers: Answers, batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Decide parts and write them: ``batches`` have the place of each in ``parts``."""
    for batch in batches:
        for place in batch.column(0).to_pylist():
            part = parts[place]

            def work(part: PartToDecide = part) -> PartDecided:
                return _decided(job_bytes, part, answers)

            yield from told(part.part, work)


def _decided(job_bytes: bytes, part: PartToDecide, answers: Answers) -> PartDecided:
    job, context = opened(job_bytes)
    source, timer, tally = context.sources[part.number], Timer(), Tally()
    sha256, size = answers.files[part.number]
    constants = provenance(source, FileTally(sha256, size), context.vendor, answers.run_id)
    folder = job.work / "results" / try_of(part.part)
    folder.mkdir(parents=True)
    scratch = Path(tempfile.mkdtemp(prefix="leadscrub-"))
    try:
        checks, history = _answered(context, part.part, answers, scratch)
        with ResultFiles(folder, context, answers.run_id, beside=False) as outputs:
            for away in part.batches:
                with timer.step("take back"):
                    rows, of_row, said = (_taken(each, part) for each in away)
                    ids, which = (column(of_row, name).to_numpy() for name in ("row_id", "which"))
                    found = CodedFindings(ids, which, pl.DataFrame(said))
                with timer.step("find in the run"):
                    held = restore(rows)
                    batch = batch_to_decide(part.number, held, found, checks, context)
                with timer.step("decide"):
                    held, findings, verdict = decide_batch(held, batch, source, context, constants)
                with timer.step("count"):
                    tally.add(held, findings, verdict, context)
                with timer.step("form outputs"):
                    outputs.add(outputs.formed(verdict, findings))
            written = outputs.close()
            outputs.save_hashes(folder / _HASHES)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    files = {name: (folder / name, file) for name, file in written.items()}
    timer.merge(outputs.seconds)
    overlaps = Counter() if history is None else history.overlaps
    return PartDecided(part.part, part.number, tally, files, folder / _HASHES, timer.seconds, overlaps)


def _answered(
    context: Context, part: int, answers: Answers, scratch: Path
) -> tuple[list[RunCheck], PurchaseHistoryCheck | None]:
    """The run checks with what they have to say of the rows of a part."""
    audit = ConsentAudit(scratch / "consents", context)
    audit.answer(_of_part(answers.reused, part, REUSED), answers.crowds)
    dedupe = Deduplication(scratch / "dedupe", context)
    dedupe.answer(_of_part(answers.losers, part, LOSER_SCHEMA))
    checks: list[RunCheck] = [audit, dedupe]
    history = None
    if answers.past is not None:
        history = PurchaseHistoryCheck(scratch / "history", context)
        history.answer(answers.past.of_part(part), answers.past.deliveries)
        checks.append(history)
    if answers.states is not None:
        checks.append(_MailAnswers(answers.states))
    return checks, history


def _of_part(folder: Path | None, part: int, schema: pa.Schema) -> pl.DataFrame:
    """The answers on the rows of a part."""
    inside = None if folder is None else folder / f"part={part}"
    if inside is None or not inside.is_dir():
        return pl.DataFrame(schema.empty_table())
    tables = [pq.ParquetFile(path).read() for path in sorted(inside.glob("*.parquet"))]
    return pl.DataFrame(pa.concat_tables(tables).select(schema.names).cast(schema))


def _taken(away: PutAway, part: PartToDecide) -> pa.Table:
    """A table as it was put away, with the row numbers of the run."""
    check_sum(away.path, away.sum)
    with pa.memory_map(str(away.path)) as mapped, pa.ipc.open_file(mapped) as reader:
        table = reader.read_all()
    if "row_id" in table.column_names:
        table = _moved(table, "row_id", part.first)
    return _moved(table, "source_line", part.moved) if "source_line" in table.column_names else table


def _moved(table: pa.Table, name: str, by: int) -> pa.Table:
    if not by:
        return table
    place = table.column_names.index(name)
    moved = pl.Series(table.column(name)) + by
    array = moved.cast(pl.UInt64).to_arrow(compat_level=pl.CompatLevel.oldest())
    return table.set_column(place, table.schema.field(name), array)
