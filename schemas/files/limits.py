"""How much of anything a drop may hold: what exceeds these is damage or an attack, and never leads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from schemas.errors import FileError

#: Below so many bytes nothing is a bomb, however well it is packed.
BOMB_BYTES: Final = 256 << 20
#: What a process of ours maps before it reads anything, and room for a file that unpacks to `BOMB_BYTES`.
_LEAST_MEMORY: Final = 2 << 30
_MEMORY_RATIO: Final = 16


@dataclass(frozen=True)
class Limits:
    """How much a file may hold. A workspace may say otherwise, by the same names (`schemas.workspace.LimitChoice`).

    ``max_ratio``: text packs 4 to 20 times, a table of equal cells 60 times. ``max_record_mb``: a longer record has an
    unclosed quote. ``max_columns``: a workbook has at most 16,384, a table of leads a few hundred. ``max_sheets``: a
    dozen, one for each state at the most. ``max_nesting``: lists and objects in a cell. ``max_memory_gb`` and
    ``max_minutes`` are those of the process that reads a file; a workbook of a million rows of twenty columns takes
    half of either.
    """

    max_unpacked_gb: int = 64
    max_ratio: int = 200
    max_members: int = 10_000
    max_rows: int | None = None
    max_columns: int = 4_096
    max_record_mb: int = 4
    max_sheets: int = 256
    max_nesting: int = 32
    max_memory_gb: int = 4
    max_minutes: int = 20

    @property
    def unpacked_bytes(self) -> int:
        """``max_unpacked_gb`` in bytes."""
        return self.max_unpacked_gb << 30

    @property
    def record_bytes(self) -> int:
        """``max_record_mb`` in bytes."""
        return self.max_record_mb << 20

    @property
    def memory_bytes(self) -> int:
        """``max_memory_gb`` in bytes."""
        return self.max_memory_gb << 30


_in_force = Limits()


def limits() -> Limits:
    """Give the limits that are in force: the standard ones, unless a command set those of its workspace."""
    return _in_force


@contextmanager
def limited_to(chosen: Limits) -> Iterator[None]:
    """Set other limits for this process, whatever thread asks."""
    global _in_force  # noqa: PLW0603  # files are opened far below where a workspace is known
    before, _in_force = _in_force, chosen
    try:
        yield
    finally:
        _in_force = before


def refuse_bomb(shown: str, packed: int, unpacked: int) -> None:
    """Stop a packed bomb. Raises `FileError` when too many bytes came of so few."""
    most = limits()
    if unpacked > BOMB_BYTES and unpacked > most.max_ratio * max(packed, 1):
        raise FileError(
            f"'{shown}' unpacks to more than {most.max_ratio} times its size (max_ratio); no list of leads or numbers "
            "does.",
            "Unpack it yourself and look at what is in it.",
        )
    if unpacked > most.unpacked_bytes:
        raise FileError(f"'{shown}' unpacks to more than {most.max_unpacked_gb} GB (max_unpacked_gb).", "Split it.")


def bomb_watch(shown: str, packed: int, before: int = 0) -> Callable[[int], None]:
    """Return a watch over what is unpacked, for `Spool.add`; ``before`` came of the same archive already."""
    return lambda unpacked: refuse_bomb(shown, packed, before + unpacked)


def refuse_width(shown: str, columns: int) -> None:
    """Stop at more columns than any list of leads has. Raises `FileError`."""
    if columns > limits().max_columns:
        raise FileError(
            f"'{shown}' has {columns:,} columns; at most {limits().max_columns:,} are read (max_columns).",
            "Is its delimiter right? Take out what is no column.",
        )


def nesting_error(shown: str) -> FileError:
    """Say that values are nested deeper than those of any list of leads."""
    return FileError(
        f"'{shown}' has values nested more than {limits().max_nesting} levels deep (max_nesting).",
        "Ask for a table without nested values.",
    )


def record_error(shown: str, place: str) -> FileError:
    """Say that a record is too long; ``place`` is its line or row ("line 7")."""
    return FileError(
        f"'{shown}': the record on {place} is longer than {limits().max_record_mb} MB (max_record_mb).",
        "Cut it, or get the file again.",
    )


def refuse_sheets(shown: str, sheets: int) -> None:
    """Stop at more sheets than a workbook of leads has. Raises `FileError`."""
    if sheets > limits().max_sheets:
        raise FileError(
            f"'{shown}' has {sheets:,} sheets; at most {limits().max_sheets:,} are read (max_sheets).",
            "Save the sheets with leads as CSV.",
        )


def refuse_rows(shown: str, rows: int) -> None:
    """Stop at more rows than the workspace takes in one table. Raises `FileError`."""
    most = limits().max_rows
    if most is not None and rows > most:
        raise FileError(f"'{shown}' has more than {most:,} rows (max_rows).", "Split it.")


def memory_for(size: int) -> int:
    """Bytes of memory that the process may map which reads a file of this size part by part."""
    return min(limits().memory_bytes, _LEAST_MEMORY + _MEMORY_RATIO * size)
