"""From what was received to what can be contacted, on each channel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from pipeline.report.source import ReportSource
from schemas.report_counts import STAGES

#: For each channel: what reaches it, and what can be done at the end.
CHANNEL_WORDS: Final = {
    "call": ("a phone", "can be called"),
    "text": ("a phone", "can be texted"),
    "email": ("an email", "can be emailed"),
    "post": ("a postal address", "can be written to"),
}
#: What is true of the leads that pass a stage.
_PASSED: Final = {
    "absent": "have {point}",
    "unusable": "have {point} that can be used",
    "listed": "are on no list against contact",
    "law": "may be contacted by law",
    "duplicate": "are no duplicates",
    "other_channel": "are not kept for another channel",
}


class Step(NamedTuple):
    """Leads that pass a stage, and those that are lost at it. ``unchecked``: nobody checked this."""

    label: str
    left: int
    lost: int
    unchecked: bool = False


class Funnel(NamedTuple):
    """The way to one channel. The last step is what can be done."""

    channel: str
    steps: list[Step]


@dataclass
class _Sum:
    """Leads of one channel over several runs. ``unchecked``: stages that some run did not check."""

    received: int = 0
    lost: Counter[str] = field(default_factory=Counter)
    unchecked: set[str] = field(default_factory=set)


def funnels(sources: Sequence[ReportSource]) -> list[Funnel]:
    """One for each channel of the campaigns, over all these runs that have it."""
    sums: dict[str, _Sum] = {}
    for source in sources:
        manifest = source.manifest
        for channel in manifest.channels:
            mine = sums.setdefault(channel, _Sum())
            mine.received += manifest.counts.read
            mine.lost.update(source.counts.lost.get(channel, {}))
            mine.unchecked |= set() if manifest.lists else {"listed"}
            mine.unchecked |= set() if manifest.rules.checked else {"law"}
    return [_funnel(channel, sums[channel]) for channel in CHANNEL_WORDS if channel in sums]


def _funnel(channel: str, found: _Sum) -> Funnel:
    point, done = CHANNEL_WORDS[channel]
    left = found.received
    steps = [Step("were received", left, 0)]
    for stage in STAGES:
        gone = found.lost[stage]
        left -= gone
        if gone or stage != "other_channel":
            steps.append(Step(_PASSED[stage].format(point=point), left, gone, stage in found.unchecked))
    return Funnel(channel, [*steps, Step(done, left, 0)])
