"""One pass: looks into every inbox, takes what is complete in the order of arrival, and reports what it did."""

from __future__ import annotations

import errno
import shutil
import tempfile
import time
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from polars.exceptions import PanicException

from pipeline.ledger.database import open_ledger
from pipeline.nightly.claims import Claims, only_pass, open_claims
from pipeline.nightly.completeness import Looks
from pipeline.nightly.folders import Folders
from pipeline.nightly.inbox import Inbox, Seen, inbox_of
from pipeline.nightly.journal import Journal
from pipeline.nightly.steps import Night, take, taken_before
from pipeline.nightly.summary import DropLine, Summary, Trouble, worst
from pipeline.nightly.vendors import Seller, find_sellers
from pipeline.results.identity import program_version
from pipeline.workspace import workspace_facts
from schemas.errors import LeadscrubError, LedgerError, OutputError, UsageError
from schemas.support.durable import move_file
from schemas.workspace import WORKSPACE_FILE, LedgerChoice, Workspace

_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True)
class NightRequest:
    """A pass as the command line asks for it. ``vendors``: only these. ``now`` asks the clock."""

    workspace: Path
    as_of: date
    now: Callable[[], datetime]
    vendors: list[str] = field(default_factory=list)
    accept_drift: bool = False
    dry_run: bool = False
    threads: int = 2


def read_workspace(folder: Path) -> Workspace:
    """Read the workspace's own file.

    Raises `UsageError` when the folder is not a workspace, `ConfigError` with all faults of the file.
    """
    if not (folder / WORKSPACE_FILE).is_file():
        raise UsageError(
            f"'{folder}' is not a workspace: it has no {WORKSPACE_FILE}.", "Make one with 'leadscrub init'."
        )
    return workspace_facts(folder)


def one_pass(request: NightRequest, workspace: Workspace) -> Summary:
    """Do one pass. What stops a single drop or vendor is in the summary; what stops the pass is raised.

    Raises `OutputError` when another pass is running here, `UsageError` when there is no such vendor.
    """
    began, clock = request.now(), time.perf_counter()
    folders = Folders(request.workspace)
    sellers, faulty = find_sellers(request.workspace, request.vendors)
    tale = _Tale()
    for name, error in faulty.items():
        tale.trouble(name, error)
    with ExitStack() as stack:
        if not request.dry_run:
            stack.enter_context(only_pass(folders))
            folders.sweep()
        try:
            night = _night(request, workspace, folders, stack)
            if not request.dry_run:
                _resume_fetched(night)
            _Pass(night, tale, dry_run=request.dry_run).over(sellers)
        except LedgerError as error:
            tale.trouble(None, error)
    codes = [line.code for line in tale.lines] + [trouble.code for trouble in tale.troubles]
    return Summary(
        leadscrub=program_version(),
        as_of=request.as_of,
        began_at=began,
        seconds=round(time.perf_counter() - clock, 3),
        dry_run=request.dry_run,
        exit_code=worst(codes),
        vendors=sorted([*(seller.name for seller in sellers), *faulty]),
        known=tale.known,
        drops=tale.lines,
        troubles=tale.troubles,
    )


@dataclass
class _Tale:
    """The report so far."""

    lines: list[DropLine] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    known: int = 0

    def trouble(self, vendor: str | None, error: BaseException) -> None:
        code, why = told(error)
        self.troubles.append(Trouble(vendor=vendor, code=code, why=why))

    def line(self, seen: Seen, outcome: str, why: str, code: int = 0) -> None:
        self.lines.append(
            DropLine.model_validate(
                {"vendor": seen.vendor, "drop": seen.shown, "outcome": outcome, "why": why, "code": code}
            )
        )


def told(error: BaseException) -> tuple[int, str]:
    """Exit code and sentence of what went wrong. Other libraries' messages may quote cells, so only ours are shown."""
    if isinstance(error, LeadscrubError):
        return error.exit_code, str(error)
    if isinstance(error, OSError) and error.strerror:
        if error.errno in _FULL:
            return 1, "The disk is full. Free some space."
        where = f" '{error.filename}'" if error.filename else ""
        return OutputError.exit_code, f"The system does not allow it: {error.strerror}{where}."
    last = traceback.extract_tb(error.__traceback__)[-1]
    return 1, f"internal error ({type(error).__name__}) at {Path(last.filename).name}:{last.lineno}. Please report it."


def _concerns_all(error: BaseException | None) -> bool:
    """Whether the drops behind it would fare no better. They wait, so that none overtakes those before it."""
    while error is not None:
        if isinstance(error, LedgerError) or (isinstance(error, OSError) and error.errno in _FULL):
            return True
        error = error.__cause__ or error.__context__
    return False


def _night(request: NightRequest, workspace: Workspace, folders: Folders, stack: ExitStack) -> Night:
    choice, home = workspace.ledger or LedgerChoice(), request.workspace
    if request.dry_run and choice.url is None and not (home / "ledger" / "ledger.db").exists():
        # Nothing is known yet, and a dry run does not begin to.
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="leadscrub-")))
    ledger = stack.enter_context(open_ledger(choice, home))
    claims = Claims(None) if request.dry_run else stack.enter_context(open_claims(ledger))
    looks = Looks(folders.hidden / "looks.json", workspace.nightly, request.now())
    return Night(
        folders,
        ledger,
        Journal(ledger),
        claims,
        looks,
        request.as_of,
        request.now,
        request.threads,
        request.accept_drift,
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

    def __init__(self, night: Night, tale: _Tale, *, dry_run: bool) -> None:
        self._night, self._tale, self._dry_run = night, tale, dry_run

    def over(self, sellers: list[Seller]) -> None:
        """Do everything for these vendors."""
        complete: list[_Complete] = []
        for seller in sellers:
            try:
                complete += self._complete(seller)
            except LedgerError:
                raise
            except (Exception, PanicException) as error:  # one vendor's trouble does not stop the others
                self._tale.trouble(seller.name, error)
        if not self._dry_run:
            try:
                self._night.looks.keep()
            except OSError as error:
                self._tale.trouble(None, error)
        complete.sort(key=lambda one: (one.seen.arrived, one.seen.vendor, one.seen.name))
        for number, one in enumerate(complete):
            if self._dry_run:
                self._tale.line(one.seen, "ready", "would be quarantined" if one.hopeless else "would be taken")
                continue
            try:
                line = take(self._night, one.seller, one.inbox, one.seen, one.hopeless)
            except (Exception, PanicException) as error:  # the drop stays where it is, and the summary says why
                code, why = told(error)
                left = complete[number:] if _concerns_all(error) else [one]
                for each in left:
                    self._tale.line(each.seen, "left", why, code)
                if len(left) > 1:
                    return
                continue
            if line is None:
                self._tale.known += 1
            else:
                self._tale.lines.append(line)

    def _complete(self, seller: Seller) -> list[_Complete]:
        inbox = inbox_of(seller, self._night.folders)
        look = inbox.look()
        for name, why in look.left.items():
            self._tale.lines.append(DropLine(vendor=seller.name, drop=name, outcome="waiting", why=why))
        self._night.looks.note(seller.name, look.drops)
        complete = []
        for seen in look.drops:
            arrived = self._night.journal.arrived(seen) is not None
            if seller.remote and arrived and taken_before(self._night, seen):
                self._tale.known += 1
                continue
            try:
                verdict = self._night.looks.judge(seen, inbox)
            except LeadscrubError as error:
                code, why = told(error)
                self._tale.line(seen, "left", why, code)
                continue
            if verdict.state == "waiting" and not arrived:
                self._tale.line(seen, "waiting", verdict.why)
            else:
                hopeless = verdict.why if verdict.state == "hopeless" else None
                complete.append(_Complete(seller, inbox, seen, hopeless))
        return complete
