"""Whether a run's figures are within the bands of its campaign and vendor; outside them it is held for a person."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from statistics import median
from typing import NamedTuple

from pipeline.run.run_state import RunState
from schemas.gate import Band, Gate, covers
from schemas.manifest import Counts, GateOutcome, Manifest
from schemas.support.figures import counted, percent


class Figures(NamedTuple):
    """What a gate looks at, of a run or of an earlier one. ``reasons``: rejected rows by primary reason."""

    read: int
    clean: int
    reasons: Mapping[str, int]

    @property
    def clean_rate(self) -> float:
        """Share of the rows that are clean; of no rows none are."""
        return self.clean / self.read if self.read else 0.0

    def share(self, pattern: str) -> float:
        """Share of the rows with such a primary reason."""
        rows = sum(count for code, count in self.reasons.items() if covers(pattern, code))
        return rows / self.read if self.read else 0.0


class _Measure(NamedTuple):
    """A figure with its band: how it is called, taken and shown."""

    name: str
    band: Band
    of: Callable[[Figures], float]
    is_share: bool = True

    def shown(self, value: float) -> str:
        """A figure as people read it."""
        return percent(value) if self.is_share else f"{value:,.0f}"


def gate_notes(manifest: Manifest) -> list[str]:
    """What the gate could not compare, and what it would have held, had it not been accepted."""
    if manifest.gate is None:
        return []
    return [f"gate: {sentence}" for sentence in manifest.gate.not_checked] + [
        f"gate: accepted although {sentence}" for sentence in manifest.gate.accepted
    ]


def judge(gates: Sequence[Gate], counts: Counts, past: Sequence[Figures]) -> GateOutcome:
    """Compare a run with its gates. ``past``: earlier drops of the vendor for this campaign, the last one first."""
    now = Figures(counts.read, counts.clean, counts.by_primary_reason)
    outside: list[str] = []
    unknown: list[str] = []
    for measure in (each for gate in gates for each in _measures(gate)):
        outside += _outside(measure, now)
        band = measure.band
        if band.drops is None or band.off is None:
            continue
        before = [measure.of(figures) for figures in past[: band.drops]]
        if len(before) < band.least:
            known = f"{counted(len(before), 'earlier drop')} {'is' if len(before) == 1 else 'are'}"
            unknown.append(f"{measure.name} was not compared: {known} known, and {band.least} are needed")
        elif (sentence := _unusual(measure, band.off, measure.of(now), before)) is not None:
            outside.append(sentence)
    return GateOutcome(held=list(dict.fromkeys(outside)), not_checked=list(dict.fromkeys(unknown)))


def _measures(gate: Gate) -> Iterator[_Measure]:
    if gate.records is not None:
        yield _Measure("number of records", gate.records, lambda figures: figures.read, is_share=False)
    if gate.clean_rate is not None:
        yield _Measure("clean rate", gate.clean_rate, lambda figures: figures.clean_rate)
    for code, band in gate.reasons.items():
        yield _Measure(f"share of {code}", band, partial(Figures.share, pattern=code))


def _outside(measure: _Measure, now: Figures) -> Iterator[str]:
    value, band = measure.of(now), measure.band
    if band.min is not None and value < band.min:
        yield f"{measure.name} is {measure.shown(value)}, below {measure.shown(band.min)}"
    if band.max is not None and value > band.max:
        yield f"{measure.name} is {measure.shown(value)}, above {measure.shown(band.max)}"


def _unusual(measure: _Measure, off: float, value: float, before: Sequence[float]) -> str | None:
    usual = median(before)
    room = off if measure.is_share else off * usual
    if round(abs(value - usual) - room, 9) <= 0:
        return None
    drops = "the last drop" if len(before) == 1 else f"the median of the last {len(before)} drops"
    allowed = f"{off * 100:g} points" if measure.is_share else percent(off)
    return f"{measure.name} is {measure.shown(value)}, more than {allowed} off {measure.shown(usual)}, {drops}"


def gate_outcome(run: RunState, counts: Counts) -> GateOutcome | None:
    """What the gates of a run say of it; None where it has none."""
    if run.request.earlier is not None:
        return None  # its drop passed the gates, or was accepted
    vendor = run.plan.contract
    both = (run.plan.campaign.gate, None if vendor is None else vendor.gate)
    gates = [gate for gate in both if gate is not None]
    if not gates:
        return None
    outcome = judge(gates, counts, _past(run, gates))
    if run.request.accept_held and outcome.held:
        return outcome.model_copy(update={"held": [], "accepted": outcome.held})
    return outcome


def _past(run: RunState, gates: Sequence[Gate]) -> list[Figures]:
    """The vendor's earlier drops, as many as some band asks for."""
    drops = [measure.band.drops for gate in gates for measure in _measures(gate) if measure.band.drops is not None]
    if not drops or run.past is None or run.request.ledger is None or run.plan.vendor is None:
        return []
    from pipeline.ledger.vendor_runs import runs_before  # noqa: PLC0415  # what a ledger needs is loaded for one

    first = min(run.past.received, key=lambda drop: drop.sequence).sequence
    with run.request.ledger.reading() as connection:
        found = runs_before(connection, run.plan.vendor, run.plan.campaign.name, first, max(drops))
    return [Figures(each.read, each.clean, each.reasons) for each in found]
