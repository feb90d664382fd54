"""A vendor's last drops, and what of this one is out of their usual band."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pipeline.report.source import PastDrop
from schemas.support.figures import counted, share

#: So many drops before this one make the band; with fewer than the least nothing is usual yet.
LAST: Final = 10
_LEAST: Final = 3
#: Outside is what exceeds everything in the band by more than so many hundredths.
_MARGIN: Final = 0.02


def out_of_band(this: PastDrop, past: list[PastDrop]) -> list[str]:
    """Say what of a drop is outside what the last ten drops before it had, by more than two points."""
    band = [drop for drop in past[-LAST:] if drop.read]
    if len(band) < _LEAST or not this.read:
        return []
    return [*_clean_rate(this, band), *_reasons(this, band), *_size(this, band)]


def _clean_rate(this: PastDrop, band: list[PastDrop]) -> Iterator[str]:
    rates = [drop.clean / drop.read for drop in band]
    rate = this.clean / this.read
    usual = _from_to(share(min(rates), 1), share(max(rates), 1))
    if rate < min(rates) - _MARGIN:
        yield f"Only {share(rate, 1)} can be contacted; of its last {len(band)} drops {usual} could."
    elif rate > max(rates) + _MARGIN:
        yield f"{share(rate, 1)} can be contacted, more than usual; of its last {len(band)} drops {usual} could."


def _reasons(this: PastDrop, band: list[PastDrop]) -> Iterator[str]:
    for code, rows in sorted(this.reasons.items(), key=lambda each: (-each[1], each[0])):
        most = max(drop.reasons.get(code, 0) / drop.read for drop in band)
        if rows / this.read > most + _MARGIN:
            before = f"at most {share(most, 1)}" if most else "never"
            yield f"{code}: {share(rows, this.read)} of its leads; {before} in its last {len(band)} drops."


def _size(this: PastDrop, band: list[PastDrop]) -> Iterator[str]:
    sizes = [drop.read for drop in band]
    if this.read > 2 * max(sizes) or 2 * this.read < min(sizes):
        usual = _from_to(f"{min(sizes):,}", f"{max(sizes):,}")
        yield f"{counted(this.read, 'lead')}; its last {len(band)} drops had {usual}."


def _from_to(least: str, most: str) -> str:
    return least if least == most else f"{least} to {most}"
