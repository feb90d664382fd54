"""A phone as a point of contact: what the library says, else its repair; and the other reading of what has two.

Where two readings are possible and both are valid, the one as written is kept and the other goes along, which screens
both.
"""

from __future__ import annotations

import re

from phonenumbers import country_code_for_region

from schemas.contact.numbering.library import (
    PhoneForm,
    read_phone,
)
from schemas.contact.phone_repairs import WITH_PREFIX, PhonePoint, as_national, repair_phone


def read_phone_point(value: str, region: str | None) -> PhonePoint:
    """Read one trimmed, non-empty value; ``region`` as in `read_phone`."""
    form = read_phone(value, region)
    if form.state != "ok":
        return repair_phone(value, region, form)
    return PhonePoint(form, None if region is None else _other_reading(value, region, form))


def _other_reading(value: str, region: str, form: PhoneForm) -> PhoneForm | None:
    """Find the second reading of a valid number.

    Of another country's number: the region's, behind a bogus prefix. Of the region's number whose own digits begin with
    the calling code, as 4915123020522 in Germany: the one that the plus was left out of.
    """
    if not _begins_with_code(form.e164, region):
        return next((national for _, national in as_national(value, region)), None)
    digits = _behind_code(form.e164, region)
    if not _begins_with_code(f"+{digits}", region) or not _written_with_code(value, region):
        return None
    without_plus = read_phone(f"+{digits}", None)
    return without_plus if without_plus.state == "ok" else None


def _written_with_code(value: str, region: str) -> bool:
    """Whether the first digits of a value are the region's calling code, without a plus before them."""
    digits = re.sub(r"[^0-9]", "", value)
    return digits.startswith(str(country_code_for_region(region))) and not WITH_PREFIX.match(value)


def _begins_with_code(e164: str | None, region: str) -> bool:
    return e164 is not None and e164.startswith(f"+{country_code_for_region(region)}")


def _behind_code(e164: str | None, region: str) -> str:
    return (e164 or "").removeprefix(f"+{country_code_for_region(region)}")
