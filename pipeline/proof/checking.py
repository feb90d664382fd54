"""Whether the log is as it was written: each entry goes on from the one before, signed where there is a key."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pipeline.proof.chain import chain_path, head_of, lines
from pipeline.proof.entries import NOTHING, Logged, line_digest, read_line
from pipeline.proof.keys import PublicKey, public_of
from schemas.errors import UsageError


@dataclass
class Checked:
    """The entries of a log that can be read, what is wrong with it, and what a person should know besides.

    ``digests``: hashes of lines by number of the entry; ``keys``: public keys that the log names, by id.
    """

    entries: list[Logged] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    digests: dict[int, str] = field(default_factory=dict)
    keys: dict[str, PublicKey] = field(default_factory=dict)

    @property
    def last(self) -> tuple[int, str]:
        """Number and hash of the last entry."""
        return (self.entries[-1].number, self.entries[-1].digest) if self.entries else (0, NOTHING)


def check_chain(workspace: Path, public: PublicKey | None) -> Checked:
    """Read the whole log. ``public``: a key that entries must be signed with from the one on which it was logged.

    Raises `UsageError` when nothing was ever logged.
    """
    if not chain_path(workspace).is_file():
        raise UsageError(f"'{workspace}' has no log.", "A workspace gets one with its first run or list.")
    checked = Checked()
    number, prior, key = 0, NOTHING, None
    for place, line in enumerate(lines(workspace), 1):
        try:
            entry = read_line(line)
        except ValueError:
            checked.faults.append(f"log: line {place} is damaged: it is no entry")
            number, prior = number + 1, line_digest(line)
            continue
        if entry.number != number + 1 or entry.prior != prior:
            checked.faults.append(
                f"log: entry {entry.number} (line {place}: {_named(entry)}) does not go on from line {place - 1}: "
                "an entry was changed, moved or removed"
            )
        key = _check_signature(checked, entry, key)
        if entry.kind == "break":
            left = entry.facts.get("left", {}).get("number")
            checked.faults.append(
                f"log: it had been left with {left} entries and was found with {entry.facts.get('found')} before entry "
                f"{entry.number}: entries were removed or changed"
            )
        number, prior = entry.number, line_digest(line)
        checked.entries.append(entry)
        checked.digests[entry.number] = prior
    _check_end(checked, workspace, number, prior)
    _check_keys(checked, workspace, public, key)
    return checked


def _named(entry: Logged) -> str:
    return f"{entry.kind} {entry.subject[:16]}"


def _check_signature(checked: Checked, entry: Logged, key: PublicKey | None) -> PublicKey | None:
    """Check an entry's signature by the key of the entries before it. Returns the key of those behind it."""
    following = key
    if entry.kind == "key":
        try:
            following = PublicKey(str(entry.facts.get("pem", "")))
            checked.keys[following.id] = following
        except ValueError:
            checked.faults.append(f"log: entry {entry.number} names no key")
            return key
        if key is None or entry.facts.get("lost"):
            # The first key, or one after a loss: it signs its own entry.
            if key is not None:
                checked.notes.append(f"entry {entry.number} replaces key {key.id}, which does not sign that")
            key = following
    if key is None:
        if entry.signature is not None:
            checked.faults.append(f"log: entry {entry.number} ({_named(entry)}) is signed, and no entry names a key")
    elif entry.signature is None:
        checked.faults.append(f"log: entry {entry.number} ({_named(entry)}) is not signed with key {key.id}")
    elif not key.signed(entry.signed_text, entry.signature):
        checked.faults.append(f"log: the signature of entry {entry.number} ({_named(entry)}) is not of key {key.id}")
    return following


def _check_end(checked: Checked, workspace: Path, number: int, digest: str) -> None:
    head = head_of(workspace)
    if head is None or head[0] < 0:
        checked.faults.append("log: head.json is missing or damaged: whether the log was cut is not known")
    elif head[0] > number:
        checked.faults.append(f"log: it was cut: it has {number} entries, and was left with {head[0]}")
    elif head not in {(number, digest), (0, NOTHING)} and checked.digests.get(head[0]) != head[1]:
        checked.faults.append(f"log: entry {head[0]} is not the one with which the log was left")
    if not chain_path(workspace).read_bytes().endswith(b"\n"):
        checked.faults.append("log: its last line is cut off")


def _check_keys(checked: Checked, workspace: Path, public: PublicKey | None, key: PublicKey | None) -> None:
    try:
        here = public_of(workspace)
    except UsageError:
        checked.faults.append("log/key.pem is damaged")
    else:
        if here != key:
            checked.faults.append("log/key.pem is not the key that the log names last")
    if public is not None and public.id not in checked.keys:
        checked.faults.append(f"log: no entry names key {public.id}: it is not signed with it")
