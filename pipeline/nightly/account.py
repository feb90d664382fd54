"""What a pass has to report so far: each thing goes to the log as it happens."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.nightly.guard import fault_of
from pipeline.nightly.hints import at_night
from pipeline.nightly.inbox import Seen
from pipeline.nightly.log import EventLog
from pipeline.nightly.summary import DropLine, Trouble, Unsettled, as_configuration


@dataclass
class Account:
    """What there is to report so far."""

    log: EventLog
    lines: list[DropLine] = field(default_factory=list)
    unsettled: list[Unsettled] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    known: int = 0
    elsewhere: int = 0

    def trouble(self, vendor: str | None, error: BaseException) -> None:
        """What stopped a vendor, or the pass where there is none."""
        fault = fault_of(error)
        why = at_night(fault.why, vendor or "NAME")
        self.add_trouble(Trouble(vendor=vendor, code=as_configuration(fault.code), why=why))

    def add_trouble(self, trouble: Trouble) -> None:
        """The same, worded."""
        self.troubles.append(trouble)
        self.log.trouble(trouble)

    def add(self, line: DropLine) -> None:
        """What became of a drop."""
        self.lines.append(line)
        self.log.drop(line)

    def add_unsettled(self, items: list[Unsettled]) -> None:
        """What waits for a person."""
        self.unsettled += items
        for item in items:
            self.log.unsettled(item)

    def line(self, seen: Seen, outcome: str, why: str, code: int = 0) -> None:
        """What became of a drop that was not scrubbed, and why."""
        self.add(drop_line(seen, outcome, code, at_night(why, seen.vendor)))


def drop_line(seen: Seen, outcome: str, code: int = 0, why: str = "") -> DropLine:
    """What became of a drop, and why, without the counts of its run."""
    return DropLine.model_validate(
        {"vendor": seen.vendor, "drop": seen.shown, "outcome": outcome, "code": code, "why": why}
    )
