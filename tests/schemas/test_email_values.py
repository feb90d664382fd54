"""Made-up addresses for comparing with email-validator: every shape, length, domain and damage.

A module of its own, so that long runs outside the test suite can draw from it too.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

# fmt: off
_LOCALS = [
    "ann", "Ann.Lee", "a", "jo+news", "o'neil", "x_y", "-a-", "a-b.c-d", "j\u00fcrgen", "\u7528\u6237", "123",
    "A1.b2+c3", "p\u00e9pe", "a&b", "#", "a=b", "{x}", "~", "\"quoted\"", "\"two words\"", "a/b", "%41", "na\u0308me",
    "\u200bann", "first.middle.last",
]
_MAILBOXES = [
    "info", "Info", "INFO", "iNfo", "Sales", "nOC", "www", "WWW", "FTP", "Postmaster", "Abuse", "Jobs",
    "infos", "Info+x",
]
_LABELS = [
    "example", "mail", "nowhere", "x", "a-b", "b--c", "xn--bcher-kva", "b\u00fccher", "\u4f8b\u3048", "1", "9to5",
    "UPPER", "stra\u00dfe", "_x", "a_b", "-a", "a-", "no\ufffdwhere", "gmail", "yahoo",
]
_ENDS = [
    "com", "com", "com", "net", "org", "co.uk", "de", "museum", "COM", "x", "c0m", "1", "test", "local", "onion",
    "arpa", "example", "invalid", "localhost", "xn--p1ai", "\u043c\u043e\u0441\u043a\u0432\u0430", "in-addr.arpa",
    "home.arpa", "alt", "internal",
]
_SLIPS = [
    " ", ".", "..", ",", "@", ";", "-", "--", "_", "\"", "'", "(", ")", "<", ">", "\t", "\n", "\u00a0", "\u3002",
    "\uff0e", "\uff20", "/", "\\", ":", "[", "]", "\u0301", "\u202e", "%", "!", "\x7f", "e", "0",
]
_AHEAD = ["mailto:", "<", "Jo Doe <", "\"", "'", "Email: ", ".", " ", "www.", "(x)"]
_BEHIND = [
    ">", ".", ";", ",", " .", "\"", "'", "?subject=x", "; b@x.org", ", b@nowhere.museum", " (work)", "/b@x.org", "..",
]
# fmt: on


def made_up_addresses(seed: int) -> Iterator[str]:
    """Yield trimmed, non-empty values without end."""
    draw = random.Random(seed)
    while True:
        value = _address(draw).strip()
        if value:
            yield value


def _address(draw: random.Random) -> str:
    way = draw.random()
    if way < 0.4:
        # Plain ones, as most are: what the fast path decides.
        local = draw.choice(_MAILBOXES) if draw.random() < 0.1 else _plain(draw, "._-+")
        domain = f"{_plain(draw, '-')}.{draw.choice(['com', 'net', 'co.uk', 'org', 'io'])}"
    else:
        local = draw.choice(_LOCALS) if draw.random() < 0.8 else _plain(draw, "._-+'!#")
        labels = [draw.choice(_LABELS) for _ in range(draw.choice([0, 1, 1, 1, 2, 3]))]
        domain = ".".join([*labels, draw.choice(_ENDS)])
    if draw.random() < 0.05:
        # Near the limits of RFC 5321: 64 bytes, 63 a label, 254 in all.
        local = draw.choice([local, "a" * draw.randint(60, 68)])
        domain = draw.choice(["b" * draw.randint(60, 66), ".".join(["c" * 60] * draw.randint(1, 5))]) + "." + domain
    text = f"{local}@{domain}"
    while draw.random() < 0.15:
        at = draw.randrange(len(text) + 1)
        text = text[:at] + draw.choice(_SLIPS) + text[at + draw.randint(0, 1) :]
    if draw.random() < 0.05:
        text = draw.choice(_AHEAD) + text
    if draw.random() < 0.05:
        text += draw.choice(_BEHIND)
    return text


def _plain(draw: random.Random, more: str) -> str:
    letters = "abcdefghijklmnopqrstuvwxyz" * 3 + "ABCXYZ0123456789" + more
    return "".join(draw.choices(letters, k=draw.randint(1, 16)))
