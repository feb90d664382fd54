"""How a command line that failed is told: its exit code, what is wrong, what to do; in words and as JSON."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.terminal import complain, printable_lines, write_failure
from schemas.errors import LeadscrubError, OutputError, UsageError
from schemas.support.interrupts import last_change
from schemas.support.names import did_you_mean


class Failure(NamedTuple):
    """Why a command failed. ``name``: what kind of failure it is, as `schemas.errors` names them."""

    code: int
    name: str
    message: str
    details: Sequence[str] = ()
    hint: str = ""

    @classmethod
    def of(cls, error: LeadscrubError) -> Failure:
        """The failure that one of our errors is."""
        return cls(error.exit_code, error.name, error.first_line, error.details, error.hint)

    def tell(self, *, as_json: bool) -> int:
        """Print it to stderr, and to stdout as JSON where that was asked for; the exit code."""
        complain(" ".join(part for part in ("\n  ".join((self.message, *self.details)), self.hint) if part))
        if as_json:
            write_failure(
                {
                    "exit_code": self.code,
                    "name": self.name,
                    "message": self.message,
                    "details": list(self.details),
                    "hint": self.hint,
                }
            )
        return self.code


def unforeseen(error: BaseException) -> Failure:
    """What went wrong that nobody foresaw here: a shortage of the machine, what it does not allow, or a defect."""
    from schemas.support.shortage import shortage_in  # noqa: PLC0415  # seldom

    known: LeadscrubError | None = shortage_in(error)
    if known is None and isinstance(error, OSError) and error.strerror:
        done = (last_change() or "nothing was changed").capitalize()
        known = OutputError(f"The system does not allow it: {error.strerror}{_of_file(error)}. {done}.")
    if known is not None:
        return Failure.of(known)
    return Failure(1, "internal", f"internal error ({type(error).__name__}): {_without_values(error)}")


def wrong_usage(error: Any, called: Sequence[Any]) -> Failure:
    """What the parser found wrong, what may have been meant, and whose help says more.

    ``called``: the program, and the groups and the command that the words name.
    """
    message: str = error.format_message()
    hint = ""
    if type(error).__name__ == "NoSuchOption":
        known = [name for each in called[-1].params for name in each.opts if name.startswith("--")]
        meant = did_you_mean(error.option_name, known)
        message, hint = f"There is no option '{error.option_name}'.", meant if meant.startswith("Did") else ""
    if message[-1] not in ".?":
        message += "."
    see = f"See '{' '.join(['leadscrub', *(each.name or '' for each in called[1:])])} --help'."
    return Failure(
        UsageError.exit_code, UsageError.name, printable_lines(message), (), printable_lines(f"{hint} {see}".strip())
    )


def _of_file(error: OSError) -> str:
    """The file that the system names, if it names one."""
    return f" '{os.fsdecode(error.filename)}'" if isinstance(error.filename, str | bytes | os.PathLike) else ""


def _without_values(error: BaseException) -> str:
    """Say where an unforeseen error arose. Messages of other libraries may quote cells, so only ours are shown."""
    import traceback  # noqa: PLC0415

    last = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(last.filename).name}:{last.lineno}"
    return (
        f"{error} ({place})"
        if isinstance(error, AssertionError)
        else f"at {place}; {last_change() or 'nothing was changed'}. Please report it."
    )
