"""The store: named lists, each a chain of immutable versions of which one is current.

    STORE/lists/<name>.json       history of the list; the last step is current
    STORE/versions/<id>/          one version: version.json and its index files
    STORE/lock                    held by the one writer
    STORE/tmp/                    what a writer is making; emptied by the next one

A version becomes current by one atomic rename of the list's history file. A reader keeps the version it opened.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

from pydantic import ValidationError

from schemas.durable import sync_path, write_atomically
from schemas.errors import ListError, OutputError, UsageError
from schemas.list_version import History, ListVersion, Loading
from schemas.names import did_you_mean
from suppression.lists import SuppressionList, open_version, read_facts

#: 16 CFR 310.5: records of registry access are kept for five years.
KEEP_DAYS = 1827


class Store:
    """Reads a store. `Writer` changes it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def names(self) -> list[str]:
        """Names of the lists that are current."""
        return [name for name in self.all_names() if self.history(name).current is not None]

    def all_names(self) -> list[str]:
        """Names of all lists, dropped ones too."""
        return sorted(path.stem for path in (self.folder / "lists").glob("*.json"))

    def history(self, name: str) -> History:
        """Steps of a list; `ListError` when there is no such list."""
        path = self.folder / "lists" / f"{name}.json"
        try:
            return History.model_validate_json(path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            hint = did_you_mean(name, self.all_names()) or "Load it with 'leadscrub lists add'."
            raise ListError(f"There is no suppression list '{name}' in the store '{self.folder}'.", hint) from error
        except (OSError, ValidationError) as error:
            raise ListError(f"The history of the list '{name}' is damaged ({path}).", "Load the list again.") from error

    def facts(self, name: str) -> ListVersion:
        """What is known of the current version, without opening its indexes."""
        return self.facts_of(self._current(name))

    def facts_of(self, version: str) -> ListVersion:
        """What is known of any version that is still kept."""
        return read_facts(self.version_folder(version))

    def open(self, name: str, day: date) -> SuppressionList:
        """Open the current version for a run on ``day``."""
        return open_version(self.version_folder(self._current(name)), day)

    def version_folder(self, version: str) -> Path:
        """Where a version lies."""
        return self.folder / "versions" / version[:32]

    def _current(self, name: str) -> str:
        current = self.history(name).current
        if current is None:
            raise ListError(f"The suppression list '{name}' was dropped.", "Load it with 'leadscrub lists add'.")
        return current


class Writer(Store):
    """The one process that may change a store. Made by `writing`."""

    @property
    def temporary(self) -> Path:
        """A new, empty folder to build a version in."""
        folder = self.folder / "tmp" / "version"
        folder.mkdir(parents=True)
        return folder

    def commit(self, built: Path, facts: ListVersion, *, at: datetime, action: str, keep_days: int = KEEP_DAYS) -> None:
        """Make a built version current, then remove versions that were superseded more than ``keep_days`` ago."""
        final = self.version_folder(facts.version)
        if final.exists():
            shutil.rmtree(built)
        else:
            for path in built.iterdir():
                sync_path(path)
            sync_path(built)
            final.parent.mkdir(parents=True, exist_ok=True)
            built.rename(final)
            sync_path(final.parent)
        self._append(facts.name, Loading(version=facts.version, at=at, action=action))
        self._prune(at - timedelta(days=keep_days))

    def drop(self, name: str, *, at: datetime) -> None:
        """Take a list out of force. Its versions are kept for audit."""
        self._current(name)
        self._append(name, Loading(version=None, at=at, action="drop"))

    def _append(self, name: str, step: Loading) -> None:
        path = self.folder / "lists" / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        steps = self.history(name).steps if path.exists() else []
        text = History(name=name, steps=[*steps, step]).model_dump_json(indent=1)
        write_atomically(path, text)

    def _prune(self, before: datetime) -> None:
        """Remove versions that no list names, or that were superseded before ``before``."""
        wanted: set[str] = set()
        for name in self.all_names():
            steps = self.history(name).steps
            for step, following in zip(steps, [*steps[1:], None], strict=True):
                if step.version is not None and (following is None or following.at >= before):
                    wanted.add(self.version_folder(step.version).name)
        for folder in (self.folder / "versions").iterdir():
            if folder.name not in wanted:
                shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def writing(folder: Path, wait_seconds: float = 30.0) -> Iterator[Writer]:
    """Hold the store's lock. `OutputError` (exit 7) when another writer does not let go in time."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise OutputError(
            f"The store '{folder}' cannot be written: {error.strerror}.", "Name another --store."
        ) from error
    try:
        _acquire(lock, folder, wait_seconds)
        shutil.rmtree(folder / "tmp", ignore_errors=True)
        yield Writer(folder)
    finally:
        os.close(lock)


def _acquire(lock: int, folder: Path, wait_seconds: float) -> None:
    until = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() >= until:
                raise OutputError(
                    f"Another run is changing the store '{folder}'.", "Wait for it, then try again."
                ) from error
            time.sleep(0.05)
        else:
            return


def open_fit(store: Store, names: list[str], day: date, allow_stale: list[str]) -> list[SuppressionList]:
    """Open lists for a run on ``day``. `ListError` names every one that is stale and not allowed to be."""
    opened = [store.open(name, day) for name in names]
    stale = {lst.facts.name: lst.valid_until for lst in opened if lst.valid_until and lst.valid_until < day}
    refused = {name: until for name, until in stale.items() if name not in allow_stale}
    if refused:
        shown = ", ".join(f"'{name}' (usable until {until})" for name, until in refused.items())
        raise ListError(
            f"Stale suppression lists on {day}: {shown}.", "Load new copies, or name each with --allow-stale NAME."
        )
    return [replace(lst, stale_allowed=lst.facts.name in stale) for lst in opened]


def store_of(folder: Path | None, workspace: Path | None) -> Store | None:
    """The store that was named, else the workspace's, if it has one."""
    if folder is not None:
        if not (folder / "lists").is_dir():
            raise UsageError(f"'{folder}' is not a store of suppression lists.", "Fill one with 'leadscrub lists add'.")
        return Store(folder)
    inside = None if workspace is None else workspace / "store"
    return Store(inside) if inside is not None and (inside / "lists").is_dir() else None
