"""Scrubs drops: the whole job, from a request to a published result that is entered into the ledger."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.columns.header_drift import HeaderMemory
from pipeline.results.manifest_file import MANIFEST, manifest_digest
from pipeline.results.publish import WORK, publish, scratch_output, staged_output
from pipeline.run.first_pass import first_pass
from pipeline.run.gate import gate_notes
from pipeline.run.notices import overtaken_notes
from pipeline.run.plan import Plan, Sources, header_memory, make_plan
from pipeline.run.process_pool import process_pool
from pipeline.run.progress import Report, silent
from pipeline.run.region_check import check_regions
from pipeline.run.request import Request
from pipeline.run.run_state import RunState, lists_first, start_run
from pipeline.run.second_pass import second_pass
from pipeline.run.settle import settle
from pipeline.workspace import workspace_limits, workspace_of
from schemas.files.limits import limited_to
from schemas.manifest import Manifest
from schemas.support.interrupts import interrupts_wait
from schemas.support.shown import shown


@dataclass
class Result:
    """What a run came to. ``warnings`` are sentences for a person. ``out``: where it is."""

    manifest: Manifest
    warnings: list[str]
    too_many_rejected: bool
    unchanged: bool = False
    out: Path | None = None

    @property
    def held(self) -> list[str]:
        """Why the result waits for a person, as the gate of the campaign or the vendor says."""
        return self.manifest.held


def scrub(request: Request, report: Report = silent) -> Result:
    """Do the whole job. Raises `LeadscrubError` for whatever stops a run; outputs appear only when complete."""
    return scrub_with(_here, request, report)


def _here(run: RunState, staging: Path) -> Manifest:
    """Read, check, compare, decide and write on this machine."""
    first_pass(run)
    if run.request.turn is not None:
        run.request.turn()
    settle(run)
    return second_pass(run, staging)


def scrub_with(
    work: Callable[[RunState, Path], Manifest],
    request: Request,
    report: Report = silent,
    sources_of: Sources | None = None,
) -> Result:
    """Do the whole job; ``work`` takes a run from its first row to its manifest, which it writes to a folder.

    ``sources_of``: where the leads come from, if not from the request's drops. Raises what `scrub` raises.
    """
    with limited_to(workspace_limits(request.campaign)):
        return _scrub(work, request, report, sources_of)


def _scrub(
    work: Callable[[RunState, Path], Manifest], request: Request, report: Report, sources_of: Sources | None
) -> Result:
    if not request.dry_run and (workspace := workspace_of(request.campaign)) is not None:
        from pipeline.proof.keys import signer_of  # noqa: PLC0415  # only a workspace has keys and a log

        signer_of(workspace)  # better no run than one that cannot be signed in the end
    plan = make_plan(request, sources_of)
    check_regions(request, plan)
    if (finished := _finished(request, plan)) is not None:
        return finished
    output = scratch_output() if request.dry_run else staged_output(request.out, force=request.force)
    out: Path | None = None
    with output as staging, process_pool(request.threads) as apply, ThreadPoolExecutor(1, "lists") as beside:
        run = start_run(request, plan, apply, staging / WORK, report, beside)
        with lists_first(run.context.lists):
            manifest = work(run, staging)
        shutil.rmtree(run.work)
        if not request.dry_run:
            out = request.out if request.named_in is None else request.named_in / manifest.run_id
            with interrupts_wait(f"the results in '{out}' are complete"), _logged(request, out, manifest) as entered:
                _sign(request, staging)
                memory = _memory_in_turn(request, plan)
                publish(staging, out)
                # What is held was not accepted: its columns are not the vendor's last, and its leads not bought.
                if memory is not None and not manifest.held:
                    memory.keep()
                entered(manifest)
                if not manifest.held:
                    _enter(run)
    return Result(manifest, [*_warnings(run), *gate_notes(manifest)], _too_many_rejected(manifest, plan), out=out)


def _sign(request: Request, staging: Path) -> None:
    """Sign the complete result, where the workspace has a key."""
    if (workspace := workspace_of(request.campaign)) is not None:
        from pipeline.proof.signature import sign_result  # noqa: PLC0415  # as above

        sign_result(workspace, staging)


def _memory_in_turn(request: Request, plan: Plan) -> HeaderMemory | None:
    """What to remember of the vendor's columns; asked again where drops before this one may have changed that."""
    if request.turn is None:
        return plan.memory
    request.turn()
    return header_memory(request, plan.contract, plan.sources)


@contextmanager
def _logged(request: Request, out: Path, manifest: Manifest) -> Iterator[Callable[[Manifest], None]]:
    """Give what enters the result into the workspace's log; whoever enters it into the ledger does that there."""
    workspace = workspace_of(request.campaign)
    by_caller = not request.record and request.named_in is None
    if workspace is None or by_caller:
        yield lambda manifest: None
        return
    from pipeline.ledger.logged import logged_change  # noqa: PLC0415  # as above
    from pipeline.proof.run_entry import run_entry  # noqa: PLC0415
    from pipeline.proof.unfinished import unentered  # noqa: PLC0415

    if request.ledger is not None and not (manifest.held and request.record):
        with unentered(workspace, out):
            yield lambda manifest: None
        return
    with logged_change(workspace, request.ledger, out=out) as log:
        yield lambda manifest: log.append(run_entry(workspace, out, manifest, manifest_digest(out), in_ledger=False))


def _finished(request: Request, plan: Plan) -> Result | None:
    """With a ledger, the same work changes nothing: the result of the earlier run is kept."""
    if request.ledger is None or request.force or request.dry_run or not (request.out / MANIFEST).exists():
        return None
    from pipeline.run.finished import finished_before  # noqa: PLC0415  # it needs what a ledger needs

    finished = finished_before(request, plan)
    if finished is None:
        return None
    manifest, overtaken = finished
    if plan.memory is not None and not manifest.held:
        plan.memory.keep()
    notes = [f"run {manifest.run_id} was made before, from the same drop, lists and past; nothing was changed"]
    return Result(manifest, [*notes, *overtaken_notes(overtaken)], _too_many_rejected(manifest, plan), unchanged=True)


def _enter(run: RunState) -> None:
    """Enter the finished run into the ledger, where there is one."""
    if run.past is not None and run.request.record:
        from pipeline.run.ledger_session import enter  # noqa: PLC0415  # what a ledger needs is loaded where there is one

        run.notices.sentences += overtaken_notes(enter(run.request, run.past))


def _warnings(run: RunState) -> list[str]:
    """What a person should know besides the counts."""
    run.notices.of_files(run.files)
    run.notices.of_lists(run.tallies, run.matches)
    run.notices.of_countries(run.tallies)
    run.notices.of_unread(run.tallies)
    run.notices.of_law()
    return [shown(sentence) for sentence in run.notices.sentences]


def _too_many_rejected(manifest: Manifest, plan: Plan) -> bool:
    limit = plan.campaign.max_reject_rate
    return limit is not None and manifest.counts.rejected > limit * manifest.counts.read
