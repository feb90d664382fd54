"""Drops that a pass scrubs again by itself: what their runs rest on is not so any more.

A vendor's file declares something else than it did (an attestation was added, changed or taken back), or a review that
a run rests on was withdrawn. Their raw drops are in the archive, and their place in the order stays.
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from pipeline.ledger.drops import Received
from pipeline.ledger.leases import Subject
from pipeline.nightly.account import Account
from pipeline.nightly.guard import StoppedError, fault_of
from pipeline.nightly.hints import at_night
from pipeline.nightly.journal import RunOfDrop
from pipeline.nightly.leasing import BehindError, BusyError
from pipeline.nightly.night_context import Night
from pipeline.nightly.summary import DropLine, Unsettled, as_configuration
from pipeline.nightly.vendors import Seller
from pipeline.proof.chain import entries
from pipeline.results.decisions import reviews_in
from pipeline.results.folder import rows_in_review
from pipeline.results.manifest_file import MANIFEST, read_manifest
from pipeline.run.request import Request
from schemas.errors import FileError, LeadscrubError, LedgerError, UsageError
from schemas.evidence import VendorEvidence
from schemas.files.age_files import AGE, decrypted
from schemas.files.inputs import LocalFile
from schemas.files.spool import Spool
from schemas.manifest import Manifest
from schemas.support.places import new_file, refuse_links
from schemas.support.shown import printable, shown

_DECLARED = "the vendor's file declares something else than it did"
_WITHDRAWN = "a review that it rests on was withdrawn"


class _LockedError(FileError):
    """The raw drop is encrypted, and not for this machine."""


@dataclass(frozen=True)
class DueAgain:
    """A run whose drop is to be scrubbed again, and why."""

    seller: Seller
    run: RunOfDrop
    why: str


def scrub_due_again(night: Night, account: Account, sellers: list[Seller], *, dry_run: bool) -> None:
    """Scrub again what is due; what cannot be waits for a person.

    Raises what ends the pass; of all else the earlier result stays, and the drops that came tonight are taken.
    """
    while True:
        try:
            _scrub_due(night, account, sellers, dry_run=dry_run)
        except BehindError as behind:
            # What another machine left comes first, where it is still due.
            due, _ = due_again(night, sellers)
            if behind.held.subject.key not in {_subject(each).key for each in due}:
                night.leasing.abandon(behind.held)
        else:
            return


def _scrub_due(night: Night, account: Account, sellers: list[Seller], *, dry_run: bool) -> None:
    due, gone = due_again(night, sellers)
    for each in due:
        if dry_run:
            why = f"would be scrubbed again: {each.why}"
            account.add(DropLine(vendor=each.seller.name, drop=shown(each.run.name), outcome="ready", why=why))
            continue
        try:
            account.add(scrub_again(night, each))
        except BusyError:
            account.elsewhere += 1
        except (BehindError, LedgerError, StoppedError):
            raise
        except BaseException as error:  # one drop's trouble, whatever it is, does not stop the others
            account.trouble(each.seller.name, error)
    account.add_unsettled(gone)


def due_again(night: Night, sellers: list[Seller]) -> tuple[list[DueAgain], list[Unsettled]]:
    """What is due, in the order of receipt; and what would be, had its raw drop not been deleted.

    Raises `LedgerError` when ledger or reviews do not answer.
    """
    logged = {
        entry.subject: entry.facts["attestations"].get("vendor")
        for entry in entries(night.folders.workspace)
        if entry.kind == "run" and "attestations" in entry.facts
    }
    withdrawn = {record.review for _, record in reviews_in(night.folders.workspace, withdrawn=True)}
    found: list[DueAgain] = []
    gone: dict[str, list[RunOfDrop]] = {}
    for seller in sellers:
        if not withdrawn and not seller.has_rules:
            continue
        now = seller.evidence.model_dump(mode="json", exclude_defaults=True)
        asked = night.journal.runs_of(seller.name, seller.campaign_name)
        if not withdrawn:
            asked = [run_id for run_id in asked if logged.get(run_id) != now]
        for run in night.journal.runs_of_drops(seller.name, asked):
            why = _why(run, seller, withdrawn)
            if why is None or not night.folders.own(run.out):
                continue
            if not _is_here(night, run):
                gone.setdefault(seller.name, []).append(run)
                continue
            found.append(DueAgain(seller, run, why))
    found.sort(key=lambda due: due.run.sequence)
    return found, [_unsettled(night, vendor, runs) for vendor, runs in gone.items()]


def _is_here(night: Night, run: RunOfDrop) -> bool:
    """Whether the raw drop is in the archive as it came: deleted, or with a person erased from it, it is another one.

    Of one that is encrypted that shows when it is opened.
    """
    path = run.kept_at
    if path is None or not night.folders.own(path) or not path.is_file():
        return False
    return path.name.endswith(AGE) or _sha256(path) == run.sha256


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def scrub_again(night: Night, due: DueAgain) -> DropLine:
    """Scrub a drop of the archive again; its new run takes the place of the earlier one, which stays if that fails.

    Raises what ends the pass.
    """
    seller, run = due.seller, due.run
    told = {"vendor": seller.name, "drop": printable(run.name), "why": f"scrubbed again: {due.why}"}
    with night.leased(_subject(due), run.sha256, run.sequence) as mine:
        try:
            return _scrubbed(mine, due, told)
        except LeadscrubError as error:
            fault = fault_of(error)
            if fault.kind == "pass":
                raise
            why = at_night(f"to be scrubbed again, since {due.why}: {fault.why}", seller.name)
            # That this machine cannot open its own archive is meant to be: a person who can is told every night.
            code = 0 if isinstance(error, _LockedError) else as_configuration(fault.code)
            return DropLine.model_validate(told | {"outcome": "left", "code": code, "why": why})


def _subject(due: DueAgain) -> Subject:
    return Subject(due.seller.name, "", due.run.sha256)


def _scrubbed(night: Night, due: DueAgain, told: dict[str, str]) -> DropLine:
    seller, run, folders = due.seller, due.run, night.folders
    if not night.lease.token:
        _discard_orphans(night, run, seller.name)
    results = folders.results(seller.name, night.day)
    refuse_links(results, folders.workspace)
    folders.made(folders.partial)
    raw = _named(night, run)
    try:
        result = night.scrubbed(
            Request(
                drops=[str(raw)],
                out=folders.partial / f"{seller.name}-{run.sha256[:16]}",
                named_in=night.named_in(results),
                as_of=night.day,
                campaign=seller.campaign,
                vendor=seller.name,
                # What was accepted when it came is not asked again.
                again=True,
                accept_held=True,
                ledger=night.ledger,
                received_at=run.received_at,
                record=False,
                turn=night.turn,
                threads=night.threads,
            ),
            seller,
            str(run.kept_at),
        )
    finally:
        raw.unlink(missing_ok=True)
    drop = Received(seller.name, run.sha256, run.sequence, run.received_at, "done", run.run_id, again=True)
    manifest, out = night.enter(result.out, results, drop)
    counts = manifest.counts
    return DropLine.model_validate(
        told
        | {
            "outcome": "scrubbed",
            "run_id": manifest.run_id,
            "out": folders.shown(out.absolute()),
            "read": counts.read,
            "clean": counts.clean,
            "rejected": counts.rejected,
            "review": rows_in_review(out),
            "notes": [at_night(note, seller.name) for note in result.notes],
        }
    )


def _discard_orphans(night: Night, run: RunOfDrop, vendor: str) -> None:
    """Remove a result of the drop that a pass was killed before it could enter."""
    results = {path.name: path for path in night.folders.runs.glob(f"*/{vendor}/*") if (path / MANIFEST).is_file()}
    for run_id in sorted(night.journal.unknown(set(results))):
        try:
            inputs = {given.sha256 for given in read_manifest(results[run_id]).inputs}
        except (OSError, ValidationError, UnicodeDecodeError):
            continue
        if inputs == {run.sha256}:
            refuse_links(results[run_id], night.folders.workspace)
            night.folders.discard(results[run_id])


def _named(night: Night, run: RunOfDrop) -> Path:
    """The raw drop under the name that it came with, by which its rows name their file.

    Raises `FileError` when it is encrypted and cannot be opened here. What is decrypted goes with the pass.
    """
    assert run.kept_at is not None  # noqa: S101  # it is due
    link = night.folders.fetching / "named" / Path(printable(run.name)).name
    night.folders.made(link.parent)
    link.unlink(missing_ok=True)
    if not run.kept_at.name.endswith(AGE):
        link.symlink_to(run.kept_at.absolute())
        return link
    try:
        opened = decrypted(LocalFile(run.kept_at), Spool())
    except (FileError, UsageError) as error:
        raise _LockedError(error.message, error.hint) from error
    with opened.open("rb") as stream, new_file(link) as plain:
        shutil.copyfileobj(stream, plain, 1 << 20)
    if _sha256(link) != run.sha256:
        raise _LockedError(f"'{night.folders.shown(run.kept_at)}' is not the drop that came.", "Get it again.")
    return link


def _why(run: RunOfDrop, seller: Seller, withdrawn: set[str]) -> str | None:
    """Why a run is due; None when it is not, or its result is gone."""
    try:
        manifest = read_manifest(run.out)
    except (OSError, ValidationError, UnicodeDecodeError):
        return None
    if manifest.reviews is not None and withdrawn & set(manifest.reviews.reviews):
        return _WITHDRAWN
    return _DECLARED if seller.has_rules and _declares_else(manifest, seller.evidence) else None


def _declares_else(manifest: Manifest, evidence: VendorEvidence) -> bool:
    return manifest.rules.checked and manifest.rules.vendor_evidence != evidence


def _unsettled(night: Night, vendor: str, runs: list[RunOfDrop]) -> Unsettled:
    first: datetime = min(run.received_at for run in runs)
    what = "1 run rests" if len(runs) == 1 else f"{len(runs):,} runs rest"
    return Unsettled(
        kind="again",
        vendor=vendor,
        subject=night.folders.shown(runs[0].out),
        since=first.date(),
        code=0,
        why=f"{what} on what the vendor's file or a review does not say any more, and the raw drops are gone: "
        "use their rows no longer, or get the drops again",
        runs=len(runs),
    )
