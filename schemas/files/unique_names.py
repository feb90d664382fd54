"""Names of columns: no two alike, and none without one."""

from __future__ import annotations

from collections.abc import Sequence


def unique_names(header: Sequence[str]) -> tuple[str, ...]:
    """Trim names, name the nameless by position, and number repeats."""
    names: dict[str, None] = {}
    for position, cell in enumerate(header, start=1):
        base = " ".join(cell.split()) or f"column {position}"
        name, copy = base, 2
        while name in names:
            name, copy = f"{base} ({copy})", copy + 1
        names[name] = None
    return tuple(names)
