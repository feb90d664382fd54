"""One call of ``leadscrub returns``: vendor by vendor, and a vendor that fails does not stop the others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from pipeline.ledger.database import Ledger
from pipeline.ledger.vendor_runs import VendorRun, vendor_runs
from pipeline.results.manifest_file import read_manifest
from pipeline.returning.contracts import Contracts
from pipeline.returning.decisions import OpenRun, VendorReturns, open_runs, plan_returns
from pipeline.returning.delivery import Delivered, deliver, finish_sending, withdraw_late
from pipeline.returning.outgoing import Outgoing, name_files, write_returns
from schemas.config import Vendor
from schemas.errors import ConfigError, DropError, LeadscrubError, OutputError, UsageError
from schemas.support.names import did_you_mean


@dataclass
class Outcome:
    """What one vendor came to: the plan as it was before anything was written, and what was then done."""

    plan: VendorReturns
    written: list[Outgoing]
    delivered: list[Delivered]
    withdrawn: list[str]
    failures: list[LeadscrubError]


def returns_of(
    ledger: Ledger, workspace: Path, vendor: str | None, now: datetime, *, write: bool, delivering: bool
) -> list[Outcome]:
    """Plan the returns of one vendor or of all; write and deliver them if asked to. ``delivering`` writes, too.

    Raises `UsageError` when there is no such vendor.
    """
    contracts = Contracts(workspace)
    with ledger.reading() as connection:
        found = vendor_runs(connection)
    names = sorted({run.vendor for run in found} | set(contracts.vendors))
    if vendor is not None and vendor not in names:
        raise UsageError(f"There is no vendor '{vendor}'.", did_you_mean(vendor, names))
    return [
        _one_vendor(ledger, workspace, name, contracts, now, write=write or delivering, delivering=delivering)
        for name in ([vendor] if vendor is not None else names)
    ]


def _one_vendor(
    ledger: Ledger, workspace: Path, name: str, contracts: Contracts, now: datetime, *, write: bool, delivering: bool
) -> Outcome:
    vendor = contracts.vendors.get(name) or Vendor(name=name)
    terms = vendor.returns
    delivered: list[Delivered] = []
    withdrawn: list[str] = []
    failures: list[LeadscrubError] = []
    if delivering:
        with _kept(failures):
            delivered += finish_sending(ledger, workspace, name, now)
        if terms is not None and terms.deliver_to is not None:
            withdrawn = withdraw_late(ledger, workspace, name, terms, now)
    plan, written = _planned(ledger, workspace, vendor, contracts, now, failures, write=write)
    if write:
        with ledger.reading() as connection:
            name_files(connection, workspace, name)
    if delivering and terms is not None and terms.deliver_to is not None:
        with _kept(failures):
            delivered += deliver(ledger, workspace, name, terms.deliver_to, now)
    return Outcome(plan, written, delivered, withdrawn, failures)


@contextmanager
def _kept(failures: list[LeadscrubError]) -> Iterator[None]:
    try:
        yield
    except LeadscrubError as error:
        failures.append(error)


def _planned(
    ledger: Ledger,
    workspace: Path,
    vendor: Vendor,
    contracts: Contracts,
    now: datetime,
    failures: list[LeadscrubError],
    *,
    write: bool,
) -> tuple[VendorReturns, list[Outgoing]]:
    """Plan, and write in the same transaction what the plan says. Rows are read before it, so that it is short."""
    while True:
        with ledger.reading() as connection:
            found = _runs_of(vendor, vendor_runs(connection))
        read = open_runs(found, vendor.returns, contracts, now, _is_there) if vendor.returns else {}
        faults = _unnamed_columns(vendor, contracts, read)
        written: list[Outgoing] = []
        try:
            with ledger.writing() if write else ledger.reading() as connection:
                if _runs_of(vendor, vendor_runs(connection)) != found:
                    continue  # a run was entered or replaced meanwhile
                plan = plan_returns(connection, vendor, found, contracts, read, now)
                if write and not faults:
                    written = write_returns(connection, workspace, plan, now)
        except OutputError as error:
            failures.append(error)
        if faults:
            failures.append(ConfigError(faults))
        if missing := [told.run.run_id for told in plan.runs if told.fates["gone"]]:
            failures.append(
                DropError(
                    f"{vendor.name}: the outputs of {', '.join(missing)} are gone, so their rows could not go back.",
                    "Put them back before the window closes.",
                )
            )
        return plan, written


def _runs_of(vendor: Vendor, found: list[VendorRun]) -> list[VendorRun]:
    return [run for run in found if run.vendor == vendor.name]


def _is_there(run: VendorRun) -> bool:
    """Whether the folder still holds this run: not removed, and not overwritten by another one."""
    if run.state != "done" or not (run.out / "rejected.parquet").is_file():
        return False
    try:
        return read_manifest(run.out).run_id == run.run_id
    except (OSError, ValidationError, UnicodeDecodeError):
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
