"""A vendor's drops as the ledger knows them."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.ledger.vendor_runs import VendorRun, counted_once
from pipeline.report.source import PastDrop


def past_drops(found: Iterable[VendorRun], before: int) -> list[PastDrop]:
    """Drops that were received before a place in the order, oldest first; each once, whatever campaigns scrubbed it."""
    earlier = counted_once(run for run in found if run.sequence < before)
    return [PastDrop(run.received_at.date(), run.read, run.clean, run.reasons) for run in earlier]
