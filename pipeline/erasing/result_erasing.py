"""Erases rows of a result: the folder is written again beside, and takes the place of the earlier one in one step."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select, update

from pipeline.ledger.database import Ledger
from pipeline.ledger.log_mending import follow_rewritten
from pipeline.ledger.logged import logged_change
from pipeline.ledger.tables import runs
from pipeline.ledger.went_back import keep_counts_of
from pipeline.proof.entries import Entry
from pipeline.proof.run_entry import run_entry
from pipeline.proof.signature import sign_result
from pipeline.proof.unfinished import Rewriting
from pipeline.report.files import REPORT_PAGE
from pipeline.report.page import run_page
from pipeline.report.source import ReportSource
from pipeline.report.stored_counts import counts_of
from pipeline.results.erasing import ErasedRows, counts_without, erase_rows
from pipeline.results.folder import open_manifest, rows_in_review
from pipeline.results.manifest_file import MANIFEST, manifest_digest, write_manifest
from pipeline.results.publish import WORK, publish, staged_output
from pipeline.results.row_proof import proof_of
from pipeline.results.writer import output_file
from schemas.manifest import Erasure, Manifest
from schemas.report_counts import REPORT_COUNTS
from schemas.support.interrupts import interrupts_wait


def erase_result(
    out: Path,
    row_ids: set[int],
    workspace: Path | None,
    ledger: Ledger | None,
    because: str,
    now: datetime,
    entry: Callable[[str, dict[str, object]], Entry],
) -> int:
    """Write a result again without what is in these rows. Returns how many rows were erased.

    ``entry`` makes what the log says of it. Raises `UsageError` when the folder holds no result, `OutputError` when it
    cannot be written.
    """
    manifest, before = open_manifest(out), manifest_digest(out)
    with staged_output(out, force=True) as staging:
        # By this folder the next command knows what a killed one left.
        work = staging / WORK
        work.mkdir(mode=0o700)
        erased = erase_rows(out, staging, row_ids, now.astimezone(UTC).date().isoformat())
        if not len(erased):
            return 0
        made = _finished(out, staging, manifest, erased, before, because, now)
        sign_result(workspace, staging)
        work.rmdir()
        digest = manifest_digest(staging)
        facts: dict[str, object] = {"before": before, "after_manifest": digest, "rows": len(erased)}
        logged = [entry(digest, facts)]
        if workspace is not None:
            run = run_entry(workspace, out, made, digest, in_ledger=_knows(ledger, manifest.run_id))
            logged.append(Entry(run.kind, run.subject, run.mark, run.vendor, {**run.facts, "before": before}))
        rewriting = Rewriting(out / MANIFEST, digest, tuple(logged))
        change = f"'{out}' is without the person"
        with interrupts_wait(change), logged_change(workspace, ledger, rewriting=rewriting) as log:
            publish(staging, out)
            if ledger is not None:
                with ledger.writing() as connection:
                    follow_rewritten(connection, logged)
                    keep_counts_of(connection, manifest.run_id, row_ids)
                    this = (runs.c.run_id == manifest.run_id, runs.c.manifest_sha256 == digest)
                    connection.execute(update(runs).where(*this).values(review=rows_in_review(out)))
            log.append(*logged)
    return len(erased)


def _finished(
    out: Path,
    staging: Path,
    manifest: Manifest,
    erased: ErasedRows,
    before: str,
    because: str,
    now: datetime,
) -> Manifest:
    """Write what is left of the folder: the report, whatever else the run wrote, and the manifest."""
    made = counts_without(manifest, erased)
    if (out / REPORT_COUNTS).is_file():
        counts = counts_of(out, manifest)
        reasons = {
            code: seen.model_copy(
                update={"examples": [each for each in seen.examples if (each.file, each.line) not in erased.places]}
            )
            for code, seen in counts.reasons.items()
        }
        counts = counts.model_copy(update={"reasons": reasons})
        (staging / REPORT_COUNTS).write_text(counts.model_dump_json(indent=1) + "\n", encoding="utf-8")
        (staging / REPORT_PAGE).write_text(
            run_page(ReportSource(made, counts)), encoding="utf-8", errors="backslashreplace"
        )
    outputs = {}
    for name, file in manifest.outputs.items():
        path = staging / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            shutil.copyfile(out / name, path)
        outputs[name] = output_file(path, _rows_of(name, file.rows, path))
    erasure = Erasure(
        at=now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        because=because,
        rows=len(erased),
        clean=len(erased.clean),
        manifest_sha256=before,
    )
    rows = None if manifest.rows is None else proof_of(staging)
    made = made.model_copy(update={"outputs": outputs, "rows": rows, "erasures": [*manifest.erasures, erasure]})
    write_manifest(made, staging)
    return made


def _rows_of(name: str, rows: int, path: Path) -> int:
    """Rows of an output after the erasure."""
    if name.endswith(".parquet"):
        import pyarrow.parquet as pq  # noqa: PLC0415

        return int(pq.read_metadata(path.absolute()).num_rows)
    if name.startswith("returns/"):
        from pipeline.results.erasing import count_lines  # noqa: PLC0415

        return count_lines(path)
    return rows


def _knows(ledger: Ledger | None, run_id: str) -> bool:
    """Whether the ledger has the run."""
    if ledger is None:
        return False
    with ledger.reading() as connection:
        return connection.execute(select(runs.c.run_id).where(runs.c.run_id == run_id)).first() is not None
