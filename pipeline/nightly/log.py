"""What a pass says while it is at work: trouble only, in words, or every event as a line of JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Literal, Protocol

from pipeline.nightly.summary import DropLine, Summary, Trouble, Unsettled
from pipeline.terminal import clear_sign, print_step, printable_lines
from schemas.errors import UsageError
from schemas.support.figures import counted

LogForm = Literal["text", "json"]


class EventLog(Protocol):
    """Hears of each event when it happens."""

    def drop(self, line: DropLine) -> None:
        """A drop was done, or was not."""
        ...

    def trouble(self, trouble: Trouble) -> None:
        """Something concerns a whole vendor, or the pass."""
        ...

    def unsettled(self, item: Unsettled) -> None:
        """Something of an earlier pass still waits for a person."""
        ...

    def ended(self, summary: Summary) -> None:
        """The pass is over."""
        ...


class TextLog:
    """Trouble only, a line each on stderr: cron mails it. ``every_drop``: the drops that were done as well."""

    def __init__(self, *, every_drop: bool = False) -> None:
        self._every_drop = every_drop

    def drop(self, line: DropLine) -> None:
        """See `EventLog`."""
        if line.code:
            _say(f"leadscrub: {line.vendor}: {line.drop}: {line.why}")
        elif self._every_drop:
            clean = f"{line.clean:,} of {counted(line.read, 'row')} clean"
            print_step(f"{line.vendor}: {line.drop}: {line.outcome}, {clean}")

    def trouble(self, trouble: Trouble) -> None:
        """See `EventLog`."""
        whose = f"{trouble.vendor}: " if trouble.vendor else ""
        _say(f"leadscrub: {whose}{trouble.why}")

    def unsettled(self, item: Unsettled) -> None:
        """See `EventLog`."""
        if item.code:
            _say(f"leadscrub: {item.vendor}: {item.subject}: {item.why}")

    def ended(self, summary: Summary) -> None:
        """See `EventLog`. The summary itself is told elsewhere."""


class JsonLog:
    """Every event, an object each on stderr, with the time, a level and the fields of the summary's parts."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    def drop(self, line: DropLine) -> None:
        """See `EventLog`."""
        self._event("drop", line.code, line.model_dump(mode="json"))

    def trouble(self, trouble: Trouble) -> None:
        """See `EventLog`."""
        self._event("trouble", trouble.code, trouble.model_dump(mode="json"))

    def unsettled(self, item: Unsettled) -> None:
        """See `EventLog`."""
        self._event("unsettled", item.code, item.model_dump(mode="json"))

    def ended(self, summary: Summary) -> None:
        """See `EventLog`."""
        facts = summary.model_dump(mode="json", exclude={"drops", "unsettled", "troubles"})
        self._event("ended", summary.exit_code, facts)

    def _event(self, name: str, code: int, facts: dict[str, object]) -> None:
        level = "error" if code else "info"
        _say(json.dumps({"time": self._now().isoformat(), "level": level, "event": name, **facts}))


def log_form(word: str) -> LogForm:
    """Check which log is wanted. Raises `UsageError` when there is none of that name."""
    if word == "text":
        return "text"
    if word == "json":
        return "json"
    raise UsageError(f"There is no log '{word}'.", "Say --log text or --log json.")


def event_log(form: LogForm, now: Callable[[], datetime], *, every_drop: bool = False) -> EventLog:
    """Make the log that is wanted; JSON has every drop, text only with ``every_drop``."""
    return JsonLog(now) if form == "json" else TextLog(every_drop=every_drop)


def _say(line: str) -> None:
    """Write a line; where nobody can read it, the pass goes on."""
    try:
        clear_sign()
        sys.stderr.write(printable_lines(line) + "\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        return
