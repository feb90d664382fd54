"""One row of a result with its findings, as the cells that are hashed for the root, and the path that proves them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.results.canonical_rows import OUTPUT
from pipeline.results.row_proof import findings_of, place_of, row_hash
from pipeline.results.row_tree import RowTree, TreePath
from schemas.errors import UsageError
from schemas.findings import FINDING_SCHEMA
from schemas.manifest import Manifest, RowsProof

_FIELDS = [name for name in FINDING_SCHEMA if name != "row_id"]


@dataclass(frozen=True)
class ProvenRow:
    """A row. ``cells``: by column as the manifest numbers them, those that are not null.

    ``path``: None where the result is older than roots are.
    """

    output: str
    row_id: int
    cells: dict[str, Any]
    findings: list[dict[str, str | None]]
    path: TreePath | None

    def cell(self, name: str) -> Any:
        """A cell; None where it is null."""
        return self.cells.get(name)

    def document(self) -> dict[str, Any]:
        """The row for a file of JSON. Days and instants are ISO 8601."""
        document: dict[str, Any] = {"row_id": self.row_id, "output": self.output, "cells": self.cells}
        if self.path is not None:
            document["proof"] = {
                "leaf": self.path.leaf,
                "blinding": self.path.blinding.hex(),
                "beside": [each.hex() for each in self.path.beside],
            }
        return document


def rows_proof(manifest: Manifest) -> RowsProof:
    """The root over a result's rows. Raises `UsageError` when the result is older than roots are."""
    if manifest.rows is None:
        raise UsageError(
            f"Run {manifest.run_id} was made by an earlier version: its manifest has no root over its rows.",
            "Scrub the drop again, or 'rescrub' the result; a later result can be proven row by row.",
        )
    return manifest.rows


def proven_row(folder: Path, manifest: Manifest, row_id: int, tree: RowTree) -> ProvenRow:
    """Take a row out of a result. ``tree``: that of the result's rows. Raises `UsageError` when it has no such row."""
    columns = rows_proof(manifest).columns
    for output in ("clean", "rejected"):
        try:
            table, _ = row_hash(folder, columns, output, row_id)
        except KeyError:
            continue
        cells, findings = cells_of(table, findings_of(folder, table), output)
        return ProvenRow(output, row_id, cells, findings, tree.path(place_of(folder, row_id)))
    raise UsageError(f"'{folder}' has no row {row_id}.", f"Rows go from 0 to {manifest.counts.read - 1}.")


def cells_of(row: pa.Table, findings: pa.Table, output: str) -> tuple[dict[str, Any], list[dict[str, str | None]]]:
    """The cells of a table of one row, and the findings about it; ``findings`` may be about others too."""
    number = row["row_id"][0].as_py()
    found = [each for each in findings.to_pylist() if each["row_id"] == number]
    return {OUTPUT: output, **dict(_cells(row))}, [{name: each[name] for name in _FIELDS} for each in found]


def _cells(table: pa.Table) -> Any:
    for name in table.column_names:
        value = table.column(name)[0].as_py()
        if pa.types.is_struct(table.schema.field(name).type):
            yield from ((f"{name}:{field}", text) for field, text in (value or {}).items() if text is not None)
        elif value is not None:
            yield name, _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return value.isoformat() if isinstance(value, date | time) else value
