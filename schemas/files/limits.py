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
#: A record that is longer has an unclosed quote, or is none.
MAX_RECORD_BYTES: Final = 4 << 20
#: Workbooks of leads have a dozen sheets, one for each state at the most.
MAX_SHEETS: Final = 256
#: Levels of lists and objects in a cell.
MAX_NESTING: Final = 32
#: Memory and processor time of the process that reads a file. A workbook of a million rows of twenty columns takes half
#: of either.
MAX_MEMORY: Final = 4 << 30
MAX_SECONDS: Final = 1_200
#: What a process of ours maps before it reads anything, and room for a file that unpacks to `BOMB_BYTES`.
_LEAST_MEMORY: Final = 2 << 30
_MEMORY_RATIO: Final = 16


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


def nesting_error(shown: str) -> FileError:
    """Say that values are nested deeper than those of any list of leads."""
    return FileError(
        f"'{shown}' has values nested more than {MAX_NESTING} levels deep.", "Ask for a table without nested values."
    )


def record_error(shown: str, place: str) -> FileError:
    """Say that a record is too long; ``place`` is its line or row ("line 7")."""
    return FileError(
        f"'{shown}': the record on {place} is longer than {MAX_RECORD_BYTES >> 20} MB.",
        "Cut it, or get the file again.",
    )


def refuse_sheets(shown: str, sheets: int) -> None:
    """Stop at more sheets than a workbook of leads has. Raises `FileError`."""
    if sheets > MAX_SHEETS:
        raise FileError(
            f"'{shown}' has {sheets:,} sheets; at most {MAX_SHEETS:,} are read.", "Save the sheets with leads as CSV."
        )


def memory_for(size: int) -> int:
    """Bytes of memory that the process may map which reads a file of this size part by part."""
    return min(MAX_MEMORY, _LEAST_MEMORY + _MEMORY_RATIO * size)
