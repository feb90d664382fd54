"""Prints the entries of a workspace's log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from pipeline.proof.chain import entries, has_chain
from pipeline.proof.entries import KINDS, Logged, canonical
from pipeline.terminal import plain_table, print_lines, write_json
from schemas.errors import UsageError
from schemas.support.figures import counted
from schemas.support.names import did_you_mean
from schemas.support.shown import masked_addresses

#: Facts that fit into a line.
_DONE: Final = ("action", "as_of", "rows", "destination", "what", "because", "purpose", "entered")
_SHORT: Final = frozenset({*_DONE, "out", "number", "time", "authority"})


@dataclass(frozen=True)
class Filter:
    """Which entries are wanted: of these kinds, logged from one day to another (UTC, both included), of this vendor."""

    kinds: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    vendor: str | None = None

    def takes(self, entry: Logged) -> bool:
        """Whether an entry is wanted."""
        day = entry.at[:10]
        return (
            (not self.kinds or entry.kind in self.kinds)
            and (self.since is None or day >= self.since.isoformat())
            and (self.until is None or day <= self.until.isoformat())
            and (self.vendor is None or entry.vendor == self.vendor)
        )


def checked_kind(kind: str) -> str:
    """A kind of entry. Raises `UsageError` when there is none of that name."""
    if kind not in KINDS:
        raise UsageError(
            f"--kind '{kind}' is no kind of entry.", did_you_mean(kind, KINDS) or f"One of {', '.join(KINDS)}."
        )
    return kind


def print_log(workspace: Path, wanted: Filter, *, as_json: bool) -> None:
    """Print the entries that are wanted, as a table or as JSON. Raises `UsageError` when nothing was ever logged."""
    if not has_chain(workspace):
        raise UsageError(f"'{workspace}' has no log.", "A workspace gets one with its first run or list.")
    found = [entry for entry in entries(workspace) if wanted.takes(entry)]
    if as_json:
        write_json([_document(entry) for entry in found])
        return
    table = plain_table()
    for name in ("no.", "at (UTC)", "kind", "subject", "vendor", "facts"):
        table.add_column(name, justify="right" if name == "no." else "left")
    for entry in found:
        facts = masked_addresses(", ".join(_facts(entry)))
        subject = masked_addresses(entry.subject)[:24]
        table.add_row(
            str(entry.number), entry.at[:19], entry.kind, subject, entry.vendor or "", masked_addresses(facts)
        )
    table.print()
    print_lines(f"{counted(len(found), 'entry')}; 'leadscrub log verify' checks them")


def _document(entry: Logged) -> dict[str, object]:
    return {
        "number": entry.number,
        "at": entry.at,
        "kind": entry.kind,
        "subject": entry.subject,
        "mark": entry.mark,
        "vendor": entry.vendor,
        "facts": entry.facts,
        "digest": entry.digest,
        "signed": entry.signature is not None,
    }


def _facts(entry: Logged) -> Iterator[str]:
    """The facts that fit into a line; ``--json`` has all."""
    for name, value in entry.facts.items():
        if name == "counts":
            yield ", ".join(f"{key} {count}" for key, count in value.items())
        elif name in _SHORT:
            yield f"{name} {value if isinstance(value, str) else canonical(value)}"
