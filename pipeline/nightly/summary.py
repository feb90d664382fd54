"""What a pass came to: one document for people, programs and the hook. It holds counts and names, no lead's data."""

from __future__ import annotations

import sys
from collections import Counter
from datetime import date, datetime
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from pipeline.terminal import plain_table, stdout_console, write_json
from schemas.errors import EXIT_TOO_MANY_REJECTED

Outcome = Literal["scrubbed", "again", "quarantined", "waiting", "left", "ready"]

#: Exit codes from the least to the worst: each leaves more undone, or in more need of a person, than the one before.
SEVERITY: Final = (0, EXIT_TOO_MANY_REJECTED, 4, 3, 5, 7, 1)
#: The command line of a night is the configuration: what a drop's scrub calls wrong usage comes from there.
_AS_CONFIGURATION: Final = 2


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class DropLine(_Model):
    """One drop. ``code``: the exit code that it would have on its own; ``why``: a sentence for a person.

    scrubbed: done, also where too much was rejected. again: had been done before. quarantined: cannot be read. waiting:
    not complete yet. left: stays in the inbox for the next pass. ready: a dry run would have taken it.
    ``out`` is relative
    to the workspace.
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
    seconds: float = 0.0


class Trouble(_Model):
    """What concerns a whole vendor, or the pass (``vendor`` is None)."""

    vendor: str | None
    code: int
    why: str


class Summary(_Model):
    """A pass. ``known``: files of remote inboxes that were taken before and stay there."""

    leadscrub: str
    as_of: date
    began_at: datetime
    seconds: float
    dry_run: bool
    exit_code: int
    vendors: list[str]
    known: int
    drops: list[DropLine]
    troubles: list[Trouble]

    @property
    def trouble(self) -> bool:
        """Whether somebody should look."""
        return self.exit_code != 0


def worst(codes: list[int]) -> int:
    """Return the exit code of a pass in which these happened."""
    meant = [3 if code == _AS_CONFIGURATION else code for code in codes]
    return max(meant, key=lambda code: SEVERITY.index(code) if code in SEVERITY else len(SEVERITY), default=0)


def print_summary(summary: Summary, *, as_json: bool) -> None:
    """Print to stdout; trouble goes to stderr as well, so that cron mails it."""
    for trouble in summary.troubles:
        whose = f"{trouble.vendor}: " if trouble.vendor else ""
        sys.stderr.write(f"leadscrub: {whose}{trouble.why}\n")
    for line in summary.drops:
        if line.code:
            sys.stderr.write(f"leadscrub: {line.vendor}: {line.drop}: {line.why}\n")
    if as_json:
        write_json(summary.model_dump(mode="json"))
        return
    console = stdout_console()
    if summary.drops:
        table = plain_table()
        for name in ("vendor", "drop", "outcome"):
            table.add_column(name, overflow="fold")
        for name in ("read", "clean", "rejected"):
            table.add_column(name, justify="right")
        table.add_column("where, or why", overflow="fold")
        for line in summary.drops:
            counts = [f"{count:,}" if line.run_id else "" for count in (line.read, line.clean, line.rejected)]
            told = "; ".join(part for part in (line.why, line.out or "") if part)
            table.add_row(line.vendor, line.drop, line.outcome, *counts, told)
        console.print(table)
    outcomes = Counter(line.outcome for line in summary.drops)
    counts_told = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items())) or "no drops"
    console.print(
        f"{len(summary.vendors)} vendors: {counts_told}{'; dry run, nothing written' if summary.dry_run else ''}",
        soft_wrap=True,
    )
