"""The second pass of a run: every batch is decided with all that was found, and written; then the account is closed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from pipeline.context import Source
from pipeline.results.manifest_file import write_manifest
from pipeline.results.verdict import Verdict
from pipeline.results.writer import ResultFiles
from pipeline.run.manifest import make_manifest
from pipeline.run.rescrub_source import numbered_as_before
from pipeline.run.run_state import RunState
from pipeline.stages.checks import Batch
from pipeline.stages.contactable import contactable
from pipeline.stages.decide import decide_stage
from pipeline.stages.registry import SECOND_PASS
from schemas.files.table import delivery_of
from schemas.frame_columns import EARLIER_ROW
from schemas.manifest import Manifest
from schemas.support.prefetch import read_ahead


def second_pass(run: RunState, staging: Path) -> Manifest:
    """Decide every batch and write it to ``staging``. Raises `AssertionError` when a record is in neither output."""
    identity = run.run_id
    outputs = ResultFiles(staging, run.context, identity)
    done = 0
    for number, verdict, findings in read_ahead(_decided(run, identity), depth=1):
        with run.timer.step("write"):
            run.tallies[number].add(verdict)
            outputs.add(verdict, findings)
        done += len(verdict.clean) + len(verdict.rejected)
        run.report("deciding and writing", done / max(run.records, 1), done)
    with run.timer.step("write"):
        written = outputs.close()
    manifest = make_manifest(run.plan, run.context, run.files, run.tallies, run.matches, written, identity)
    found: dict[str, object] = {"timings": run.timer.seconds}
    if run.request.earlier is not None:
        found["rescrub_of"] = run.request.earlier.record()
    for check in run.checks:
        found |= check.record()
    manifest = manifest.model_copy(update=found)
    write_manifest(manifest, staging)
    return manifest


def _decided(run: RunState, identity: str) -> Iterator[tuple[int, Verdict, pl.DataFrame]]:
    """Decide batch after batch, while the one before is written."""
    context = run.context
    for number, frame, before in run.spool.take():
        with run.timer.step("decide"):
            source = context.sources[number]
            batch = Batch(number, frame, before)
            batch = batch.with_findings(*(check.findings(batch) for check in run.checks))
            known = contactable(frame, batch.findings, context)
            batch = Batch(number, frame, batch.findings, known)
            for check in SECOND_PASS:
                batch = check(batch, source, context)
            findings = batch.findings.sort("row_id", maintain_order=True)
            verdict = decide_stage(batch.frame, findings, known, source, context, _provenance(run, number, identity))
        if not source.mapping.read_before:
            yield number, verdict, findings
            continue
        ids = frame.select("row_id", EARLIER_ROW)
        verdict = Verdict(numbered_as_before(verdict.clean, ids), numbered_as_before(verdict.rejected, ids))
        yield number, verdict, numbered_as_before(findings, ids)


def _provenance(run: RunState, number: int, identity: str) -> dict[str, str | None]:
    """Columns that are the same for a whole file. Rows that are scrubbed again keep where they came from."""
    source: Source = run.context.sources[number]
    if source.mapping.read_before:
        return {"run_id": identity}
    return {
        "run_id": identity,
        "vendor": run.context.vendor,
        "source_file": source.table.name,
        "source_sheet": source.table.sheet,
        "source_sha256": delivery_of(source.table.input, run.files[number]).sha256,
    }
