"""Remembers what a vendor's drop looked like when it was last accepted, and stops when the next one looks otherwise."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.reading.value_kinds import DATA_KINDS, column_kind
from schemas.errors import DropError, OutputError
from schemas.files.table import Table, first_rows
from schemas.frame_columns import SOURCE
from schemas.support.durable import write_atomically

_CONTACT = ("email", "phone")


class Header(NamedTuple):
    """A table's columns in order, and the kind that each one's values are of."""

    kinds: dict[str, str]

    @property
    def columns(self) -> list[str]:
        """Names in order."""
        return list(self.kinds)


class HeaderMemory(NamedTuple):
    """Where a vendor's headers are remembered, and what is to be remembered when the run has succeeded."""

    path: Path
    headers: list[Header]

    def keep(self) -> None:
        """Write it, in one step. Raises `OutputError` when that fails."""
        document = [{"columns": header.columns, "kinds": header.kinds} for header in self.headers]
        try:
            write_atomically(self.path, json.dumps(document, ensure_ascii=False, indent=2) + "\n")
        except OSError as error:
            raise OutputError(
                f"'{self.path}' cannot be written: {error.strerror}; the results are complete.", "Check the folder."
            ) from error


def check_drift(path: Path, vendor: str, tables: Sequence[Table], *, accept: bool) -> HeaderMemory | None:
    """Compare tables with what is remembered. Raises `DropError` with every difference, unless they are accepted.

    Returns what to remember; None when that is what is remembered already.
    """
    headers = [_header_of(table) for table in tables]
    remembered = _remembered(path)
    if not remembered:
        return HeaderMemory(path, headers)
    found = {table.name: _nearest(header, remembered) for table, header in zip(tables, headers, strict=True)}
    drifted = {name: differences for name, differences in found.items() if differences}
    if not drifted:
        return None
    if not accept:
        changes = "; ".join(f"{name}: {', '.join(differences)}" for name, differences in drifted.items())
        raise DropError(
            f"the columns of {vendor} are not those of its last accepted drop: {changes}.",
            "Ask the vendor, adapt its layout, or accept the change with --accept-drift.",
        )
    return HeaderMemory(path, headers)


def differences(before: Header, now: Header) -> list[str]:
    """Say what changed: columns renamed, missing, added, in another order, or holding another kind of values."""
    missing = [name for name in before.columns if name not in now.kinds]
    added = [name for name in now.columns if name not in before.kinds]
    changes = []
    for name in list(missing):
        place = before.columns.index(name)
        instead = now.columns[place] if place < len(now.columns) else None
        if instead in added and len(before.columns) == len(now.columns):
            changes.append(f"'{name}' is now '{instead}'")
            missing.remove(name)
            added.remove(instead)
    changes += [f"'{name}' is missing" for name in missing] + [f"'{name}' is new" for name in added]
    common = [name for name in before.columns if name in now.kinds]
    if common != [name for name in now.columns if name in before.kinds]:
        changes.append("the columns are in another order")
    changes += [
        f"'{name}' had {before.kinds[name]} values and now has {now.kinds[name]}"
        for name in common
        if _changed(before.kinds[name], now.kinds[name])
    ]
    return changes


def _changed(before: str, now: str) -> bool:
    """Whether a change of kind is more than chance: between two kinds of data, or a contact column that is none now."""
    if before == now:
        return False
    return (before in DATA_KINDS and now in DATA_KINDS) or (before in _CONTACT and now == "text")


def _nearest(header: Header, remembered: list[Header]) -> list[str]:
    return min((differences(before, header) for before in remembered), key=len)


def _header_of(table: Table) -> Header:
    head = first_rows(table)
    return Header({name: column_kind(head.get_column(SOURCE + name)) for name in table.columns})


def _remembered(path: Path) -> list[Header]:
    """Read what is remembered; nothing before the first drop. Raises `DropError` when the file is damaged."""
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8"))
        return [Header({name: entry["kinds"][name] for name in entry["columns"]}) for entry in document]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DropError(
            f"'{path}', which remembers the vendor's columns, cannot be read.",
            "Restore it, or delete it to start again.",
        ) from error
