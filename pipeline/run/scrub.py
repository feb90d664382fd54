"""Scrubs drops: the whole job, from a request to a published result that is entered into the ledger."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from pipeline.results.manifest_file import MANIFEST
from pipeline.results.publish import publish, scratch_output, staged_output
from pipeline.run.plan import Plan, Request, make_plan
from pipeline.run.process_pool import process_pool
from pipeline.run.progress import Report, silent
from pipeline.run.runner import Run
from schemas.manifest import Manifest


@dataclass
class Result:
    """What a run came to. ``warnings`` are sentences for a person. ``out``: where it stands."""

    manifest: Manifest
    warnings: list[str]
    too_many_rejected: bool
    unchanged: bool = False
    out: Path | None = None


def scrub(request: Request, report: Report = silent) -> Result:
    """Do the whole job. Everything that stops a run is a `LeadscrubError`; outputs appear only when complete."""
    plan = make_plan(request)
    if (finished := _finished(request, plan)) is not None:
        return finished
    output = scratch_output() if request.dry_run else staged_output(request.out, force=request.force)
    out: Path | None = None
    with output as staging, process_pool(request.threads) as apply:
        run = Run(request, plan, apply, staging, report)
        run.first_pass()
        run.settle()
        manifest = run.second_pass()
        shutil.rmtree(run.work)
        if not request.dry_run:
            out = request.out if request.named_in is None else request.named_in / manifest.run_id
            publish(staging, out)
            if plan.memory is not None:
                plan.memory.keep()
            run.enter()
    return Result(manifest, run.warnings(), _too_many_rejected(manifest, plan), out=out)


def _finished(request: Request, plan: Plan) -> Result | None:
    """With a ledger, the same work changes nothing: what an earlier run wrote to the same place stands."""
    if request.ledger is None or request.force or request.dry_run or not (request.out / MANIFEST).exists():
        return None
    with scratch_output() as scratch, process_pool(request.threads) as apply:
        manifest = Run(request, plan, apply, scratch, silent).finished()
    if manifest is None:
        return None
    if plan.memory is not None:
        plan.memory.keep()
    told = [f"run {manifest.run_id} was made before, from the same drop, lists and past; nothing was changed"]
    return Result(manifest, told, _too_many_rejected(manifest, plan), unchanged=True)


def _too_many_rejected(manifest: Manifest, plan: Plan) -> bool:
    limit = plan.campaign.max_reject_rate
    return limit is not None and manifest.counts.rejected > limit * manifest.counts.read
