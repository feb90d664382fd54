"""Which drop is taken when: first a look into every inbox, then the complete ones in the order of their arrival."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from pipeline.ledger.leases import Key
from pipeline.nightly.account import Account
from pipeline.nightly.due_again import scrub_due_again
from pipeline.nightly.guard import Fault, StoppedError, fault_of, has_room
from pipeline.nightly.inbox import Inbox, Seen, inbox_of
from pipeline.nightly.leasing import BehindError, BusyError
from pipeline.nightly.night_context import Night
from pipeline.nightly.summary import DropLine, as_configuration
from pipeline.nightly.take_drop import subject_of, take, taken_before
from pipeline.nightly.vendors import Seller
from pipeline.nightly.workspace_lock import alone_for_a_moment
from schemas.errors import LeadscrubError, LedgerError
from schemas.support.figures import counted
from schemas.support.shown import shown

#: Seconds between two looks at what other machines do, while they have all there is.
_PAUSE: Final = 0.25


@dataclass(frozen=True)
class _Complete:
    """A drop whose turn will come."""

    seller: Seller
    inbox: Inbox
    seen: Seen
    hopeless: str | None

    @property
    def key(self) -> Key:
        """What other machines know it by."""
        return subject_of(self.seen).key


class Turns:
    """Looks first, then takes: an upload that goes on meanwhile is not mistaken for a drop."""

    def __init__(self, night: Night, account: Account, quarantine_after: int, *, dry_run: bool) -> None:
        self._night, self._account, self._dry_run = night, account, dry_run
        self._quarantine_after = quarantine_after
        #: A drop during which this machine was short of something: its own doing if the next one is not.
        self._suspect: tuple[_Complete, Fault] | None = None
        self._waiting: list[_Complete] = []

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
                with alone_for_a_moment(self._night.folders):
                    self._night.looks.keep()
            except OSError as error:
                self._account.trouble(None, error)
        complete.sort(key=lambda one: (one.seen.arrived, one.seen.vendor, one.seen.name))
        if self._dry_run:
            for one in complete:
                self._account.line(one.seen, "ready", self._what_becomes_of(one))
            return
        self._waiting = complete
        try:
            self._in_turn(sellers)
        except StoppedError as stop:
            self._leave(Fault("pass", 0, f"the pass was ended by {stop.name}"))
            raise

    def _in_turn(self, sellers: list[Seller]) -> None:
        """Take the oldest that no other machine has, until all are done, here or elsewhere."""
        while self._waiting:
            others = self._night.leasing.others()
            if others.done:
                rest = [one for one in self._waiting if one.key not in others.done]
                self._account.elsewhere += len(self._waiting) - len(rest)
                self._waiting = rest
            one = next((one for one in self._waiting if one.key not in others.busy), None)
            if one is None and self._waiting:
                # They may be left to be taken over: what is done elsewhere is seen, what is not is done here.
                time.sleep(_PAUSE)
            if one is None:
                continue
            try:
                fault = self._take(one)
            except BusyError:  # somebody else was faster
                continue
            except BehindError as behind:
                self._make_way(behind, sellers)
                continue
            self._waiting.remove(one)
            if fault is not None and not self._goes_on(one, fault):
                self._leave(fault)
                return

    def _make_way(self, behind: BehindError, sellers: list[Seller]) -> None:
        """See that what another machine left is done before what waits for it, or let it go."""
        if not behind.held.subject.place:
            scrub_due_again(self._night, self._account, sellers, dry_run=False)
        if behind.held.subject.key not in {one.key for one in self._waiting}:
            self._night.leasing.abandon(behind.held)

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
        except (StoppedError, BusyError, BehindError):
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
            self._failed(suspect)
        return None

    def _failed_alone(self, one: _Complete, fault: Fault) -> Fault:
        """Count the failure; after the last one that is allowed, put the drop into quarantine."""
        try:
            failed = self._failed(one)
            if failed >= self._quarantine_after:
                passes = counted(failed, "pass")
                why = f"could not be done in {passes}, while others could: {fault.why}"
                line = take(self._night, one.seller, one.inbox, one.seen, why.rstrip("."))
                if line is not None:
                    self._account.add(line)
                return fault
        except (StoppedError, BehindError):
            raise
        except BusyError:
            return fault
        except BaseException as error:  # then it stays where it is, for the next pass
            fault = fault_of(error)
        self._account.line(one.seen, "left", fault.why, as_configuration(fault.code))
        return fault

    def _failed(self, one: _Complete) -> int:
        """Count a failure that is a drop's own. Returns how many there are."""
        with alone_for_a_moment(self._night.folders):
            return self._night.failures.add(one.seen)

    def _goes_on(self, one: _Complete, fault: Fault) -> bool:
        """Whether the drops behind it may fare better. Otherwise they wait: none overtakes those before it."""
        if fault.kind == "pass":
            return False
        if fault.kind == "shortage":
            if self._suspect is not None or not has_room(self._night.folders):
                return False
            self._suspect = (one, fault)
        return True

    def _leave(self, fault: Fault) -> None:
        for one in self._waiting:
            self._account.line(one.seen, "left", fault.why, as_configuration(fault.code))

    def _complete(self, seller: Seller) -> list[_Complete]:
        inbox = inbox_of(seller, self._night.folders, self._night.remote)
        look = inbox.look()
        for name, why in look.left.items():
            self._account.add(DropLine(vendor=seller.name, drop=shown(name), outcome="waiting", why=why))
        self._night.looks.note(seller.name, look.drops)
        if not self._dry_run:
            with alone_for_a_moment(self._night.folders):
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
