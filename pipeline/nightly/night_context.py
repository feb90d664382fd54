"""What a pass works with: on all drops, or under a lease on one of them, whose result it then has entered first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

from pipeline.ledger.database import Ledger
from pipeline.ledger.drops import Received
from pipeline.ledger.leases import Subject
from pipeline.ledger.runs import record_run
from pipeline.lineage.jobs import Lineage
from pipeline.nightly.completeness import Looks
from pipeline.nightly.folders import Folders
from pipeline.nightly.guard import Failures
from pipeline.nightly.journal import Journal
from pipeline.nightly.leasing import Lease, Leasing, Unshared
from pipeline.nightly.left_over import clear_left, in_place, put_in_place
from pipeline.nightly.summary import HELD
from pipeline.nightly.vendors import Seller
from pipeline.nightly.worker import Scrubbed
from pipeline.run.request import Request
from schemas.errors import LeadscrubError
from schemas.manifest import Manifest
from schemas.workspace import RemoteChoice


@dataclass(frozen=True)
class Night:
    """What a pass works with. ``day`` is that of its runs; ``now`` asks the clock; ``scrub`` scrubs a drop.

    ``remote``: what may be done over a network besides.
    """

    folders: Folders
    ledger: Ledger
    journal: Journal
    leasing: Leasing
    looks: Looks
    failures: Failures
    scrub: Callable[[Request], Scrubbed]
    day: date
    now: Callable[[], datetime]
    threads: int
    accept_drift: bool
    accept_held: bool
    remote: RemoteChoice
    recipients: list[str] = field(default_factory=list)
    lease: Lease = field(default_factory=Unshared)
    lineage: Lineage = field(default_factory=Lineage)

    @contextmanager
    def leased(self, subject: Subject, sha256: str | None = None, sequence: int | None = None) -> Iterator[Night]:
        """Give the same for the work on one drop, as `Leasing.lease`, which raises for it."""
        with self.leasing.lease(subject, sha256, sequence) as lease:
            if not lease.token:
                yield self
                return
            if lease.before is not None:
                clear_left(self.folders, self.ledger, [lease.before])
            ledger, folders = lease.ledger(self.ledger), replace(self.folders, token=lease.token)
            try:
                yield replace(self, ledger=ledger, journal=Journal(ledger), folders=folders, lease=lease)
            finally:
                with suppress(LeadscrubError, OSError):  # then a later pass does that
                    clear_left(self.folders, self.ledger, [lease.token])

    @property
    def turn(self) -> Callable[[], None] | None:
        """What a scrub asks before it goes on to what depends on other drops; None where no others are at work."""
        return self.lease.wait_for_turn if self.lease.token else None

    def named_in(self, results: Path) -> Path:
        """Where a scrub puts its complete result, of those that are to be in ``results``.

        Under a lease it is moved there when the ledger has it: whoever lost the lease has published nothing.
        """
        return self.folders.complete if self.lease.token else results

    def enter(self, out: Path, results: Path, drop: Received) -> tuple[Manifest, Path]:
        """Enter a complete result into the ledger, and put it in its place: gives its manifest, and where it is.

        Raises what `record_run` raises.
        """
        if not self.lease.token:
            return record_run(self.ledger, out, [drop], self.now()), out
        put_in_place(self.folders, self.ledger)
        final = results / out.name
        if final.exists():  # of a run that was replaced, and is made again on the same day
            final = results / f"{out.name}-{self.lease.token[:8]}"
        manifest = record_run(self.ledger, out, [drop], self.now(), final)
        self.lease.settle()
        in_place(out, final)
        return manifest, final

    def scrubbed(self, request: Request, seller: Seller, place: str | None = None) -> Scrubbed:
        """Scrub a drop of a vendor, and tell of it. Raises what stops the scrub.

        ``place``: where the file was taken from, if not where the request says.
        """
        inputs, limit = [place or request.drops[0]], seller.max_reject_rate
        with self.lineage.run("scrub", self.day, campaign=request.campaign, vendor=seller.name, inputs=inputs) as run:
            done = self.scrub(request)
            moved = {} if place is None else {"path": place}
            tables = [table.model_copy(update=moved) for table in done.manifest.inputs]
            counts = done.manifest.counts
            over = limit is not None and counts.rejected > limit * counts.read
            run.wrote(done.manifest.model_copy(update={"inputs": tables}), done.out, too_many_rejected=over)
            if done.manifest.held:
                run.failed(f"{HELD}: {'; '.join(done.manifest.held)}.")
        return done
