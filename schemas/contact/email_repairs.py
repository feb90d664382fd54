"""What vendors write around and into an address: taken off where one reading is left, counted where there are several.

Nothing here says whether an address is valid; the caller hands in who does (`Valid`).
"""

from __future__ import annotations

import re
from collections.abc import Callable

#: Normal form of an address that is valid as it stands, else None.
Valid = Callable[[str], str | None]

_TRAILING = re.compile(r"[\s.,;]+$")
_BRACKETED = re.compile(r"([^<>]*)<\s*([^<>]+?)\s*>")
_MAILTO = re.compile(r"mailto:\s*([^?]*)(?:\?.*)?", re.IGNORECASE | re.DOTALL)
_QUOTED = re.compile(r"(?P<quote>[\"'])(.+)(?P=quote)")
_ADDRESSES = re.compile(r"(?:mailto:)?[^\s<>;,|/\"():@]+@[^\s<>;,|/\"():@]+", re.IGNORECASE)
_SLIP = re.compile(r"[\s,]")
_DOMAIN_BLANK = re.compile(r"\s*\.\s*")
_DOMAIN_COMMA = re.compile(r"(?<=\S),(?=\S)")
_PHONE = re.compile(r"(?:(?:tel|phone|mobile|cell|whatsapp|p)[:.]?\s*)?[+(]?[\d\s().\-/]{7,}", re.IGNORECASE)


def read_inside(value: str, valid: Valid) -> tuple[list[str], str]:
    """Return the different addresses that the whole of a cell comes to, and how they were taken out.

    None where anything is left over that is no address.
    """
    text, repair = _unwrapped(value)
    if repair and (normal := valid(text)):
        return [normal], repair
    written = _ADDRESSES.findall(value)
    if len(written) < 2 or value.count("@") != len(written):
        return [], ""
    found: dict[str, str] = {}
    for part in written:
        if (normal := valid(_unwrapped(part)[0])) is None:
            return [], ""
        found.setdefault(normal.lower(), normal)
    return list(found.values()), "the same address twice"


def _unwrapped(value: str) -> tuple[str, str]:
    """Take off trailing punctuation, brackets with the name before them, quotes and ``mailto:``."""
    done: list[str] = []
    text = value
    while True:
        before = text
        if (match := _TRAILING.search(text)) is not None:
            text = text[: match.start()]
            done.append("trailing punctuation removed")
        if (match := _BRACKETED.fullmatch(text)) is not None and "@" not in match[1]:
            text = match[2]
            done.append("display name removed" if match[1].strip() else "brackets removed")
        if (match := _MAILTO.fullmatch(text)) is not None:
            text = match[1]
            done.append("mailto: removed")
        if (match := _QUOTED.fullmatch(text)) is not None:
            text = match[2].strip()
            done.append("quotes removed")
        if text == before:
            return text, ", ".join(dict.fromkeys(done))


def without_slips(value: str, valid: Valid) -> tuple[str, str] | None:
    """Mend blanks beside the ``@`` or a dot of the domain, and commas for dots in the domain.

    Returns the normal form and the repair; None when the part before the slip is an address by itself, since both may
    be meant, and for slips in the local part, where a blank or a comma may stand for anything.
    """
    if _SLIP.search(value) is None:
        return None
    local, _, domain = value.partition("@")
    mended = _DOMAIN_COMMA.sub(".", _DOMAIN_BLANK.sub(".", domain.strip()))
    normal = valid(f"{local.strip()}@{mended}")
    cuts = [match.start() for match in _SLIP.finditer(domain.strip())]
    if normal is None or any(valid(f"{local.strip()}@{domain.strip()[:cut]}") for cut in cuts):
        return None
    done = ["comma read as dot"] if "," in domain else []
    if re.search(r"\s", value):
        done.insert(0, "blank removed")
    return normal, ", ".join(done)


def was_address(value: str, valid: Valid) -> bool:
    """Whether a value is an address but for blanks and commas inside."""
    dotted = re.sub(r"[\s,.]*[\s,][\s,.]*", ".", value)
    return dotted != value and "/" not in value and value.count("@") == 1 and valid(dotted) is not None


def looks_like_phone(value: str) -> bool:
    """Whether a value has the shape of a phone number, of whatever country."""
    return _PHONE.fullmatch(value) is not None and 7 <= sum(letter.isdecimal() for letter in value) <= 15
