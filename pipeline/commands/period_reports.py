"""Reports about several runs, from the ledger: a night, a vendor, a month."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

from pydantic import ValidationError

from pipeline.commands.report import deal_of, reasons_of
from pipeline.commands.scorecard import Score, scorecard
from pipeline.ledger.database import Ledger
from pipeline.ledger.vendor_runs import VendorRun, counted_once, vendor_runs
from pipeline.nightly.journal import Journal
from pipeline.report.period import DropLine, Period, VendorLine, period_page
from pipeline.report.source import PastDrop, ReportSource
from pipeline.report.stored_counts import counts_of
from pipeline.report.unchecked import serious_gaps
from pipeline.report.vendor_band import out_of_band
from pipeline.results.decisions import settled_rows
from pipeline.results.manifest_file import read_manifest
from pipeline.returning.contracts import Contracts
from pipeline.returning.windows import local_day
from pipeline.terminal import money
from schemas.errors import UsageError
from schemas.support.figures import counted
from schemas.support.shortage import raise_shortage

#: Months that the report of a vendor goes back.
_MONTHS = 12
#: Of so many drops, the last ones, it is said what they did not check.
_ASKED = 200


def night_report(ledger: Ledger, workspace: Path, night: str) -> str:
    """Make the page about the runs of a night (``YYYY-MM-DD``). Raises `UsageError` when it is no day, or had none."""
    day = _day(night)
    found = _Drops(ledger, workspace)
    runs = found.those(lambda run: run.as_of == day)
    if not runs:
        raise UsageError(f"No run as of {night} is in the ledger.", found.last("as_of"))
    journal, vendors = Journal(ledger), sorted(found.contracts.vendors)
    waiting = [
        f"{each.vendor}: a drop in quarantine since {each.since.date()}: {each.why}"
        for each in journal.quarantined(vendors)
        if each.since.date() <= day
    ]
    waiting += [
        f"{each.vendor}: {counted(each.rows, 'lead')} that a person may release, of {counted(each.runs, 'run')}"
        for each in journal.in_review(vendors, settled_rows(workspace))
    ]
    odd = [f"{run.vendor}: {sentence}" for run in runs for sentence in found.odd(run)]
    sellers = {run.vendor for run in runs}
    about = f"{counted(len(runs), 'drop')} of {counted(len(sellers), 'vendor')}, scrubbed as of {night}."
    results = found.results(runs)
    return found.page(Period(f"Night of {night}", about, found.lines(runs), [], odd, waiting, results, day))


def vendor_report(ledger: Ledger, workspace: Path, vendor: str, now: datetime) -> str:
    """Make the page about a vendor's last twelve months. Raises `UsageError` when it delivered nothing in them."""
    scores = scorecard(ledger, workspace, vendor, _MONTHS, now)
    found = _Drops(ledger, workspace)
    months = {score.month for score in scores}
    runs = found.those(lambda run: run.vendor == vendor and found.month(run) in months)
    if not runs:
        raise UsageError(f"Vendor '{vendor}' delivered nothing in {_MONTHS} months up to {now.date()}.", "")
    about = f"{counted(len(runs), 'drop')}, received in the {_MONTHS} months up to {now.date()}."
    odd, results = found.odd(runs[-1]), found.results(runs)
    lines = found.lines(runs)
    return found.page(Period(f"Vendor {vendor}", about, lines, _vendor_lines(scores), odd, [], results, now.date()))


def month_report(ledger: Ledger, workspace: Path, month: str) -> str:
    """Make the page about a month (``YYYY-MM``). Raises `UsageError` when it is none, or nothing was received in it."""
    last = _last_instant(month)
    scores = scorecard(ledger, workspace, None, 1, last)
    found = _Drops(ledger, workspace)
    runs = found.those(lambda run: found.month(run) == month)
    if not runs:
        raise UsageError(f"No drop was received in {month}.", found.last("received_at"))
    about = f"{counted(len(runs), 'drop')} of {counted(len(scores), 'vendor')}, received in {month}."
    results = found.results(runs)
    return found.page(Period(f"Month {month}", about, found.lines(runs), _vendor_lines(scores), [], [], results))


class _Drops:
    """The drops of a workspace, each counted once, in the order of receipt."""

    def __init__(self, ledger: Ledger, workspace: Path) -> None:
        self.contracts = Contracts(workspace)
        self._workspace = workspace
        with ledger.reading() as connection:
            self._runs = vendor_runs(connection)

    def those(self, wanted: Callable[[VendorRun], bool]) -> list[VendorRun]:
        """The drops that are wanted."""
        return counted_once(run for run in self._runs if wanted(run))

    def month(self, run: VendorRun) -> str:
        """Month of receipt, where the vendor's contract counts months."""
        vendor = self.contracts.vendors.get(run.vendor)
        return f"{local_day(run.received_at, vendor.returns if vendor else None):%Y-%m}"

    def last(self, by: str) -> str:
        """A hint that names the last one there is."""
        days = [run.as_of if by == "as_of" else run.received_at.date() for run in self._runs]
        return f"The last one is of {max(days)}." if days else "Run 'leadscrub nightly' first."

    def odd(self, run: VendorRun) -> list[str]:
        """What of a drop is out of its vendor's usual band."""
        before = self.those(lambda each: each.vendor == run.vendor and each.sequence < run.sequence)
        return out_of_band(_past_drop(run), [_past_drop(each) for each in before])

    def results(self, runs: list[VendorRun]) -> list[ReportSource]:
        """Manifests and counts of the last of these runs, as far as their results are there and whole."""
        found = []
        for run in runs[-_ASKED:]:
            try:
                manifest = read_manifest(run.out)
                found.append(ReportSource(manifest, counts_of(run.out, manifest)))
            except (OSError, ValidationError, UnicodeDecodeError, UsageError) as error:
                raise_shortage(error)
        return found

    def lines(self, runs: list[VendorRun]) -> list[DropLine]:
        """Drops as a report shows them."""
        asked = runs[-_ASKED:]
        return [
            DropLine(
                run.vendor,
                run.campaign,
                run.received_at.date(),
                run.read,
                run.clean,
                run.reasons,
                deal_of(self.contracts.vendors.get(run.vendor), run.reasons, self._workspace),
                _gaps(run.out) if run in asked else [],
            )
            for run in runs
        ]

    def page(self, period: Period) -> str:
        """Make the page, with what its reasons mean."""
        codes = {code for drop in period.drops for code in drop.rejected}
        return period_page(period, reasons_of(codes, self._workspace))


def _past_drop(run: VendorRun) -> PastDrop:
    return PastDrop(run.received_at.date(), run.read, run.clean, run.reasons)


def _gaps(out: Path) -> list[str]:
    """What a run did not check; nothing is known where its result is gone."""
    try:
        return serious_gaps(read_manifest(out))
    except (OSError, ValidationError, UnicodeDecodeError) as error:
        raise_shortage(error)
        return ["The result is gone or damaged, so what was not checked is not known."]


def _vendor_lines(scores: list[Score]) -> list[VendorLine]:
    return [
        VendorLine(
            score.vendor,
            score.month,
            score.drops,
            score.received,
            score.clean,
            money(score.cost, score.currency),
            money(score.cost_per_contactable, score.currency),
            money(score.credit, score.currency),
        )
        for score in scores
    ]


def _day(night: str) -> date:
    try:
        return date.fromisoformat(night)
    except ValueError as error:
        raise UsageError(f"'{night}' is not a day.", "Write it as YYYY-MM-DD.") from error


def _last_instant(month: str) -> datetime:
    try:
        return datetime.strptime(month, "%Y-%m").replace(day=28, hour=12, tzinfo=UTC)
    except ValueError as error:
        raise UsageError(f"'{month}' is not a month.", "Write it as YYYY-MM.") from error
