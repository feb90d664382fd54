"""Which vendors a pass serves, and what is wrong with their configuration: one's fault does not stop the others."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.reading.remote import is_remote
from pipeline.reading.tables.urls import is_table
from pipeline.workspace import vendor_files
from schemas.config import WORKSPACE_FILE, Campaign, Vendor, load, raise_faults
from schemas.errors import ConfigError, LeadscrubError, UsageError
from schemas.evidence import VendorEvidence
from schemas.support.figures import counted
from schemas.support.names import did_you_mean
from schemas.support.shortage import raise_shortage
from schemas.support.shown import shown

#: Folders of a workspace that are no inbox.
_KEPT = frozenset(
    {
        "archive",
        "campaigns",
        "layouts",
        "ledger",
        "log",
        "outgoing",
        "packs",
        "quarantine",
        "reviews",
        "runs",
        "store",
        "vendors",
    }
    | {".nightly"}
)


@dataclass(frozen=True)
class Seller:
    """A vendor whose drops are taken. ``campaign`` is the file, ``campaign_name`` the name in it.

    ``inbox`` is a folder, or a URL when ``remote``. ``max_reject_rate`` is the campaign's. ``evidence``: what the
    vendor's file declares, which rules read where the campaign ``has_rules``.
    """

    name: str
    inbox: str
    campaign: Path
    campaign_name: str
    remote: bool
    max_reject_rate: float | None
    evidence: VendorEvidence
    has_rules: bool


@dataclass
class Served:
    """Vendors that a pass serves, and what is wrong with others or with the workspace: a vendor's name (None: the
    workspace) and the error."""

    sellers: list[Seller] = field(default_factory=list)
    faulty: list[tuple[str | None, LeadscrubError]] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """All vendors that the pass is about."""
        return sorted({*(seller.name for seller in self.sellers), *(name for name, _ in self.faulty if name)})


def find_sellers(workspace: Path, wanted: list[str], inboxes: list[Path]) -> Served:
    """Find the vendors to serve, or those that are wanted, and what nobody serves.

    ``inboxes``: folders outside the workspace in which an inbox may be.

    Raises `UsageError` when a wanted vendor does not exist, or is not served.
    """
    files = {path.stem: path for path in vendor_files(workspace)}
    for name in wanted:
        if name not in files:
            raise UsageError(f"There is no vendor '{name}'.", did_you_mean(name, files))
    served = Served()
    for name, path in files.items():
        if wanted and name not in wanted:
            continue
        try:
            seller = _seller(workspace, path, inboxes)
        except ConfigError as error:
            served.faulty.append((name, error))
            continue
        if seller is not None:
            served.sellers.append(seller)
        elif wanted:
            raise UsageError(f"Vendor '{name}' is scrubbed by hand.", f"Remove nightly = false from '{path}'.")
    if not wanted:
        served.faulty += [(None, error) for error in _unserved(workspace, served, set(files))]
    return served


def _unserved(workspace: Path, served: Served, known: set[str]) -> Iterator[LeadscrubError]:
    """What a pass over the whole workspace would silently leave out."""
    if not known:
        yield ConfigError(
            [f"{workspace / 'vendors'}: there is no vendor, so no drop is taken"],
            "Describe each vendor in vendors/NAME.toml; 'leadscrub init' shows how.",
        )
    inboxes = {Path(seller.inbox).absolute() for seller in served.sellers if not seller.remote}
    above = {folder for inbox in inboxes for folder in inbox.parents}
    try:
        found = sorted((workspace / "inbox").absolute().iterdir())
    except OSError as error:  # there may be none: all inboxes may be elsewhere
        raise_shortage(error)
        return
    faulty = {name for name, _ in served.faulty}
    for path in found:
        if path.name.startswith(".") or path in inboxes | above or path.name in faulty:
            continue
        name = shown(path.name)
        if path.is_dir() and not path.is_symlink():
            why = f"no vendor has this inbox, so nothing in it is taken ({_files_in(path)})"
            hint = f"Describe the vendor in vendors/{name}.toml, or remove the folder."
            if path.name in known and not any(path.iterdir()):
                continue
            if path.name in known:
                why = f"vendor '{name}' has another inbox or is scrubbed by hand, so nothing here is taken"
                hint = "Empty and remove the folder, or correct the vendor's file."
        else:
            why, hint = "is in no vendor's inbox, so it is not taken", "Move it into the folder of its vendor."
        yield ConfigError([f"{workspace / 'inbox' / name}: {why}"], hint)


def _inbox_fault(workspace: Path, inbox: str, inboxes: list[Path]) -> tuple[str, str] | None:
    """What is wrong with where an inbox is, and what to do: its files will be moved away from there."""
    home = os.path.abspath(workspace)  # noqa: PTH100  # "..", but no link, taken out
    folder = Path(os.path.abspath(workspace / inbox))  # noqa: PTH100  # likewise
    if not folder.is_relative_to(home):
        there = folder.resolve()
        if any(there.is_relative_to((workspace / allowed).resolve()) for allowed in inboxes):
            return None
        setting = f'inboxes = ["{there}"] to [nightly] of {WORKSPACE_FILE}'
        return "is outside the workspace", f"If its files may be moved into the archive, add {setting}."
    parts = folder.relative_to(home).parts
    if not parts or parts[0] in _KEPT:
        return "is where leadscrub keeps its own files", "Name a folder of its own, as inbox/NAME."
    return None


def _files_in(folder: Path) -> str:
    try:
        count = sum(1 for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        return f"it cannot be looked into: {error.strerror}"
    return counted(count, "file")


def _seller(workspace: Path, path: Path, inboxes: list[Path]) -> Seller | None:
    faults: list[str] = []
    vendor = load(path, Vendor, faults)
    raise_faults(faults)
    assert vendor is not None  # noqa: S101  # without faults there is one
    if vendor.campaign is None:
        if not vendor.nightly:
            return None
        raise ConfigError(
            [f"{path}: there is no campaign, so its drops are not taken"],
            f"Add campaign = \"NAME\" to '{path}'; or nightly = false, if they are scrubbed by hand.",
        )
    if not vendor.nightly:
        return None
    if vendor.name != path.stem:
        raise_faults([f"{path}: name: '{vendor.name}' is not what the file is called"])
    file = workspace / "campaigns" / f"{vendor.campaign}.toml"
    if not file.is_file():
        known = [campaign.stem for campaign in (workspace / "campaigns").glob("*.toml")]
        hint = did_you_mean(str(vendor.campaign), known)
        raise_faults([f"{path}: campaign: there is no '{file}'. {hint}".strip()])
    campaign = load(file, Campaign, faults)
    raise_faults(faults)
    assert campaign is not None  # noqa: S101  # likewise
    inbox = vendor.inbox or f"inbox/{vendor.name}"
    if is_table(inbox):
        raise ConfigError(
            [f"{path}: inbox: '{inbox}' is a table, and a night takes files"],
            "Scrub the table with a command of its own, or have its new rows written to a folder.",
        )
    remote = is_remote(inbox)
    if not remote and (fault := _inbox_fault(workspace, inbox, inboxes)) is not None:
        raise ConfigError([f"{path}: inbox: '{inbox}' {fault[0]}"], fault[1])
    return Seller(
        vendor.name,
        inbox if remote else str(workspace / inbox),
        file,
        campaign.name,
        remote,
        campaign.max_reject_rate,
        vendor.evidence,
        bool(campaign.rules.packs),
    )
