"""The manifest in a result's folder: written, read back, and known by its hash."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

from schemas.manifest import Manifest
from schemas.support.shown import printable_json

MANIFEST = "manifest.json"


def write_manifest(manifest: Manifest, folder: Path) -> None:
    """Write it into the folder of the run."""
    without = {name for name in ("history", "reviews", "erasures") if not getattr(manifest, name)}
    document = printable_json(manifest.model_dump_json(indent=2, exclude=without))
    (folder / MANIFEST).write_text(document + "\n", encoding="utf-8")


def manifest_digest(folder: Path) -> str:
    """SHA-256 by which the ledger recognises the manifest in a result's folder. Raises `OSError` when there is none."""
    return hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """Read it back."""
    return Manifest.model_validate_json((folder / MANIFEST).read_text(encoding="utf-8"))


def mostly_unread(manifest: Manifest) -> list[tuple[str, int, int]]:
    """Contact columns of which most filled cells could not be read, as (name, read, filled), over all files of a run.

    One vendor's file may be that bad; more often it was read with the wrong region or layout.
    """
    given: Counter[str] = Counter()
    valid: Counter[str] = Counter()
    for file in manifest.inputs:
        for slot, counts in file.points.items():
            given[slot] += counts.given
            valid[slot] += counts.valid
    return [(slot, valid[slot], given[slot]) for slot in given if 2 * valid[slot] < given[slot]]


def is_complete(folder: Path, manifest: Manifest) -> bool:
    """Whether every file that a manifest names is there, at its size."""
    files = {folder / name: file.bytes for name, file in manifest.outputs.items()}
    return all(path.is_file() and path.stat().st_size == size for path, size in files.items())
