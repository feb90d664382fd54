"""Whose row it is: what is looked for, and in which columns a value is the row's own."""

from __future__ import annotations

from pipeline.results.person_wanted import Wanted, wanted_email, wanted_phone
from schemas.columns import EMAIL_SLOTS, PHONE_SLOTS
from schemas.manifest import Manifest


def wanted_of(phone: str | None, email: str | None, region: str | None) -> Wanted:
    """Who is looked for: one of the two. Raises `UsageError` when it is blank."""
    return wanted_email(email or "") if phone is None else wanted_phone(phone, region)


def own_columns(manifest: Manifest) -> frozenset[str]:
    """Columns whose value is the row's own contact point; in any other, somebody else's may be mentioned."""
    slots = (*PHONE_SLOTS, *EMAIL_SLOTS)
    mapped = {source for file in manifest.inputs for slot, source in file.mapping.items() if slot in slots}
    return frozenset({*slots, "raw", *(f"original:{source}" for source in mapped)})
