"""How much of anything a drop may hold: what exceeds these is damage or an attack, and never leads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from schemas.errors import FileError

#: Text packs 4 to 20 times, a table of equal cells 60 times. Beyond both limits a file is no drop.
BOMB_RATIO: Final = 200
BOMB_BYTES: Final = 256 << 20
#: No archive may unpack to more than this, whatever its ratio.
MAX_UNPACKED: Final = 64 << 30
MAX_MEMBERS: Final = 10_000
#: A workbook has at most 16,384 columns, and a table of leads a few hundred.
MAX_COLUMNS: Final = 4_096


def refuse_bomb(shown: str, packed: int, unpacked: int) -> None:
    """Stop a packed bomb. Raises `FileError` when too many bytes came of so few."""
    if unpacked > BOMB_BYTES and unpacked > BOMB_RATIO * max(packed, 1):
        raise FileError(
            f"'{shown}' unpacks to more than {BOMB_RATIO} times its size; no list of leads or numbers does.",
            "Unpack it yourself and look at what is in it.",
        )
    if unpacked > MAX_UNPACKED:
        raise FileError(f"'{shown}' unpacks to more than {MAX_UNPACKED >> 30} GB.", "Split it.")


def bomb_watch(shown: str, packed: int, before: int = 0) -> Callable[[int], None]:
    """Return a watch over what is unpacked, for `Spool.add`; ``before`` came of the same archive already."""
    return lambda unpacked: refuse_bomb(shown, packed, before + unpacked)


def refuse_width(shown: str, columns: int) -> None:
    """Stop at more columns than any list of leads has. Raises `FileError`."""
    if columns > MAX_COLUMNS:
        raise FileError(
            f"'{shown}' has {columns:,} columns; at most {MAX_COLUMNS:,} are read.",
            "Is its delimiter right? Take out what is no column.",
        )
