"""Whether one address is valid, and its normal form: the answer of ``email-validator`` (no DNS), mostly without asking.

The library looks at what is before the @ and at each label behind it by itself. So parts in ASCII are decided by its
grammar (RFC 5322 atoms, RFC 1123 host names), and each other label is asked once: odd domains come in many addresses.
So is what has more than letters beyond ASCII before the @. Asked in full are domains with letters written from the
right, whose labels depend on each other (RFC 5893).
"""

from __future__ import annotations

import functools
import re
import unicodedata
from importlib.metadata import version
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from email_validator import ValidatedEmail

#: The version of the library that the names below were taken from: to load it takes longer than most drops' addresses.
NAMES_FROM = "2.4.0"
#: Mailboxes whose case means nothing (RFC 2142), and domains that receive no mail, as that version has them.
MAILBOXES: Final = frozenset(
    {"abuse", "ftp", "hostmaster", "info", "marketing", "news", "noc", "postmaster", "sales", "security", "support"}
    | {"usenet", "uucp", "webmaster", "www"}
)
SPECIAL_USE: Final = frozenset({"arpa", "invalid", "local", "localhost", "onion", "test"})
#: Bytes up to which an address as written is not too long, whatever is in it.
_SHORT = 128
#: Longest address, domain and label (RFC 5321, RFC 1035), in ASCII.
_LONGEST_ADDRESS, _LONGEST_DOMAIN = 254, 253
_ATOM = r"[a-zA-Z0-9_!#$%&'*+\-/=?^`{|}~]+"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
#: The same with letters and figures of any writing (and the low line, which is both).
_ATOM_ANYWHERE = r"(?:[\w!#$%&'*+\-/=?^`{|}~])+"
_LOCAL_ANYWHERE = re.compile(rf"{_ATOM_ANYWHERE}(?:\.{_ATOM_ANYWHERE})*")
#: A label of a host name in lower case. Two hyphens behind two characters mean an encoding; of these there is only xn.
_LABEL = r"(?!..--)[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}\.)+{_LABEL}")
_ENCODED = "xn--"
_FROM_THE_RIGHT = frozenset({"R", "AL", "AN"})


class _Label(NamedTuple):
    """A label in ASCII and as it is shown."""

    ascii: str
    shown: str


def valid_address(value: str) -> str | None:
    """Normal form of an address; None where it is not valid."""
    if value.count("@") != 1:
        # Without quoted local parts, which are not allowed, the library refuses all of these.
        return None
    local, _, domain = value.partition("@")
    if (local.isascii() and _LOCAL.fullmatch(local) is None) or (parts := _domain(domain)) is None:
        return None
    normal = local if _is_plain(local) else _local_part(local)
    if normal is None:
        return None
    if normal.lower() in without_case():
        normal = normal.lower()
    if not value.isascii() or parts.shown != parts.ascii:
        # Each way of writing it may be too long.
        size = len(normal.encode())
        if len(value.encode()) > _SHORT or size > len(local.encode()) or size + 1 + len(parts.ascii) > _LONGEST_ADDRESS:
            return _asked(value)[0]
    elif len(value) > _LONGEST_ADDRESS:
        return None
    return f"{normal}@{parts.shown}"


def _is_plain(local: str) -> bool:
    """Whether a local part is of atoms, beyond ASCII only of letters that are composed where they can be (NFC)."""
    if local.isascii():
        return True
    if _LOCAL_ANYWHERE.fullmatch(local) is None:
        return False
    return all(char.isascii() or char.isalpha() for char in local) and unicodedata.is_normalized("NFC", local)


def _local_part(local: str) -> str | None:
    """Normal form of a local part, as the library says, which looks at it by itself; None where it is not valid."""
    valid = _validated(f"{local}@a.com")
    return None if valid is None else valid.local_part


def _domain(domain: str) -> _Label | None:
    """A domain in ASCII and as it is shown; None where it is not valid."""
    if domain.isascii():
        lower = domain.lower()
        if _ENCODED not in lower:
            is_valid = _HOST.fullmatch(lower) is not None and lower[-1] >= "a" and not _receives_none(lower)
            return _Label(lower, lower) if is_valid else None
    labels = [_label(label) for label in domain.split(".")]
    known = [label for label in labels if label is not None]
    if any("." in label.shown or not _is_from_the_left(label.shown) for label in known):
        normal, size = _asked(f"a@{domain}")
        # How long it is in ASCII is all that matters of that.
        return None if normal is None else _Label("a" * size, normal[2:])
    if len(known) < len(labels) or len(labels) < 2:
        return None
    joined = _Label(".".join(label.ascii for label in known), ".".join(label.shown for label in known))
    is_valid = len(joined.ascii) <= _LONGEST_DOMAIN and joined.ascii[-1] >= "a" and not _receives_none(joined.ascii)
    return joined if is_valid else None


@functools.lru_cache(maxsize=10_000)
def _label(label: str) -> _Label | None:
    if label.isascii() and _ENCODED not in label.lower():
        plain = _domain(f"{label}.com")
        return plain and _Label(*(name.removesuffix(".com") for name in plain))
    valid = _validated(f"a@{label}.com")
    if valid is None:
        return None
    return _Label(valid.ascii_domain.removesuffix(".com"), valid.domain.removesuffix(".com"))


def _is_from_the_left(label: str) -> bool:
    return label.isascii() or not any(unicodedata.bidirectional(char) in _FROM_THE_RIGHT for char in label)


def _receives_none(domain: str) -> bool:
    """Whether a domain in ASCII is reserved, so that the library refuses it."""
    return domain.endswith(_reserved()) or f".{domain}" in _reserved()


@functools.cache
def library_version() -> str:
    """The version of ``email-validator`` as installed."""
    return version("email-validator")


@functools.cache
def _reserved() -> tuple[str, ...]:
    if library_version() == NAMES_FROM:
        return tuple(f".{name}" for name in SPECIAL_USE)
    from email_validator import SPECIAL_USE_DOMAIN_NAMES  # noqa: PLC0415  # as in `_validated`

    return tuple(f".{name}" for name in SPECIAL_USE_DOMAIN_NAMES)


@functools.cache
def without_case() -> frozenset[str]:
    """Mailboxes whose case means nothing, as the library knows them: it writes them in lower case."""
    if library_version() == NAMES_FROM:
        return MAILBOXES
    from email_validator.rfc_constants import CASE_INSENSITIVE_MAILBOX_NAMES  # noqa: PLC0415  # as in `_validated`

    return frozenset(CASE_INSENSITIVE_MAILBOX_NAMES)


def _asked(value: str) -> tuple[str | None, int]:
    """What the library says: the normal form, and how long its domain is in ASCII."""
    valid = _validated(value)
    return (None, 0) if valid is None else (valid.normalized, len(valid.ascii_domain))


def _validated(value: str) -> ValidatedEmail | None:
    # Loading it takes longer than a phone's look-up, which never asks it.
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415

    try:
        return validate_email(value, check_deliverability=False)
    except EmailNotValidError:
        return None
