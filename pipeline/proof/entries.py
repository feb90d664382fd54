"""Entries of the log, and the form in which they are hashed and signed.

One line of JSON each, with sorted keys, without spaces, in ASCII. The hash of an entry is the SHA-256 of its
line without the line's end. A signature is over the line as it would be without the signature.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

#: What is logged. ``began``: the log itself; ``break``: the log was found shorter or other than it had been left.
KINDS: Final = {
    "began": "the log begins",
    "run": "a result was published, with the hash of its manifest",
    "list": "a version of a list became current, a list was taken out of force, or a version's files were deleted",
    "release": "rows in review were released or denied, or that was withdrawn",
    "export": "rows or a list were given away",
    "return": "a file of returns was delivered",
    "retention": "something was deleted, since it was older than it is kept",
    "erasure": "a person was erased",
    "key": "the workspace got a key",
    "timestamp": "an authority signed when an entry was there",
    "break": "the log was not as it had been left",
}
#: What the first entry holds in place of the hash of the one before it.
NOTHING: Final = "0" * 64


@dataclass(frozen=True)
class Entry:
    """What is to be logged.

    ``subject``: run id, list, or file. ``mark``: what distinguishes it from another entry of its kind about the same
    subject, as the hash of a manifest or an instant. ``facts`` are of JSON, and hold no personal data.
    """

    kind: str
    subject: str
    mark: str = ""
    vendor: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str, str]:
        """By which an entry that is logged already is known again."""
        return self.kind, self.subject, self.mark


@dataclass(frozen=True)
class Logged(Entry):
    """An entry of the log: the ``number``-th, from 1. ``prior``: hash of the one before."""

    number: int = 0
    at: str = ""
    prior: str = NOTHING
    signature: str | None = None
    line: str = ""

    @property
    def digest(self) -> str:
        """SHA-256 of the line."""
        return line_digest(self.line)

    @property
    def signed_text(self) -> bytes:
        """What the signature is over."""
        return canonical({name: value for name, value in json.loads(self.line).items() if name != "signature"}).encode()


def canonical(document: Any) -> str:
    """The one way to write a document of JSON."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"))


def line_digest(line: str) -> str:
    """Hash of a line of the log."""
    return hashlib.sha256(line.encode()).hexdigest()


def document_of(entry: Entry, number: int, at: datetime, prior: str) -> dict[str, Any]:
    """What a line says, but for its signature."""
    document = {"at": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "kind": entry.kind, "number": number, "prior": prior}
    document |= {"subject": entry.subject, "facts": entry.facts}
    return document | ({"mark": entry.mark} if entry.mark else {}) | ({"vendor": entry.vendor} if entry.vendor else {})


def read_line(line: str) -> Logged:
    """Read a line. Raises `ValueError` when it is none that we wrote."""
    document = json.loads(line)
    if not isinstance(document, dict) or canonical(document) != line:
        raise ValueError("not in canonical form")
    texts = {name: document.get(name, "") for name in ("kind", "subject", "mark", "at", "prior")}
    number, facts = document.get("number"), document.get("facts")
    optional = {name: document.get(name) for name in ("vendor", "signature")}
    known = {*texts, *optional, "number", "facts"}
    if (
        not all(isinstance(text, str) for text in texts.values())
        or not all(text is None or isinstance(text, str) for text in optional.values())
        or not isinstance(number, int)
        or not isinstance(facts, dict)
        or not document.keys() <= known
    ):
        raise ValueError("not an entry")
    return Logged(**document, line=line)
