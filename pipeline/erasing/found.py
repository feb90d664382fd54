"""What was found of a person in a workspace, and what becomes of each of it when the person is erased."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pipeline.erasing.record_files import Known, Records

#: What becomes of what was found when the person is erased: it goes, it has to stay, or somebody has to do it by hand.
Fate = Literal["goes", "stays", "by hand"]


@dataclass(frozen=True)
class Spot:
    """A place where the person is. ``what``: which records of it; ``why``: why it stays, or what is to be done."""

    kind: str
    where: str
    what: str
    records: int
    fate: Fate = "goes"
    why: str = ""


@dataclass
class Found:
    """Where the person is. ``rows``: of each result; ``files``: records of each file; ``lists``: versions by list.

    ``damaged``: results that nobody can look through.
    """

    rows: dict[Path, set[int]] = field(default_factory=dict)
    columns: dict[Path, set[str]] = field(default_factory=dict)
    files: dict[Path, Records] = field(default_factory=dict)
    known: dict[Path, Known] = field(default_factory=dict)
    lists: dict[str, set[str]] = field(default_factory=dict)
    history: set[str] = field(default_factory=set)
    returned: dict[str, set[int]] = field(default_factory=dict)
    damaged: set[Path] = field(default_factory=set)
    spots: list[Spot] = field(default_factory=list)
    at_work: list[Path] = field(default_factory=list)

    def lines_of(self, path: Path) -> Known:
        """Records of a file that are known by their rows in results."""
        return self.known.get(path, Known())

    @property
    def by_hand(self) -> list[Spot]:
        """What somebody has to do, or could not be looked through."""
        return [spot for spot in self.spots if spot.fate == "by hand"]


def unread(kind: str, where: str, why: str) -> Spot:
    """A place that somebody has to look through, and why."""
    return Spot(kind, where, "not looked through", 0, "by hand", why)
