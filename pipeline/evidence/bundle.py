"""Writes the evidence about one person: which rows are theirs, the files of the ZIP, its signature, and its log entry.

manifest.json, signature.json   of the result, byte by byte
log.jsonl, key.pem              lines of the workspace's log about the run, and its public key
evidence.json                   the rows with the paths that prove them, and everything that is known of them
evidence.html                   the same to read and print
contents.json                   hashes of all these, signed where the workspace has a key
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from pyarrow.lib import ArrowException

from pipeline.evidence.facts import exports_of, log_of, row_facts, run_facts
from pipeline.evidence.page import evidence_page
from pipeline.evidence.proven_row import ProvenRow, proven_row, rows_proof
from pipeline.evidence.safe_harbour import safe_harbour_record
from pipeline.evidence.whose import own_columns, wanted_of
from pipeline.ledger.logged import logged_change
from pipeline.proof.chain import chain_path
from pipeline.proof.entries import Entry, canonical
from pipeline.proof.keys import PUBLIC, Signer, signer_of
from pipeline.proof.run_entry import location
from pipeline.proof.signature import SIGNATURE
from pipeline.results.exact_search import find_rows, rows_alike
from pipeline.results.folder import open_manifest
from pipeline.results.manifest_file import MANIFEST
from pipeline.results.publish import publish_file, staged_file
from pipeline.results.row_proof import tree_of
from pipeline.workspace import workspace_above, workspace_of
from schemas.errors import UsageError
from schemas.manifest import Manifest
from schemas.support.interrupts import interrupts_wait
from schemas.support.shown import masked_addresses

_README: Final = """\
Evidence about one person, from a result of leadscrub. Nobody else's data is in it.

evidence.html    to read and print, without a network
evidence.json    the same for programs, with the cells of each row and the path that proves them
manifest.json    the record of the run, whose hash is signed or logged elsewhere
log.jsonl        what the log of the workspace says of that run

Who has Python and its package cryptography checks all of it with check_evidence.py, which is in leadscrub's
documentation together with the description of the form (proof.md):

    python check_evidence.py THIS.zip PUBLIC_KEY.pem
"""


@dataclass(frozen=True)
class EvidenceRequest:
    """Whose evidence, and where to. One of ``row``, ``phone`` and ``email``. ``at``: when it is made."""

    folder: Path
    to: Path
    at: datetime
    row: int | None = None
    phone: str | None = None
    email: str | None = None
    force: bool = False


@dataclass(frozen=True)
class EvidenceMade:
    """What was written. ``also``: sentences about rows that are not in it. ``workspace``: whose log has it."""

    path: Path
    rows: list[int]
    sha256: str
    signed: bool
    workspace: Path | None
    also: list[str] = field(default_factory=list)


def export_evidence(request: EvidenceRequest) -> EvidenceMade:
    """Write the ZIP, for its owner only, and enter it in the log.

    Raises `UsageError` when nobody is named or found, or the rows are not those of the manifest's root; `ConfigError`
    when the workspace's private key is not here; `OutputError` when the file exists or cannot be written.
    """
    manifest = open_manifest(request.folder)
    workspace = workspace_above(request.folder) or workspace_of(None)
    numbers, also = _rows_of(request, manifest)
    rows = _proven(request.folder, manifest, numbers)
    signer = None if workspace is None else signer_of(workspace)
    files = _files(request, manifest, rows, workspace, signer)
    with staged_file(request.to, force=request.force) as staging:
        made = staging / request.to.name
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        digest = hashlib.sha256(made.read_bytes()).hexdigest()
        # The entry comes first: there is no file without one.
        with interrupts_wait(f"'{request.to}' is complete"), logged_change(workspace) as log:
            if log.workspace is not None:
                log.append(_entry(log.workspace, request, manifest, numbers, digest))
            publish_file(staging, request.to)
    return EvidenceMade(request.to, numbers, digest, signer is not None, workspace, also)


def _rows_of(request: EvidenceRequest, manifest: Manifest) -> tuple[list[int], list[str]]:
    if sum(option is not None for option in (request.row, request.phone, request.email)) != 1:
        raise UsageError("Name the person by one of --row, --phone and --email.")
    if request.row is not None:
        return [request.row], []
    wanted = wanted_of(request.phone, request.email, manifest.region)
    found, own = find_rows(request.folder, [wanted]), own_columns(manifest)
    numbers = sorted({row for _, row, column in found.rows() if column in own})
    others = found.filter(~found["row_id"].is_in(numbers)).group_by("row_id", maintain_order=True).agg("column")
    also = [
        f"row {row} mentions {' or '.join(wanted.shown)} in {masked_addresses(', '.join(columns))}: not included, "
        "since it is not a contact point of that row"
        for row, columns in others.rows()
    ]
    also += [
        f"row {row} has a blocked point that looks the same when masked: not included, it may be somebody else's"
        for row in rows_alike(request.folder, [wanted])
    ]
    if not numbers:
        raise UsageError(
            f"No row of '{request.folder}' has {' or '.join(wanted.shown)} as a contact point"
            + "".join(f"; {each}" for each in also)
            + ".",
            "Name the row with --row.",
        )
    return numbers, also


def _proven(folder: Path, manifest: Manifest, numbers: list[int]) -> list[ProvenRow]:
    proof = rows_proof(manifest)
    try:
        with tree_of(folder, proof.columns) as tree:
            if (tree.rows, tree.root().hex()) == (proof.rows, proof.root):
                return [proven_row(folder, manifest, number, tree) for number in numbers]
    except (KeyError, ArrowException):  # other columns than the manifest's
        pass
    raise UsageError(f"The rows of '{folder}' are not those of its manifest.", "See 'leadscrub verify'.")


def _files(
    request: EvidenceRequest, manifest: Manifest, rows: list[ProvenRow], workspace: Path | None, signer: Signer | None
) -> dict[str, bytes]:
    log = log_of(workspace, manifest)
    document: dict[str, Any] = {
        "made_at": request.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        **run_facts(manifest),
        "rows": [{**row.document(), **row_facts(row, manifest, workspace)} for row in rows],
        "exports": exports_of(log),
        "safe_harbour": safe_harbour_record(manifest, rows),
    }
    files = {
        "README.txt": _README.encode(),
        "evidence.json": (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode(),
        "evidence.html": evidence_page(document).encode(),
        MANIFEST: (request.folder / MANIFEST).read_bytes(),
        "log.jsonl": "".join(f"{entry.line}\n" for entry in log).encode(),
    }
    kept = [(SIGNATURE, request.folder / SIGNATURE)]
    kept += [] if workspace is None else [(PUBLIC, chain_path(workspace).with_name(PUBLIC))]
    files |= {name: path.read_bytes() for name, path in kept if path.is_file()}
    signed = {
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
        "key": None if signer is None else signer.public.id,
        "made_at": document["made_at"],
        "run_id": manifest.run_id,
    }
    signature = None if signer is None else signer.sign(canonical(signed).encode())
    return files | {"contents.json": (canonical({"signed": signed, "signature": signature}) + "\n").encode()}


def _entry(workspace: Path, request: EvidenceRequest, manifest: Manifest, rows: list[int], digest: str) -> Entry:
    facts = {
        "what": "evidence",
        "row_ids": rows,
        "sha256": digest,
        "to": masked_addresses(location(workspace, request.to)),
    }
    return Entry("export", manifest.run_id, request.at.isoformat(), manifest.vendor, facts)
