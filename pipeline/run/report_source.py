"""What the report of a run is made from, besides the run: its vendor's contract, and the drops before this one."""

from __future__ import annotations

from pipeline.report.source import Deal, PastDrop, ReportSource
from pipeline.report.vendor_band import LAST
from pipeline.run.run_state import RunState
from pipeline.run.tally import total
from schemas.codes import may_go_back
from schemas.manifest import Manifest


def report_source(run: RunState, manifest: Manifest) -> ReportSource:
    """Put together what the report of a finished run shows."""
    return ReportSource(manifest, total(run.tallies).seen.counts(manifest.run_id), _deal(run, manifest), _past(run))


def _deal(run: RunState, manifest: Manifest) -> Deal:
    vendor = run.plan.contract
    if vendor is None:
        return Deal()
    terms, codes = vendor.returns, run.context.codes
    found = manifest.counts.by_primary_reason
    if terms is None:
        return Deal(vendor.price, vendor.currency)
    accepted = (code for code in found if may_go_back(codes[code]) and terms.phrase_for(code) is not None)
    return Deal(vendor.price, vendor.currency, frozenset(accepted))


def _past(run: RunState) -> list[PastDrop] | None:
    """The vendor's drops that were received before the run's; None without a ledger, or where no vendor is named."""
    if run.past is None or run.request.ledger is None or run.plan.vendor is None:
        return None
    from pipeline.ledger.vendor_runs import last_runs  # noqa: PLC0415  # loaded where there is a ledger
    from pipeline.report.past_drops import past_drops  # noqa: PLC0415

    before = min(drop.sequence for drop in run.past.received)
    with run.request.ledger.reading() as connection:
        # Runs of several drops share some of them: of more than are shown, enough are left.
        found = last_runs(connection, run.past.received[0].vendor, before, 4 * LAST)
    return past_drops(found, before)
