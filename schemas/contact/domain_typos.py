"""Domains that look like a slip of a well-known one: a suggestion for a person, never a correction.

Conservative: one slip of the finger (a letter left out, doubled, struck beside or swapped with its neighbour) in the
name of a large mailbox provider, never in its first letter, since most words one letter away from a provider's name are
somebody's own domain; and endings that are no top-level domain and resemble one.
"""

from __future__ import annotations

from string import ascii_lowercase

#: Large mailbox providers. Names of fewer than five letters (aol, gmx, msn, web) are too near to everything.
_PROVIDERS = frozenset(
    {
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
    }
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


_REAL = _OTHERS | _PROVIDERS
#: Providers' names by their ending and first letter.
_NAMES: dict[tuple[str, str], list[str]] = {}
for _name, _, _ending in sorted(provider.partition(".") for provider in _PROVIDERS):
    _NAMES.setdefault((_ending, _name[0]), []).append(_name)


def domain_meant(domain: str) -> str | None:
    """Return the well-known domain that a lower-case domain is probably a slip of, else None."""
    if (meant := _slip_of(domain)) is not None:
        return meant
    name, _, ending = domain.rpartition(".")
    if name and ending in _ENDINGS:
        right = f"{name}.{_ENDINGS[ending]}"
        return _slip_of(right) or right
    return None


def _slip_of(domain: str) -> str | None:
    """The provider's domain that this is a slip of; None where it is one of none, or of two."""
    if domain in _REAL:
        return None
    name, _, ending = domain.partition(".")
    if ending in _NEAR_COM:
        return f"{name}.com" if f"{name}.com" in _PROVIDERS else None
    meant = [right for right in _NAMES.get((ending, name[:1]), ()) if is_slip(name, right)]
    return f"{meant[0]}.{ending}" if len(meant) == 1 else None


def is_slip(name: str, right: str) -> bool:
    """Whether a name is one slip away from the right one. Before the first letter only that letter may be struck."""
    # A plural is another word.
    if name[:1] != right[:1] or name in (right, right + "s"):
        return False
    same = next((at for at, letter in enumerate(right) if letter != name[at : at + 1]), len(right))
    typed, meant = name[same:], right[same:]
    if typed == meant[1:]:  # a letter is left out
        return True
    if typed[1:] in (meant, meant[1:]):  # one more, or another one
        return typed[0] in ascii_lowercase
    return typed[2:] == meant[2:] and typed[:2] == meant[1::-1]  # two are swapped
