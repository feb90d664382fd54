"""Names of columns: no two alike, and none without one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

#: Control characters, and the signs that Unicode has for them (block Control Pictures).
_PICTURES: Final = {code: 0x2400 + code for code in range(32)} | {127: 0x2421}


def unique_names(header: Sequence[str]) -> tuple[str, ...]:
    """Trim names, name the nameless by position, and number repeats. Control characters become visible signs.

    No format of ours can write a name with a NUL in it.
    """
    names = Numbered()
    for position, cell in enumerate(header, start=1):
        names.add(" ".join(cell.split()).translate(_PICTURES) or f"column {position}")
    return tuple(names.taken)


class Numbered:
    """Names, of which each that repeats has a number: ``a``, ``a (2)``. Takes the same time for each, however often."""

    def __init__(self) -> None:
        self.taken: dict[str, None] = {}
        self._next: dict[str, int] = {}

    def add(self, name: str) -> str:
        """Take a name; returns what it is called."""
        given = name
        while given in self.taken:
            copy = self._next.get(name, 2)
            self._next[name] = copy + 1
            given = f"{name} ({copy})"
        self.taken[given] = None
        return given
