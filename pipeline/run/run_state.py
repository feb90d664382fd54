"""What a run knows and keeps between its steps: its inputs, its checks, its counts."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.context import Context, MailQuestion, Reviewed
from pipeline.results.identity import RunInputs, run_id
from pipeline.run.batch_spool import BatchSpool
from pipeline.run.notices import Notices
from pipeline.run.plan import Plan
from pipeline.run.process_pool import process_pool
from pipeline.run.progress import Report
from pipeline.run.request import Request
from pipeline.run.run_decisions import decisions_digest, reviewed_rows
from pipeline.run.run_rules import hours_of, rules_of
from pipeline.run.tally import Tally
from pipeline.stages.checks import RunCheck
from pipeline.stages.mail_check import CACHE_FILE
from pipeline.stages.registry import RUN_CHECKS
from schemas.contact.apply import Apply
from schemas.errors import LeadscrubError
from schemas.files.table import FileTally
from schemas.list_version import ListVersion
from schemas.support.interrupts import submit
from schemas.support.later import Later
from schemas.support.ordered_map import in_order
from schemas.support.timer import Timer
from suppression.erased import open_erased
from suppression.lists import SuppressionList, open_version
from suppression.loading import ListSpec, build_version
from suppression.store import fit_lists, open_fit

if TYPE_CHECKING:  # what a ledger needs is loaded only where there is one
    from pipeline.ledger.run_past import RunPast

#: Folder of the batches between the passes.
_BATCHES = "batches"
#: Bytes of lists that are read in a second or two.
_SOON_READ = 100 << 20


@dataclass
class RunState:
    """One run. ``work``: a folder that ends with it. ``files`` and ``tallies``: one for each source of the context."""

    request: Request
    plan: Plan
    inputs: RunInputs
    context: Context
    work: Path
    report: Report
    timer: Timer
    notices: Notices
    checks: list[RunCheck]
    spool: BatchSpool
    files: list[FileTally]
    tallies: list[Tally]
    matches: Counter[str] = field(default_factory=Counter)
    past: RunPast | None = None

    @property
    def records(self) -> int:
        """Records read; complete after the first pass."""
        return sum(file.records for file in self.files)

    def begin_again(self) -> None:
        """Forget what the first pass found so far."""
        for name in (_BATCHES, *(check.name for check in self.checks)):
            shutil.rmtree(self.work / name, ignore_errors=True)
        self.checks, self.spool = _run_checks(self.work, self.context), BatchSpool(self.work / _BATCHES)
        self.files = [FileTally() for _ in self.files]
        self.tallies = [Tally() for _ in self.tallies]
        self.matches.clear()

    @property
    def run_id(self) -> str:
        """The run's id; known once the run checks have settled."""
        found: dict[str, object] = {}
        for check in self.checks:
            found |= check.identity()
        return run_id(self.inputs, [file.sha256 for file in self.files], found)


def start_run(
    request: Request, plan: Plan, apply: Apply, work: Path, report: Report, beside: ThreadPoolExecutor
) -> RunState:
    """Open the run's lists and put its rules and checks together. Raises `ListError` when a list cannot be used.

    Lists that are soon read are read on a thread of ``beside``, and waited for where they are needed.
    """
    work.mkdir()
    timer, notes = Timer(), list(plan.notes)

    def opened() -> tuple[list[SuppressionList], list[str]]:
        # They have far more odd values than a batch: their processes, which take 180 MB each, end with them.
        with timer.step("load lists"), process_pool(request.threads) as own:
            return open_lists(request, plan, own, work / "lists", notes)

    if request.threads > 1 and _soon_read(plan.lists):
        found = submit(beside, opened)
    else:
        found = Future()
        found.set_result(opened())
    lists: Sequence[SuppressionList] = Later(lambda: found.result()[0])
    with lists_first(lists):
        rules = rules_of(plan, request.as_of, lists)
        reviewed = reviewed_rows(request, plan)
        hours = hours_of(rules, plan)
    cache = None if plan.store is None or request.dry_run else plan.store.folder / CACHE_FILE
    context = Context(
        plan.campaign,
        plan.vendor,
        request.as_of,
        lists,
        plan.sources,
        apply,
        rules,
        hours,
        earlier_run=None if request.earlier is None else request.earlier.manifest.run_id,
        asks_ledger=request.ledger is not None,
        mail=MailQuestion(request.dns_server, cache) if request.check_mx else None,
        reviewed=reviewed,
        released=request.earlier is not None and request.earlier.released_by is not None,
    )
    return RunState(
        request,
        plan,
        run_inputs(request, plan, Later(lambda: found.result()[1]), reviewed),
        context,
        work,
        report,
        timer,
        Notices(context, notes),
        _run_checks(work, context),
        BatchSpool(work / _BATCHES),
        [FileTally() for _ in plan.sources],
        [Tally() for _ in plan.sources],
    )


def _run_checks(work: Path, context: Context) -> list[RunCheck]:
    made = [check.make(work / check.name, context) for check in RUN_CHECKS]
    return [check for check in made if check is not None]


@contextmanager
def lists_first(lists: Sequence[SuppressionList]) -> Iterator[None]:
    """Of a bad list and of whatever else stops the run in this block the list is named, whichever is found first."""
    try:
        yield
    except LeadscrubError:
        len(lists)
        raise


def run_inputs(request: Request, plan: Plan, lists: Sequence[str], reviewed: Reviewed | None) -> RunInputs:
    """What the run's id depends on, with its lists by their identities."""
    return RunInputs(
        request.as_of,
        plan.vendor,
        plan.campaign,
        plan.sources,
        plan.packs,
        plan.vendor_evidence,
        lists,
        decisions_digest(reviewed),
    )


def open_lists(
    request: Request, plan: Plan, apply: Apply, folder: Path, notes: list[str]
) -> tuple[list[SuppressionList], list[str]]:
    """Build the lists of this run in ``folder`` and open those of the store. Returns them and their identities.

    Raises `ListError` when one of them cannot be used.
    """
    lists, identities = [], []
    last = plan.campaign.calling.contact(request.as_of)[1]
    threads = request.threads if _soon_read(plan.lists) else 1
    built = in_order(lambda spec: build_version(spec, folder / spec.name, apply), plan.lists, threads)
    for spec, version in zip(plan.lists, built, strict=True):
        notes += [f"list {spec.name}: {warning}" for warning in version.warnings]
        opened = [open_version(folder / spec.name, request.as_of)]
        lists += fit_lists(opened, request.as_of, request.allow_stale, used_until=last)
        identities.append(spec.identity(source.sha256 for source in version.facts.sources))
    if plan.store is not None:
        names, allowed = plan.store_lists, request.allow_stale
        stored = open_fit(plan.store, names, request.as_of, allowed, request.max_age, used_until=last)
        lists += stored
        identities += [stored_identity(lst.facts, lst.max_age) for lst in stored]
    if plan.erased is not None:
        lists.append(open_erased(plan.erased, request.as_of))
        identities.append(stored_identity(lists[-1].facts, None))
    return lists, identities


def _soon_read(lists: list[ListSpec]) -> bool:
    """Whether the lists' files are so small that they are read beside each other: Ctrl-C waits until they are."""
    size = 0
    for path in (path for spec in lists for path in spec.paths):
        with suppress(OSError):  # whoever reads it says what is wrong
            size += path.stat().st_size
    return size <= _SOON_READ


def stored_identity(facts: ListVersion, max_age: int | None) -> str:
    """Identity of a list of the store in a run: its content, and how old the run lets it be."""
    return f"{facts.kind}:{facts.name}:{facts.version}:{max_age}"
