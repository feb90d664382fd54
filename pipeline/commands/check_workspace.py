"""Finds what is wrong, missing, undeclared or open in a workspace, before a run or a night finds it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Literal

from pipeline.nightly.folders import WHY, Folders
from pipeline.nightly.vendors import find_sellers
from pipeline.terminal import plain_table, print_lines, write_json
from pipeline.workspace import find_layout, load_layout, refuse_no_workspace, vendor_files
from schemas.config import WORKSPACE_FILE, Campaign, Vendor, load
from schemas.errors import ConfigError, LeadscrubError, UsageError
from schemas.export_layout import ExportLayout
from schemas.list_kinds import list_kind
from schemas.support.shown import shown
from schemas.workspace import Workspace
from suppression.rules.loading import load_packs
from suppression.store import Store, fit_lists, store_of

#: Kinds of list without which a channel is hardly screened.
_EXPECTED = {
    "call": ("dnc.national", "dnc.internal"),
    "text": ("dnc.national", "dnc.internal"),
    "email": ("email.unsubscribed",),
}


@dataclass(frozen=True)
class Finding:
    """One thing to settle. ``where``: a file, with its line where it is known, or a folder, relative to the workspace.

    ``state``: ``wrong`` stops a run, ``missing`` is named and not there, ``undeclared`` weakens what a run can say,
    ``open`` waits for a person.
    """

    state: Literal["wrong", "missing", "undeclared", "open"]
    where: str
    what: str
    remedy: str


def check_workspace(folder: Path, day: date) -> list[Finding]:
    """Look at every file of a workspace. Reads no drop, and changes nothing.

    Raises `UsageError` when the folder is no workspace.
    """
    refuse_no_workspace(folder, "Make one with 'leadscrub init'.")
    found = [*_faults(folder / WORKSPACE_FILE, Workspace)]
    store = store_of(None, folder)
    campaigns = sorted((folder / "campaigns").glob("*.toml"))
    if not campaigns:
        found.append(Finding("missing", "campaigns", "there is no campaign", "Describe one in campaigns/NAME.toml."))
    vendors = [vendor for path in vendor_files(folder) if (vendor := load(path, Vendor, [])) is not None]
    for path in campaigns:
        found += _campaign(folder, path, store, vendors, day)
    for path in sorted((folder / "exports").glob("*.toml")):
        found += _faults(path, ExportLayout)
    found += _layouts(folder, vendors)
    found += _vendors(folder)
    found += _gone(store)
    found += _quarantine(folder)
    return [Finding(each.state, shown(_relative(each.where, folder)), each.what, each.remedy) for each in found]


def print_check(folder: Path, day: date, *, as_json: bool) -> bool:
    """Print what there is to settle; returns whether there is nothing."""
    found = check_workspace(folder, day)
    moves = _moves(folder, day)
    if as_json:
        findings = [asdict(each) for each in found]
        moved = [{"vendor": vendor, "from": inbox, "to": archive} for vendor, inbox, archive in moves]
        write_json({"workspace": str(folder), "as_of": day.isoformat(), "findings": findings, "moves": moved})
        return not found
    if not found:
        print_lines("nothing is wrong, missing, undeclared or open")
    else:
        table = plain_table()
        for name in ("state", "where", "what", "what to do"):
            table.add_column(name, overflow="fold")
        for each in found:
            table.add_row(*asdict(each).values())
        table.print()
    print_lines(*(f"{vendor}: a night moves files from '{inbox}' to '{archive}'" for vendor, inbox, archive in moves))
    return not found


def _moves(folder: Path, day: date) -> list[tuple[str, str, str]]:
    """From which inbox on this machine a night takes files away, and where it puts them: vendor, inbox, archive."""
    folders = Folders(folder)
    return [
        (seller.name, _relative(seller.inbox, folder), _relative(str(folders.archive_of(seller.name, day)), folder))
        for seller in find_sellers(folder, [], _allowed(folder)).sellers
        if not seller.remote
    ]


def _allowed(folder: Path) -> list[Path]:
    """Folders outside the workspace that may be inboxes; none where the workspace's own file is wrong."""
    facts = load(folder / WORKSPACE_FILE, Workspace, [])
    return [] if facts is None else facts.nightly.inboxes


def _faults(path: Path, model: type[Workspace | Campaign | Vendor | ExportLayout]) -> Iterator[Finding]:
    faults: list[str] = []
    load(path, model, faults)
    yield from (_fault(fault) for fault in faults)


def _layouts(folder: Path, vendors: list[Vendor]) -> Iterator[Finding]:
    """Faults of the workspace's layouts, data contracts among them, and of those beside the vendors that name them."""
    own = folder / "layouts"
    beside = [folder / "vendors" / vendor.layout for vendor in vendors if isinstance(vendor.layout, Path)]
    for path in sorted({*own.glob("*.toml"), *own.glob("*.odcs.y*ml"), *(each for each in beside if each.is_file())}):
        faults: list[str] = []
        load_layout(path, faults, [])
        yield from (
            _fault(fault, "Compare with what 'leadscrub inspect DROP --save-layout' writes.") for fault in faults
        )


def _fault(fault: str, remedy: str = "") -> Finding:
    """Take a configuration fault, ``file:line: key: what``, apart."""
    where, _, what = fault.partition(": ")
    return Finding("wrong", where, what or fault, remedy or "Compare with what 'leadscrub init' writes.")


def _relative(where: str, folder: Path) -> str:
    return where.removeprefix(f"{folder}/")


def _campaign(folder: Path, path: Path, store: Store | None, vendors: list[Vendor], day: date) -> Iterator[Finding]:
    yield from _faults(path, Campaign)
    campaign = load(path, Campaign, [])
    if campaign is None:
        return
    file = str(path)
    served = [vendor for vendor in vendors if vendor.campaign == path.stem]
    without = [vendor for vendor in served if vendor.region is None] if served else [None]
    reads_phones = {"call", "text"} & set(campaign.channels)
    if campaign.region is None and not campaign.no_region and without and reads_phones:
        what = "no region: a drop of national numbers stops with exit 3"
        yield Finding("undeclared", file, what, 'Add region = "US", or no_region = true to set such rows aside.')
    try:
        load_packs(campaign.rules.packs, folder)
    except LeadscrubError as error:
        yield Finding("wrong", file, error.message, error.hint)
    if not campaign.rules.packs:
        what = "no rule packs: whether the law allows contact is not checked"
        yield Finding("undeclared", file, what, "Name packs in [rules]; see 'leadscrub rules list'.")
    yield from _lists(path, campaign, store, day)


def _lists(path: Path, campaign: Campaign, store: Store | None, day: date) -> Iterator[Finding]:
    file, kinds = str(path), {entry.kind for entry in campaign.lists}
    for entry in campaign.lists:
        if not (path.parent / entry.file).is_file():
            yield Finding("missing", file, f"list '{entry.name}': there is no '{entry.file}'", "Correct file.")
        if entry.as_of is None and list_kind(entry.kind).register:
            what = f"list '{entry.name}' has no date: its age is not known"
            yield Finding("undeclared", file, what, "Add as_of, the day on which the copy was made.")
    if campaign.no_lists:
        return
    for fact in _in_store(campaign, store, day):
        if isinstance(fact, Finding):
            yield replace(fact, where=fact.where or file)
        else:
            kinds.add(fact)
    if not kinds and not campaign.store_lists:
        what = "no list is named, and the store has none: a run stops with exit 5"
        yield Finding("missing", file, what, "Name lists in [[lists]], or load some with 'leadscrub lists add'.")
        return
    for channel in campaign.channels:
        for kind in _EXPECTED.get(channel, ()):
            if kind not in kinds:
                what = f"{channel}s are screened against no list of kind {kind}"
                yield Finding("undeclared", file, what, "Add the list, if there is one.")


def _in_store(campaign: Campaign, store: Store | None, day: date) -> Iterator[str | Finding]:
    """Kinds of the lists that the campaign takes from the store, and what is wrong with those lists."""
    try:
        known = [] if store is None else [name for name in store.all_names() if store.is_current(name)]
    except LeadscrubError as error:
        yield Finding("wrong", "store", error.message, error.hint)
        return
    for name in campaign.store_lists:
        if name not in known:
            yield Finding("missing", "", f"the store has no list '{name}'", f"Load it: leadscrub lists add {name}.")
    for name in [name for name in campaign.store_lists if name in known] or known:
        assert store is not None  # noqa: S101  # it has these lists
        try:
            opened = store.open(name, day)
            yield opened.facts.kind
            fit_lists([opened], day, [])
        except LeadscrubError as error:
            yield Finding("wrong", "", error.message, error.hint)


def _gone(store: Store | None) -> Iterator[Finding]:
    try:
        for name in [] if store is None else store.gone():
            yield Finding("missing", "store", f"list '{name}' was loaded and is gone", "Load it again, or drop it.")
    except LeadscrubError as error:
        yield Finding("wrong", "store", error.message, error.hint)


def _vendors(folder: Path) -> Iterator[Finding]:
    served = find_sellers(folder, [], _allowed(folder))
    for _, error in served.faulty:
        faults = error.faults if isinstance(error, ConfigError) else [error.message]
        yield from (_fault(fault, error.hint) for fault in faults)
    for seller in served.sellers:
        if not seller.remote and not Path(seller.inbox).is_dir():
            what = f"the inbox of vendor '{seller.name}' is not there: nothing is taken"
            yield Finding("missing", seller.inbox, what, "Make the folder, or correct inbox in the vendor's file.")
    reported = {name for name, _ in served.faulty}
    for path in vendor_files(folder):
        if path.stem not in reported and not any(seller.name == path.stem for seller in served.sellers):
            yield from _faults(path, Vendor)  # scrubbed by hand, so no night has read it
        vendor = load(path, Vendor, [])
        if vendor is None:
            continue
        if isinstance(vendor.layout, Path) and not (path.parent / vendor.layout).exists():
            try:
                find_layout(str(vendor.layout), folder)
            except UsageError as error:
                hint = error.hint or "Correct layout, or write layouts/NAME.toml."
                yield Finding("missing", str(path), error.message, hint)
        if vendor.price is not None and vendor.returns is None:
            what = "leads have a price, and there is no [returns] with a window: nothing goes back"
            yield Finding("undeclared", str(path), what, "Add [returns] with window and reasons.")


def _quarantine(folder: Path) -> Iterator[Finding]:
    for path in sorted((folder / "quarantine").glob("*/*")):
        if path.is_file() and not path.name.endswith(WHY):
            where = shown(str(path))
            yield Finding("open", where, "a drop is in quarantine", f"Do what '{Path(where).name}{WHY}' says.")
