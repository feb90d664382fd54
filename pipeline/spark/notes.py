"""What tasks tell the driver: one row of bytes each, so that no row of a drop goes through it."""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa

from pipeline.run.tally import Tally
from schemas.errors import ConfigError, LeadscrubError
from schemas.manifest import OutputFile

#: The schema of what tasks yield.
NOTES = "part int, note binary"
Told = TypeVar("Told")


@dataclass(frozen=True)
class PutAway:
    """A file of a task in the job's work folder, with its checksum."""

    path: Path
    sum: int


@dataclass
class PartChecked:
    """A part of the drop behind the checks of the first pass: a file, or a partition of a data frame.

    ``number``: of its source. ``batches``: its rows as the second pass needs them, and their
    findings (which row, which of those said; and what is said). ``lines``: what
    the comparisons of the run need, by comparison. ``values``: how many consents have an address and a second, and
    the ones that more than half of a piece have. ``fingerprint``: sums over the rows of a data frame.
    """

    part: int
    number: int
    rows: int = 0
    batches: list[tuple[PutAway, ...]] = field(default_factory=list)
    lines: dict[str, PutAway] = field(default_factory=dict)
    points: int = 0
    values: dict[str, tuple[int, set[int]]] = field(default_factory=dict)
    domains: set[str] = field(default_factory=set)
    matches: Counter[str] = field(default_factory=Counter)
    present: dict[str, Counter[str]] = field(default_factory=lambda: {"given": Counter(), "valid": Counter()})
    seconds: dict[str, float] = field(default_factory=dict)
    sentences: list[str] = field(default_factory=list)
    sha256: str = ""
    size: int = 0
    careful_blocks: int = 0
    fingerprint: tuple[int, int] = (0, 0)


@dataclass
class PartDecided:
    """A part of the results. ``files``: where the work folder has each output; ``hashes``: those of its rows.

    ``overlaps``: how many of its rows each vendor had delivered before.
    """

    part: int
    number: int
    tally: Tally
    files: dict[str, tuple[Path, OutputFile]]
    hashes: Path
    seconds: dict[str, float]
    overlaps: Counter[str]


@dataclass(frozen=True)
class Failed:
    """What stopped a task and would stop it again: an error that a person can do something about."""

    kind: type[LeadscrubError]
    message: str
    hint: str


def told(part: int, work: Callable[[], Any]) -> Iterator[pa.RecordBatch]:
    """Do the work of a task and yield what it came to; of an error of ours that, for no second try would mend it."""
    note: Any
    try:
        note = work()
    except LeadscrubError as error:
        note = Failed(type(error), error.message, error.hint)
    yield pa.record_batch({"part": pa.array([part], pa.int32()), "note": pa.array([pickle.dumps(note)], pa.binary())})


def heard(rows: list[Any], kind: type[Told]) -> list[Told]:
    """What the tasks told, by part. Raises the `LeadscrubError` of the first one that stopped."""
    notes = [pickle.loads(bytes(row["note"])) for row in sorted(rows, key=lambda row: row["part"])]  # noqa: S301
    for note in notes:
        if isinstance(note, Failed):
            error = note.kind.__new__(note.kind)
            LeadscrubError.__init__(error, note.message, note.hint)
            if isinstance(error, ConfigError):
                error.faults = [note.message]
            raise error
    return [note for note in notes if isinstance(note, kind)]
