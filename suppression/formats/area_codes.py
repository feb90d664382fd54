"""The area codes that a file's name says it covers, and the refusal of a file that holds others."""

from __future__ import annotations

import re
from typing import Final

from schemas.errors import ListError
from suppression.formats.members import Member

# Three digits by themselves: "212.txt", "2026-11-21_212_full.zip". Years, days and account numbers do not.
_CODE: Final = re.compile(r"(?<![A-Za-z0-9])[2-9][0-9][0-9](?![A-Za-z0-9])")
_SHOWN: Final = 5


def codes_in_name(member: Member) -> frozenset[str]:
    """Return the area codes in a member's name, or in its archive's when it is alone in it."""
    for name in member.names:
        if found := frozenset(_CODE.findall(name)):
            return found
    return frozenset()


def refuse_others(member: Member, named: frozenset[str], found: frozenset[str]) -> None:
    """Stop when a file that says its area codes holds another. Raises `ListError`: one of the two is wrong."""
    others = sorted(found - named) if named else []
    if others:
        shown = ", ".join(others[:_SHOWN]) + (" …" if len(others) > _SHOWN else "")
        raise ListError(
            f"Suppression list '{member.name}' says area code {', '.join(sorted(named))} but holds {shown}.",
            "Download it again; rename it if the digits in its name are no area code.",
        )
