"""From what was received to what can be contacted, on each channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

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


@dataclass(frozen=True)
class Step:
    """Leads that pass a stage, and those that are lost at it. ``unchecked``: nobody checked this."""

    label: str
    left: int
    lost: int
    unchecked: bool = False


@dataclass(frozen=True)
class Funnel:
    """The way to one channel. The last step is what can be done."""

    channel: str
    steps: list[Step]


def funnels(source: ReportSource) -> list[Funnel]:
    """One for each channel of the campaign."""
    manifest = source.manifest
    unchecked = {"listed": not manifest.lists, "law": not manifest.rules.checked, "duplicate": False}
    found = []
    for channel in manifest.channels:
        point, done = CHANNEL_WORDS[channel]
        lost = source.counts.lost.get(channel, {})
        left = manifest.counts.read
        steps = [Step("were received", left, 0)]
        for stage in STAGES:
            gone = lost.get(stage, 0)
            left -= gone
            if gone or (stage != "other_channel"):
                steps.append(Step(_PASSED[stage].format(point=point), left, gone, unchecked.get(stage, False)))
        steps.append(Step(done, left, 0))
        found.append(Funnel(channel, steps))
    return found
