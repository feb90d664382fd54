"""Facts that nothing bars a kind of contact, with the packs that they are in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from schemas.rules import Permit
from suppression.rules.loading import LoadedPack


@dataclass(frozen=True)
class PackPermit:
    """A permit with its pack."""

    permit: Permit
    pack: str
    version: str
    regions: tuple[str, ...]


def permits_of(packs: Iterable[LoadedPack]) -> list[PackPermit]:
    """Every permit of these packs, in order."""
    return [
        PackPermit(permit, each.pack.name, each.pack.version, tuple(permit.regions or each.pack.regions))
        for each in packs
        for permit in each.pack.permits
    ]
