"""What each vendor delivered, and what became of it, as the ledger knows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from pipeline.ledger.database import Ledger, moment_of, open_ledger
from pipeline.ledger.tables import run_drops, run_reasons, runs
from pipeline.workspace import refuse_no_workspace, workspace_facts
from schemas.errors import UsageError
from schemas.workspace import LedgerChoice


@dataclass(frozen=True)
class VendorRun:
    """A run that counts. ``state`` is done, or what retention made of it: its outputs are gone.

    ``sequence`` and ``received_at`` are those of its drop; ``reasons``: rejected rows by primary reason.
    """

    run_id: str
    vendor: str
    campaign: str
    as_of: date
    received_at: datetime
    sequence: int
    out: Path
    read: int
    clean: int
    rejected: int
    state: str
    drops: frozenset[str]
    reasons: dict[str, int]


@contextmanager
def workspace_ledger(workspace: Path) -> Iterator[Ledger]:
    """Open the ledger of a workspace. Raises `UsageError` when it is not a workspace, or nothing was ever entered."""
    refuse_no_workspace(workspace, "Name one with --workspace.")
    choice = workspace_facts(workspace).ledger or LedgerChoice()
    if choice.url is None and not (workspace / "ledger" / "ledger.db").exists():
        raise UsageError(f"The ledger of '{workspace}' is empty: no run was entered.", "Run 'leadscrub nightly' first.")
    with open_ledger(choice, workspace) as ledger:
        yield ledger


def vendors_with_runs(connection: Connection) -> set[str]:
    """Names of vendors of which a run was ever entered."""
    return set(connection.execute(select(runs.c.vendor).distinct()).scalars())


def standing(connection: Connection, vendor: str) -> list[tuple[str, str, str]]:
    """A vendor's runs that count, with state and result: what tells whether any of them changed."""
    wanted = select(runs.c.run_id, runs.c.state, runs.c.manifest_sha256)
    wanted = wanted.where(runs.c.state != "replaced", runs.c.vendor == vendor).order_by(runs.c.run_id)
    return [(row[0], row[1], row[2]) for row in connection.execute(wanted)]


def vendor_runs(connection: Connection, vendor: str | None = None) -> list[VendorRun]:
    """Every run that counts, or those of one vendor, in the order of receipt."""
    return _runs_where(connection, [runs.c.state != "replaced", *([] if vendor is None else [runs.c.vendor == vendor])])


def last_runs(connection: Connection, vendor: str, before: int, most: int) -> list[VendorRun]:
    """A vendor's last runs whose drops were received before a place in the order, in the order of receipt.

    What this costs does not grow with the ledger.
    """
    this = (runs.c.vendor == vendor, runs.c.state != "replaced", runs.c.sequence < before)
    last = select(runs.c.run_id).where(*this).order_by(runs.c.sequence.desc(), runs.c.run_id).limit(most)
    found = connection.execute(last).scalars().all()
    return _runs_where(connection, [runs.c.run_id.in_(found)])


def _runs_where(connection: Connection, this: list[ColumnElement[bool]]) -> list[VendorRun]:
    reasons: dict[str, dict[str, int]] = {}
    by_reason = select(run_reasons).join(runs, runs.c.run_id == run_reasons.c.run_id).where(*this)
    for run_id, code, rows in connection.execute(by_reason):
        reasons.setdefault(run_id, {})[code] = rows
    drops: dict[str, set[str]] = {}
    of_drops = select(run_drops).join(runs, runs.c.run_id == run_drops.c.run_id).where(*this)
    for run_id, sha256 in connection.execute(of_drops):
        drops.setdefault(run_id, set()).add(sha256)
    wanted = select(runs).where(*this).order_by(runs.c.sequence, runs.c.run_id)
    return [
        _vendor_run(run, frozenset(drops.get(run.run_id, ())), reasons.get(run.run_id, {}))
        for run in connection.execute(wanted)
    ]


def _vendor_run(run: Any, drops: frozenset[str], reasons: dict[str, int]) -> VendorRun:
    return VendorRun(
        run_id=run.run_id,
        vendor=run.vendor,
        campaign=run.campaign,
        as_of=run.as_of,
        received_at=moment_of(run.received_at),
        sequence=run.sequence,
        out=Path(run.out),
        read=run.read,
        clean=run.clean,
        rejected=run.rejected,
        state=run.state,
        drops=drops,
        reasons=reasons,
    )


def runs_before(connection: Connection, vendor: str, campaign: str, sequence: int, most: int) -> list[VendorRun]:
    """A vendor's last runs for a campaign whose drops were received before one, the last first.

    Without their drops: what this costs does not grow with the ledger.
    """
    this = (runs.c.vendor == vendor, runs.c.campaign == campaign, runs.c.state != "replaced")
    wanted = select(runs).where(*this, runs.c.sequence < sequence).order_by(runs.c.sequence.desc()).limit(most)
    found = list(connection.execute(wanted))
    reasons: dict[str, dict[str, int]] = {}
    of_these = select(run_reasons).where(run_reasons.c.run_id.in_([run.run_id for run in found]))
    for run_id, code, rows in connection.execute(of_these):
        reasons.setdefault(run_id, {})[code] = rows
    return [_vendor_run(run, frozenset(), reasons.get(run.run_id, {})) for run in found]


def counted_once(found: Iterable[VendorRun]) -> list[VendorRun]:
    """Leave one run for each drop: of several campaigns that scrubbed it, the one that let most through."""
    counted: set[tuple[str, str]] = set()
    chosen = []
    for run in sorted(found, key=lambda run: (run.sequence, -run.clean, run.run_id)):
        delivered = {(run.vendor, sha256) for sha256 in run.drops}
        if not delivered & counted:
            chosen.append(run)
            counted |= delivered
    return chosen
