"""Answers a wrong name with the nearest right one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

#: More names than this are no help in an error message.
_LISTED = 12


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``Did you mean 'x'?``, else the known names when they are few, else nothing."""
    names = sorted(known)
    begun = [candidate for candidate in names if len(name) > 2 and candidate.lower().startswith(name.lower())]
    near = begun or get_close_matches(name, names, n=1, cutoff=0.6)
    if near:
        return f"Did you mean '{near[0]}'?"
    return f"Known: {', '.join(names)}." if 0 < len(names) <= _LISTED else ""
