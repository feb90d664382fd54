"""A phone as a point of contact: what the library says, else its repair; and the other reading of what has two.

Where two readings are possible and both are valid, the one as written is kept and the other goes along, which screens
both.
"""

from __future__ import annotations

from schemas.contact.numbering.known import read_known
from schemas.contact.numbering.library import PhoneForm, PhonePoint
from schemas.contact.phone_questions import Asking, answer_one
from schemas.contact.phone_repairs import (
    as_national,
    begins_with_code,
    behind_code,
    repair_phone,
    without_prefix,
    written_with_code,
)


def read_phone_point(value: str, region: str | None) -> PhonePoint:
    """Read one trimmed, non-empty value; ``region`` as in `read_phone`."""
    return answer_one(phone_point(value, region), read_known)


def phone_point(value: str, region: str | None) -> Asking[PhonePoint]:
    """As `read_phone_point`, asking what each text is that it looks at."""
    form = yield value, region
    if form.state != "ok":
        return (yield from repair_phone(value, region, form))
    return PhonePoint(form, None if region is None else (yield from _other_reading(value, region, form)))


def _other_reading(value: str, region: str, form: PhoneForm) -> Asking[PhoneForm | None]:
    """Find the second reading of a valid number.

    Of another country's number: the region's, behind a bogus prefix. Of the region's number whose own digits begin with
    the calling code, as 4915123020522 in Germany: the one that the plus was left out of.
    """
    if not begins_with_code(form.e164, region):
        nationals = yield from as_national(without_prefix(value, region), region)
        return nationals[0][1] if nationals else None
    digits = behind_code(form.e164, region)
    if not begins_with_code(f"+{digits}", region) or not written_with_code(value, region):
        return None
    without_plus = yield f"+{digits}", None
    return without_plus if without_plus.state == "ok" else None
