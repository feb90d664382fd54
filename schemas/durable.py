"""Writing so that a crash at any instant leaves either the old file or the new one."""

from __future__ import annotations

import os
from collections.abc import Iterable
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


def write_lines(path: Path, lines: Iterable[str]) -> int:
    """Write lines to a new file, readable by its owner only, that appears when it is complete. Returns how many."""
    beside = path.with_name(f".{path.name}.new")
    count = 0
    with beside.open("w", encoding="utf-8") as stream:
        beside.chmod(0o600)
        for line in lines:
            stream.write(line + "\n")
            count += 1
    sync_path(beside)
    beside.rename(path)
    return count
