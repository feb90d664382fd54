"""The second pass of a run: every batch is decided with all that was found, and written; then the account is closed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from pipeline.context import Source
from pipeline.results.manifest_file import write_manifest
from pipeline.results.writer import ResultFiles, ResultRows
from pipeline.run.batch_steps import batch_to_decide, decide_batch
from pipeline.run.gate import gate_outcome
from pipeline.run.manifest import make_manifest
from pipeline.run.report_source import report_source
from pipeline.run.rescrub_source import numbered_as_before
from pipeline.run.run_decisions import used_reviews
from pipeline.run.run_state import RunState
from pipeline.run.tally import Tally
from pipeline.stages.checks import Batch
from pipeline.stages.held import restore
from schemas.files.table import FileTally, delivery_of
from schemas.manifest import Manifest, OutputFile, RowsProof
from schemas.support.freed_memory import giving_back
from schemas.support.ordered_map import in_order
from schemas.support.prefetch import read_ahead
from schemas.support.timer import Timer


class _Decided(NamedTuple):
    """A decided batch of the file number ``number`` in the form of the outputs, what was counted, and seconds."""

    number: int
    rows: ResultRows
    tally: Tally
    timer: Timer


def second_pass(run: RunState, staging: Path) -> Manifest:
    """Decide every batch and write it to ``staging``. Raises `AssertionError` when a record is in neither output.

    The run checks answer batch after batch, several threads decide, and each output is written beside the others.
    """
    identity, threads = run.run_id, run.request.threads
    done = 0
    with ResultFiles(staging, run.context, identity, beside=threads > 1) as outputs:
        # Nothing else holds these generators, as in the first pass.
        for decided in giving_back(
            in_order(
                lambda batch: _decide(run, outputs, batch, identity),
                read_ahead(_answered(run), depth=min(threads - 1, 1)),
                threads,
            )
        ):
            run.timer.merge(decided.timer.seconds)
            outputs.add(decided.rows)
            run.tallies[decided.number].merge(decided.tally)
            done += decided.tally.clean + decided.tally.rejected
            run.report("deciding and writing", done / max(run.records, 1), done)
            del decided
        with run.timer.step("root of the rows"):
            proof = outputs.proof(max(threads - 1, 1))  # one processor is for the last rows, which are being written
        written = outputs.close()
    run.timer.merge(outputs.seconds)
    return close_run(run, staging, written, proof)


def close_run(run: RunState, staging: Path, written: dict[str, OutputFile], proof: RowsProof) -> Manifest:
    """Close the account of a run whose rows are ``written``: write its report and manifest to ``staging``."""
    identity = run.run_id
    manifest = make_manifest(run.plan, run.context, run.files, run.tallies, run.matches, written, identity)
    found: dict[str, object] = {"gate": gate_outcome(run, manifest.counts), "rows": proof}
    if run.request.earlier is not None:
        found["rescrub_of"] = run.request.earlier.record()
    if run.context.reviewed is not None:
        found["reviews"] = used_reviews(run.context.reviewed, manifest.counts)
    for check in run.checks:
        found |= check.record()
    manifest = manifest.model_copy(update=found)
    with run.timer.step("report"):
        from pipeline.report.files import write_report  # noqa: PLC0415  # a run that is refused needs no templates

        written |= write_report(report_source(run, manifest), staging)
    manifest = manifest.model_copy(update={"outputs": written, "timings": run.timer.seconds})
    write_manifest(manifest, staging)
    return manifest


class _Answered(NamedTuple):
    """A batch that was taken back, with what the run checks found: ``held`` is all of it, the frame what they read."""

    held: pa.Table
    batch: Batch


def _answered(run: RunState) -> Iterator[_Answered]:
    """Take the batches back, each with what the run checks found in it."""
    for number, rows, before in run.timer.items("take back", run.spool.take()):
        with run.timer.step("find in the run"):
            held = restore(rows)
            batch = batch_to_decide(number, held, before, run.checks, run.context)
        yield _Answered(held, batch)


def _decide(run: RunState, outputs: ResultFiles, answered: _Answered, identity: str) -> _Decided:
    """Decide a batch, and bring it into the form of the outputs. Runs on several threads at once."""
    context, timer, tally = run.context, Timer(), Tally()
    held, batch = answered.held, answered.batch
    source = context.sources[batch.number]
    with timer.step("decide"):
        constants = provenance(source, run.files[batch.number], context.vendor, identity)
        held, findings, verdict = decide_batch(held, batch, source, context, constants)
    with timer.step("count"):
        tally.add(held, findings, verdict, context)
    with timer.step("form outputs"):
        if source.mapping.read_before:
            verdict, findings = numbered_as_before(verdict, findings, held)
        rows = outputs.formed(verdict, findings)
    return _Decided(batch.number, rows, tally, timer)


def provenance(source: Source, file: FileTally, vendor: str | None, identity: str) -> dict[str, str | None]:
    """Columns that are the same for a whole file. Rows that are scrubbed again keep where they came from."""
    if source.mapping.read_before:
        return {"run_id": identity}
    return {
        "run_id": identity,
        "vendor": vendor,
        "source_file": source.table.name,
        "source_sheet": source.table.sheet,
        "source_sha256": delivery_of(source.table.input, file).sha256,
    }
