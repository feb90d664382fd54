"""Takes one drop from the inbox to where it belongs. The package's docstring has the steps and what a crash leaves."""

from __future__ import annotations

import time

from pipeline.ledger.leases import Subject
from pipeline.nightly.account import drop_line
from pipeline.nightly.drop_run import DropRun
from pipeline.nightly.inbox import Inbox, Seen
from pipeline.nightly.night_context import Night
from pipeline.nightly.put_away import PutAway
from pipeline.nightly.summary import DropLine
from pipeline.nightly.vendors import Seller
from schemas.errors import FileError, HeldError
from schemas.support.shortage import shortage_in


def take(night: Night, seller: Seller, inbox: Inbox, seen: Seen, hopeless: str | None) -> DropLine | None:
    """Take a drop as far as it goes; None when it is a remote one that was taken before.

    ``hopeless``: why it will never be complete. Raises what keeps it in the inbox.
    """
    began = time.perf_counter()
    with night.leased(subject_of(seen)) as mine:
        # Asked again under the lease: another machine may just have been done with it.
        if seller.remote and taken_before(mine, seen):
            return None
        arrived = mine.journal.arrived(seen)
        inbox = inbox.under(mine.folders)
        raw = inbox.bring(seen)
        if raw is None:
            return drop_line(seen, "waiting", why="changed while it was read")
        mine.lease.wait_to_receive(raw.sha256)
        away = PutAway(mine, seller, seen, raw)
        if arrived is not None and arrived.sha256 == raw.sha256 and not seller.remote:
            line = away.finish(again=arrived.again)
        else:
            verdict = mine.looks.check(seen, inbox, raw)
            if verdict.state == "waiting":
                return drop_line(seen, "waiting", why=verdict.why)
            line = _judge(DropRun(mine, seller, seen, raw), away, hopeless or verdict.why or None)
    return line.model_copy(update={"seconds": round(time.perf_counter() - began, 3)})


def subject_of(seen: Seen) -> Subject:
    """What a pass must have a lease of that works on it."""
    return Subject(seen.vendor, seen.place, seen.mark, seen.arrived)


def taken_before(night: Night, seen: Seen) -> bool:
    """Whether a file that stays where it is was taken. One whose drop was removed from quarantine was not."""
    arrived = night.journal.arrived(seen)
    if arrived is None:
        return False
    drop = night.journal.drop(seen.vendor, arrived.sha256)
    if drop is None or drop.state != "quarantined" or drop.kept_at is None:
        return True
    return drop.kept_at.exists() or not night.folders.own(drop.kept_at)


def _judge(drop_run: DropRun, away: PutAway, hopeless: str | None) -> DropLine:
    """Scrub a drop if that was not done, and put it away. ``hopeless`` as in `take`."""
    seen = away.seen
    run = known = drop_run.known()
    if run is None and hopeless is not None:
        drop_run.receive()
        return away.quarantine(f"'{seen.place}' {hopeless}.")
    if run is None:
        try:
            run = drop_run.obtain()
        except FileError as error:
            if (short := shortage_in(error)) is not None:
                raise short from error
            if not away.raw.path.exists():
                return drop_line(seen, "left", 4, "was taken away while it was read")
            return away.quarantine(str(error))
        except HeldError as error:
            return away.quarantine(str(error))
    if run is None:
        return drop_line(seen, "waiting", why="changed while it was read")
    return away.archive(run, known=known is not None)
