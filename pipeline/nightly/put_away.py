"""Puts one raw drop away: into the archive, or into quarantine with the reason beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pipeline.nightly.account import drop_line
from pipeline.nightly.folders import WHY, shell_word
from pipeline.nightly.hints import at_night
from pipeline.nightly.inbox import Raw, Seen
from pipeline.nightly.journal import Recorded
from pipeline.nightly.night_context import Night
from pipeline.nightly.summary import DropLine, quarantine_code
from pipeline.nightly.vendors import Seller
from schemas.errors import EXIT_TOO_MANY_REJECTED
from schemas.files.age_files import AGE, move_encrypted
from schemas.support.durable import move_file, write_atomically
from schemas.support.figures import percent
from schemas.support.places import refuse_links
from schemas.support.shown import printable, shown

#: What a person may say of a drop in quarantine, where its reason names it.
_ACCEPTING: Final = ("--accept-drift", "--accept-held")


class PutAway:
    """A raw drop, and where it goes. Each way gives the line of the summary about it."""

    def __init__(self, night: Night, seller: Seller, seen: Seen, raw: Raw) -> None:
        self._night, self._seller, self.seen, self.raw = night, seller, seen, raw
        self._journal, self._folders = night.journal, night.folders

    def finish(self, *, again: bool) -> DropLine:
        """Move a file that the ledger knows already: the pass that took it ended before it could."""
        seen, sha256 = self.seen, self.raw.sha256
        known = self._journal.drop(seen.vendor, sha256)
        kept_at = None if known is None else known.kept_at
        missing = kept_at is not None and self._folders.own(kept_at) and not kept_at.exists()
        target = kept_at if kept_at is not None and missing else self._archived(again=True)
        self._move(target)
        if known is not None and known.state == "quarantined":
            why = known.message or ""
            return drop_line(seen, "quarantined", quarantine_code(why), why)
        run = self._journal.run_of(seen.vendor, sha256, self._seller.campaign_name)
        return self._done(run, again=again)

    def archive(self, run: Recorded, *, known: bool) -> DropLine:
        """Put the drop away; where the archive has the same content already, beside it."""
        drop = self._journal.drop(self.seen.vendor, self.raw.sha256)
        first = drop is None or drop.kept_at is None
        target = self._archived(again=not first)
        again = self._journal.close(self.seen, self.raw.sha256, target if first else None, self._night.now())
        self._move(target)
        self._folders.clear_quarantine(self.seen.vendor, self.raw.sha256)
        return self._done(run, again=known and again)

    def quarantine(self, why: str) -> DropLine:
        """Put the drop where a person finds it, with the reason beside it."""
        seen, why = self.seen, shown(at_night(why, self.seen.vendor))
        target = self._folders.quarantined(seen.vendor, self.raw.sha256, seen.name)
        self._night.lease.wait_for_turn()  # whoever lost the lease leaves no note
        if self._seller.remote:
            back = f"rm {shell_word(target)}; then it is fetched again"
        else:
            # Under a name that an address is masked in, where it had one.
            own = self.raw.path if seen.shown == printable(seen.name) else self.raw.path.with_name(target.name)
            back = f"mv {shell_word(target)} {shell_word(own)}"
        named = [option for option in _ACCEPTING if option in why]
        option = " ".join(["", "--vendor", seen.vendor, *named]) if named else ""
        self._folders.made(target.parent)
        note = f"{why}\nTo try it again: {back}\n                 leadscrub nightly{option}\n"
        write_atomically(target.with_name(target.name + WHY), note)
        self._journal.close(seen, self.raw.sha256, target, self._night.now(), refused=why)
        self._move(target)
        return drop_line(seen, "quarantined", quarantine_code(why), why)

    def _archived(self, *, again: bool) -> Path:
        seen = self.seen
        path = self._folders.archived(seen.vendor, self._night.day, self.raw.sha256, seen.name, again=again)
        return path.with_name(path.name + AGE) if self._night.recipients else path

    def _move(self, target: Path) -> None:
        """Its companions first: one that stayed would call the next drop of the name complete."""
        refuse_links(target.parent, self._folders.workspace)
        for companion in self.raw.companions:
            if companion.exists():
                move_file(companion, target.with_name(target.name + companion.suffix))
        if target.name.endswith(AGE) and self._night.recipients and self._folders.archive in target.parents:
            move_encrypted(self.raw.path, target, self._night.recipients)
        else:
            move_file(self.raw.path, target)

    def _done(self, run: Recorded | None, *, again: bool) -> DropLine:
        if run is None:
            return drop_line(self.seen, "again" if again else "scrubbed")
        limit = self._seller.max_reject_rate
        over = not again and limit is not None and run.rejected > limit * run.read
        why = f"more than {percent(limit)} of its rows were rejected" if over and limit is not None else ""
        line = drop_line(
            self.seen,
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
