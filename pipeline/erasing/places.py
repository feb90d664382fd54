"""What is in a workspace, and what each of it is: results, lists, the ledger, the log, and all other files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import tomli

from pipeline.proof.signature import SIGNATURE
from pipeline.report.files import REPORT_PAGE
from pipeline.results.folder import PARQUETS, is_result, table_files
from pipeline.results.manifest_file import MANIFEST
from pipeline.results.publish import is_begun
from pipeline.run.plan import layout_of
from pipeline.workspace import vendor_files
from schemas.config import Vendor, load
from schemas.layout import Layout
from schemas.report_counts import REPORT_COUNTS
from schemas.support.shortage import raise_shortage
from suppression.entry_erasing import kept_by_law

#: Folders of a workspace that are looked through in ways of their own.
_APART: Final = frozenset({"ledger", "log", "store"})
#: What a result's folder holds beside its tables, and an erasure writes again.
_OF_RESULT: Final = (MANIFEST, SIGNATURE, REPORT_COUNTS, REPORT_PAGE)
#: Folders below which the folder of a vendor is.
_BY_VENDOR: Final = ("archive", "quarantine", "inbox", "outgoing")
#: Files without content of anybody.
_LOCKS: Final = frozenset({"lock"})


@dataclass
class Places:
    """What was found in a workspace.

    ``begun``: folders of results that were being made. ``delta``: Delta tables. ``foreign``: folders of which what is
    in them cannot be looked through, with why. ``kept``: files that are lists, with the law by which they are kept.
    """

    results: list[Path] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    begun: list[Path] = field(default_factory=list)
    delta: list[Path] = field(default_factory=list)
    foreign: dict[Path, str] = field(default_factory=dict)
    kept: dict[Path, str] = field(default_factory=dict)


def places_in(workspace: Path) -> Places:
    """Look through a workspace's folders. Links are not followed: what is behind them is elsewhere."""
    found = Places(kept=_lists_of_campaigns(workspace))
    _walk(workspace, workspace, found)
    for inbox in _inboxes_elsewhere(workspace):
        _walk(inbox, workspace, found)
    return found


def is_delta(folder: Path) -> bool:
    """Whether a folder holds a Delta table."""
    return (folder / "_delta_log").is_dir()


@contextmanager
def _as_far_as_it_can_be_read() -> Iterator[None]:
    """Pass over a file of the workspace that is damaged, which other commands tell of.

    Raises `ShortageError` when it cannot be read for want of something: it is not absent.
    """
    try:
        yield
    except (OSError, UnicodeDecodeError, tomli.TOMLDecodeError) as error:
        raise_shortage(error)


def _walk(folder: Path, workspace: Path, found: Places, apart: frozenset[Path] = frozenset()) -> None:
    """Look through a folder but for files that are looked through as parts of a result (``apart``, absolute)."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise_shortage(error)
        found.foreign[folder] = f"it cannot be opened: {error.strerror}"
        return
    in_result = is_result(folder)
    if in_result:
        found.results.append(folder)
        apart = _files_of(folder)
    for entry in entries:
        path = folder / entry.name
        if entry.is_symlink():
            found.foreign[path] = "it is a link, which is not followed"
        elif entry.is_dir(follow_symlinks=False):
            is_apart = folder == workspace and entry.name in _APART
            if not is_apart and not (in_result and entry.name == "returns"):
                _into(path, workspace, found, apart)
        elif (
            entry.is_file(follow_symlinks=False)
            and path.absolute() not in apart
            and entry.name not in _LOCKS
            and entry.stat(follow_symlinks=False).st_size
        ):
            found.files.append(path)


def _files_of(result: Path) -> frozenset[Path]:
    """What an erasure writes again of a result, but for ``returns/``; absolute. Other files may be in its folders."""
    tables = [path for name in PARQUETS for path in table_files(result, name)]
    return frozenset([*tables, *(result.absolute() / name for name in _OF_RESULT)])


def _into(path: Path, workspace: Path, found: Places, apart: frozenset[Path]) -> None:
    if path.name == ".git":
        found.foreign[path] = "a history of versions, in which nothing is erased"
    elif is_begun(path):
        found.begun.append(path)
    elif is_delta(path):
        found.delta.append(path)
    else:
        _walk(path, workspace, found, apart)


def _lists_of_campaigns(workspace: Path) -> dict[Path, str]:
    """Files that campaigns read as lists which must be kept, with the law that says so; all of ``lists/`` but those
    that a campaign names as of another kind."""
    kept: dict[Path, str] = {}
    others: set[Path] = set()
    for path in sorted((workspace / "campaigns").glob("*.toml")):
        with _as_far_as_it_can_be_read():
            entries = tomli.loads(path.read_text(encoding="utf-8")).get("lists", [])
            for entry in entries if isinstance(entries, list) else []:
                if isinstance(entry, dict) and isinstance(entry.get("file"), str):
                    law = kept_by_law(str(entry.get("kind", "")))
                    file = Path(os.path.abspath(path.parent / entry["file"]))  # noqa: PTH100  # links stay
                    if law is None:
                        others.add(file)
                    else:
                        kept[file] = law
    folder = Path(os.path.abspath(workspace / "lists"))  # noqa: PTH100
    for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
        if path not in others and path.is_file():
            kept.setdefault(path, "it is in lists/, and no campaign says that it need not be kept")
    return kept


def vendor_of(path: Path, workspace: Path) -> str | None:
    """The vendor in whose folder a file is."""
    parts = path.relative_to(workspace).parts if path.is_relative_to(workspace) else ()
    return parts[1] if len(parts) > 2 and parts[0] in _BY_VENDOR else None


def layouts_of(workspace: Path) -> dict[str, Layout]:
    """How the files of each vendor are read, as far as its configuration can be read."""
    found = {}
    for path in vendor_files(workspace):
        faults: list[str] = []
        vendor = load(path, Vendor, faults)
        if vendor is not None and not faults:
            found[vendor.name] = layout_of(None, vendor, workspace, faults, [])
    return found


def _inboxes_elsewhere(workspace: Path) -> Iterator[Path]:
    for path in vendor_files(workspace):
        with _as_far_as_it_can_be_read():
            inbox = tomli.loads(path.read_text(encoding="utf-8")).get("inbox")
            if isinstance(inbox, str) and "://" not in inbox:
                folder = Path(os.path.abspath(workspace / inbox))  # noqa: PTH100
                if folder.is_dir() and not folder.is_relative_to(os.path.abspath(workspace)):  # noqa: PTH100
                    yield folder


def remote_inboxes(workspace: Path) -> list[str]:
    """Vendors whose inbox is elsewhere: what is there is theirs, and is not looked through."""
    found = []
    for path in vendor_files(workspace):
        with _as_far_as_it_can_be_read():
            facts = tomli.loads(path.read_text(encoding="utf-8"))
            if "://" in str(facts.get("inbox", "")):
                found.append(str(facts.get("name", path.stem)))
    return found
