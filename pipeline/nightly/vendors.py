"""Which vendors a pass serves, and what is wrong with their configuration: one's fault does not stop the others."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.reading.remote import is_remote
from schemas.config import Campaign, Vendor, load, raise_faults
from schemas.errors import ConfigError, UsageError
from schemas.support.names import did_you_mean


@dataclass(frozen=True)
class Seller:
    """A vendor whose drops are taken. ``campaign`` is the file, ``campaign_name`` the name in it.

    ``inbox`` is a folder, or a URL when ``remote``. ``max_reject_rate`` is the campaign's.
    """

    name: str
    inbox: str
    campaign: Path
    campaign_name: str
    remote: bool
    max_reject_rate: float | None


def find_sellers(workspace: Path, wanted: list[str]) -> tuple[list[Seller], dict[str, ConfigError]]:
    """Vendors that name a campaign or an inbox, by name; and those whose files have faults.

    Raises `UsageError` when a wanted vendor does not exist, or is not one of these.
    """
    files = {path.stem: path for path in sorted((workspace / "vendors").glob("*.toml"))}
    for name in wanted:
        if name not in files:
            raise UsageError(f"There is no vendor '{name}'.", did_you_mean(name, files))
    sellers, faulty = [], {}
    for name, path in files.items():
        if wanted and name not in wanted:
            continue
        try:
            seller = _seller(workspace, path)
        except ConfigError as error:
            faulty[name] = error
            continue
        if seller is not None:
            sellers.append(seller)
        elif wanted:
            raise UsageError(f"Vendor '{name}' has no campaign.", f"Add campaign = \"…\" to '{path}'.")
    return sellers, faulty


def _seller(workspace: Path, path: Path) -> Seller | None:
    faults: list[str] = []
    vendor = load(path, Vendor, faults)
    raise_faults(faults)
    assert vendor is not None  # noqa: S101  # without faults there is one
    if vendor.campaign is None:
        if vendor.inbox is None:
            return None
        raise_faults([f"{path}: inbox: there is no campaign beside it"])
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
    remote = is_remote(inbox)
    return Seller(
        vendor.name, inbox if remote else str(workspace / inbox), file, campaign.name, remote, campaign.max_reject_rate
    )
