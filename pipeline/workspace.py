"""Looks things up in a workspace: its folder, its own file, its layouts, the lists that a campaign needs."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import tomli

from schemas.config import WORKSPACE_FILE, Campaign, load, raise_faults
from schemas.errors import UsageError
from schemas.files.limits import Limits
from schemas.layout import LAYOUTS, Layout
from schemas.support.names import did_you_mean

if TYPE_CHECKING:  # outside a workspace nothing is asked of its file
    from schemas.workspace import RemoteChoice, Workspace


def workspace_of(campaign: Path | None) -> Path | None:
    """Find the workspace: the folder above the campaign's, or the current one, if it has leadscrub.toml."""
    places = [Path()] if campaign is None else [campaign.resolve().parent.parent, Path()]
    return next((place for place in places if (place / "leadscrub.toml").exists()), None)


def workspace_above(path: Path) -> Path | None:
    """The workspace that a file or folder is in: the nearest folder above it with the workspace's file."""
    return next((folder for folder in path.resolve().parents if (folder / WORKSPACE_FILE).is_file()), None)


def refuse_no_workspace(folder: Path, hint: str) -> None:
    """Raise `UsageError` when the folder is no workspace."""
    if not (folder / WORKSPACE_FILE).is_file():
        raise UsageError(f"'{folder}' is not a workspace: it has no {WORKSPACE_FILE}.", hint)


def workspace_facts(workspace: Path) -> Workspace:
    """Read the workspace's own file. Raises `ConfigError` with all faults."""
    from schemas.workspace import Workspace  # noqa: PLC0415  # as above

    faults: list[str] = []
    facts = load(workspace / WORKSPACE_FILE, Workspace, faults)
    raise_faults(faults)
    return facts or Workspace()


def remote_choice(drops: list[str], workspace: Path | None) -> RemoteChoice | None:
    """What the workspace allows when a drop is fetched. Raises `ConfigError` when a drop is and its file is invalid."""
    asks = workspace is not None and any("://" in drop for drop in drops)
    return workspace_facts(workspace).remote if asks and workspace is not None else None


def workspace_limits(campaign: Path | None) -> Limits:
    """How much a file may hold, in the workspace of a campaign or the current one; the standard limits without."""
    workspace = workspace_of(campaign)
    return Limits() if workspace is None else Limits(**workspace_facts(workspace).limits.model_dump())


def vendor_files(workspace: Path) -> list[Path]:
    """Files of ``vendors/`` that are about a vendor: not those that one of them names as its layout."""
    files = sorted((workspace / "vendors").glob("*.toml"))
    layouts: set[str] = set()
    for path in files:
        with suppress(OSError, UnicodeDecodeError, tomli.TOMLDecodeError):  # reported when it is read in earnest
            layout = tomli.loads(path.read_text(encoding="utf-8")).get("layout")
            if isinstance(layout, str):
                layouts |= {layout, f"{layout}.toml"} - {path.name}
    return [path for path in files if path.name not in layouts]


def load_layout(path: Path, faults: list[str], notes: list[str]) -> Layout | None:
    """Read a layout's file, or a data contract as one. Faults are appended to ``faults``.

    ``notes`` get what a contract asks and no scrub checks.
    """
    from schemas.data_contract import SUFFIXES, read_contract  # noqa: PLC0415  # few drops have a layout's file

    if path.suffix.lower() in SUFFIXES:
        return read_contract(path, faults, notes)
    return load(path, Layout, faults)


def named_layout(name: str | None, notes: list[str]) -> Layout:
    """Read a layout by its name or file; an empty one without. Raises `ConfigError` with all faults.

    ``notes`` get what a contract asks and no scrub checks.
    """
    if name is None:
        return Layout()
    faults: list[str] = []
    layout = load_layout(find_layout(name, workspace_of(None)), faults, notes)
    raise_faults(faults)
    return layout or Layout()


def find_layout(name: str, workspace: Path | None) -> Path:
    """Find a layout by its name: a file, one of the workspace, or one that comes with the program.

    Raises `UsageError` when there is none of that name.
    """
    from schemas.data_contract import SUFFIXES  # noqa: PLC0415  # as above

    own = workspace / "layouts" if workspace is not None else None
    mine = [] if own is None else [own / f"{name}.toml", *(own / f"{name}.odcs{ending}" for ending in SUFFIXES)]
    places = [Path(name), *mine, LAYOUTS / f"{name}.toml"]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        known = [path.stem for folder in (own, LAYOUTS) if folder is not None for path in folder.glob("*.toml")]
        known += [path.name.partition(".odcs.")[0] for path in (own.glob("*.odcs.y*ml") if own is not None else [])]
        raise UsageError(f"There is no layout '{name}'.", did_you_mean(name, known))
    return found


def read_campaign(path: Path) -> Campaign:
    """Read a campaign's file. Raises `ConfigError` with all faults."""
    faults: list[str] = []
    campaign = load(path, Campaign, faults)
    raise_faults(faults)
    assert campaign is not None  # noqa: S101  # without faults there is one
    return campaign
