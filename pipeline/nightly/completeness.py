"""Whether a drop has arrived to its end. What has not waits; what never will is given up."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from pipeline.nightly.inbox import Inbox, Raw, Seen
from schemas.support.durable import make_folder, write_atomically
from schemas.support.shortage import raise_shortage
from schemas.workspace import NightlyChoice

_DIGITS: Final = {".sha256": 64, ".md5": 32}


@dataclass(frozen=True)
class Verdict:
    """``complete``: take it. ``waiting``: it may still come. ``hopeless``: it has waited long enough."""

    state: Literal["complete", "waiting", "hopeless"]
    why: str = ""


class Looks:
    """Since when each drop that waits has been as it is, over the passes. Kept in one small file.

    Differences of the clock count whatever their sign: a clock that was set back makes nothing wait for ever.
    """

    def __init__(self, path: Path, choice: NightlyChoice, now: datetime) -> None:
        self._path, self._choice, self._now = path, choice, now
        self._before = _read(path)
        self._after: dict[str, dict[str, dict[str, str]]] = {}

    def note(self, vendor: str, drops: list[Seen]) -> None:
        """Note what is in a vendor's inbox."""
        before = self._before.get(vendor, {})
        self._after[vendor] = {
            seen.place: {"mark": seen.mark, "since": self._since(before.get(seen.place, {}), seen)} for seen in drops
        }

    def keep(self) -> None:
        """Write it, for the next pass. Vendors that this one did not look at stay as they were."""
        make_folder(self._path.parent)
        write_atomically(self._path, json.dumps({**self._before, **self._after}, ensure_ascii=False) + "\n")

    def judge(self, seen: Seen, inbox: Inbox) -> Verdict:
        """Say whether a drop is complete, as far as can be said without reading it."""
        if seen.size == 0:
            return self.broken(seen, "is empty")
        for suffix, digits in _DIGITS.items():
            if suffix in seen.companions:
                if checksum_in(inbox.companion(seen, suffix), digits) is None:
                    return self.broken(seen, f"has a {suffix} file without such a checksum")
                return Verdict("complete")
        settle = self._choice.settle_seconds
        age = self._now.timestamp() - seen.modified
        if ".done" in seen.companions or age >= settle or self._unchanged_seconds(seen) >= max(settle, 1):
            return Verdict("complete")
        age_text = f"changed {age:.0f} s ago" if age >= 0 else "changed in the future, by its own account,"
        return Verdict("waiting", f"{age_text} and may still be growing (settle_seconds = {settle})")

    def check(self, seen: Seen, inbox: Inbox, raw: Raw) -> Verdict:
        """Compare what was read with the checksums that came with it."""
        for suffix, digits in _DIGITS.items():
            if suffix in seen.companions:
                expected = checksum_in(inbox.companion(seen, suffix), digits)
                if expected != (raw.sha256 if suffix == ".sha256" else raw.md5):
                    return self.broken(seen, f"is not what its {suffix} file says")
        return Verdict("complete")

    def broken(self, seen: Seen, why: str) -> Verdict:
        """What is not in order may become so, for some hours."""
        hours = self._choice.give_up_hours
        if self._unchanged_seconds(seen) >= hours * 3600:
            return Verdict("hopeless", f"{why}, and has not changed for {hours:g} hours")
        return Verdict("waiting", why)

    def _unchanged_seconds(self, seen: Seen) -> float:
        since = self._after[seen.vendor][seen.place]["since"]
        return abs((self._now - datetime.fromisoformat(since)).total_seconds())

    def _since(self, before: dict[str, str], seen: Seen) -> str:
        return before["since"] if before.get("mark") == seen.mark else self._now.isoformat()


def checksum_in(text: str, digits: int) -> str | None:
    """Find the checksum that a companion file holds, as the usual tools write it."""
    found = re.findall(rf"(?<![0-9A-Fa-f])[0-9A-Fa-f]{{{digits}}}(?![0-9A-Fa-f])", text)
    return found[0].lower() if len(set(found)) == 1 else None


def _read(path: Path) -> dict[str, dict[str, dict[str, str]]]:
    """What was noted; nothing when the file is missing or damaged, which makes drops wait a pass longer."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        for places in document.values():
            for look in places.values():
                datetime.fromisoformat(look["since"])
                str(look["mark"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise_shortage(error)
        return {}
    return document  # type: ignore[no-any-return]  # checked above
