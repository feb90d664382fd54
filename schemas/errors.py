"""One base for everything that stops a run, and the exit code that each kind ends with.

A bad *row* is a finding. A bad *run* is one of these. They are turned into an exit code and a message in one
place only, ``pipeline/cli/main.py``.
"""

from __future__ import annotations

from collections.abc import Sequence

from schemas.support.figures import counted
from schemas.support.shown import shown

#: The run is complete and its outputs are written, and a person should look at them.
EXIT_TOO_MANY_REJECTED = 6


#: What a message ends with when its hint can follow.
_ENDS = (".", "?", "!", ":", ";", "\u2026")


class LeadscrubError(Exception):
    """A run cannot go on. ``hint`` says what the user can do next, ``lines`` are further lines of the message.

    Whatever of a file's name or content is in them can be shown to anybody: see `schemas.support.shown`.
    """

    exit_code = 1
    #: What kind of error it is, for programs.
    name = "internal"

    def __init__(self, message: str, hint: str = "", lines: Sequence[str] = ()) -> None:
        self.first_line, self.details = shown(message), [*map(shown, lines)]
        self.message = "\n  ".join((self.first_line, *self.details))
        self.hint = shown(hint)
        super().__init__(self.message)

    def __str__(self) -> str:
        if not self.hint:
            return self.message
        return f"{self.message}{'' if self.message.endswith(_ENDS) else '.'} {self.hint}"


class UsageError(LeadscrubError):
    """The command line asks for something that does not exist or cannot be combined."""

    exit_code = 2
    name = "usage"


class ConfigError(LeadscrubError):
    """A TOML file is invalid. Carries every fault, each with its file and, where known, its line."""

    exit_code = 3
    name = "configuration"

    def __init__(self, faults: list[str], hint: str = "") -> None:
        self.faults = faults
        super().__init__(f"configuration invalid, {counted(len(faults), 'fault')}:", hint, faults)


class FileError(LeadscrubError):
    """A file cannot be opened, unpacked or decoded, whatever it is for; one of a list becomes a `ListError`."""

    exit_code = 4
    name = "file"


class DropError(FileError):
    """A drop is missing or cannot be read as one."""

    name = "drop"


class ListError(LeadscrubError):
    """A suppression list is missing, stale, damaged or does not cover what was asked."""

    exit_code = 5
    name = "list"


class LedgerError(LeadscrubError):
    """The ledger cannot be reached or is damaged: what a run must ask gives no answer, as with a list."""

    exit_code = 5
    name = "ledger"


class PastChangedError(LedgerError):
    """While a run was at work, another one changed the past that it had asked: it must be done again."""


class LeaseLostError(LedgerError):
    """This machine hung for so long that another one took over its drop: it may not change anything of it."""


class OutputError(LeadscrubError):
    """The output exists already, cannot be written, or another run holds its lock."""

    exit_code = 7
    name = "output"


class HeldError(LeadscrubError):
    """A drop or its result is outside what the gate of its campaign or vendor allows, and waits for a person."""

    exit_code = EXIT_TOO_MANY_REJECTED
    name = "held"


class ShortageError(LeadscrubError):
    """This machine is short of something (disk, memory, open files, processes): no drop and no list is at fault."""

    exit_code = 8
    name = "shortage"
