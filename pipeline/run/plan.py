"""From what the user asked for to what a run reads: config files, lists to load, files with their mapping."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pipeline.columns.header_drift import HeaderMemory, check_drift
from pipeline.columns.mapping import Mapping, map_columns
from pipeline.context import Source
from pipeline.reading.opening import open_drop
from pipeline.run.declared_evidence import with_evidence
from pipeline.run.request import Request
from pipeline.run.rescrub_source import check_consulted, open_earlier
from pipeline.run.screened_lists import check_screened, list_specs, lists_of_store
from pipeline.workspace import find_layout, load_layout, remote_choice, workspace_of
from schemas.config import VENDOR_NAME, Campaign, Vendor, load, raise_faults
from schemas.errors import DropError, FileError, UsageError
from schemas.evidence import VendorEvidence
from schemas.files.table import Table
from schemas.layout import Layout
from schemas.support.names import did_you_mean
from suppression.erased import ERASED, erased_store
from suppression.loading import ListSpec
from suppression.store import Store, store_of

if TYPE_CHECKING:  # what the law needs is loaded only where there are rule packs
    from suppression.rules.loading import LoadedPack


class Plan(NamedTuple):
    """Everything resolved, nothing read yet but headers.

    ``erased``: the store with the list of people who were erased, which every run of the workspace consults.
    """

    campaign: Campaign
    vendor: str | None
    region: str | None
    lists: list[ListSpec]
    store: Store | None
    store_lists: list[str]
    erased: Store | None
    sources: list[Source]
    memory: HeaderMemory | None
    notes: list[str]
    no_region: bool
    packs: list[LoadedPack]
    weaker: list[str]
    vendor_evidence: VendorEvidence
    contract: Vendor | None


#: Finds the tables of a drop, each with its mapping, by the layout, the campaign, and the region of national numbers.
Sources = Callable[[Layout, Campaign, str | None], list[Source]]


def make_plan(request: Request, sources_of: Sources | None = None) -> Plan:
    """Resolve a request. ``sources_of``: where the leads come from, if not from the request's drops.

    Raises `ConfigError` with all faults of the configuration, `UsageError` when options cannot be combined or name what
    does not exist, `DropError` when the drop cannot be read, `ListError` when a list is missing.
    """
    faults: list[str] = []
    campaign = _campaign(request, faults)
    vendor = _vendor(request, faults)
    notes: list[str] = []
    layout = layout_of(request.layout, vendor, workspace_of(request.campaign), faults, notes)
    raise_faults(faults)
    assert campaign is not None  # noqa: S101  # without faults there is one
    declared, vendor_evidence = with_evidence(
        request.evidence, campaign.evidence, vendor.evidence if vendor else VendorEvidence()
    )
    campaign = campaign.model_copy(update={"evidence": declared})
    region = None if request.no_region else request.region or campaign.region
    own_region = layout.region or request.region or (vendor.region if vendor else None) or campaign.region
    file_region = None if request.no_region else own_region
    base = request.campaign.parent if request.campaign else Path()
    lists = list_specs(campaign, base, request, region)
    sources = (sources_of or partial(_sources, request))(layout, campaign, file_region)
    store = store_of(request.store, workspace_of(request.campaign))
    label = vendor.name if vendor else request.vendor
    store_lists = [name for name in lists_of_store(request, campaign, store, label, notes) if name != ERASED]
    check_screened(request, campaign, bool(lists or store_lists), notes)
    memory = header_memory(request, vendor, sources) if sources_of is None else None
    packs, weaker = _packs(request, campaign)
    if request.earlier is not None:
        kinds = {spec.kind.kind for spec in lists}
        if store is not None:
            kinds |= {store.facts(name).kind for name in store_lists}
        check_consulted(request.earlier, kinds, {pack.pack.name for pack in packs})
    return Plan(
        campaign,
        label,
        region,
        lists,
        store,
        store_lists,
        erased_store(workspace_of(request.campaign)),
        sources,
        memory,
        notes,
        request.no_region or campaign.no_region,
        packs,
        weaker,
        vendor_evidence,
        vendor,
    )


def _packs(request: Request, campaign: Campaign) -> tuple[list[LoadedPack], list[str]]:
    """The rule packs of a run, and the ids of their rules that allow more than what is shipped."""
    names = [*campaign.rules.packs, *request.rules]
    if not names:
        return [], []
    from suppression.rules.loading import checked_weaker, load_packs  # noqa: PLC0415  # as above

    packs = load_packs(names, workspace_of(request.campaign))
    return packs, checked_weaker(packs, request.accept_weaker)


def _sources(request: Request, layout: Layout, campaign: Campaign, region: str | None) -> list[Source]:
    """Open the drop of a request."""
    if request.earlier is not None:
        return [Source(*open_earlier(request.earlier), region)]
    if request.sheets:
        layout = layout.model_copy(update={"sheet": request.sheets})
    tables = open_drop(request.drops, layout, remote_choice(request.drops, workspace_of(request.campaign)))
    if request.sheets and all(table.sheet is None for table in tables):
        raise UsageError("--sheet is given, and no file of the drop is a workbook.", "Leave it out.")
    return [Source(table, mapping_of(table, layout, campaign, region), region) for table in tables]


def header_memory(request: Request, vendor: Vendor | None, sources: list[Source]) -> HeaderMemory | None:
    """Compare the drop with the vendor's last accepted one, where a workspace remembers it."""
    workspace = workspace_of(request.campaign)
    if workspace is None or vendor is None or request.earlier is not None or request.again:
        return None
    path = workspace / "vendors" / f"{vendor.name}.header.json"
    return check_drift(path, vendor.name, [source.table for source in sources], accept=request.accept_drift)


def mapping_of(table: Table, layout: Layout, campaign: Campaign, region: str | None) -> Mapping:
    """Map the columns of a table of the drop. Raises `DropError` when nobody in it can be contacted."""
    try:
        return map_columns(table, layout, region, by_post="post" in campaign.channels)
    except FileError as error:
        if table.sheet is None:
            raise
        raise DropError(error.message, f"{error.hint} Or name the sheets to read with --sheet.".strip()) from error


def _campaign(request: Request, faults: list[str]) -> Campaign | None:
    """Read the campaign; the command line wins over it."""
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


def layout_of(
    named: str | Layout | None, vendor: Vendor | None, workspace: Path | None, faults: list[str], notes: list[str]
) -> Layout:
    """Read the layout that the command line or the vendor's file names. Faults are added to those that are given.

    ``notes`` get what a data contract asks and no scrub checks.
    """
    path: Path | None = None
    if isinstance(named, Layout):
        return named
    if named is not None:
        path = find_layout(named, workspace)
    elif vendor is not None and isinstance(vendor.layout, Path):
        beside = workspace / "vendors" / vendor.layout if workspace is not None else vendor.layout
        path = beside if beside.exists() or vendor.layout.suffix else find_layout(str(vendor.layout), workspace)
    elif vendor is not None and isinstance(vendor.layout, Layout):
        return vendor.layout
    return (load_layout(path, faults, notes) if path else None) or Layout()
