"""Makes a report again, or one about a night, a vendor or a month."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.commands.verify import refuse_damaged
from pipeline.report.page import run_page
from pipeline.report.source import Deal, ReportSource
from pipeline.report.stored_counts import counts_of
from pipeline.results.folder import open_manifest
from pipeline.results.manifest_file import MANIFEST
from schemas.codes import CODES, ReasonCode, may_go_back
from schemas.config import Vendor
from schemas.errors import OutputError, UsageError
from schemas.report_counts import REPORT_COUNTS
from schemas.support.durable import write_atomically
from suppression.rules.loading import ALL, load_packs

if TYPE_CHECKING:
    from pipeline.report.source import PastDrop


def made_report(
    out: Path | None, night: str | None, vendor: str | None, month: str | None, workspace: Path, now: datetime
) -> tuple[str, str]:
    """Make the page that is asked for; its name and the page.

    Raises `UsageError` when none or several are, or there is nothing to report.
    """
    if sum(each is not None for each in (out, night, vendor, month)) != 1:
        raise UsageError("Name one of OUT, --night, --vendor and --month.", "As in: leadscrub report OUT")
    if out is not None:
        return out.resolve().name, result_report(out, workspace)
    from pipeline.commands import period_reports  # noqa: PLC0415  # what a ledger needs
    from pipeline.ledger.vendor_runs import workspace_ledger  # noqa: PLC0415

    with workspace_ledger(workspace) as ledger:
        if night is not None:
            return night, period_reports.night_report(ledger, workspace, night)
        if month is not None:
            return month, period_reports.month_report(ledger, workspace, month)
        assert vendor is not None  # noqa: S101  # one of them is named
        return vendor, period_reports.vendor_report(ledger, workspace, vendor, now)


def result_report(out: Path, workspace: Path) -> str:
    """Make the page about a result. Prices, contracts and earlier drops are those of the workspace, if it is one.

    Raises `UsageError` when the folder holds no result, or one that is damaged.
    """
    manifest = open_manifest(out)
    refuse_damaged(out, REPORT_COUNTS)
    counts = counts_of(out, manifest)
    vendor = manifest.vendor
    deal, past = Deal(), None
    if vendor is not None and (workspace / "leadscrub.toml").is_file():
        from pipeline.returning.contracts import Contracts  # noqa: PLC0415  # only in a workspace

        deal = deal_of(Contracts(workspace).vendors.get(vendor), manifest.counts.by_primary_reason, workspace)
        past = _past(workspace, vendor, manifest.run_id)
    return run_page(ReportSource(manifest, counts, deal, past))


def deal_of(vendor: Vendor | None, codes: Iterable[str], workspace: Path) -> Deal:
    """What a vendor's contract says of these reasons."""
    if vendor is None:
        return Deal()
    if vendor.returns is None:
        return Deal(vendor.price, vendor.currency)
    named = {code for code in codes if vendor.returns.phrase_for(code) is not None}
    known = reasons_of(named, workspace)
    accepted = frozenset(code for code in named if code in known and may_go_back(known[code]))
    return Deal(vendor.price, vendor.currency, accepted)


def reasons_of(codes: Iterable[str], workspace: Path) -> dict[str, ReasonCode]:
    """These reasons, as far as they are known; packs are read only where one is of a rule."""
    wanted = set(codes)
    rules = _rules(workspace) if wanted - CODES.keys() else {}
    return {code: reason for code in sorted(wanted) if (reason := CODES.get(code) or rules.get(code)) is not None}


@functools.cache
def _rules(workspace: Path) -> dict[str, ReasonCode]:
    return {each.rule.id: each.rule.reason for pack in load_packs([ALL], workspace) for each in pack.rules}


def _past(workspace: Path, vendor: str, run_id: str) -> list[PastDrop] | None:
    """The vendor's drops before a run; None where the ledger does not know it."""
    from pipeline.ledger.vendor_runs import vendor_runs, workspace_ledger  # noqa: PLC0415  # what a ledger needs
    from pipeline.report.past_drops import past_drops  # noqa: PLC0415

    try:
        with workspace_ledger(workspace) as ledger, ledger.reading() as connection:
            found = vendor_runs(connection, vendor)
    except UsageError:  # nothing was ever entered
        return None
    this = [run.sequence for run in found if run.run_id == run_id]
    return past_drops(found, before=this[0]) if this else None


def save_page(page: str, path: Path) -> None:
    """Write a page, for its owner only, in place of what is there.

    Raises `UsageError` for a place inside a result, `OutputError` when it cannot be written.
    """
    if (path.absolute().parent / MANIFEST).exists():
        raise UsageError(
            f"'{path.parent}' is a result, which stays as its run wrote it.", "Name another with --to FILE."
        )
    try:
        write_atomically(path, page)
    except OSError as error:
        raise OutputError(f"'{path}' cannot be written: {error.strerror}.", "Name another file.") from error
