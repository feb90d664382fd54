"""The manifest in a result's folder: written, read back, and known by its hash."""

from __future__ import annotations

import hashlib
from pathlib import Path

from schemas.manifest import Manifest

MANIFEST = "manifest.json"


def write_manifest(manifest: Manifest, folder: Path) -> None:
    """Write it into the folder of the run."""
    without = {"history"} if manifest.history is None else set()
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=2, exclude=without) + "\n", encoding="utf-8")


def manifest_digest(folder: Path) -> str:
    """SHA-256 by which the ledger recognises the manifest in a result's folder. Raises `OSError` when there is none."""
    return hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """Read it back."""
    return Manifest.model_validate_json((folder / MANIFEST).read_text(encoding="utf-8"))


def is_complete(folder: Path, manifest: Manifest) -> bool:
    """Whether every file that a manifest names is there, at its size."""
    files = {folder / name: file.bytes for name, file in manifest.outputs.items()}
    return all(path.is_file() and path.stat().st_size == size for path, size in files.items())
