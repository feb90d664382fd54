"""Which lists a run screens against: files of the campaign and the command line, lists of the store, or none at all."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from pipeline.run.list_options import options_of
from pipeline.run.request import Request
from schemas.config import Campaign, ListEntry
from schemas.errors import ConfigError, ListError, UsageError
from schemas.list_kinds import list_kind
from schemas.list_version import UNDATED
from schemas.recipes import parse_recipe
from suppression.loading import DATED_FOR_RUN, MAX_REFUSED, RUN_ONLY, ListSpec
from suppression.rules.us_states import state_named
from suppression.store import Store

#: What a run says first that looked leads up in no list.
NOT_SCREENED = "not screened against any list"


def list_specs(campaign: Campaign, base: Path, request: Request, region: str | None) -> list[ListSpec]:
    """Lists of the campaign (its files are relative to its folder), then those of the command line.

    Raises `UsageError` when two have one name, `ConfigError` when one is declared in a way that cannot be.
    """
    specs = [
        _list_spec(entry, folder, request.as_of, region)
        for entries, folder in ((campaign.lists, base), (request.lists, Path()))
        for entry in entries
    ]
    names = [spec.name for spec in specs]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"Two lists are called '{name}'.", "Give one another name with --list KIND:NAME=FILE.")
    return specs


def lists_of_store(
    request: Request, campaign: Campaign, store: Store | None, vendor: str | None, notes: list[str]
) -> list[str]:
    """Lists of the store that the run needs: those named, else every current one that speaks for the vendor.

    A list that speaks for one vendor is refused for another when the command line names it; a campaign may name it
    for all its runs, and then it is left out of the others, which is noted.

    Raises `UsageError` when the command line names such a list, `ListError` when there is no store to take one from.
    """
    named = list(dict.fromkeys([*campaign.store_lists, *request.store_lists]))
    if not named and (request.no_lists or campaign.no_lists):
        return []
    if store is None:
        if named:
            raise ListError(f"There is no store to take the list '{named[0]}' from.", "Name it with --store DIR.")
        return []
    if not named:
        return [name for name in store.names() if store.facts(name).scope in {"seller", f"vendor:{vendor}"}]
    chosen = []
    for name in named:
        whose = store.facts(name).vendor
        if whose is None or whose == vendor:
            chosen.append(name)
            continue
        ours = "names no vendor" if vendor is None else f"is about vendor {vendor}"
        if name in request.store_lists:
            raise UsageError(f"List '{name}' is for vendor {whose} only, and the run {ours}.", "Leave it out.")
        notes.append(f"list {name} is for vendor {whose} only and was not used: the run {ours}")
    return chosen


def check_screened(request: Request, campaign: Campaign, screened: bool, notes: list[str]) -> None:
    """Refuse a run against no list at all, unless that was said; then it is the first thing that the run notes.

    Raises `ListError` when nobody said so, `UsageError` when somebody did and there are lists.
    """
    if screened and request.no_lists:
        raise UsageError("--no-lists is given, and so are lists.", "Leave one of them out.")
    if screened:
        return
    if not request.no_lists and not campaign.no_lists:
        raise ListError(
            "No suppression list is named, and there is none in a store: nobody would be screened.",
            "Name lists (--dnc, --internal, --unsubscribe, --list, --store, or in the campaign), or say --no-lists.",
        )
    notes.insert(0, NOT_SCREENED)


def _list_spec(entry: ListEntry, folder: Path, day: date, region: str | None) -> ListSpec:
    kind = list_kind(entry.kind)
    dated_by = DATED_FOR_RUN if entry.as_of else UNDATED if kind.register else RUN_ONLY
    try:
        return ListSpec(
            kind,
            entry.name,
            (folder / entry.file,),
            entry.as_of or day,
            dated_by,
            registry=entry.registry,
            state=entry.state or (state_named(entry.name) if kind.kind == "dnc.state" else None),
            max_refused=MAX_REFUSED if entry.max_refused is None else entry.max_refused,
            format=entry.format,
            options=options_of(entry, region),
            recipes=(parse_recipe(entry.hash),) if entry.hash else (),
            folds=frozenset(entry.fold),
        )
    except UsageError as error:
        raise ConfigError([f"list '{entry.name}': {error.message}"], error.hint) from error
