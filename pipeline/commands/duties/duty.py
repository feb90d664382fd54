"""What is to be done by a day, and which of them are late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

#: Kinds of duties. Those in `BINDING` are late once their day is past; the others are chances that end with it.
KINDS: Final = {
    "notice": "people who must be told that we have their data (GDPR Art 14)",
    "list": "a copy of a list that must be renewed",
    "clean": "clean rows that may be used no longer: consents, calling windows and lists end",
    "campaign": "the last day of contact that a campaign names",
    "review": "evidence of a release that ends",
    "returns": "rows that a vendor takes back no longer",
    "retention": "what [retention] has deleted",
}
BINDING: Final = frozenset({"notice", "list", "retention"})


@dataclass(frozen=True)
class Duty:
    """``day``: the last one on which it can be done in time. ``count``: of what. ``people``: who they are, masked."""

    kind: str
    day: date
    what: str
    to_do: str
    subject: str
    vendor: str = ""
    count: int = 1
    people: tuple[str, ...] = ()

    def is_late(self, today: date) -> bool:
        """Whether it should have been done by now."""
        return self.kind in BINDING and self.day < today
