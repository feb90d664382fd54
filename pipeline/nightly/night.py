"""One pass: looks into every inbox and takes what is complete in the order in which it arrived."""

from __future__ import annotations

import secrets
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

from pipeline.ledger.database import Ledger, open_ledger
from pipeline.ledger.leases import Leases
from pipeline.ledger.logged import enter_unlogged
from pipeline.lineage.jobs import Lineage
from pipeline.nightly.account import Account
from pipeline.nightly.completeness import Looks
from pipeline.nightly.due_again import scrub_due_again
from pipeline.nightly.folders import Folders
from pipeline.nightly.guard import Failures, StoppedError, stoppable
from pipeline.nightly.journal import Journal
from pipeline.nightly.last_pass import note_day, refuse_odd_day
from pipeline.nightly.leasing import Alone, Leasing, Shared, holder
from pipeline.nightly.left_over import clear_left, resume_fetched, tokens_on_disk
from pipeline.nightly.log import EventLog, TextLog
from pipeline.nightly.night_context import Night
from pipeline.nightly.summary import Summary, Trouble, worst
from pipeline.nightly.turns import Turns
from pipeline.nightly.unsettled import in_quarantine, still_unsettled
from pipeline.nightly.vendors import Served, find_sellers
from pipeline.nightly.worker import Worker, scrub_here
from pipeline.nightly.workspace_lock import alone_for_a_moment, only_pass, shared_pass
from pipeline.results.identity import program_version
from pipeline.run.store_copy import pull_named
from pipeline.workspace import refuse_no_workspace, workspace_facts
from schemas.errors import EXIT_TOO_MANY_REJECTED, ConfigError, LedgerError, ListError
from schemas.support.durable import write_atomically
from schemas.support.places import LinkError
from schemas.support.scratch import scratch_folder
from schemas.workspace import LedgerChoice, Workspace


@dataclass(frozen=True)
class NightRequest:
    """A pass as the command line asks for it. ``vendors``: only these. ``now`` asks the clock.

    ``day_said``: a person named the day, so the clock is not asked whether it can be.
    ``lineage``: what tells of the pass and its scrubs.
    ``apart``: drops are scrubbed in a process of their own, which a drop may bring down; otherwise in this one.
    """

    workspace: Path
    as_of: date
    now: Callable[[], datetime]
    vendors: list[str] = field(default_factory=list)
    accept_drift: bool = False
    accept_held: bool = False
    dry_run: bool = False
    threads: int = 2
    apart: bool = True
    day_said: bool = True
    lineage: Lineage = field(default_factory=Lineage)


def read_workspace(folder: Path) -> Workspace:
    """Read the workspace's own file.

    Raises `UsageError` when the folder is no workspace, `ConfigError` with all faults of the file.
    """
    refuse_no_workspace(folder, "Make one with 'leadscrub init'.")
    return workspace_facts(folder)


def one_pass(request: NightRequest, workspace: Workspace, log: EventLog | None = None) -> Summary:
    """Do one pass. What stops a drop, a vendor or the rest of the pass is in the summary.

    Raises `OutputError` when another pass is at work here, unless both share the workspace, and `UsageError` when there
    is no such vendor.
    """
    with request.lineage.run("nightly", request.as_of) as run:
        summary = _one_pass(replace(request, lineage=run.children()), workspace, log)
        if summary.exit_code not in (0, EXIT_TOO_MANY_REJECTED):
            run.failed(summary.worst_why)
    return summary


def _one_pass(request: NightRequest, workspace: Workspace, log: EventLog | None) -> Summary:
    began, clock = request.now(), time.perf_counter()
    served = find_sellers(request.workspace, request.vendors, workspace.nightly.inboxes)
    account = Account(log or TextLog())
    stopped = 0
    try:
        with stoppable(), ExitStack() as stack:
            for name, error in served.faulty:
                account.trouble(name, error)
            _do(request, workspace, served, account, stack)
    except StoppedError as stop:
        stopped = stop.exit_code
        account.add_trouble(
            Trouble(
                vendor=None,
                code=stopped,
                why=f"The pass was ended by {stop.name}; what it had not done is left for the next one.",
            )
        )
    codes = [
        *(line.code for line in account.lines),
        *(item.code for item in account.unsettled),
        *(trouble.code for trouble in account.troubles),
    ]
    summary = Summary(
        leadscrub=program_version(),
        as_of=request.as_of,
        began_at=began,
        seconds=round(time.perf_counter() - clock, 3),
        dry_run=request.dry_run,
        exit_code=stopped or worst(codes),
        vendors=served.names,
        known=account.known,
        elsewhere=account.elsewhere,
        machine=socket.gethostname(),
        drops=account.lines,
        unsettled=account.unsettled,
        troubles=account.troubles,
    )
    account.log.ended(summary)
    return summary


def _do(request: NightRequest, workspace: Workspace, served: Served, account: Account, stack: ExitStack) -> None:
    folders = Folders(request.workspace)
    lock = None
    try:
        folders.refuse_planted()
        if not request.day_said:
            refuse_odd_day(folders, request.as_of, "leadscrub nightly")
        if not request.dry_run:
            lock = stack.enter_context((shared_pass if workspace.nightly.share else only_pass)(folders))
            pull_named(request.workspace, request.now())
        night = _night(request, workspace, folders, lock, stack)
        quarantine = in_quarantine(night, served.sellers)
        try:
            scrub_due_again(night, account, served.sellers, dry_run=request.dry_run)
            Turns(night, account, workspace.nightly.quarantine_after, dry_run=request.dry_run).over(served.sellers)
        finally:
            account.add_unsettled(still_unsettled(night, served.sellers, quarantine, account.lines))
    except (ConfigError, LedgerError, LinkError, ListError) as error:
        account.trouble(None, error)


def _night(request: NightRequest, workspace: Workspace, folders: Folders, lock: int | None, stack: ExitStack) -> Night:
    choice, home = workspace.ledger or LedgerChoice(), request.workspace
    if request.dry_run and choice.url is None and not (home / "ledger" / "ledger.db").exists():
        # Nothing is known yet, and a dry run does not begin to.
        home = stack.enter_context(scratch_folder())
    ledger = stack.enter_context(open_ledger(choice, home))
    leasing: Leasing = Alone()
    if not request.dry_run:
        leases = None
        if ledger.engine.dialect.name == "postgresql":
            ledger = replace(ledger, stall_seconds=workspace.nightly.lease_seconds)
            leases = Leases(ledger, workspace.nightly.lease_seconds, holder(), _home(folders, workspace))
        with alone_for_a_moment(folders):
            _begin(request, folders, ledger, leases)
        if leases is not None:
            leasing = stack.enter_context(Shared(leases, workspace.nightly.lease_seconds))
    scrub = scrub_here
    if request.apart:
        worker = Worker(choice, request.workspace, lock, workspace.nightly.drop_minutes * 60)
        scrub = stack.enter_context(worker).scrub
    return Night(
        folders,
        ledger,
        Journal(ledger),
        leasing,
        Looks(folders.hidden / "looks.json", workspace.nightly, request.now()),
        Failures(folders.hidden / "failures.json"),
        scrub,
        request.as_of,
        request.now,
        request.threads,
        request.accept_drift,
        request.accept_held,
        workspace.remote,
        workspace.at_rest.recipients,
        lineage=request.lineage,
    )


def _home(folders: Folders, workspace: Workspace) -> str:
    """What a workspace is called in leases, of which only one pass has them at a time; empty for one that is shared."""
    if workspace.nightly.share:
        return ""
    path = folders.made(folders.hidden) / "home"
    if not path.is_file():
        write_atomically(path, secrets.token_hex(16))
    return path.read_text(encoding="utf-8")


def _begin(request: NightRequest, folders: Folders, ledger: Ledger, leases: Leases | None) -> None:
    """Clear away what ended passes left, and note the day."""
    if leases is None:
        folders.sweep()
    else:
        leases.release_home()
        leases.forget()
        on_disk = tokens_on_disk(folders)
        clear_left(folders, ledger, on_disk - {held.token for held in leases.held()} if leases.shared else on_disk)
    note_day(folders, request.as_of, request.now().date())
    enter_unlogged(request.workspace, ledger)
    if leases is None:
        resume_fetched(folders, Journal(ledger))
