"""The region (ISO 3166-1 alpha-2) that national phone numbers are read in."""

from __future__ import annotations

import phonenumbers

from schemas.errors import UsageError
from schemas.support.names import did_you_mean


def checked_region(region: str) -> str:
    """Return the region in upper case. Raises `UsageError` when no phone number can belong to it."""
    code = region.strip().upper()
    if code not in phonenumbers.SUPPORTED_REGIONS:
        raise UsageError(
            f"'{region}' is not a region (ISO 3166-1 alpha-2, such as US, CA, GB or FR).",
            did_you_mean(code, phonenumbers.SUPPORTED_REGIONS) if len(code) == 2 else "",
        )
    return code
