"""Writing so that a crash at any instant leaves either the old file or the new one."""

from __future__ import annotations

import os
from pathlib import Path


def sync_path(path: Path) -> None:
    """Force a file's or a folder's content to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_atomically(path: Path, text: str) -> None:
    """Replace a file's text in one step, readable by its owner only."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    beside.chmod(0o600)
    sync_path(beside)
    beside.rename(path)
    sync_path(path.parent)
