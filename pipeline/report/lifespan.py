"""How many leads stay contactable over the coming days, as lists go stale, consents age and laws begin."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple

from pipeline.report.source import ReportSource
from schemas.support.figures import joined

#: The curve shows at least and at most so many days.
_LEAST, _MOST = 30, 366
#: Days on which something changes that the table names; the others are added to the next one.
_NAMED: Final = 10


class Change(NamedTuple):
    """``lost`` leads may be used until the end of ``last_day``, and ``left`` of all longer."""

    last_day: date
    lost: int
    left: int
    why: str


class Lifespan(NamedTuple):
    """``path`` is the outline of the curve in a box of 100 by 100, from ``first`` to ``last``."""

    first: date
    last: date
    clean: int
    path: str
    changes: list[Change]

    @property
    def lasting(self) -> int:
        """Leads that are left after the last change that is known."""
        return self.changes[-1].left if self.changes else self.clean


def lifespan(sources: Sequence[ReportSource], first: date) -> Lifespan:
    """Work out the curve of the leads of these runs from a day on, and the days on which it falls."""
    ends = Counter[date]()
    for source in sources:
        ends.update({day: rows for day, rows in source.counts.valid_until.items() if day >= first})
    clean = ends.total() + sum(source.counts.unlimited for source in sources)
    days = (max(ends) - first).days + 3 if ends else _LEAST
    span = min(max(days, _LEAST), _MOST)
    last = first + timedelta(days=span)
    return Lifespan(first, last, clean, _outline(ends, clean, first, span), _changes(sources, ends, clean))


def _outline(ends: Mapping[date, int], clean: int, first: date, span: int) -> str:
    left = clean
    path = "M0 100 L0 0"
    for day, rows in sorted(ends.items()):
        # It may be used on its last day, so the curve falls at the end of it.
        x = 100 * ((day - first).days + 1) / span
        if x > 100:
            break
        path += f" L{x:.2f} {100 - 100 * left / clean:.2f}"
        left -= rows
        path += f" L{x:.2f} {100 - 100 * left / clean:.2f}"
    height = 100 - 100 * left / clean if clean else 100
    return f"{path} L100 {height:.2f} L100 100 Z" if clean else "M0 100 L100 100"


def _changes(sources: Sequence[ReportSource], ends: Mapping[date, int], clean: int) -> list[Change]:
    largest = set(sorted(ends, key=lambda day: (-ends[day], day))[:_NAMED]) | {max(ends, default=None)}
    left, waiting, found = clean, 0, []
    for day, rows in sorted(ends.items()):
        left -= rows
        waiting += rows
        if day in largest:
            found.append(Change(day, waiting, left, _why(sources, day)))
            waiting = 0
    return found


def _why(sources: Sequence[ReportSource], day: date) -> str:
    used = [each for source in sources for each in source.manifest.lists]
    stale = list(dict.fromkeys(each.name for each in used if each.valid_until == day))
    if stale:
        return f"{'list goes' if len(stale) == 1 else 'lists go'} stale: {joined(stale)}"
    return "a consent or a period of the law ends, or another law begins"
