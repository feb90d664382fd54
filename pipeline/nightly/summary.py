"""What a pass came to: one document for people, programs and the hook. It holds counts and names, no lead's data."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from pipeline.terminal import JSON_VERSION
from schemas.errors import EXIT_TOO_MANY_REJECTED, FileError, HeldError, ShortageError

Outcome = Literal["scrubbed", "again", "quarantined", "waiting", "left", "ready"]

#: Exit codes from the least to the worst: each leaves more undone, or in more need of a person, than the one before.
SEVERITY: Final = (0, EXIT_TOO_MANY_REJECTED, 4, 3, 5, 7, ShortageError.exit_code, 1, 130, 143)
#: The command line of a night is the configuration: what a drop's scrub calls wrong usage stands there.
_AS_CONFIGURATION: Final = 2
#: How the reason of a drop begins that a gate holds.
HELD: Final = "It is held"


class _Model(BaseModel):
    model_config = ConfigDict(defer_build=True, extra="forbid")


class DropLine(_Model):
    """One drop. ``code``: the exit code that it would have on its own; ``why``: a sentence for a person.

    scrubbed: done, also where too much was rejected. again: had been done before. quarantined: cannot be read. waiting:
    not complete yet. left: stays in the inbox for the next pass. ready: a dry run would have taken it.
    ``out`` is relative to the workspace. ``notes``: what its scrub says besides the counts. ``review``: rejected rows
    that a person may release.
    """

    vendor: str
    drop: str
    outcome: Outcome
    code: int = 0
    why: str = ""
    run_id: str | None = None
    out: str | None = None
    read: int = 0
    clean: int = 0
    rejected: int = 0
    review: int = 0
    notes: list[str] = []
    seconds: float = 0.0


class Trouble(_Model):
    """What concerns a whole vendor, or the pass (``vendor`` is None)."""

    vendor: str | None
    code: int
    why: str


class Unsettled(_Model):
    """What earlier passes left for a person, told every night until it is settled.

    quarantine: a drop that is still there (``subject``: its file). rejected: a run of the same day of which more was
    rejected than its campaign allows (``subject``: its folder). review: a vendor's ``rows`` that a person may release,
    in so many ``runs`` (``subject``: the folder of the oldest). again: ``runs`` that would be made again, since what
    they rest on is not so any more, if their raw drops were not gone.
    """

    kind: Literal["quarantine", "rejected", "review", "again"]
    vendor: str
    subject: str
    since: date
    code: int
    why: str
    rows: int = 0
    runs: int = 0


class Summary(_Model):
    """A pass. ``known``: files of remote inboxes that were taken before and stay there. ``elsewhere``: drops that other
    machines took meanwhile, and have in their own summaries. ``machine``: the name of this one.

    The hook and the file get the object that ``--json`` prints.
    """

    schema_version: int = JSON_VERSION
    leadscrub: str
    as_of: date
    began_at: datetime
    seconds: float
    dry_run: bool
    exit_code: int
    vendors: list[str]
    known: int
    elsewhere: int = 0
    machine: str = ""
    drops: list[DropLine]
    unsettled: list[Unsettled]
    troubles: list[Trouble]

    @property
    def worst_why(self) -> str:
        """Why the exit code is what it is, for a person; nothing when nothing says."""
        codes = [(each.code, each.why) for each in self.troubles]
        codes += [(each.code, each.why) for each in self.drops]
        codes += [(each.code, each.why) for each in self.unsettled]
        return next((why for code, why in codes if as_configuration(code) == self.exit_code), "")

    @property
    def trouble(self) -> bool:
        """Whether somebody should look."""
        return self.exit_code != 0


def as_configuration(code: int) -> int:
    """The exit code of a night for one of a scrub: no command line of a night is wrong in what a campaign says."""
    return 3 if code == _AS_CONFIGURATION else code


def quarantine_code(why: str) -> int:
    """Exit code of a drop in quarantine: it could not be read, or a gate holds it."""
    return HeldError.exit_code if why.startswith(HELD) else FileError.exit_code


def worst(codes: list[int]) -> int:
    """Return the exit code of a pass in which these happened."""
    meant = [as_configuration(code) for code in codes]
    return max(meant, key=lambda code: SEVERITY.index(code) if code in SEVERITY else len(SEVERITY), default=0)
