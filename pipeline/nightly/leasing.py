"""What a pass may work on, where machines share a ledger: one drop at a time, the oldest that nobody else has.

Drops are read and checked side by side. What depends on their order is done in the order of receipt, as on one machine:
a drop gets its place when those that arrived before it have theirs, and asks for its past when those before it are in
the ledger. What a machine leaves that does not go on is done first by the next one that comes upon it.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from pipeline.ledger.database import Ledger
from pipeline.ledger.leases import Held, Key, Leases, Subject
from pipeline.nightly.guard import StoppedError
from schemas.errors import LeadscrubError

#: Seconds between two questions whether it goes on: the first and the longest.
_SOON: Final = 0.02
_LATER: Final = 0.25


class BusyError(Exception):
    """Another pass has it, or has been done with it meanwhile."""


class BehindError(Exception):
    """A drop that comes first was left by its machine: somebody must take it over before this one goes on."""

    def __init__(self, held: Held) -> None:
        super().__init__("another drop comes first")
        self.held = held


@dataclass(frozen=True)
class Others:
    """What other passes are at work on, and what they were done with since the last look."""

    busy: frozenset[Key] = frozenset()
    done: frozenset[Key] = frozenset()


class Lease(Protocol):
    """The right to work on one drop. Methods raise `LeaseLostError` once somebody took it over."""

    #: Names folders that only this lease works in; empty where a pass is alone.
    token: str
    #: Of whoever had it before and did not go on.
    before: str | None

    def ledger(self, ledger: Ledger) -> Ledger:
        """The ledger as this lease may change it."""
        ...

    def wait_to_receive(self, sha256: str) -> None:
        """Return when all drops that arrived before have their places, and nobody else has the same content.

        Raises `BehindError` when one of them was left.
        """
        ...

    def received(self, sha256: str, sequence: int) -> None:
        """Note the drop's place."""
        ...

    def wait_for_turn(self) -> None:
        """Return when all drops with earlier places are in the ledger. Raises `BehindError` when one was left."""
        ...

    def settle(self) -> None:
        """Let later drops go on."""
        ...


class Leasing(Protocol):
    """What a pass may work on."""

    def others(self) -> Others:
        """Look at what other passes do."""
        ...

    def lease(
        self, subject: Subject, sha256: str | None = None, sequence: int | None = None
    ) -> AbstractContextManager[Lease]:
        """Have the right to work on something. Raises `BusyError` when another pass has it.

        ``sequence``: the place of a drop that has one already.
        """
        ...

    def abandon(self, held: Held) -> None:
        """Let go what was left, and what this pass cannot take over."""
        ...


class Unshared:
    """The lease of a pass that is alone: nobody takes anything from it, and its drops come one after the other."""

    token = ""
    before: str | None = None

    def ledger(self, ledger: Ledger) -> Ledger:
        """See `Lease`."""
        return ledger

    def wait_to_receive(self, sha256: str) -> None:
        """See `Lease`."""

    def received(self, sha256: str, sequence: int) -> None:
        """See `Lease`."""

    def wait_for_turn(self) -> None:
        """See `Lease`."""

    def settle(self) -> None:
        """See `Lease`."""


class Alone:
    """Leasing of a pass whose ledger no other machine has."""

    def others(self) -> Others:
        """See `Leasing`."""
        return Others()

    @contextmanager
    def lease(self, subject: Subject, sha256: str | None = None, sequence: int | None = None) -> Iterator[Lease]:
        """See `Leasing`."""
        yield Unshared()

    def abandon(self, held: Held) -> None:
        """See `Leasing`."""


@dataclass
class _Shared:
    """See `Lease`."""

    leases: Leases
    subject: Subject
    token: str
    before: str | None
    sha256: str | None = None
    sequence: int | None = None

    def ledger(self, ledger: Ledger) -> Ledger:
        return replace(ledger, fence=self.leases.fence(self.token))

    def wait_to_receive(self, sha256: str) -> None:
        self.sha256 = sha256
        self._wait(self._keeps_from_receiving)

    def received(self, sha256: str, sequence: int) -> None:
        self.sha256, self.sequence = sha256, sequence
        self.leases.note(self.token, sha256, sequence)

    def wait_for_turn(self) -> None:
        self._wait(self._keeps_from_asking)

    def settle(self) -> None:
        self.leases.settle(self.token)

    def _keeps_from_receiving(self, other: Held) -> bool:
        if other.sequence is None:
            return other.subject.rank < self.subject.rank
        return (other.subject.vendor, other.sha256) == (self.subject.vendor, self.sha256)

    def _keeps_from_asking(self, other: Held) -> bool:
        if other.settled or other.sequence is None or self.sequence is None:
            return False
        return other.sequence < self.sequence

    def _wait(self, keeps: Callable[[Held], bool]) -> None:
        """Wait until no lease of others keeps this one."""
        pause = _SOON
        while True:
            held = self.leases.held()
            if all(each.token != self.token for each in held):
                raise self.leases.lost()
            ahead = [each for each in held if each.token != self.token and keeps(each)]
            if (left := next((each for each in ahead if each.expired), None)) is not None:
                raise BehindError(left)
            if not ahead:
                return
            time.sleep(pause)
            pause = min(pause * 1.5, _LATER)


@dataclass
class Shared:
    """Leasing in a ledger that machines share. Use it as a context: it renews what is held until it is left."""

    leases: Leases
    seconds: float
    _mine: set[str] = field(default_factory=set)
    _held: str | None = None
    _ended: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._began = self._asked = self.leases.now()
        self._thread = threading.Thread(target=self._renew, daemon=True)

    def __enter__(self) -> Shared:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def others(self) -> Others:
        """See `Leasing`."""
        known, self._asked = self.leases.known(self._asked)
        theirs = [each for each in known if each.token not in self._mine]
        return Others(
            frozenset(each.subject.key for each in theirs if not each.ended and not each.expired),
            frozenset(each.subject.key for each in theirs if each.ended),
        )

    @contextmanager
    def lease(self, subject: Subject, sha256: str | None = None, sequence: int | None = None) -> Iterator[Lease]:
        """See `Leasing`. When the block ends, so does the lease; one that others should go on with is given back."""
        taken = self.leases.take(subject, self._began, self._mine)
        if taken is None:
            raise BusyError
        lease = _Shared(self.leases, subject, *taken, sha256, sequence)
        self._mine.add(lease.token)
        self._held = lease.token
        try:
            if sha256 is not None:
                self.leases.note(lease.token, sha256, sequence)
            yield lease
        except (BehindError, StoppedError):  # another pass may go on at once
            self._let_go(self.leases.give_back, lease.token)
            raise
        except BaseException as error:
            lost = self._is_lost(lease.token)
            self._let_go(self.leases.end, lease.token)
            if lost:
                raise self.leases.lost() from error
            raise
        self._let_go(self.leases.end, lease.token)

    def abandon(self, held: Held) -> None:
        """See `Leasing`."""
        self.leases.abandon(held)

    def _let_go(self, how: Callable[[str], None], token: str) -> None:
        self._held = None
        with suppress(LeadscrubError):  # then it expires
            how(token)

    def _is_lost(self, token: str) -> bool:
        try:
            return not self.leases.is_held(token)
        except LeadscrubError:
            return False

    def _renew(self) -> None:
        while not self._ended.wait(self.seconds / 4):
            token = self._held
            if token is not None:
                try:
                    self.leases.renew(token)
                except LeadscrubError:  # what needs the ledger says that it does not answer
                    continue


def holder() -> str:
    """What people call this process."""
    return f"{socket.gethostname()}, process {os.getpid()}"
