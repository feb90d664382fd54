"""Compares a result with what its workspace remembers of it: the log, and the ledger."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.proof.chain import has_chain
from pipeline.proof.checking import check_chain
from pipeline.proof.entries import Logged
from pipeline.proof.keys import PublicKey
from pipeline.proof.run_entry import differences
from pipeline.proof.signature import SIGNATURE, signature_faults, signed_faults
from pipeline.proof.unfinished import is_unfinished
from pipeline.results.manifest_file import MANIFEST, manifest_digest
from pipeline.workspace import refuse_no_workspace, workspace_above
from schemas.errors import LeadscrubError
from schemas.manifest import Manifest

if TYPE_CHECKING:
    from pipeline.ledger.database import Ledger


@dataclass
class Compared:
    """With what a result was compared (``log``, ``ledger``, ``key``), how it differs, and what was not compared."""

    with_: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def compare(out: Path, manifest: Manifest, public: PublicKey | None, workspace: Path | None) -> Compared:
    """Compare a result with the log and the ledger of the workspace, by default of the one that it is in.

    ``public``: the key that must have signed it, wherever it is. Raises `UsageError` when ``workspace`` is none.
    """
    if workspace is not None:
        refuse_no_workspace(workspace, "Name one with --workspace.")
    compared = Compared()
    home = workspace or workspace_above(out)
    if home is not None:
        _with_log(home, out, manifest, public, compared)
        _with_ledger(home, out, manifest, compared)
    _with_key(out, public, compared)
    if not compared.with_:
        where = "in no folder above it is a workspace" if home is None else f"'{home}' has neither, nor a key"
        compared.notes.append(f"the manifest itself was compared with nothing: {where} (--workspace DIR, --key PUB)")
    return compared


def _with_log(home: Path, out: Path, manifest: Manifest, public: PublicKey | None, compared: Compared) -> None:
    if not has_chain(home):
        return
    checked = check_chain(home, public)
    compared.faults += checked.faults
    runs = [entry for entry in checked.entries if entry.kind == "run"]
    here = [entry for entry in runs if (home / str(entry.facts.get("out"))).resolve() == out.resolve()]
    digest = manifest_digest(out)
    of_run = here[-1:] or [entry for entry in runs if entry.subject == manifest.run_id]
    if not of_run:
        compared.notes.append(f"run {manifest.run_id} is not in the log of '{home}'")
        if out.resolve().is_relative_to(home.resolve()) and not is_unfinished(home, out):
            compared.faults.append(f"run {manifest.run_id} is in the workspace, and not in its log")
        return
    compared.with_.append("log")
    if all(entry.mark != digest for entry in of_run):
        if is_unfinished(home, out):
            compared.notes.append(
                f"run {manifest.run_id} was published, and is not in the log yet: the next command enters it"
            )
            return
        compared.faults.append(_difference(of_run[-1], manifest))
    if public is None:
        compared.faults += signed_faults(out, of_run[-1], checked)
        compared.with_ += ["key"] if (out / SIGNATURE).exists() else []


def _difference(entry: Logged, manifest: Manifest) -> str:
    if entry.subject != manifest.run_id:
        return f"{MANIFEST} is that of run {manifest.run_id}, and the log has run {entry.subject} here"
    named = "; ".join(differences(entry.facts, manifest))
    return f"{MANIFEST} is not the one that entry {entry.number} of the log names{': ' if named else ''}{named}"


def _with_ledger(home: Path, out: Path, manifest: Manifest, compared: Compared) -> None:
    from pipeline.ledger.log_mending import ledger_of  # noqa: PLC0415  # it loads what a ledger needs

    try:
        with ExitStack() as stack:
            ledger = ledger_of(home, stack)
            if ledger is not None:
                _with_rows(ledger, out, manifest, compared)
    except LeadscrubError as error:
        compared.notes.append(f"the ledger of '{home}' cannot be asked: {error.message}")


def _with_rows(ledger: Ledger, out: Path, manifest: Manifest, compared: Compared) -> None:
    from sqlalchemy import select  # noqa: PLC0415

    from pipeline.ledger.log_known import knows_log  # noqa: PLC0415
    from pipeline.ledger.tables import rescrubs, runs  # noqa: PLC0415

    with ledger.reading() as connection:
        if knows_log(connection) and not has_chain(ledger.workspace):
            compared.faults.append(f"the log of '{ledger.workspace}' is gone; the ledger knows that there was one")
        rows = [
            row
            for table in (runs, rescrubs)
            for row in connection.execute(
                select(table.c.out, table.c.manifest_sha256).where(table.c.run_id == manifest.run_id)
            )
        ]
    digest = manifest_digest(out)
    if any(row.manifest_sha256 == digest for row in rows):
        compared.with_.append("ledger")
    elif any(Path(row.out).resolve() == out.resolve() for row in rows):
        compared.with_.append("ledger")
        if not is_unfinished(ledger.workspace, out):  # else the next command tells the ledger, and then the log
            compared.faults.append(f"{MANIFEST} is not the one that the ledger names for run {manifest.run_id}")


def _with_key(out: Path, public: PublicKey | None, compared: Compared) -> None:
    if public is not None:
        compared.with_.append("key")
        compared.faults += signature_faults(out, public)
    elif "key" not in compared.with_ and (out / SIGNATURE).exists():
        compared.notes.append(f"it is signed with key {_key_named(out)}: --key PUB checks that")


def _key_named(out: Path) -> str:
    try:
        return str(json.loads((out / SIGNATURE).read_text(encoding="utf-8"))["signed"]["key"])
    except (OSError, ValueError, KeyError, TypeError):
        return "unknown"
