"""Takes one drop from the inbox to where it belongs. The package's docstring has the steps and what a crash leaves."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

from pipeline.ledger.database import Ledger
from pipeline.ledger.drops import Received, receive
from pipeline.ledger.leases import Subject
from pipeline.ledger.runs import record_run
from pipeline.lineage.jobs import Lineage
from pipeline.nightly.completeness import Looks
from pipeline.nightly.folders import WHY, Folders, shell_word, text_name
from pipeline.nightly.guard import Failures
from pipeline.nightly.hints import at_night
from pipeline.nightly.inbox import Inbox, Raw, Seen
from pipeline.nightly.journal import Journal, Recorded
from pipeline.nightly.leasing import Lease, Leasing, Unshared
from pipeline.nightly.left_over import clear_left, in_place, put_in_place
from pipeline.nightly.summary import DropLine
from pipeline.nightly.vendors import Seller
from pipeline.nightly.worker import Scrubbed
from pipeline.proof.chain import unfinished
from pipeline.results.folder import open_manifest, rows_in_review
from pipeline.results.manifest_file import MANIFEST
from pipeline.run.plan import Request
from schemas.errors import EXIT_TOO_MANY_REJECTED, FileError, HeldError, LeadscrubError, PastChangedError, UsageError
from schemas.files.age_files import AGE, move_encrypted
from schemas.manifest import Manifest
from schemas.support.durable import move_file, write_atomically
from schemas.support.figures import percent
from schemas.support.places import refuse_links
from schemas.support.shortage import shortage_in
from schemas.support.shown import printable, shown
from schemas.workspace import RemoteChoice

_HELD = "It is held"
#: What a person may say of a drop in quarantine, where its reason names it.
_ACCEPTING = ("--accept-drift", "--accept-held")
#: Scrubs by hand change what is known of earlier deliveries now and then; never so often.
_TRIES = 5
_NOTES_LOST = "an earlier pass scrubbed it and was ended before it could report: its notes were not kept"


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
                run.failed(f"{_HELD}: {'; '.join(done.manifest.held)}.")
        return done


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
            return _line(seen, "waiting", why="changed while it was read")
        mine.lease.wait_to_receive(raw.sha256)
        one = _Drop(mine, seller, seen, raw)
        if arrived is not None and arrived.sha256 == raw.sha256 and not seller.remote:
            line = one.finish(again=arrived.again)
        else:
            verdict = mine.looks.check(seen, inbox, raw)
            if verdict.state == "waiting":
                return _line(seen, "waiting", why=verdict.why)
            line = one.judge(hopeless or verdict.why or None)
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


class _Drop:
    """One drop on its way."""

    def __init__(self, night: Night, seller: Seller, seen: Seen, raw: Raw) -> None:
        self._night, self._seller, self._seen, self._raw = night, seller, seen, raw
        self._journal, self._folders = night.journal, night.folders

    def judge(self, hopeless: str | None) -> DropLine:
        """Scrub it if that was not done, and put it away."""
        seen = self._seen
        run = known = self._journal.run_of(seen.vendor, self._raw.sha256, self._seller.campaign_name)
        if run is None and hopeless is not None:
            self._receive()
            return self._quarantine(f"'{seen.place}' {hopeless}.")
        if run is None:
            try:
                run = self._run()
            except FileError as error:
                if (short := shortage_in(error)) is not None:
                    raise short from error
                if not self._raw.path.exists():
                    return _line(seen, "left", 4, "was taken away while it was read")
                return self._quarantine(str(error))
            except HeldError as error:
                return self._quarantine(str(error))
        if run is None:
            return _line(seen, "waiting", why="changed while it was read")
        return self._archive(run, known=known is not None)

    def finish(self, *, again: bool) -> DropLine:
        """Move a file that the ledger knows already: the pass that took it ended before it could."""
        seen, sha256 = self._seen, self._raw.sha256
        known = self._journal.drop(seen.vendor, sha256)
        kept_at = None if known is None else known.kept_at
        missing = kept_at is not None and self._folders.own(kept_at) and not kept_at.exists()
        target = kept_at if kept_at is not None and missing else self._archived(again=True)
        self._move(target)
        if known is not None and known.state == "quarantined":
            why = known.message or ""
            return _line(seen, "quarantined", quarantine_code(why), why)
        run = self._journal.run_of(seen.vendor, sha256, self._seller.campaign_name)
        return self._done(run, again=again)

    def _run(self) -> Recorded | None:
        """Have the drop's run in the ledger; None when what was read is not what was seen."""
        # What is known of it comes before its place does: a new place makes an earlier result void.
        orphan = self._orphan()
        drop = self._receive()
        for _ in range(_TRIES):
            try:
                if orphan is not None and drop.again and not open_manifest(orphan).held:
                    return self._record(orphan, drop, [_NOTES_LOST])
                if orphan is not None:
                    self._discard(orphan)
                # A result is on disk before it is entered: until then the log's keeper knows that it may be.
                with unfinished(self._folders.workspace):
                    return self._scrub(drop)
            except PastChangedError as error:
                orphan, last = None, error
        raise last

    def _receive(self) -> Received:
        """Give the drop its place in the order; a new one, at its end, if drops behind it have been done already."""
        seen, sha256 = self._seen, self._raw.sha256
        self._journal.reopen(seen.vendor, sha256)
        drop = receive(self._night.ledger, seen.vendor, sha256, seen.shown, seen.size, self._night.now())
        self._night.lease.received(sha256, drop.sequence)
        return drop

    def _orphan(self) -> Path | None:
        """Find the result of a pass that was killed right after it had published it."""
        if self._night.lease.token or self._journal.drop(self._seen.vendor, self._raw.sha256) is None:
            return None  # under a lease a result is published when it is in the ledger
        results = {path.name: path for path in self._folders.runs.glob(f"*/{self._seen.vendor}/*")}
        for run_id in sorted(self._journal.unknown(set(results))):
            if not (results[run_id] / MANIFEST).is_file():
                continue
            try:
                manifest = open_manifest(results[run_id])
            except UsageError:
                continue
            if manifest.campaign == self._seller.campaign_name and _inputs(manifest) == {self._raw.sha256}:
                refuse_links(results[run_id], self._folders.workspace)
                return results[run_id]
        return None

    def _scrub(self, drop: Received) -> Recorded | None:
        night, seller, seen = self._night, self._seller, self._seen
        self._folders.made(self._folders.partial)
        results = self._folders.results(seen.vendor, night.day)
        refuse_links(results, self._folders.workspace)
        result = night.scrubbed(
            Request(
                drops=[str(self._readable())],
                out=self._folders.partial / f"{seen.vendor}-{self._raw.sha256[:16]}",
                named_in=night.named_in(results),
                as_of=night.day,
                campaign=seller.campaign,
                vendor=seen.vendor,
                accept_drift=night.accept_drift,
                accept_held=night.accept_held,
                ledger=night.ledger,
                received_at=drop.received_at,
                record=False,
                turn=night.turn,
                threads=night.threads,
            ),
            seller,
            seen.place if seller.remote else None,
        )
        if _inputs(result.manifest) != {self._raw.sha256}:
            self._discard(result.out)
            return None
        if reasons := result.manifest.held:
            self._discard(result.out)
            raise HeldError(
                f"{_HELD}: {'; '.join(reasons)}.", "Look into it; if it is right, accept it with --accept-held."
            )
        return self._record(result.out, drop, result.notes)

    def _readable(self) -> Path:
        """The drop under a name that results can hold: a vendor's may be no text."""
        if printable(self._seen.name) == self._seen.name:
            return self._raw.path
        link = self._folders.fetching / "named" / text_name(self._seen.name)
        self._folders.made(link.parent)
        link.unlink(missing_ok=True)
        link.symlink_to(self._raw.path.absolute())
        return link

    def _record(self, out: Path, drop: Received, notes: list[str]) -> Recorded:
        """Enter a result. One that the ledger does not take is removed."""
        results = self._folders.results(self._seen.vendor, self._night.day)
        try:
            manifest, out = self._night.enter(out, results, drop)
        except PastChangedError:
            self._discard(out)
            raise
        counts = manifest.counts
        return Recorded(
            manifest.run_id,
            str(out.absolute()),
            counts.read,
            counts.clean,
            counts.rejected,
            rows_in_review(out),
            tuple(at_night(note, self._seen.vendor) for note in notes),
        )

    def _discard(self, out: Path) -> None:
        """Remove a result that does not count, in one step for whoever looks."""
        aside = self._folders.partial / f"discarded-{out.name}"
        self._folders.made(aside.parent)
        out.rename(aside)
        shutil.rmtree(aside)

    def _archive(self, run: Recorded, *, known: bool) -> DropLine:
        """Put the drop away; where the archive has the same content already, beside it."""
        drop = self._journal.drop(self._seen.vendor, self._raw.sha256)
        first = drop is None or drop.kept_at is None
        target = self._archived(again=not first)
        again = self._journal.close(self._seen, self._raw.sha256, target if first else None, self._night.now())
        self._move(target)
        self._folders.clear_quarantine(self._seen.vendor, self._raw.sha256)
        return self._done(run, again=known and again)

    def _quarantine(self, why: str) -> DropLine:
        """Put the drop where a person finds it, with the reason beside it."""
        seen, why = self._seen, shown(at_night(why, self._seen.vendor))
        target = self._folders.quarantined(seen.vendor, self._raw.sha256, seen.name)
        self._night.lease.wait_for_turn()  # whoever lost the lease leaves no note
        if self._seller.remote:
            back = f"rm {shell_word(target)}; then it is fetched again"
        else:
            # Under a name that an address is masked in, where it had one.
            own = self._raw.path if seen.shown == printable(seen.name) else self._raw.path.with_name(target.name)
            back = f"mv {shell_word(target)} {shell_word(own)}"
        named = [option for option in _ACCEPTING if option in why]
        option = " ".join(["", "--vendor", seen.vendor, *named]) if named else ""
        self._folders.made(target.parent)
        note = f"{why}\nTo try it again: {back}\n                 leadscrub nightly{option}\n"
        write_atomically(target.with_name(target.name + WHY), note)
        self._journal.close(seen, self._raw.sha256, target, self._night.now(), refused=why)
        self._move(target)
        return _line(seen, "quarantined", quarantine_code(why), why)

    def _archived(self, *, again: bool) -> Path:
        seen = self._seen
        path = self._folders.archived(seen.vendor, self._night.day, self._raw.sha256, seen.name, again=again)
        return path.with_name(path.name + AGE) if self._night.recipients else path

    def _move(self, target: Path) -> None:
        """Its companions first: one that stayed would call the next drop of the name complete."""
        refuse_links(target.parent, self._folders.workspace)
        for companion in self._raw.companions:
            if companion.exists():
                move_file(companion, target.with_name(target.name + companion.suffix))
        if target.name.endswith(AGE) and self._night.recipients and self._folders.archive in target.parents:
            move_encrypted(self._raw.path, target, self._night.recipients)
        else:
            move_file(self._raw.path, target)

    def _done(self, run: Recorded | None, *, again: bool) -> DropLine:
        if run is None:
            return _line(self._seen, "again" if again else "scrubbed")
        limit = self._seller.max_reject_rate
        over = not again and limit is not None and run.rejected > limit * run.read
        why = f"more than {percent(limit)} of its rows were rejected" if over and limit is not None else ""
        line = _line(
            self._seen,
            "again" if again else "scrubbed",
            EXIT_TOO_MANY_REJECTED if over else 0,
            "had come before; nothing was scrubbed" if again else why,
        )
        return line.model_copy(
            update={
                "run_id": run.run_id,
                "out": self._folders.shown(Path(run.out)),
                "read": run.read,
                "clean": run.clean,
                "rejected": run.rejected,
                "review": run.review,
                "notes": list(run.notes),
            }
        )


def quarantine_code(why: str) -> int:
    """Exit code of a drop in quarantine: it could not be read, or a gate holds it."""
    return HeldError.exit_code if why.startswith(_HELD) else FileError.exit_code


def _inputs(manifest: Manifest) -> set[str]:
    return {given.sha256 for given in manifest.inputs}


def _line(seen: Seen, outcome: str, code: int = 0, why: str = "") -> DropLine:
    return DropLine.model_validate(
        {"vendor": seen.vendor, "drop": seen.shown, "outcome": outcome, "code": code, "why": why}
    )
