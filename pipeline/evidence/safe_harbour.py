"""The record for the safe harbour of the Telemarketing Sales Rule: what a result shows of it, and what a person adds.

Sources: 16 CFR 310.4(b)(3) for the defence, 16 CFR 310.5 for the records that are kept for five years.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from pipeline.evidence.proven_row import ProvenRow
from schemas.manifest import Manifest
from schemas.support.figures import counted

_DEFENCE: Final = "16 CFR 310.4(b)(3)"
_RECORDS: Final = "16 CFR 310.5"
#: How old a copy of the national registry may be on the day of a call (310.4(b)(3)(iv)).
_REGISTRY_DAYS: Final = 31
#: Parts of the defence that somebody attests, and what a person files with that word.
_ATTESTED: Final = (
    ("procedures", "written procedures to honour requests not to be called", "the procedures that were in force"),
    ("training", "staff, and who calls for them, are trained in these procedures", "who was trained when, in what"),
    ("monitoring", "that the procedures are followed is monitored and enforced", "reports, and what followed"),
    ("error_only", "a call that should not have been made was an error", "how this call came about"),
)
#: Records that no scrub has: they come from whoever calls.
_OF_CALLS: Final = (
    ("each script and recording, where substantially different", "scripts and recordings"),
    ("each call: numbers, time, length, outcome, who called, for which campaign", "the dialler's call records"),
    ("what was sold to whom, when, and for how much", "the order"),
)


def safe_harbour_record(manifest: Manifest, rows: list[ProvenRow]) -> list[dict[str, Any]]:
    """Each part of the defence and of the records: ``asks``, ``shows`` (nothing when we know nothing), ``add``."""
    return [*_defence(manifest), *_records(manifest, rows)]


def _defence(manifest: Manifest) -> list[dict[str, Any]]:
    attested: set[str] = set(manifest.rules.campaign_evidence.safe_harbour)
    parts = [_part(_DEFENCE, asks, _attested(name, attested), add) for name, asks, add in _ATTESTED]
    own = [used for used in manifest.lists if used.kind == "dnc.internal"]
    shows = [
        f"list {used.name}, version {used.version[:12]} as of {used.as_of}, {counted(used.entries.indexed, 'entry')}"
        for used in own
    ]
    parts.append(
        _part(
            _DEFENCE,
            "a list of the people who asked this seller not to call",
            [*_attested("entity_list", attested), *shows],
            "nothing, where that list has all requests" if own else "the list: none of kind dnc.internal was consulted",
        )
    )
    return [*parts, _registry(manifest, attested)]


def _registry(manifest: Manifest, attested: set[str]) -> dict[str, Any]:
    used = [each for each in manifest.lists if each.kind == "dnc.national"]
    shows = [
        f"list {each.name}, version {each.version[:12]} as of {each.as_of} (by {each.dated_by}), "
        f"{counted(each.age_days, 'day')} old on {manifest.as_of}; a call on it may be made until "
        f"{each.as_of + timedelta(days=_REGISTRY_DAYS)}"
        for each in used
    ]
    return _part(
        _DEFENCE,
        f"a documented process, with a copy of the national registry not older than {_REGISTRY_DAYS} days at each call",
        [*_attested("registry_process", attested), *shows],
        "that no call was made later" if used else "the registry: no copy of it was consulted",
    )


def _records(manifest: Manifest, rows: list[ProvenRow]) -> list[dict[str, Any]]:
    access = [f"entity {manifest.entity}", f"SAN {manifest.san}", f"campaign {manifest.campaign}"]
    named = [text for text in access if not text.endswith(" None")]
    files = [f"{file.name}, sha256 {file.sha256}" for used in manifest.lists for file in used.files if used.registry]
    parts = [
        _part(
            _RECORDS,
            "which version of the registry was used: entity, date of access, subscription number, campaign",
            [*named, *files],
            "the receipt of the download" if manifest.san else "the subscription account number (SAN), and the receipt",
        )
    ]
    for row in rows:
        consent = [f"{name}: {row.cell(name)}" for name in _CONSENT if row.cell(name) is not None]
        relation = [f"{name}: {row.cell(name)}" for name in _RELATION if row.cell(name) is not None]
        of = f" (row {row.row_id})"
        parts += [
            _part(
                _RECORDS,
                f"consent: name, number, the request as presented, purpose, date, a copy{of}",
                consent,
                _copy(row),
            ),
            _part(
                _RECORDS,
                f"an established business relationship, where one is claimed{of}",
                relation,
                "the contract or inquiry",
            ),
            _part(
                _RECORDS,
                f"a request not to be called: name, numbers, date{of}",
                [f"withdrawn_at: {row.cell('withdrawn_at')}"] if row.cell("withdrawn_at") else [],
                "the request, and when it was acted upon",
            ),
        ]
    return [*parts, *(_part(_RECORDS, asks, [], add) for asks, add in _OF_CALLS)]


_CONSENT: Final = (
    *(
        "full_name",
        "first_name",
        "last_name",
        "phone",
        "consent_basis",
        "consent_at",
        "consent_purposes",
        "consent_text",
    ),
    *(
        "consent_url",
        "consent_ip",
        "consent_method",
        "consent_named_parties",
        "consent_evidence",
        "trustedform_cert_url",
    ),
)
_RELATION: Final = ("last_purchase_at", "last_inquiry_at")


def _copy(row: ProvenRow) -> str:
    has = any(row.cell(name) for name in ("consent_evidence", "trustedform_cert_url", "jornaya_lead_id"))
    return "the copy that the evidence names" if has else "a copy of the consent, and of what the person saw"


def _attested(part: str, attested: set[str]) -> list[str]:
    return ["attested in the campaign's [evidence]"] if part in attested else []


def _part(citation: str, asks: str, shows: list[str], add: str) -> dict[str, Any]:
    return {"citation": citation, "asks": asks, "shows": shows, "add": add}
