"""How good each vendor's leads were, month by month of receipt, from the ledger alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Select, func, select

from pipeline.ledger.database import Ledger, moment_of
from pipeline.ledger.tables import return_files, run_overlaps, runs
from pipeline.ledger.vendor_runs import counted_once, vendor_runs
from pipeline.ledger.went_back import went_back
from pipeline.returning.contracts import Contracts
from pipeline.returning.windows import local_day
from schemas.config import Vendor
from schemas.errors import UsageError
from schemas.support.names import did_you_mean

_CENT = Decimal("0.01")


@dataclass
class Score:
    """A vendor's month. A drop that several campaigns scrubbed counts once, by the run that let most through.

    ``duplicates``: rows that a vendor (perhaps the same) had sold before, by that vendor. ``credit``: of what went
    back of this month's drops, as it was worth when it did. ``trend``: change of the clean rate against the month
    before, null where that has nothing.
    """

    vendor: str
    month: str
    currency: str | None
    drops: int = 0
    received: int = 0
    clean: int = 0
    rejected: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    duplicates: Counter[str] = field(default_factory=Counter)
    cost: Decimal | None = None
    returned: int = 0
    credit: Decimal | None = None
    trend: float | None = None

    @property
    def clean_rate(self) -> float | None:
        """Clean rows among those received."""
        return self.clean / self.received if self.received else None

    @property
    def cost_per_contactable(self) -> Decimal | None:
        """Price of all that was received, less what went back, for each row that may be contacted."""
        if self.cost is None or not self.clean:
            return None
        return ((self.cost - (self.credit or 0)) / self.clean).quantize(_CENT)


def scorecard(ledger: Ledger, workspace: Path, vendor: str | None, months: int, now: datetime) -> list[Score]:
    """Score every vendor, or one, over the last ``months`` months up to an instant; by vendor and month.

    Raises `UsageError` when there is no such vendor.
    """
    contracts = Contracts(workspace)
    with ledger.reading() as connection:
        scores = _scores(connection, contracts)
    names = sorted({name for name, _ in scores} | set(contracts.vendors))
    if vendor is not None and vendor not in names:
        raise UsageError(f"There is no vendor '{vendor}'.", did_you_mean(vendor, names))
    for (name, month), score in scores.items():
        before = scores.get((name, _months_back(month, 1)))
        if before and before.clean_rate is not None and score.clean_rate is not None:
            score.trend = score.clean_rate - before.clean_rate
    last = f"{now:%Y-%m}"
    first = _months_back(last, months - 1)
    return [
        score for (name, month), score in sorted(scores.items()) if first <= month <= last and vendor in (None, name)
    ]


def _scores(connection: Connection, contracts: Contracts) -> dict[tuple[str, str], Score]:
    scores: dict[tuple[str, str], Score] = {}

    def of(name: str, received_at: datetime) -> Score:
        vendor = contracts.vendors.get(name) or Vendor(name=name)
        month = f"{local_day(received_at, vendor.returns):%Y-%m}"
        return scores.setdefault((name, month), Score(name, month, vendor.currency))

    overlaps: dict[str, Counter[str]] = {}
    for run_id, earlier, rows in connection.execute(select(run_overlaps)):
        overlaps.setdefault(run_id, Counter())[earlier] = rows
    for run in counted_once(vendor_runs(connection)):
        score = of(run.vendor, run.received_at)
        score.drops += len(run.drops)
        score.received += run.read
        score.clean += run.clean
        score.rejected += run.rejected
        score.reasons.update(run.reasons)
        score.duplicates.update(overlaps.get(run.run_id, {}))
    for name, received_at, rows, credit in connection.execute(_went_back()):
        score = of(name, moment_of(received_at))
        score.returned += rows
        if credit is not None:
            score.credit = (score.credit or Decimal(0)) + Decimal(str(credit)).quantize(_CENT)
    for (name, _), score in scores.items():
        price = (contracts.vendors.get(name) or Vendor(name=name)).price
        score.cost = None if price is None else (price * score.received).quantize(_CENT)
    return scores


def _went_back() -> Select[Any]:
    """Rows that went back and their credit, by the vendor and the receipt of what they came in."""
    gone = went_back()
    return (
        select(
            gone.c.vendor,
            runs.c.received_at,
            func.sum(gone.c.rows),
            func.sum(return_files.c.credit / return_files.c.rows * gone.c.rows),
        )
        .join_from(gone, runs, gone.c.run_id == runs.c.run_id)
        .join(return_files, gone.c.file == return_files.c.file)
        .group_by(gone.c.vendor, runs.c.received_at)
    )


def _months_back(month: str, number: int) -> str:
    """The month so many before ``YYYY-MM``."""
    year, place = divmod(int(month[:4]) * 12 + int(month[5:]) - 1 - number, 12)
    return f"{year:04}-{place + 1:02}"
