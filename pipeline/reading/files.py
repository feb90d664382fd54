"""Which files a drop is: a file, a folder or a glob, as the command line names it."""

from __future__ import annotations

import errno
import glob
from pathlib import Path

from pipeline.reading.tables.urls import DELTA_LOG
from schemas.errors import DropError
from schemas.files.kinds import SUFFIXES


def refuse_lake(folder: Path) -> None:
    """Refuse to read the files of a table as a drop: some of them hold rows that were deleted. Raises `DropError`."""
    for above in (folder, *folder.absolute().parents):
        if (above / DELTA_LOG).is_dir():
            raise DropError(
                f"'{folder}' is of the Delta table '{above}', some of whose files may hold deleted rows.",
                "Name the table: delta:FOLDER, as a drop of its own.",
            )
        if above.name == "data" and any((above.parent / "metadata").glob("*.metadata.json")):
            raise DropError(
                f"'{folder}' is of the Iceberg table '{above.parent}', some of whose files may hold deleted rows.",
                "Name the table: iceberg://CATALOG/namespace.table.",
            )


def find_files(drops: list[str]) -> list[Path]:
    """Files that the command line names: a file, a folder (its files, by name) or a glob; in order, each once.

    Raises `DropError` when nothing is there, a link in a folder leads out of it, or a folder is part of a lake's table.
    """
    found: list[Path] = []
    for drop in drops:
        path = Path(drop)
        try:
            path.stat()
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:
                raise DropError(f"Drop '{drop}' does not exist: its name is too long.", "Check the path.") from error
        if path.is_dir():
            refuse_lake(path)
            inside = sorted(p for p in path.iterdir() if p.name.lower().endswith(SUFFIXES) and p.is_file())
            if not inside:
                raise DropError(f"'{drop}' is a folder without a {' '.join(SUFFIXES)} file.", "Name the drop's file.")
            found += [_own(p) for p in inside]
        elif path.is_file():
            refuse_lake(path.parent)
            found.append(path)
        elif path.exists():
            raise DropError(f"'{drop}' is a pipe or a device.", "Save what comes from it to a file.")
        elif matches := sorted(glob.glob(drop, recursive=True)):  # noqa: PTH207  # the user's own pattern, absolute or not
            files = [Path(match) for match in matches if Path(match).is_file()]
            if not files:
                raise DropError(f"Drop '{drop}' names only folders.", "Name the files in them, as in 'drops/*.csv'.")
            for folder in {file.parent for file in files}:
                refuse_lake(folder)
            found += [_own(p) for p in files]
        else:
            raise DropError(f"Drop '{drop}' does not exist.", "Check the path.")
    return list(dict.fromkeys(found))


def _own(path: Path) -> Path:
    """Refuse a link out of the folder it is in: whoever may write there could have any file of ours read."""
    if path.is_symlink() and path.parent.resolve() not in path.resolve().parents:
        raise DropError(
            f"'{path}' is a link that leads out of its folder.", "Name the file itself if it belongs to the drop."
        )
    return path
