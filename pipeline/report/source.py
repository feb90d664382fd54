"""What a report is made from: what the run left, and what is known of its vendor."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from schemas.manifest import Manifest
from schemas.report_counts import ReportCounts


class Deal(NamedTuple):
    """What the vendor's contract says. ``accepted``: reasons for which a lead may go back; None without a contract."""

    price: Decimal | None = None
    currency: str | None = None
    accepted: frozenset[str] | None = None


class PastDrop(NamedTuple):
    """An earlier drop of the same vendor. ``reasons``: rejected rows by primary reason."""

    day: date
    read: int
    clean: int
    reasons: Mapping[str, int]


class ReportSource(NamedTuple):
    """One run. ``past``: the vendor's drops before it, oldest first; None where no ledger was asked."""

    manifest: Manifest
    counts: ReportCounts
    deal: Deal = Deal()
    past: list[PastDrop] | None = None
