"""The run's id: a hash of everything that its result depends on, and of nothing else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, NamedTuple

from pipeline.context import Source
from schemas.columns import SCHEMA_VERSION
from schemas.config import Campaign
from schemas.contact.email import EMAIL_AUTHORITY
from schemas.contact.phone import PHONE_AUTHORITY
from schemas.contact.quality import DISPOSABLE_AUTHORITY
from schemas.evidence import VendorEvidence
from suppression.rules.public_holidays import HOLIDAYS_AUTHORITY
from suppression.rules.time_zones import ZONES_AUTHORITY

if TYPE_CHECKING:  # what the law needs is loaded only where there are rule packs
    from suppression.rules.loading import LoadedPack

_AUTHORITIES = (PHONE_AUTHORITY, EMAIL_AUTHORITY, DISPOSABLE_AUTHORITY, ZONES_AUTHORITY, HOLIDAYS_AUTHORITY)
LIBRARIES = dict(authority.rsplit(" ", 1) for authority in _AUTHORITIES)

#: Parts of a campaign that do not enter as they are written: the run's lists and past enter by their content.
_OF_NO_ACCOUNT: Any = {
    "max_reject_rate": True,
    "gate": True,
    "lists": True,
    "no_lists": True,
    "no_region": True,
    "dedupe": {"history", "cross_vendor", "history_days"},
}


@cache
def program_version() -> str:
    """Version of leadscrub as installed."""
    return version("leadscrub")


class RunInputs(NamedTuple):
    """What a run's result depends on, besides its files. ``lists``: an identity for each list, in order.
    ``decisions``: hash of what people decided about rows of the drop; None when that is nothing.
    """

    as_of: date
    vendor: str | None
    campaign: Campaign
    sources: list[Source]
    packs: list[LoadedPack]
    vendor_evidence: VendorEvidence
    lists: Sequence[str]
    decisions: str | None = None


def run_id(inputs: RunInputs, file_hashes: list[str], found: Mapping[str, object]) -> str:
    """Return 32 hexadecimal digits. ``found``: what checks learnt from elsewhere, as what DNS answered.

    Threads, block sizes and paths do not enter.
    """
    facts: dict[str, object] = {
        "leadscrub": program_version(),
        "schema": SCHEMA_VERSION,
        "libraries": LIBRARIES,
        "as_of": inputs.as_of.isoformat(),
        "vendor": inputs.vendor,
        "campaign": inputs.campaign.model_dump(mode="json", exclude=_OF_NO_ACCOUNT),
        "files": [
            {
                "sha256": digest,
                "name": source.table.name,
                "read_as": source.table.reader.describe(),
                "fields": source.mapping.fields,
                "fax": sorted(source.mapping.fax),
                "extra": source.mapping.extra,
                "region": source.region,
                "layout": source.mapping.layout.model_dump(mode="json", exclude_defaults=True),
            }
            for digest, source in zip(file_hashes, inputs.sources, strict=True)
        ],
        "rules": _rules(inputs),
        "lists": list(inputs.lists),
        **({} if inputs.decisions is None else {"decisions": inputs.decisions}),
        **found,
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:32]


def _rules(inputs: RunInputs) -> dict[str, object] | None:
    if not inputs.packs:
        return None
    return {
        "packs": [[pack.pack.name, pack.pack.version, pack.sha256] for pack in inputs.packs],
        "vendor_evidence": inputs.vendor_evidence.model_dump(mode="json"),
    }
