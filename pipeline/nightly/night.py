"""One pass: looks into every inbox and takes what is complete in the order in which it arrived."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from pipeline.ledger.database import open_ledger
from pipeline.ledger.logged import enter_unlogged
from pipeline.nightly.claims import Claims, only_pass, open_claims
from pipeline.nightly.completeness import Looks
from pipeline.nightly.folders import Folders
from pipeline.nightly.guard import Failures, Fault, StoppedError, fault_of, has_room, stoppable
from pipeline.nightly.hints import at_night
from pipeline.nightly.inbox import Inbox, Seen, inbox_of
from pipeline.nightly.journal import Journal
from pipeline.nightly.last_pass import note_day, refuse_odd_day
from pipeline.nightly.log import EventLog, TextLog
from pipeline.nightly.steps import Night, take, taken_before
from pipeline.nightly.summary import DropLine, Summary, Trouble, Unsettled, as_configuration, worst
from pipeline.nightly.unsettled import in_quarantine, still_unsettled
from pipeline.nightly.vendors import Seller, Served, find_sellers
from pipeline.nightly.worker import Worker, scrub_here
from pipeline.results.identity import program_version
from pipeline.workspace import refuse_no_workspace, workspace_facts
from schemas.errors import ConfigError, LeadscrubError, LedgerError
from schemas.support.durable import move_file
from schemas.support.figures import counted
from schemas.support.places import LinkError
from schemas.support.scratch import scratch_folder
from schemas.support.shown import shown
from schemas.workspace import LedgerChoice, Workspace


@dataclass(frozen=True)
class NightRequest:
    """A pass as the command line asks for it. ``vendors``: only these. ``now`` asks the clock.

    ``day_said``: a person named the day, so the clock is not asked whether it can be.
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


def read_workspace(folder: Path) -> Workspace:
    """Read the workspace's own file.

    Raises `UsageError` when the folder is no workspace, `ConfigError` with all faults of the file.
    """
    refuse_no_workspace(folder, "Make one with 'leadscrub init'.")
    return workspace_facts(folder)


def one_pass(request: NightRequest, workspace: Workspace, log: EventLog | None = None) -> Summary:
    """Do one pass. What stops a drop, a vendor or the rest of the pass is in the summary.

    Raises `OutputError` when another pass is at work here, and `UsageError` when there is no such vendor.
    """
    began, clock = request.now(), time.perf_counter()
    served = find_sellers(request.workspace, request.vendors, workspace.nightly.inboxes)
    account = _Account(log or TextLog())
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
        drops=account.lines,
        unsettled=account.unsettled,
        troubles=account.troubles,
    )
    account.log.ended(summary)
    return summary


def _do(request: NightRequest, workspace: Workspace, served: Served, account: _Account, stack: ExitStack) -> None:
    folders = Folders(request.workspace)
    lock = None
    try:
        folders.refuse_planted()
        if not request.day_said:
            refuse_odd_day(folders, request.as_of, "leadscrub nightly")
        if not request.dry_run:
            lock = stack.enter_context(only_pass(folders))
            folders.sweep()
            note_day(folders, request.as_of, request.now().date())
        night = _night(request, workspace, folders, lock, stack)
        quarantine = in_quarantine(night, served.sellers)
        try:
            if not request.dry_run:
                _resume_fetched(night)
            _Pass(night, account, workspace.nightly.quarantine_after, dry_run=request.dry_run).over(served.sellers)
        finally:
            account.add_unsettled(still_unsettled(night, served.sellers, quarantine, account.lines))
    except (ConfigError, LedgerError, LinkError) as error:
        account.trouble(None, error)


@dataclass
class _Account:
    """What there is to report so far."""

    log: EventLog
    lines: list[DropLine] = field(default_factory=list)
    unsettled: list[Unsettled] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    known: int = 0

    def trouble(self, vendor: str | None, error: BaseException) -> None:
        fault = fault_of(error)
        why = at_night(fault.why, vendor or "NAME")
        self.add_trouble(Trouble(vendor=vendor, code=as_configuration(fault.code), why=why))

    def add_trouble(self, trouble: Trouble) -> None:
        self.troubles.append(trouble)
        self.log.trouble(trouble)

    def add(self, line: DropLine) -> None:
        self.lines.append(line)
        self.log.drop(line)

    def add_unsettled(self, items: list[Unsettled]) -> None:
        self.unsettled += items
        for item in items:
            self.log.unsettled(item)

    def line(self, seen: Seen, outcome: str, why: str, code: int = 0) -> None:
        told = {"vendor": seen.vendor, "drop": seen.shown, "outcome": outcome, "code": code}
        self.add(DropLine.model_validate(told | {"why": at_night(why, seen.vendor)}))


def _night(request: NightRequest, workspace: Workspace, folders: Folders, lock: int | None, stack: ExitStack) -> Night:
    choice, home = workspace.ledger or LedgerChoice(), request.workspace
    if request.dry_run and choice.url is None and not (home / "ledger" / "ledger.db").exists():
        # Nothing is known yet, and a dry run does not begin to.
        home = stack.enter_context(scratch_folder())
    ledger = stack.enter_context(open_ledger(choice, home))
    if not request.dry_run:
        enter_unlogged(request.workspace, ledger)
    claims = Claims(None) if request.dry_run else stack.enter_context(open_claims(ledger))
    scrub = scrub_here
    if request.apart:
        worker = Worker(choice, request.workspace, lock, workspace.nightly.drop_minutes * 60)
        scrub = stack.enter_context(worker).scrub
    return Night(
        folders,
        ledger,
        Journal(ledger),
        claims,
        Looks(folders.hidden / "looks.json", workspace.nightly, request.now()),
        Failures(folders.hidden / "failures.json"),
        scrub,
        request.as_of,
        request.now,
        request.threads,
        request.accept_drift,
        request.accept_held,
        workspace.remote,
    )


def _resume_fetched(night: Night) -> None:
    """Put away remote drops that a pass had entered and not moved; what it had only fetched is fetched again."""
    for path in night.folders.fetched.glob("*/*/*"):
        drop = night.journal.drop(path.parent.parent.name, path.parent.name)
        if drop is not None and drop.kept_at and night.folders.own(drop.kept_at) and not drop.kept_at.exists():
            move_file(path, drop.kept_at)
    shutil.rmtree(night.folders.fetched, ignore_errors=True)


@dataclass(frozen=True)
class _Complete:
    """A drop whose turn will come."""

    seller: Seller
    inbox: Inbox
    seen: Seen
    hopeless: str | None


class _Pass:
    """Looks first, then takes: an upload that goes on meanwhile is not mistaken for a drop."""

    def __init__(self, night: Night, account: _Account, quarantine_after: int, *, dry_run: bool) -> None:
        self._night, self._account, self._dry_run = night, account, dry_run
        self._quarantine_after = quarantine_after
        #: A drop during which this machine was short of something: its own doing if the next one is not.
        self._suspect: tuple[_Complete, Fault] | None = None

    def over(self, sellers: list[Seller]) -> None:
        """Do everything for these vendors."""
        complete: list[_Complete] = []
        for seller in sellers:
            try:
                complete += self._complete(seller)
            except (LedgerError, StoppedError):
                raise
            except BaseException as error:  # one vendor's trouble, whatever it is, does not stop the others
                self._account.trouble(seller.name, error)
        if not self._dry_run:
            try:
                self._night.looks.keep()
            except OSError as error:
                self._account.trouble(None, error)
        complete.sort(key=lambda one: (one.seen.arrived, one.seen.vendor, one.seen.name))
        for number, one in enumerate(complete):
            if self._dry_run:
                self._account.line(one.seen, "ready", self._what_becomes_of(one))
                continue
            try:
                fault = self._take(one)
            except StoppedError as stop:
                self._leave(complete[number:], Fault("pass", 0, f"the pass was ended by {stop.name}"))
                raise
            if fault is not None and not self._goes_on(one, fault):
                self._leave(complete[number + 1 :], fault)
                return

    def _what_becomes_of(self, one: _Complete) -> str:
        """What a pass would do with a drop, and where to it would move the file."""
        folders, seen = self._night.folders, one.seen
        if one.hopeless:
            done, target = "quarantined", folders.quarantined(seen.vendor, "", "")
        else:
            done, target = "taken", folders.archived(seen.vendor, self._night.day, "", "", again=False)
        beside = f" with {', '.join(seen.companions)}" if seen.companions else ""
        how = "copied" if one.seller.remote else "moved"
        to = folders.shown(target.parent.absolute())
        return f"would be {done}, and {how}{beside} from '{shown(seen.place)}' to '{to}'"

    def _take(self, one: _Complete) -> Fault | None:
        """Take a drop. Returns what went wrong, after it was told; None when nothing did."""
        try:
            line = take(self._night, one.seller, one.inbox, one.seen, one.hopeless)
        except StoppedError:
            raise
        except BaseException as error:  # whatever a drop brings about, it stays where it is and the others are served
            fault = fault_of(error)
            if fault.kind == "alone":
                return self._failed_alone(one, fault)
            self._account.line(one.seen, "left", fault.why, as_configuration(fault.code))
            return fault
        if line is None:
            self._account.known += 1
        else:
            self._account.add(line)
        if self._suspect is not None and line is not None and line.outcome == "scrubbed":
            # This drop could be done, so it was the other one alone that asked for too much.
            suspect, fault = self._suspect
            self._suspect = None
            self._night.failures.add(suspect.seen)
        return None

    def _failed_alone(self, one: _Complete, fault: Fault) -> Fault:
        """Count the failure; after the last one that is allowed, put the drop into quarantine."""
        try:
            failed = self._night.failures.add(one.seen)
            if failed >= self._quarantine_after:
                passes = counted(failed, "pass")
                why = f"could not be done in {passes}, while others could: {fault.why}"
                line = take(self._night, one.seller, one.inbox, one.seen, why.rstrip("."))
                if line is not None:
                    self._account.add(line)
                return fault
        except StoppedError:
            raise
        except BaseException as error:  # then it stays where it is, for the next pass
            fault = fault_of(error)
        self._account.line(one.seen, "left", fault.why, as_configuration(fault.code))
        return fault

    def _goes_on(self, one: _Complete, fault: Fault) -> bool:
        """Whether the drops behind it may fare better. Otherwise they wait: none overtakes those before it."""
        if fault.kind == "pass":
            return False
        if fault.kind == "shortage":
            if self._suspect is not None or not has_room(self._night.folders):
                return False
            self._suspect = (one, fault)
        return True

    def _leave(self, rest: list[_Complete], fault: Fault) -> None:
        for one in rest:
            self._account.line(one.seen, "left", fault.why, as_configuration(fault.code))

    def _complete(self, seller: Seller) -> list[_Complete]:
        inbox = inbox_of(seller, self._night.folders, self._night.remote)
        look = inbox.look()
        for name, why in look.left.items():
            self._account.add(DropLine(vendor=seller.name, drop=shown(name), outcome="waiting", why=why))
        self._night.looks.note(seller.name, look.drops)
        if not self._dry_run:
            self._night.failures.forget(seller.name, {seen.place for seen in look.drops})
        complete = []
        for seen in look.drops:
            arrived = self._night.journal.arrived(seen) is not None
            if seller.remote and arrived and taken_before(self._night, seen):
                self._account.known += 1
                continue
            try:
                verdict = self._night.looks.judge(seen, inbox)
            except LeadscrubError as error:
                fault = fault_of(error)
                self._account.line(seen, "left", fault.why, as_configuration(fault.code))
                continue
            if verdict.state == "waiting" and not arrived:
                self._account.line(seen, "waiting", verdict.why)
            else:
                hopeless = verdict.why if verdict.state == "hopeless" else None
                complete.append(_Complete(seller, inbox, seen, hopeless))
        return complete
