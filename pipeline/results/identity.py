"""The run's id: a hash of everything that its result depends on, and of nothing else."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib.metadata import version
from typing import Any

from pipeline.context import Context
from schemas.columns import SCHEMA_VERSION
from schemas.contact.email import EMAIL_AUTHORITY
from schemas.contact.phone import PHONE_AUTHORITY
from schemas.contact.quality import DISPOSABLE_AUTHORITY
from schemas.manifest import MailChecked, UsedHistory
from suppression.rules.public_holidays import HOLIDAYS_AUTHORITY
from suppression.rules.time_zones import ZONES_AUTHORITY

_AUTHORITIES = (PHONE_AUTHORITY, EMAIL_AUTHORITY, DISPOSABLE_AUTHORITY, ZONES_AUTHORITY, HOLIDAYS_AUTHORITY)
LIBRARIES = dict(authority.rsplit(" ", 1) for authority in _AUTHORITIES)

#: What of a campaign does not enter as it stands: the run's lists and past do by what they are.
_OF_NO_ACCOUNT: Any = {
    "max_reject_rate": True,
    "lists": True,
    "dedupe": {"history", "cross_vendor", "history_days"},
}


@cache
def program_version() -> str:
    """Version of leadscrub as installed."""
    return version("leadscrub")


def run_id(
    context: Context, file_hashes: list[str], mail: MailChecked | None = None, history: UsedHistory | None = None
) -> str:
    """Return 32 hexadecimal digits. Threads, block sizes and paths do not enter; what DNS answered and what was bought
    before do."""
    facts: dict[str, object] = {
        "leadscrub": program_version(),
        "schema": SCHEMA_VERSION,
        "libraries": LIBRARIES,
        "as_of": context.as_of.isoformat(),
        "vendor": context.vendor,
        "campaign": context.campaign.model_dump(mode="json", exclude=_OF_NO_ACCOUNT),
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
            for digest, source in zip(file_hashes, context.sources, strict=True)
        ],
        "rules": None if context.rules is None else context.rules.identity(),
        "lists": [f"{lst.facts.kind}:{lst.facts.name}:{lst.facts.version}:{lst.max_age}" for lst in context.lists],
    }
    if mail is not None:
        facts["mail"] = mail.answers_sha256
    if history is not None:
        facts["history"] = history.model_dump(mode="json", exclude={"overlaps"})
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:32]
