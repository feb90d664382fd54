"""Which files a drop is: a file, a folder or a glob, as the command line names it."""

from __future__ import annotations

import glob
from pathlib import Path

from schemas.errors import DropError

_SUFFIXES = (".csv", ".tsv", ".txt", ".parquet", ".pq")


def find_files(drops: list[str]) -> list[Path]:
    """Files that the command line names: a file, a folder (its files, by name) or a glob; in order, each once."""
    found: list[Path] = []
    for drop in drops:
        path = Path(drop)
        if path.is_dir():
            inside = sorted(p for p in path.iterdir() if p.suffix.lower() in _SUFFIXES and p.is_file())
            if not inside:
                raise DropError(f"'{drop}' is a folder without a {' '.join(_SUFFIXES)} file.", "Name the drop's file.")
            found += inside
        elif path.exists():
            found.append(path)
        elif matches := sorted(glob.glob(drop, recursive=True)):  # noqa: PTH207  # the user's own pattern, absolute or not
            files = [Path(match) for match in matches if Path(match).is_file()]
            if not files:
                raise DropError(f"Drop '{drop}' names only folders.", "Name the files in them, as in 'drops/*.csv'.")
            found += files
        else:
            raise DropError(f"Drop '{drop}' does not exist.", "Check the path.")
    return list(dict.fromkeys(found))
