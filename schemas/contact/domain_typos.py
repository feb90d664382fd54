"""Domains that look like a slip of a well-known one: a suggestion for a person, never a correction.

Conservative: one slip of the finger (a letter left out, doubled, struck beside or swapped with its neighbour) in the
name of a large mailbox provider, never in its first letter, since most words one letter away from a provider's name are
somebody's own domain; and endings that are no top-level domain and resemble one.
"""

from __future__ import annotations

import functools
import string

#: Large mailbox providers. Names of fewer than five letters (aol, gmx, msn, web) are too near to everything.
_PROVIDERS = (
    "gmail.com",
    "googlemail.com",
    "yahoo.com",
    "yahoo.co.uk",
    "yahoo.fr",
    "yahoo.ca",
    "ymail.com",
    "rocketmail.com",
    "hotmail.com",
    "hotmail.co.uk",
    "hotmail.fr",
    "outlook.com",
    "icloud.com",
    "comcast.net",
    "verizon.net",
    "sbcglobal.net",
    "bellsouth.net",
    "charter.net",
    "earthlink.net",
    "optonline.net",
    "frontier.com",
    "windstream.net",
    "protonmail.com",
    "btinternet.com",
    "virginmedia.com",
    "wanadoo.fr",
    "orange.fr",
    "laposte.net",
    "t-online.de",
    "freenet.de",
    "libero.it",
    "bigpond.com",
    "rediffmail.com",
    "hotmail.es",
    "hotmail.it",
    "yahoo.de",
    "yahoo.es",
    "yahoo.it",
    "yahoo.com.br",
    "terra.com.br",
)
#: Domains one letter away from a provider's that are somebody's own all the same.
_OTHERS = frozenset({"gail.com", "charger.net", "charted.net", "yahoo.co", "mail.com", "email.com", "terra.com"})
#: Endings that are in no list of top-level domains -> what they are a slip of.
_ENDINGS = {
    **dict.fromkeys(("con", "cmo", "ocm", "comm", "coom", "vom", "xom", "cpm"), "com"),
    **dict.fromkeys(("nte", "ner", "nett"), "net"),
    **dict.fromkeys(("ogr", "rog", "orgg"), "org"),
}
#: Endings that are real and hold many slips of ``.com``; only behind a provider's name.
_NEAR_COM = ("co", "cm", "om", "cim", "cok", "con", "cmo", "ocm", "comm", "coom", "vom", "xom", "cpm")


def domain_meant(domain: str) -> str | None:
    """Return the well-known domain that a lower-case domain is probably a slip of, else None."""
    if domain in _slips():
        return _slips()[domain]
    name, _, ending = domain.rpartition(".")
    if name and ending in _ENDINGS:
        right = f"{name}.{_ENDINGS[ending]}"
        return _slips().get(right, right)
    return None


@functools.cache
def _slips() -> dict[str, str]:
    """Every slip -> the domain it is one of. What is one of two domains is left out."""
    found: dict[str, set[str]] = {}
    for domain in _PROVIDERS:
        name, _, ending = domain.partition(".")
        slips = {f"{slip}.{ending}" for slip in _one_slip(name)}
        if ending == "com":
            slips |= {f"{name}.{near}" for near in _NEAR_COM}
        for slip in slips:
            found.setdefault(slip, set()).add(domain)
    real = _OTHERS | set(_PROVIDERS)
    return {slip: meant.pop() for slip, meant in found.items() if len(meant) == 1 and slip not in real}


def _one_slip(name: str) -> set[str]:
    """Every name one slip away that has the same first letter; another one may be put before it only by doubling."""
    slips = {name[0] + name}
    for at in range(1, len(name)):
        head, letter, tail = name[:at], name[at], name[at + 1 :]
        slips.add(head + tail)
        slips |= {head + other + tail for other in string.ascii_lowercase}
        slips |= {head + other + letter + tail for other in string.ascii_lowercase}
        if tail:
            slips.add(head + tail[0] + letter + tail[1:])
    # A plural is another word.
    slips |= {name + other for other in string.ascii_lowercase if other != "s"}
    return slips - {name}
