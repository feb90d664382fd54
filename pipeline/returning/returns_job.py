"""One call of ``leadscrub returns``: vendor by vendor, and a vendor that fails does not stop the others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from pipeline.ledger.database import Ledger
from pipeline.ledger.logged import enter_unlogged
from pipeline.ledger.vendor_runs import VendorRun, standing, vendor_runs, vendors_with_runs
from pipeline.ledger.went_back import returns_key
from pipeline.results.folder import has_table
from pipeline.results.manifest_file import mostly_unread, read_manifest
from pipeline.returning.contracts import Contracts
from pipeline.returning.decisions import OpenRun, VendorReturns, open_runs, plan_returns
from pipeline.returning.delivery import Delivered, deliver, finish_sending, withdraw_late
from pipeline.returning.outgoing import Outgoing, name_files, write_returns
from pipeline.returning.windows import deadline
from schemas.config import Vendor
from schemas.contracts import ReturnTerms
from schemas.errors import ConfigError, DropError, LeadscrubError, OutputError, UsageError
from schemas.support.names import did_you_mean
from schemas.support.shortage import raise_shortage, shortage_in


@dataclass
class Outcome:
    """What one vendor came to: the plan as it was before anything was written, and what was then done."""

    plan: VendorReturns
    written: list[Outgoing]
    delivered: list[Delivered]
    withdrawn: list[str]
    failures: list[LeadscrubError]


@dataclass(frozen=True)
class Job:
    """What a call is asked to do. ``delivering`` writes, too. ``accept_unread``: runs of which most numbers could not
    be read go back like others."""

    now: datetime
    write: bool = False
    delivering: bool = False
    accept_unread: bool = False

    @property
    def writes(self) -> bool:
        """Whether files are written."""
        return self.write or self.delivering


def returns_of(ledger: Ledger, workspace: Path, vendor: str | None, job: Job) -> list[Outcome]:
    """Plan the returns of one vendor or of all; write and deliver them if asked to.

    Raises `UsageError` when there is no such vendor, and `ConfigError` with all faults of all contracts.
    """
    contracts = Contracts(workspace)
    with ledger.reading() as connection:
        names = sorted(vendors_with_runs(connection) | set(contracts.vendors))
    if vendor is not None and vendor not in names:
        raise UsageError(f"There is no vendor '{vendor}'.", did_you_mean(vendor, names))
    secret = returns_key(ledger)
    if job.writes:
        enter_unlogged(workspace, ledger)
    return [
        _one_vendor(ledger, workspace, name, contracts, secret, job)
        for name in ([vendor] if vendor is not None else names)
    ]


def _one_vendor(ledger: Ledger, workspace: Path, name: str, contracts: Contracts, secret: bytes, job: Job) -> Outcome:
    vendor = contracts.vendors.get(name) or Vendor(name=name)
    terms = vendor.returns
    delivered: list[Delivered] = []
    withdrawn: list[str] = []
    failures: list[LeadscrubError] = []
    if job.delivering:
        with _kept(failures):
            delivered += finish_sending(ledger, workspace, name, job.now)
        if terms is not None and terms.deliver_to is not None:
            withdrawn = withdraw_late(ledger, workspace, name, terms, job.now)
    plan, written = _planned(ledger, workspace, vendor, contracts, secret, job, failures)
    if job.writes:
        with ledger.reading() as connection:
            name_files(connection, workspace, name)
    if job.delivering and terms is not None and terms.deliver_to is not None:
        with _kept(failures):
            delivered += deliver(ledger, workspace, name, terms.deliver_to, job.now)
    return Outcome(plan, written, delivered, withdrawn, failures)


@contextmanager
def _kept(failures: list[LeadscrubError]) -> Iterator[None]:
    try:
        yield
    except LeadscrubError as error:
        failures.append(shortage_in(error) or error)


def _planned(
    ledger: Ledger,
    workspace: Path,
    vendor: Vendor,
    contracts: Contracts,
    secret: bytes,
    job: Job,
    failures: list[LeadscrubError],
) -> tuple[VendorReturns, list[Outgoing]]:
    """Plan, and write in the same transaction what the plan says. Rows are read before it, so that it is short."""
    now = job.now
    while True:
        with ledger.reading() as connection:
            found, before = vendor_runs(connection, vendor.name), standing(connection, vendor.name)
        unread = {} if job.accept_unread else _unread(found, vendor.returns, now)
        kept = [run for run in found if run.run_id not in unread]
        read = open_runs(kept, vendor.returns, contracts, now, _is_there, secret) if vendor.returns else {}
        faults = _unnamed_columns(vendor, contracts, read)
        written: list[Outgoing] = []
        try:
            with ledger.writing() if job.writes else ledger.reading() as connection:
                if standing(connection, vendor.name) != before:
                    continue  # a run was entered or replaced meanwhile
                plan = plan_returns(connection, vendor, found, contracts, read, unread, now)
                if job.writes and not faults:
                    written = write_returns(connection, workspace, plan, now)
        except OutputError as error:
            failures.append(shortage_in(error) or error)
        if faults:
            failures.append(ConfigError(faults))
        failures += [_refused(vendor.name, run_id, which) for run_id, which in unread.items()]
        if missing := [each.run.run_id for each in plan.runs if each.fates["gone"]]:
            failures.append(
                DropError(
                    f"{vendor.name}: the outputs of {', '.join(missing)} are gone, so their rows could not go back.",
                    "Put them back before the window closes.",
                )
            )
        return plan, written


def _unread(found: list[VendorRun], terms: ReturnTerms | None, now: datetime) -> dict[str, list[tuple[str, int, int]]]:
    """Open runs of which most numbers, or addresses, could not be read: by run, as `mostly_unread` names them."""
    if terms is None:
        return {}
    unread = {}
    for run in found:
        if run.rejected and now <= deadline(run.received_at, terms) and _is_there(run):
            which = mostly_unread(read_manifest(run.out))
            if which:
                unread[run.run_id] = which
    return unread


def _refused(vendor: str, run_id: str, which: list[tuple[str, int, int]]) -> DropError:
    """Say what could not be read of a run, and what to look at."""
    counts = ", ".join(f"{given - valid:,} of {given:,} in {slot}" for slot, valid, given in which)
    return DropError(
        f"{vendor}: of run {run_id[:12]} most contact cells could not be read ({counts}), so nothing of it goes back.",
        "Check region and layout (columns, calling codes) of the vendor and the campaign with 'leadscrub inspect', and "
        "scrub the drop again; or say --accept-unread, if it is the vendor's file that is bad.",
    )


def _is_there(run: VendorRun) -> bool:
    """Whether the folder still has this run: not removed, and not overwritten by another one."""
    if run.state != "done":
        return False
    try:
        manifest = read_manifest(run.out)
        return manifest.run_id == run.run_id and has_table(run.out, manifest, "rejected")
    except (OSError, ValidationError, UnicodeDecodeError) as error:
        raise_shortage(error)
        return False


def _unnamed_columns(vendor: Vendor, contracts: Contracts, read: dict[str, OpenRun]) -> list[str]:
    """Columns that the contract names and no open run has: a slip of the contract, not of a drop."""
    terms = vendor.returns
    known = {column for each in read.values() for column in each.columns}
    if terms is None or not known:
        return []
    faults = []
    for key, names in (("key", [terms.key] if terms.key else []), ("columns", terms.columns or [])):
        for name in names:
            if name not in known:
                hint = did_you_mean(name, known)
                faults.append(
                    f"{contracts.where(vendor.name, key)}: returns.{key}: no drop has '{name}'. {hint}".strip()
                )
    return faults
