"""The signature of a result: over its manifest and the log's last entry, in a file of the result."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from pipeline.proof.chain import position
from pipeline.proof.checking import Checked
from pipeline.proof.entries import Logged, canonical
from pipeline.proof.keys import PublicKey, signer_of
from pipeline.results.manifest_file import manifest_digest, read_manifest
from schemas.support.durable import write_atomically
from schemas.support.shortage import raise_shortage

SIGNATURE: Final = "signature.json"


def sign_result(workspace: Path | None, folder: Path) -> None:
    """Sign the manifest in a folder, where the workspace has a key. Raises `ConfigError` when that is not here."""
    signer = None if workspace is None else signer_of(workspace)
    if workspace is None or signer is None:
        return
    number, digest = position(workspace)
    signed = {
        "key": signer.public.id,
        "log": {"number": number, "digest": digest},
        "manifest_sha256": manifest_digest(folder),
        "run_id": read_manifest(folder).run_id,
    }
    document = {"signed": signed, "signature": signer.sign(canonical(signed).encode())}
    write_atomically(folder / SIGNATURE, canonical(document) + "\n")


def signature_faults(folder: Path, public: PublicKey) -> list[str]:
    """What is wrong with the signature of a result, one clause each."""
    try:
        document = json.loads((folder / SIGNATURE).read_text(encoding="utf-8"))
        signed, signature = document["signed"], str(document["signature"])
        if not public.signed(canonical(signed).encode(), signature):
            named = "" if signed["key"] == public.id else f", but with key {signed['key']}, if with any"
            return [f"{SIGNATURE} was not signed with key {public.id}{named}"]
        faults = []
        if signed["manifest_sha256"] != manifest_digest(folder):
            faults.append(f"manifest.json is not the one that was signed with key {public.id}")
        if signed["run_id"] != read_manifest(folder).run_id:
            faults.append("the signature is of another run")
    except FileNotFoundError:
        return [f"{SIGNATURE} is missing: the result is not signed"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise_shortage(error)
        return [f"{SIGNATURE} is damaged"]
    return faults


def signed_faults(folder: Path, entry: Logged, checked: Checked) -> list[str]:
    """What is wrong with the signature of a logged result, by the keys that the log names. Unsigned is fine where the
    entry is, and where it was made late, from what was there."""
    if not (folder / SIGNATURE).exists():
        expected = entry.signature is not None and "entered" not in entry.facts
        return [f"{SIGNATURE} is missing"] if expected else []
    try:
        signed = json.loads((folder / SIGNATURE).read_text(encoding="utf-8"))["signed"]
        key, number, digest = str(signed["key"]), int(signed["log"]["number"]), str(signed["log"]["digest"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise_shortage(error)
        return [f"{SIGNATURE} is damaged"]
    if key not in checked.keys:
        return [f"{SIGNATURE} is of key {key}, which the log does not name"]
    faults = signature_faults(folder, checked.keys[key])
    if number and checked.digests.get(number) != digest:
        faults.append(f"{SIGNATURE} names entry {number} of the log, which is another one now")
    return faults
