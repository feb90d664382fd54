"""What vendors write around and into an address: taken off where one reading is left, counted where there are several.

Nothing here says whether an address is valid; the caller hands in who does (`Valid`).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from schemas.contact.marks import INVISIBLE_REMOVED, MARK_REMOVED, without_invisible, without_marks

#: Normal form of an address that is valid as it is, else None.
Valid = Callable[[str], str | None]

_TRAILING = re.compile(r"(?<![\s.,;:!])[\s.,;:!]+$")
#: Brackets and quotes, as they open and close.
_AROUND = dict(
    zip(
        "([{\"'`\u201c\u201e\u2018\u201a\u00ab\u2039\u00bb\u203a\u3008\u300a\u300c\u300e\u3010\uff02\uff07\uff08\uff1c",
        ")]}\"'`\u201d\u201c\u2019\u2018\u00bb\u203a\u00ab\u2039\u3009\u300b\u300d\u300f\u3011\uff02\uff07\uff09\uff1e",
        strict=True,
    )
)
_BRACKETED = re.compile(r"([^<>]*)<\s*([^<>]+?)\s*>")
_LABELLED = re.compile("[:=]")
_MAILTO = re.compile(r"mailto:\s*([^?]*)(?:\?.*)?", re.IGNORECASE | re.DOTALL)
#: What says that an address follows; Exchange writes SMTP.
_LABEL = re.compile(r"(?:smtp|e-?mail|mail|courriel|correo|adresse|address)\s*[:=]\s*(.*)", re.IGNORECASE | re.DOTALL)
_ADDRESSES = re.compile(r"(?:mailto:)?[^\s<>;,|/\"():@]+@[^\s<>;,|/\"():@]+", re.IGNORECASE)
_SLIP = re.compile(r"[\s,]")
_BLANK, _SLIPS = re.compile(r"\s"), re.compile(r"[\s,.]*[\s,][\s,.]*")
_DOMAIN_BLANK = re.compile(r"\s*\.\s*")
_DOMAIN_COMMA = re.compile(r"(?<=\S),(?=\S)")
#: A comma that is not before the last part of a domain, where only a dot can be.
_COMMA_TOO_MUCH = re.compile(r",(?=[^,.]*[,.])")
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
    """Take off trailing punctuation, brackets, the name before them, quotes, labels, and invisible characters."""
    if value.isascii() and value[:1].isalnum() and value[-1:].isalnum() and not _LABELLED.search(value):
        return value, ""
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
        if (match := _LABEL.fullmatch(text)) is not None:
            text = match[1]
            done.append("label removed")
        if len(text) > 2 and _AROUND.get(text[0]) == text[-1]:
            done.append("brackets removed" if text[0] in "([{" else "quotes removed")
            text = text[1:-1].strip()
        for without, repair in ((without_invisible, INVISIBLE_REMOVED), (without_marks, MARK_REMOVED)):
            if (plain := without(text)) != text:
                text = plain
                done.append(repair)
        if text == before:
            return text, ", ".join(dict.fromkeys(done))


def without_slips(value: str, valid: Valid) -> tuple[str, str] | None:
    """Mend blanks beside the ``@`` or a dot of the domain, and commas for dots in the domain.

    Returns the normal form and the repair. None where two addresses may be meant: when the part before the slip is one
    by itself, and when a comma may be too much (``jo@yaho,o.com``). And for slips in the local part, where a blank or
    a comma may mean anything.
    """
    if _SLIP.search(value) is None:
        return None
    local, _, domain = value.partition("@")
    normal = valid(f"{local.strip()}@{_dotted(domain)}")
    cuts = [match.start() for match in _SLIP.finditer(domain.strip())]
    if normal is None or any(valid(f"{local.strip()}@{domain.strip()[:cut]}") for cut in cuts):
        return None
    commas = [match.start() for match in _COMMA_TOO_MUCH.finditer(domain)]
    if any(valid(f"{local.strip()}@{_dotted(domain[:at] + domain[at + 1 :])}") for at in commas):
        return None
    done = ["comma read as dot"] if "," in domain else []
    if _BLANK.search(value):
        done.insert(0, "blank removed")
    return normal, ", ".join(done)


def _dotted(domain: str) -> str:
    return _DOMAIN_COMMA.sub(".", _DOMAIN_BLANK.sub(".", domain.strip()))


def was_address(value: str, valid: Valid) -> bool:
    """Whether a value is an address but for blanks and commas inside."""
    dotted = _SLIPS.sub(".", value)
    return dotted != value and "/" not in value and value.count("@") == 1 and valid(dotted) is not None


def looks_like_phone(value: str) -> bool:
    """Whether a value has the shape of a phone number, of whatever country."""
    return _PHONE.fullmatch(value) is not None and 7 <= sum(letter.isdecimal() for letter in value) <= 15
