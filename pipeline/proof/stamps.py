"""Timestamps of the log: what was asked of an authority, what it answered, and whether that is still of this log.

    WORKSPACE/log/timestamps/asked-NONCE.json   a request that is not answered yet: number and hash of its entry
    WORKSPACE/log/timestamps/HASH.tsr           an answer as it came, by the beginning of its SHA-256

The hash that an authority signs is that of the last entry, which is over all entries before it: over the manifest of
each run, by that over its files.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pipeline.proof.chain import entries, last_entry
from pipeline.proof.checking import Checked
from pipeline.proof.entries import Entry, Logged, canonical
from pipeline.proof.timestamps import Timestamp, read_answer, read_timestamp, request
from schemas.errors import FileError, UsageError
from schemas.support.durable import make_folder, write_atomically
from schemas.support.places import refuse_links

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

TIMESTAMP: Final = "timestamp"
_ASKED: Final = "asked-"


@dataclass(frozen=True)
class Asked:
    """A request for a timestamp of an entry: of its number, and its hash."""

    number: int
    digest: str
    nonce: int


def stamps_folder(workspace: Path) -> Path:
    """Where requests and answers are. Raises `LinkError` when it, or the log's folder, is a link."""
    folder = workspace / "log" / "timestamps"
    refuse_links(folder, workspace)
    return folder


def answer_path(workspace: Path, sha256: str) -> Path:
    """Where an answer of this hash is."""
    return stamps_folder(workspace) / f"{sha256[:16]}.tsr"


def ask(workspace: Path) -> tuple[Asked, bytes]:
    """Make a request for a timestamp of the last entry, and keep what it asks for.

    Raises `UsageError` when nothing was ever logged or the extra is not installed, `LedgerError` when the log's last
    entry cannot be read.
    """
    head = last_entry(workspace)
    if head is None:
        raise UsageError(f"'{workspace}' has no log.", "A workspace gets one with its first run or list.")
    content, nonce = request(head.line.encode())
    asked = Asked(head.number, head.digest, nonce)
    make_folder(stamps_folder(workspace).absolute())
    document = {"number": asked.number, "digest": asked.digest, "nonce": f"{nonce:x}"}
    write_atomically(_asked_path(workspace, nonce), canonical(document) + "\n")
    return asked, content


def asked_for(workspace: Path, stamp: Timestamp) -> Asked:
    """The request that a timestamp answers. Raises `FileError` when there is none, or it asked for something else."""
    nothing = FileError(
        "The answer is to no request of this workspace that is still open.",
        "Make one with 'leadscrub log stamp --request FILE'.",
    )
    if stamp.nonce is None or stamp.nonce < 0:
        raise nothing
    path = _asked_path(workspace, stamp.nonce)
    try:
        document = json.loads(path.read_bytes())
        asked = Asked(int(document["number"]), str(document["digest"]), int(document["nonce"], 16))
    except FileNotFoundError as error:
        raise nothing from error
    except (ValueError, KeyError, TypeError) as error:
        raise FileError(f"'{path}' is damaged.", "Make another request, and have that answered.") from error
    if asked.nonce != stamp.nonce or asked.digest != stamp.digest:
        raise FileError(
            f"The answer is of hash {stamp.digest[:16]}, and the request was for {asked.digest[:16]}, entry "
            f"{asked.number} of the log.",
            "Do not trust it; send a new request.",
        )
    if not any(entry.number == asked.number and entry.digest == asked.digest for entry in entries(workspace)):
        raise FileError(
            f"The answer is of an entry {asked.number} that the log does not have any more.", "See 'log verify'."
        )
    return asked


def forget_request(workspace: Path, stamp: Timestamp) -> None:
    """Remove what was asked for: it is answered."""
    if stamp.nonce is not None:
        _asked_path(workspace, stamp.nonce).unlink(missing_ok=True)


def stamp_entry(asked: Asked, stamp: Timestamp, sha256: str, *, checked: bool) -> Entry:
    """The entry of an answer of this hash. ``checked``: whether its signature was, against a given root."""
    facts = {
        "number": asked.number,
        "time": stamp.at.isoformat(),
        "authority": stamp.authority,
        "signature": "checked" if checked else "not checked",
    }
    return Entry(TIMESTAMP, asked.digest, sha256, None, facts)


def check_stamps(workspace: Path, checked: Checked, roots: list[Certificate] | None) -> None:
    """Add what is wrong with the timestamps that a log names, and until which entry the newest one proves it.

    ``roots``: certificates that must vouch for each authority; None leaves signatures unchecked, and a note says that.
    """
    logged = [entry for entry in checked.entries if entry.kind == TIMESTAMP]
    known = {answer_path(workspace, entry.mark).name for entry in logged}
    for path in sorted(stamps_folder(workspace).glob("*.tsr")):
        if path.name not in known:
            checked.faults.append(f"log/timestamps: the log does not know {path.name}")
    if roots is not None and not logged:
        checked.faults.append("log: it has no timestamp")
    sound: list[Logged] = []
    try:
        for entry in logged:
            faults = list(_faults(workspace, entry, checked, roots))
            checked.faults += [f"log/timestamps: that of entry {entry.number} {fault}" for fault in faults]
            if not faults:
                sound.append(entry)
    except UsageError as error:
        checked.notes.append(f"of timestamps the bytes alone were compared: {error}")
        return
    if sound:
        last = max(sound, key=lambda entry: int(entry.facts["number"]))
        trusted = "" if roots is not None else "; no signature was checked: name the authority's root with --ca"
        checked.notes.append(
            f"entry {last.facts['number']} and all before it were there at {last.facts['time']}, says "
            f"{last.facts['authority']}{trusted}"
        )


def _faults(workspace: Path, entry: Logged, checked: Checked, roots: list[Certificate] | None) -> Iterator[str]:
    """Raises `UsageError` when the bytes are as logged and the extra is not installed."""
    path = answer_path(workspace, entry.mark)
    if not path.is_file():
        yield f"is missing: {path.name}"
        return
    try:
        content = read_answer(path)
        if hashlib.sha256(content).hexdigest() != entry.mark:
            yield f"is not the answer that was logged: {path.name}"
            return
        stamp = read_timestamp(content)
    except FileError as error:
        yield f"cannot be checked: {error}"
        return
    except ValueError as error:
        yield f"is none: {error}"
        return
    number = entry.facts.get("number")
    if not isinstance(number, int) or checked.digests.get(number) != stamp.digest or entry.subject != stamp.digest:
        yield f"is of hash {stamp.digest[:16]}, which is not that of entry {number}"
    if (entry.facts.get("time"), entry.facts.get("authority")) != (stamp.at.isoformat(), stamp.authority):
        yield f"is of {stamp.at.isoformat()} by {stamp.authority}, and the log says otherwise"
    if roots is not None and (fault := stamp.signature_fault(roots)) is not None:
        yield f"is not of an authority that --ca vouches for: {fault}"


def _asked_path(workspace: Path, nonce: int) -> Path:
    return stamps_folder(workspace) / f"{_ASKED}{nonce:x}.json"
