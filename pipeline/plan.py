"""From what the user asked for to what a run reads: config files, lists to load, files with their mapping."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from pipeline.context import Source
from pipeline.drops import find_files, open_drop
from pipeline.mapping import map_columns
from schemas.config import VENDOR_NAME, Campaign, Channel, Layout, ListEntry, Vendor, load, raise_faults
from schemas.errors import ListError, UsageError
from schemas.evidence import VendorEvidence
from schemas.list_kinds import ListKind, list_kind
from schemas.names import did_you_mean
from schemas.recipes import parse_recipe
from suppression.formats.options import Options
from suppression.loading import ListSpec
from suppression.rules.loading import LoadedPack, checked_weaker, load_packs
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
    rules: list[str] = field(default_factory=list)
    accept_weaker: bool = False
    max_reject_rate: float | None = None
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
    packs: list[LoadedPack]
    weaker: list[str]
    vendor_evidence: VendorEvidence


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
        file = open_drop(path, name if names.count(name) == 1 else str(path), layout)
        sources.append(
            Source(file, map_columns(file.columns, layout, str(path), by_post="post" in campaign.channels), file_region)
        )
    store = store_of(request.store, workspace_of(request.campaign))
    label = vendor.name if vendor else request.vendor
    packs = load_packs([*campaign.rules.packs, *request.rules], workspace_of(request.campaign))
    return Plan(
        campaign,
        label,
        region,
        lists,
        store,
        _store_lists(request, campaign, store, label),
        sources,
        packs,
        checked_weaker(packs, request.accept_weaker),
        vendor.evidence if vendor else VendorEvidence(),
    )


def campaign_lists(path: Path) -> list[str]:
    """Names of the store's lists that a campaign needs."""
    faults: list[str] = []
    campaign = load(path, Campaign, faults)
    raise_faults(faults)
    return campaign.store_lists if campaign is not None else []


def _store_lists(request: Request, campaign: Campaign, store: Store | None, vendor: str | None) -> list[str]:
    """Lists of the store that the run needs: those named, else all, where no campaign chooses."""
    named = list(dict.fromkeys([*campaign.store_lists, *request.store_lists]))
    if store is None:
        if named:
            raise ListError(f"There is no store to take the list '{named[0]}' from.", "Name it with --store DIR.")
        return []
    if named or request.campaign is not None:
        return named
    return [name for name in store.names() if store.facts(name).scope in {"seller", f"vendor:{vendor}"}]


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
        ListSpec(
            list_kind(entry.kind),
            entry.name,
            (folder / entry.file,),
            request.as_of,
            options=list_options(list_kind(entry.kind), region, entry.column),
            recipes=(parse_recipe(entry.hash),) if entry.hash else (),
        )
        for entries, folder in ((campaign.lists, base), (request.lists, Path()))
        for entry in entries
    ]
    names = [spec.name for spec in specs]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"Two lists are called '{name}'.", "Give one another name with --list KIND:NAME=FILE.")
    return specs


def list_options(kind: ListKind, region: str | None, column: str | None) -> Options:
    """Reading options that follow from a list's kind."""
    fields = {name for name, held in (("phone", kind.phones), ("email", kind.emails)) if held}
    return Options(column=column, region=region, fields=frozenset(fields or {"email"}))
