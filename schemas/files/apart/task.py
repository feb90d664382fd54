"""What a process that reads one file is asked to do: its one argument."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

from schemas.files.limits import Limits


@dataclass(frozen=True)
class Task:
    """``program``: the module whose ``convert`` reads the file. ``kind``: the file's format. ``shown``: its name.

    ``source`` is an open file's number, of which ``size`` bytes from ``start`` on are read; ``sink`` another's, to
    which parts are written from ``end`` on. ``memory`` in bytes,
    ``seconds`` of processor time. ``wanted``: see the program. ``connected``: what is read is behind a network.
    ``files``: how many the process may have open.
    """

    program: str
    kind: str
    shown: str
    source: int
    start: int
    size: int
    sink: int
    end: int
    memory: int
    seconds: int
    wanted: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    connected: bool = False
    files: int = 64

    def as_argument(self) -> str:
        """Write it for a command line."""
        return json.dumps(asdict(self))


def task_of(argument: str) -> Task:
    """Read what `Task.as_argument` wrote."""
    asked = json.loads(argument)
    return Task(**{**asked, "wanted": tuple(asked["wanted"]), "limits": Limits(**asked["limits"])})
