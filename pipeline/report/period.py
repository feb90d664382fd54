"""The page about several runs: a night, a vendor, a month."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from pipeline.report.funnel import funnels
from pipeline.report.lifespan import lifespan
from pipeline.report.page import headline
from pipeline.report.reasons import Payer, ReasonGroup, ReasonLine, grouped, payer_of
from pipeline.report.render import render
from pipeline.report.source import Deal, ReportSource
from schemas.codes import ReasonCode
from schemas.support.figures import joined

#: Drops and vendors that are shown one by one.
_MOST: Final = 200
_SHOWN_REASONS: Final = 40


@dataclass(frozen=True)
class DropLine:
    """One drop. ``top``: its heaviest reason. ``gaps``: what its run did not check."""

    vendor: str
    campaign: str
    day: date
    read: int
    clean: int
    rejected: Mapping[str, int]
    deal: Deal
    gaps: list[str]

    @property
    def top(self) -> str:
        """The reason for which most of its leads were lost."""
        ordered = sorted(self.rejected.items(), key=lambda each: (-each[1], each[0]))
        return f"{ordered[0][0]} ({ordered[0][1]:,})" if ordered else ""


@dataclass(frozen=True)
class VendorLine:
    """A vendor's month or whole period. ``money`` and what follows: what it cost, as text."""

    vendor: str
    month: str
    drops: int
    read: int
    clean: int
    cost: str
    per_contact: str
    credit: str


@dataclass(frozen=True)
class Period:
    """What a page about several runs shows. ``odd``: what is out of its usual band; ``waiting``: for a person;
    ``results``: the runs whose results are there; ``day``: the one from which their leads' time is counted."""

    title: str
    about: str
    drops: list[DropLine]
    scores: list[VendorLine]
    odd: list[str]
    waiting: list[str]
    results: list[ReportSource] = field(default_factory=list)
    day: date | None = None


def period_page(period: Period, codes: Mapping[str, ReasonCode]) -> str:
    """Make the page. ``codes``: every reason that a drop of the period has."""
    read, clean = sum(drop.read for drop in period.drops), sum(drop.clean for drop in period.drops)
    groups, currency = _groups(period, codes)
    return render(
        "period.html",
        period=period,
        title=period.title,
        headline=headline(clean, read, "could"),
        read=read,
        clean=clean,
        one_vendor=len({drop.vendor for drop in period.drops}) == 1,
        groups=groups,
        currency=currency,
        gaps=_gaps(period),
        funnels=funnels(period.results),
        life=None if period.day is None else lifespan(period.results, period.day),
        most=_MOST,
        most_reasons=_SHOWN_REASONS,
    )


def _groups(period: Period, codes: Mapping[str, ReasonCode]) -> tuple[list[ReasonGroup], str | None]:
    """Reasons by payer; with money where all vendors are paid in one currency."""
    currencies = {drop.deal.currency for drop in period.drops if drop.deal.price is not None}
    rows, money = Counter[tuple[Payer, str]](), dict[tuple[Payer, str], Decimal]()
    for drop in period.drops:
        for code, count in drop.rejected.items():
            key = (payer_of(code, codes[code].disposition if code in codes else "", drop.deal), code)
            rows[key] += count
            if drop.deal.price is not None and len(currencies) == 1:
                money[key] = money.get(key, Decimal()) + drop.deal.price * count
    lines = [
        (payer, _line(code, codes.get(code), count, money.get((payer, code)))) for (payer, code), count in rows.items()
    ]
    return grouped(lines), next(iter(currencies)) if len(currencies) == 1 else None


def _line(code: str, reason: ReasonCode | None, rows: int, money: Decimal | None) -> ReasonLine:
    means, remedy = (reason.summary, reason.remedy) if reason is not None else (code, "")
    return ReasonLine(code, means, remedy, rows, 0, money, [])


def _gaps(period: Period) -> list[tuple[str, int, str]]:
    """What was not checked, in how many drops, and whose they were; the most frequent first."""
    drops, sellers = Counter[str](), dict[str, dict[str, None]]()
    for drop in period.drops:
        for gap in dict.fromkeys(drop.gaps):
            drops[gap] += 1
            sellers.setdefault(gap, {})[drop.vendor] = None
    return [(gap, count, joined(list(sellers[gap]))) for gap, count in drops.most_common(_SHOWN_REASONS)]
