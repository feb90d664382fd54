"""Changes to the store: a list is loaded, dropped, or written out for somebody else."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from schemas.contact.apply import apply_here
from schemas.durable import write_lines
from schemas.errors import ListError, UsageError
from schemas.recipes import Recipe
from suppression.lists import SuppressionList
from suppression.loading import ListSpec, build_version
from suppression.store import Store, writing

#: A full copy that is so much smaller than the one before is more likely a broken download than news.
_SHRINKAGE = 0.1


@dataclass(frozen=True)
class AddOptions:
    """How a load may change the store. ``at`` is the moment that the history records."""

    store: Path
    at: datetime
    accept_shrinkage: bool = False


def add_list(spec: ListSpec, options: AddOptions) -> None:
    """Load a full copy and make it current."""
    with writing(options.store) as writer:
        folder = writer.temporary
        built = build_version(spec, folder, apply_here)
        if spec.name in writer.names() and not options.accept_shrinkage:
            _refuse_shrinkage(writer, spec, built.facts.counts.indexed)
        writer.commit(folder, built.facts, at=options.at, action="add")
    counts = built.facts.counts
    sys.stdout.write(
        f"{spec.name} ({spec.kind.kind}) version {built.facts.version[:12]} as of {spec.as_of} is current: "
        f"{counts.read:,} read = {counts.indexed:,} indexed + {counts.repeated:,} repeated "
        f"+ {sum(counts.refused.values()):,} refused\n"
    )
    for why, count in counts.refused.items():
        sys.stdout.write(f"  refused {count:,}: {why}\n")
    for warning in built.warnings:
        sys.stderr.write(f"note: {warning}\n")


def _refuse_shrinkage(store: Store, spec: ListSpec, entries: int) -> None:
    before = store.facts(spec.name).counts.indexed
    if entries < before * (1 - _SHRINKAGE):
        raise ListError(
            f"The new copy of '{spec.name}' has {entries:,} entries, the current one {before:,}: nothing was changed.",
            "If that is right, load it with --accept-shrinkage.",
        )


def drop_list(store: Path, name: str, at: datetime) -> None:
    """Take a list out of force."""
    with writing(store) as writer:
        writer.drop(name, at=at)
    sys.stdout.write(
        f"{name} is no longer in force; its versions are kept for audit ('leadscrub lists history {name}')\n"
    )


def export_list(suppression: SuppressionList, out: Path, recipe: Recipe | None) -> None:
    """Write a list's entries, one a line: as they are, or hashed for a partner."""
    if suppression.digests is not None:
        raise UsageError(f"'{suppression.facts.name}' is hashed: what its entries are is not known.")
    if out.exists():
        raise UsageError(f"'{out}' exists already.", "Name another file.")
    lines = _entries(suppression)
    count = write_lines(out, lines if recipe is None else map(recipe.written, lines))
    sys.stdout.write(f"{count:,} entries of {suppression.facts.name} in {out}\n")


def _entries(suppression: SuppressionList) -> Iterator[str]:
    if suppression.phones is not None:
        for numbers in suppression.phones.each():
            yield from ("+" + pl.Series(numbers).cast(pl.String))
    if suppression.emails is not None:
        for texts in suppression.emails.each():
            yield from texts
    yield from suppression.expiring
    yield from sorted(suppression.domains)
