"""Has one drop scrubbed: gives it its place in the order, makes its result, and enters that into the ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pipeline.ledger.drops import Received, receive
from pipeline.nightly.folders import text_name
from pipeline.nightly.hints import at_night
from pipeline.nightly.inbox import Raw, Seen
from pipeline.nightly.journal import Recorded
from pipeline.nightly.night_context import Night
from pipeline.nightly.summary import HELD
from pipeline.nightly.vendors import Seller
from pipeline.results.folder import open_manifest, rows_in_review
from pipeline.results.manifest_file import MANIFEST
from pipeline.run.request import Request
from schemas.errors import HeldError, PastChangedError, UsageError
from schemas.manifest import Manifest
from schemas.support.places import refuse_links
from schemas.support.shown import printable

#: Scrubs by hand change what is known of earlier deliveries now and then; never so often.
_TRIES: Final = 5
_NOTES_LOST: Final = "an earlier pass scrubbed it and was ended before it could report: its notes were not kept"


class DropRun:
    """The run of one drop for its vendor's campaign."""

    def __init__(self, night: Night, seller: Seller, seen: Seen, raw: Raw) -> None:
        self._night, self._seller, self._seen, self._raw = night, seller, seen, raw
        self._journal, self._folders = night.journal, night.folders

    def known(self) -> Recorded | None:
        """The run that the ledger has already."""
        return self._journal.run_of(self._seen.vendor, self._raw.sha256, self._seller.campaign_name)

    def obtain(self) -> Recorded | None:
        """Have the drop's run in the ledger; None when what was read is not what was seen."""
        # What is known of it comes before its place does: a new place makes an earlier result void.
        orphan = self._orphan()
        drop = self.receive()
        for _ in range(_TRIES):
            try:
                if orphan is not None and drop.again and not open_manifest(orphan).held:
                    return self._record(orphan, drop, [_NOTES_LOST])
                if orphan is not None:
                    self._folders.discard(orphan)
                return self._scrub(drop)
            except PastChangedError as error:
                orphan, last = None, error
        raise last

    def receive(self) -> Received:
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
            self._folders.discard(result.out)
            return None
        if reasons := result.manifest.held:
            self._folders.discard(result.out)
            raise HeldError(
                f"{HELD}: {'; '.join(reasons)}.", "Look into it; if it is right, accept it with --accept-held."
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
            self._folders.discard(out)
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


def _inputs(manifest: Manifest) -> set[str]:
    return {given.sha256 for given in manifest.inputs}
