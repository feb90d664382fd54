"""Answers a wrong name with the nearest right one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from types import MappingProxyType

#: More names than this are no help in an error message.
_LISTED = 12


def did_you_mean(name: str, known: Iterable[str], also: Mapping[str, str] = MappingProxyType({})) -> str:
    """Return ``Did you mean 'x'?``, else the known names when they are few, else nothing.

    Case, spaces and the marks between words make no difference. ``also``: what known names are called elsewhere.
    """
    names = sorted(known)
    spelled = {_folded(other): right for other, right in also.items()} | {_folded(right): right for right in names}
    asked = _folded(name)
    begun = [word for word in spelled if len(asked) > 2 and word.startswith(asked)]
    near = [asked] if asked in spelled else begun or get_close_matches(asked, spelled, n=1, cutoff=0.6)
    if near:
        return f"Did you mean '{spelled[near[0]]}'?"
    return f"Known: {', '.join(names)}." if 0 < len(names) <= _LISTED else ""


def _folded(name: str) -> str:
    return re.sub(r"[\s_-]+", "", name.casefold())
