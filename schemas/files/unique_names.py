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
    names: dict[str, None] = {}
    for position, cell in enumerate(header, start=1):
        base = " ".join(cell.split()).translate(_PICTURES) or f"column {position}"
        name, copy = base, 2
        while name in names:
            name, copy = f"{base} ({copy})", copy + 1
        names[name] = None
    return tuple(names)
