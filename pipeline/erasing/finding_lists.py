"""Finds a person in the versions of suppression lists, and says which have to keep them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from pipeline.erasing.found import Found, Spot, unread
from pipeline.erasing.person import Person
from schemas.errors import LeadscrubError
from suppression.entries import Index
from suppression.entry_erasing import held_keys, kept_by_law, open_any, versions_on_disk
from suppression.erased import ERASED
from suppression.store import Store


def find_in_lists(workspace: Path, person: Person, found: Found) -> None:
    """Look through every version of every list that is on disk."""
    store = Store(workspace / "store")
    for name in store.all_names() if store.folder.is_dir() else []:
        try:
            for version in versions_on_disk(store, name):
                _in_version(store, name, version, person, found)
        except LeadscrubError as error:
            found.spots.append(unread("list", name, error.message))


def refused_rows(suppression: object, person: Person) -> pl.Series:
    """Rows of a version's refused entries that have the person."""
    from pipeline.results.exact_search import search_frame  # noqa: PLC0415

    table = suppression.refused_table  # type: ignore[attr-defined]  # a SuppressionList
    if table is None:
        return pl.Series(dtype=pl.UInt32)
    rows = table.read().select("text").with_row_index("at")
    at: pl.Series = search_frame(rows.lazy(), person.wanted, "at").get_column("at").unique().sort()
    return at


def _in_version(store: Store, name: str, version: str, person: Person, found: Found) -> None:
    suppression = open_any(store, version, date.min)
    held = held_keys(suppression, person.sought)
    refused = refused_rows(suppression, person)
    if not held and not len(refused):
        return
    kind = suppression.facts.kind
    law = "the list by which who was erased is not taken in again" if name == ERASED else kept_by_law(kind)
    words = _held_in_words(held, len(refused))
    current = store.history(name).current
    which = "the current version" if version == current else f"version {version[:12]}, which was replaced"
    if law is None:
        found.lists.setdefault(name, set()).add(version)
        found.spots.append(Spot("list", name, f"{kind}, {which}: {words}", 1))
    else:
        found.spots.append(Spot("list", name, f"{kind}, {which}: {words}", 1, "stays", law))


def _held_in_words(held: dict[Index, pl.Series], refused: int) -> str:
    names = {"phones": "phone", "emails": "email", "digests": "hash"}
    words = [names[index] for index in held if index in names]
    return ", ".join([*words, *(["refused entry"] if refused else [])])
