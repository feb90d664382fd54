"""From what the user asked for to what a run reads: config files, lists to load, files with their mapping."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from pipeline.context import Source
from pipeline.list_options import options_of
from pipeline.mapping import map_columns
from pipeline.reading.files import find_files
from pipeline.reading.opening import open_tables
from schemas.config import VENDOR_NAME, Campaign, Channel, Layout, ListEntry, Vendor, load, raise_faults
from schemas.errors import ConfigError, ListError, UsageError
from schemas.list_kinds import NO_MAX_AGE, MaxAge, list_kind
from schemas.names import did_you_mean
from schemas.recipes import parse_recipe
from suppression.loading import ListSpec
from suppression.store import Store, store_of


@dataclass(frozen=True)
class Request:
    """A scrub as the command line asks for it. ``as_of`` is resolved there: no stage reads the clock."""

    drops: list[str]
    out: Path
    as_of: date
    campaign: Path | None = None
    vendor: str | None = None
    layout: str | None = None
    region: str | None = None
    channels: list[Channel] = field(default_factory=list)
    lists: list[ListEntry] = field(default_factory=list)
    store: Path | None = None
    store_lists: list[str] = field(default_factory=list)
    allow_stale: list[str] = field(default_factory=list)
    max_age: MaxAge = NO_MAX_AGE
    max_reject_rate: float | None = None
    check_mx: bool = False
    dns_server: str | None = None
    dry_run: bool = False
    force: bool = False
    threads: int = 2
    block_bytes: int = 8 << 20


@dataclass(frozen=True)
class Plan:
    """Everything resolved, nothing read yet but headers."""

    campaign: Campaign
    vendor: str | None
    region: str | None
    lists: list[ListSpec]
    store: Store | None
    store_lists: list[str]
    sources: list[Source]
    notes: list[str]


def make_plan(request: Request) -> Plan:
    """Resolve a request. Config faults are collected and raised together."""
    faults: list[str] = []
    campaign = _campaign(request, faults)
    vendor = _vendor(request, faults)
    layout = _layout(request, vendor, faults)
    raise_faults(faults)
    assert campaign is not None  # noqa: S101  # without faults there is one
    region = request.region or campaign.region
    file_region = layout.region or request.region or (vendor.region if vendor else None) or campaign.region
    base = request.campaign.parent if request.campaign else Path()
    lists = _list_specs(campaign, base, request, region)
    paths = find_files(request.drops)
    names = [path.name for path in paths]
    sources = []
    for path, name in zip(paths, names, strict=True):
        for table in open_tables(path, name if names.count(name) == 1 else str(path), layout):
            mapping = map_columns(table.columns, layout, str(path), by_post="post" in campaign.channels)
            sources.append(Source(table, mapping, file_region))
    store = store_of(request.store, workspace_of(request.campaign))
    label = vendor.name if vendor else request.vendor
    notes: list[str] = []
    store_lists = _store_lists(request, campaign, store, label, notes)
    return Plan(campaign, label, region, lists, store, store_lists, sources, notes)


def campaign_lists(path: Path) -> list[str]:
    """Names of the store's lists that a campaign needs."""
    faults: list[str] = []
    campaign = load(path, Campaign, faults)
    raise_faults(faults)
    return campaign.store_lists if campaign is not None else []


def _store_lists(
    request: Request, campaign: Campaign, store: Store | None, vendor: str | None, notes: list[str]
) -> list[str]:
    """Lists of the store that the run needs: those named, else all, where no campaign chooses.

    A list that speaks for one vendor is refused for another when the command line names it; a campaign may name it
    for all its runs, and then it is left out of the others, which is noted.
    """
    named = list(dict.fromkeys([*campaign.store_lists, *request.store_lists]))
    if store is None:
        if named:
            raise ListError(f"There is no store to take the list '{named[0]}' from.", "Name it with --store DIR.")
        return []
    if not named and request.campaign is None:
        return [name for name in store.names() if store.facts(name).scope in {"seller", f"vendor:{vendor}"}]
    chosen = []
    for name in named:
        whose = store.facts(name).vendor
        if whose is None or whose == vendor:
            chosen.append(name)
            continue
        ours = "names no vendor" if vendor is None else f"is about vendor {vendor}"
        if name in request.store_lists:
            raise UsageError(f"List '{name}' speaks for vendor {whose} only, and the run {ours}.", "Leave it away.")
        notes.append(f"list {name} speaks for vendor {whose} only and was not used: the run {ours}")
    return chosen


def _campaign(request: Request, faults: list[str]) -> Campaign | None:
    """Read the campaign; what stands on the command line wins over it."""
    if request.campaign is None:
        if not request.channels:
            raise UsageError("No channel is named.", "Add --channel call, text, email or post, or a --campaign.")
        return Campaign(channels=request.channels, max_reject_rate=request.max_reject_rate)
    campaign = load(request.campaign, Campaign, faults)
    if campaign is None:
        return None
    changes: dict[str, object] = {}
    if request.channels:
        changes["channels"] = request.channels
    if request.max_reject_rate is not None:
        changes["max_reject_rate"] = request.max_reject_rate
    return campaign.model_copy(update=changes)


def workspace_of(campaign: Path | None) -> Path | None:
    """Find the workspace: the folder above the campaign's, or the current one, if it has leadscrub.toml."""
    places = [Path()] if campaign is None else [campaign.resolve().parent.parent, Path()]
    return next((place for place in places if (place / "leadscrub.toml").exists()), None)


def _vendor(request: Request, faults: list[str]) -> Vendor | None:
    """Read the vendor's file; outside a workspace a vendor is only a name."""
    if request.vendor is None:
        return None
    workspace = workspace_of(request.campaign)
    if re.fullmatch(VENDOR_NAME, request.vendor) is None:
        raise UsageError(f"'{request.vendor}' cannot be a vendor's name.", "Use letters, digits, '.', '-' and '_'.")
    if workspace is None:
        return Vendor(name=request.vendor)
    path = workspace / "vendors" / f"{request.vendor}.toml"
    if not path.exists():
        known = [p.stem for p in (workspace / "vendors").glob("*.toml")]
        raise UsageError(f"There is no vendor '{request.vendor}' ({path}).", did_you_mean(request.vendor, known))
    return load(path, Vendor, faults)


def _layout(request: Request, vendor: Vendor | None, faults: list[str]) -> Layout:
    workspace = workspace_of(request.campaign)
    named: Path | None = None
    if request.layout is not None:
        named = Path(request.layout)
        if not named.exists() and workspace is not None:
            named = workspace / "layouts" / f"{request.layout}.toml"
        if not named.exists():
            known = [p.stem for p in (workspace / "layouts").glob("*.toml")] if workspace else []
            raise UsageError(f"There is no layout '{request.layout}'.", did_you_mean(request.layout, known))
    elif vendor is not None and isinstance(vendor.layout, Path) and workspace is not None:
        named = workspace / "vendors" / vendor.layout
    elif vendor is not None and isinstance(vendor.layout, Layout):
        return vendor.layout
    return (load(named, Layout, faults) if named else None) or Layout()


def _list_specs(campaign: Campaign, base: Path, request: Request, region: str | None) -> list[ListSpec]:
    """Lists of the campaign (its files are relative to its folder), then those of the command line."""
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


def _list_spec(entry: ListEntry, folder: Path, day: date, region: str | None) -> ListSpec:
    try:
        return ListSpec(
            list_kind(entry.kind),
            entry.name,
            (folder / entry.file,),
            day,
            format=entry.format,
            options=options_of(entry, region),
            recipes=(parse_recipe(entry.hash),) if entry.hash else (),
            folds=frozenset(entry.fold),
        )
    except UsageError as error:
        raise ConfigError([f"list '{entry.name}': {error.message}"], error.hint) from error
