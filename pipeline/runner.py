"""Runs a scrub: the stages in order, over batches of bounded size, in two passes.

First pass: read → map → normalise → quality → screen, batch by batch; each batch is put on disk. Then duplicates are
settled over the whole run. Second pass: decide → write, in the same order.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from pipeline.ahead import read_ahead
from pipeline.context import Context, Source
from pipeline.counts import Tally, total
from pipeline.drops import SOURCE, FileTally, read_batches
from pipeline.identity import run_id
from pipeline.mapping import contact_like
from pipeline.plan import Plan, Request, make_plan
from pipeline.pool import process_pool
from pipeline.progress import Report, silent
from pipeline.publish import publish, staged_output
from pipeline.manifests import make_manifest, write_manifest
from pipeline.result_files import ResultFiles
from pipeline.spill import Spill
from pipeline.stage_decide import decide_stage
from pipeline.stage_dedupe import Deduplication
from pipeline.stage_map import map_stage
from pipeline.stage_normalise import normalise_stage
from pipeline.stage_quality import quality_stage
from pipeline.stage_screen import screen_stage
from pipeline.usable import usable_points
from schemas.manifest import Manifest
from suppression.lists import load_list

Stage = Callable[[pl.DataFrame, Source, Context], tuple[pl.DataFrame, pl.DataFrame]]

#: Stages of the first pass, in order. Each is a function of (batch, its file, read-only context).
BATCH_STAGES: tuple[Stage, ...] = (map_stage, normalise_stage, quality_stage, screen_stage)


@dataclass
class Result:
    """What a run came to. ``warnings`` are sentences for a person."""

    manifest: Manifest
    warnings: list[str]
    too_many_rejected: bool


@dataclass
class _Reading:
    """What the first pass finds out, file by file."""

    files: list[FileTally]
    warnings: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    matches: dict[str, int] = field(default_factory=dict)

    @property
    def records(self) -> int:
        return sum(file.records for file in self.files)


def scrub(request: Request, report: Report = silent) -> Result:
    """Do the whole job. Everything that stops a run is a `LeadscrubError`; outputs appear only when complete."""
    plan = make_plan(request)
    with staged_output(request.out, force=request.force) as staging, process_pool(request.threads) as apply:
        began = time.perf_counter()
        lists = [load_list(s, as_of=request.as_of, region=plan.region, apply=apply) for s in plan.lists]
        context = Context(plan.campaign, plan.vendor, request.as_of, lists, plan.sources, apply)
        reading = _Reading([FileTally() for _ in plan.sources])
        reading.seconds["load lists"] = time.perf_counter() - began
        work = staging / "work"
        work.mkdir()
        spill = Spill(work / "spill")
        duplicates = Deduplication(work / "keys", context)
        _first_pass(request, context, reading, spill, duplicates, report)
        began = time.perf_counter()
        duplicates.settle()
        reading.seconds["settle duplicates"] = time.perf_counter() - began
        manifest = _second_pass(plan, context, reading, spill, duplicates, staging, report)
        shutil.rmtree(work)
        if not request.dry_run:
            publish(staging, request.out)
    rate = manifest.counts.rejected / manifest.counts.read if manifest.counts.read else 0.0
    limit = plan.campaign.max_reject_rate
    return Result(manifest, _warnings(context, reading), limit is not None and rate > limit)


def _first_pass(
    request: Request,
    context: Context,
    reading: _Reading,
    spill: Spill,
    duplicates: Deduplication,
    report: Report,
) -> None:
    total_bytes = sum(source.file.path.stat().st_size for source in context.sources) or 1
    next_row = 0
    for number, batch in read_ahead(_raw_batches(request, context, reading)):
        source = context.sources[number]
        began = time.perf_counter()
        frame = batch.with_row_index("row_id", next_row).with_columns(pl.col("row_id").cast(pl.UInt64))
        if next_row == 0 or reading.files[number].records == len(batch):
            reading.warnings += contact_like(frame, source.mapping.unmapped, SOURCE)
        next_row += len(batch)
        found = []
        for stage in BATCH_STAGES:
            frame, more = stage(frame, source, context)
            found.append(more)
            began = _clock(reading, stage.__name__.removesuffix("_stage"), began)
        findings = pl.concat(found)
        _count_matches(reading, findings, context)
        duplicates.gather(frame, usable_points(frame, findings, context), number)
        began = _clock(reading, "gather keys", began)
        spill.put(number, _compact(frame, context), findings)
        _clock(reading, "put away", began)
        report("reading and checking", sum(file.size for file in reading.files) / total_bytes, next_row)


def _raw_batches(request: Request, context: Context, reading: _Reading) -> Iterator[tuple[int, pl.DataFrame]]:
    for number, source in enumerate(context.sources):
        for batch in read_batches(source.file, reading.files[number], request.block_bytes):
            yield number, batch


def _clock(reading: _Reading, step: str, began: float) -> float:
    now = time.perf_counter()
    reading.seconds[step] = reading.seconds.get(step, 0.0) + now - began
    return now


def _count_matches(reading: _Reading, findings: pl.DataFrame, context: Context) -> None:
    authorities = [lst.authority for lst in context.lists]
    matched = findings.filter(pl.col("source").is_in(authorities)).get_column("source").value_counts()
    for authority, count in matched.rows():
        reading.matches[authority] = reading.matches.get(authority, 0) + count


def _compact(frame: pl.DataFrame, context: Context) -> pl.DataFrame:
    """Gather all source columns, over all files of the run, into ``original``; drop what only screening needs."""
    fields = [
        (pl.col(SOURCE + name) if SOURCE + name in frame.columns else pl.lit(None, pl.String)).alias(name)
        for name in context.columns
    ]
    keep = [name for name in frame.columns if not name.startswith(SOURCE) and not name.endswith(":given")]
    return frame.select(*keep, pl.struct(fields).alias("original"))


def _second_pass(
    plan: Plan,
    context: Context,
    reading: _Reading,
    spill: Spill,
    duplicates: Deduplication,
    staging: Path,
    report: Report,
) -> Manifest:
    identity = run_id(context, [file.sha256 for file in reading.files])
    files = ResultFiles(staging, context, identity)
    tallies = [Tally() for _ in context.sources]
    done = 0
    began = time.perf_counter()
    for number, frame, found in read_ahead(spill.take()):
        source = context.sources[number]
        constants = {
            "vendor": context.vendor,
            "source_file": source.file.name,
            "source_sha256": reading.files[number].sha256,
            "run_id": identity,
        }
        findings = pl.concat([found, duplicates.findings_for(frame)]).sort("row_id", maintain_order=True)
        verdict = decide_stage(frame, findings, source, context, constants)
        tallies[number].add(verdict)
        began = _clock(reading, "decide", began)
        files.add(verdict, findings)
        began = _clock(reading, "write", began)
        done += len(frame)
        report("deciding and writing", done / max(reading.records, 1), done)
    outputs = files.close()
    _clock(reading, "write", began)
    counts = [tally.counts(file.records) for tally, file in zip(tallies, reading.files, strict=True)]
    manifest = make_manifest(
        plan, context, reading.files, counts, total(tallies).counts(reading.records), reading.matches, outputs, identity
    ).model_copy(update={"timings": {step: round(s, 3) for step, s in reading.seconds.items()}})
    write_manifest(manifest, staging)
    return manifest


def _warnings(context: Context, reading: _Reading) -> list[str]:
    several = len(context.sources) > 1
    warnings = list(dict.fromkeys(reading.warnings))
    for source, file in zip(context.sources, reading.files, strict=True):
        name = f"{source.file.name}: " if several else ""
        warnings += [f"{name}{doubt}" for doubt in source.mapping.doubts]
        if file.careful_blocks:
            warnings.append(f"{name}badly quoted or ragged in places: those were read record by record")
    for lst in context.lists:
        if lst.refused_total:
            why = ", ".join(f"{count:,} {reason}" for reason, count in lst.refused.items() if count)
            warnings.append(f"list {lst.source.name}: {lst.refused_total:,} of {lst.read:,} entries not usable ({why})")
    return warnings
