"""The store: named lists, each a chain of immutable versions of which one is current.

    STORE/lists/<name>.json       history of the list; the last step is current
    STORE/names.json              every list that was ever loaded: one whose history is gone stops a run
    STORE/settings.json           how many days superseded versions are kept
    STORE/versions/<id>/          one version: version.json and its index files
    STORE/lock                    locked by the one writer
    STORE/tmp/                    what a writer is making, and removing; of one that was killed, the next removes it

A version becomes current by one atomic rename of the list's history file. A reader keeps the version it opened, also
when that version is removed; one that opens a version at the moment it is removed opens the current one instead.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from schemas.errors import ListError, OutputError, UsageError
from schemas.list_kinds import NO_MAX_AGE, MaxAge
from schemas.list_version import HandedOver, History, ListVersion, Loading, SourceFile
from schemas.support.durable import sync_folder, sync_path, write_atomically
from schemas.support.locks import lock, unlock
from schemas.support.names import did_you_mean
from schemas.support.places import lock_file, refuse_link
from suppression.lists import SuppressionList, check_version, open_version, read_facts

#: 16 CFR 310.5: records of registry access are kept for five years.
KEEP_DAYS = 1827
_SETTINGS = "settings.json"
_NAMES = "names.json"

Found = TypeVar("Found")


class Store:
    """Reads a store. `Writer` changes it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def keep_days(self) -> int:
        """How many days a version is kept after another took its place. Raises `ListError` when the file is damaged."""
        path = self.folder / _SETTINGS
        try:
            return int(json.loads(path.read_text(encoding="utf-8"))["keep_days"])
        except FileNotFoundError:
            return KEEP_DAYS
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ListError(f"'{path}' is damaged.", "Remove it, and say --keep-days again if you did.") from error

    def names(self) -> list[str]:
        """Names of the lists that are current. Raises `ListError` when one that was loaded is gone or damaged."""
        return [name for name in self.all_names() if self.history(name).current is not None]

    def all_names(self) -> list[str]:
        """Names of all lists that were ever loaded: removed ones too, and those whose history is gone."""
        return sorted(self._with_history() | self._loaded())

    def gone(self) -> list[str]:
        """Names of lists that were loaded and whose history is not there any more."""
        return sorted(self._loaded() - self._with_history())

    def is_current(self, name: str) -> bool:
        """Whether there is such a list and it is in force."""
        return name in self._with_history() and self.history(name).current is not None

    def _with_history(self) -> set[str]:
        return {path.stem for path in (self.folder / "lists").glob("*.json")}

    def _loaded(self) -> set[str]:
        path = self.folder / _NAMES
        try:
            names = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return set()
        except (OSError, ValueError) as error:
            raise ListError(f"'{path}' is damaged.", "Remove it; the next load of a list writes it again.") from error
        return set(map(str, names)) if isinstance(names, list) else set()

    def history(self, name: str) -> History:
        """Steps of a list. Raises `ListError` when there is no such list."""
        path = self.folder / "lists" / f"{name}.json"
        try:
            history = History.model_validate_json(path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            if name in self._loaded():
                raise ListError(
                    f"The suppression list '{name}' was loaded into the store and is gone ('{path}' is missing).",
                    "Restore it from a copy, load the list again ('leadscrub lists add'), or take it out of force "
                    f"('leadscrub lists remove {name}').",
                ) from error
            hint = did_you_mean(name, self.all_names()) or "Load it with 'leadscrub lists add'."
            raise ListError(f"There is no suppression list '{name}' in the store '{self.folder}'.", hint) from error
        except (OSError, ValueError) as error:
            raise _damaged_history(name, path) from error
        if history.name != name or history.digest != history.steps_digest:
            raise _damaged_history(name, path)
        return history

    def facts(self, name: str) -> ListVersion:
        """What is known of the current version, without opening its indexes."""
        return self._of_current(name, self.facts_of)

    def facts_of(self, version: str) -> ListVersion:
        """What is known of any version that is still kept."""
        return read_facts(self.version_folder(version), version)

    def open(self, name: str, day: date) -> SuppressionList:
        """Open the current version for a run on ``day``."""
        return self._of_current(name, lambda version: open_version(self.version_folder(version), day, version))

    def lineage(self, name: str) -> list[SourceFile]:
        """Files that the current version was made from: its own, and those of the versions below it."""
        sources: list[SourceFile] = []
        version: str | None = self._current(name)
        while version is not None and self.version_folder(version).is_dir():
            facts = self.facts_of(version)
            sources += facts.sources
            version = facts.base
        return sources

    def version_folder(self, version: str) -> Path:
        """Where a version is."""
        return self.folder / "versions" / version[:32]

    def _current(self, name: str) -> str:
        current = self.history(name).current
        if current is None:
            raise ListError(f"The suppression list '{name}' was removed.", "Load it with 'leadscrub lists add'.")
        return current

    def _of_current(self, name: str, read: Callable[[str], Found]) -> Found:
        """Read the current version; when another took its place meanwhile and it was removed, read that one."""
        while True:
            version = self._current(name)
            try:
                return read(version)
            except ListError:
                if self._current(name) == version:
                    raise


class PinnedStore(Store):
    """A store as it was once: of each list the version that was current then. It can be pickled."""

    def __init__(self, folder: Path, versions: Mapping[str, str]) -> None:
        super().__init__(folder.resolve())
        self._versions = dict(versions)

    def names(self) -> list[str]:
        """See `Store`."""
        return sorted(self._versions)

    def _current(self, name: str) -> str:
        version = self._versions[name]
        if not self.version_folder(version).is_dir():
            raise ListError(
                f"The store '{self.folder}' does not have version {version[:12]} of the suppression list '{name}'.",
                "It was removed since, or this is another store: open a screener on this one.",
            )
        return version


def _damaged_history(name: str, path: Path) -> ListError:
    return ListError(
        f"The history of the list '{name}' is damaged ({path}).",
        "Restore it from a copy, or remove it and load the list again.",
    )


class Writer(Store):
    """The one process that may change a store. Made by `writing`."""

    @property
    def temporary(self) -> Path:
        """A new, empty folder to build a version in."""
        folder = self.folder / "tmp" / "version"
        folder.mkdir(parents=True, mode=0o700)
        return folder

    def keep_for(self, days: int) -> None:
        """Set how many days superseded versions are kept, from now on."""
        write_atomically(self.folder / _SETTINGS, json.dumps({"keep_days": days}) + "\n")

    def commit(self, built: Path, facts: ListVersion, *, at: datetime, action: str) -> None:
        """Make a built version current, then remove versions that were superseded longer ago than they are kept."""
        self.put(built, facts.version)
        self._append(facts.name, Loading(version=facts.version, at=at, action=action))
        self._prune(at)

    def adopt(self, histories: Mapping[str, list[Loading]], *, at: datetime) -> None:
        """Give lists histories of which the current versions are here, then remove as `commit` does."""
        for name, steps in histories.items():
            self._write(name, steps)
        self._prune(at)

    def put(self, built: Path, version: str) -> None:
        """Move a version that is complete to where it belongs. It is not current by that."""
        final = self.version_folder(version)
        if final.exists() and self._is_sound(final, version):
            shutil.rmtree(built)
        else:
            if final.exists():
                # Nobody can use it any more: the same files loaded again are the way to mend it.
                final.rename(self.folder / "tmp" / "damaged")
            sync_folder(built)
            final.parent.mkdir(parents=True, exist_ok=True)
            built.rename(final)
            sync_path(final.parent)

    def remove(self, name: str, *, at: datetime) -> None:
        """Take a list out of force. Its versions are kept for audit."""
        if name not in self.gone():
            self._current(name)
        self._append(name, Loading(version=None, at=at, action="drop"))

    def discard(self, name: str, versions: set[str], *, at: datetime) -> None:
        """Remove versions of a list before they are as old as they are kept for. The current one stays."""
        steps = self.history(name).steps
        gone = versions - {steps[-1].version if steps else None}
        marked = [
            step.model_copy(update={"removed_at": at}) if step.version in gone and step.removed_at is None else step
            for step in steps
        ]
        if marked != steps:
            self._write(name, marked)
        for version in sorted(filter(None, gone)):
            folder = self.version_folder(version)
            if folder.exists():
                (self.folder / "tmp").mkdir(exist_ok=True, mode=0o700)
                folder.rename(self.folder / "tmp" / f"removed-{folder.name}")

    def hand_over(self, name: str, version: str, handed: HandedOver, *, at: datetime) -> None:
        """Record that a copy of a version is given away. Raises `ListError` when it is no longer the current one."""
        if self._current(name) != version:
            raise ListError(f"'{name}' got a new version meanwhile: nothing was given away.", "Try again.")
        self._append(name, Loading(version=version, at=at, action="export", handed_over=handed))

    def _is_sound(self, folder: Path, version: str) -> bool:
        try:
            check_version(folder, version)
        except ListError:
            return False
        return True

    def _append(self, name: str, step: Loading) -> None:
        steps = self.history(name).steps if name in self._with_history() else []
        self._write(name, [*steps, step])

    def _write(self, name: str, steps: list[Loading]) -> None:
        path = self.folder / "lists" / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, History(name=name, steps=steps).sealed().model_dump_json(indent=1))
        # Behind the history: a crash in between only leaves a list that the next change of the store notes.
        if (names := self.all_names()) != sorted(self._loaded()):
            write_atomically(self.folder / _NAMES, json.dumps(names) + "\n")

    def _prune(self, at: datetime) -> None:
        """Remove versions that were superseded longer ago than they are kept, and what no list names.

        The history says so before the files go: a version that is missing and was not removed is damage. Where a
        history is gone, nothing is removed: whose the versions are is not known.
        """
        if self.gone():
            return
        before = at - timedelta(days=self.keep_days)
        histories = {name: self.history(name).steps for name in self.all_names()}
        wanted: set[str] = set()
        for steps in histories.values():
            for step, following in zip(steps, [*steps[1:], None], strict=True):
                if step.version is not None and (following is None or following.at > before):
                    wanted.add(step.version)
        for name, steps in histories.items():
            marked = [
                step.model_copy(update={"removed_at": at})
                if step.version is not None and step.version not in wanted and step.removed_at is None
                else step
                for step in steps
            ]
            if marked != steps:
                self._write(name, marked)
        kept = {self.version_folder(version).name for version in wanted}
        for folder in (self.folder / "versions").iterdir():
            if folder.name not in kept:
                # Gone in one step: a reader finds all of it or nothing.
                folder.rename(self.folder / "tmp" / f"removed-{folder.name}")


@contextmanager
def writing(folder: Path, wait_seconds: float = 30.0) -> Iterator[Writer]:
    """Hold the store's lock. Raises `OutputError` (exit 7) when another writer keeps it or it cannot be written."""
    refuse_planted(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        handle = lock_file(folder / "lock")
    except OSError as error:
        raise OutputError(
            f"The store '{folder}' cannot be written: {error.strerror}.", "Name another --store."
        ) from error
    try:
        _acquire(handle, folder, wait_seconds)
        _sweep(folder)
        try:
            yield Writer(folder)
        finally:
            shutil.rmtree(folder / "tmp", ignore_errors=True)
    finally:
        unlock(handle)


def refuse_planted(folder: Path) -> None:
    """Raise `LinkError` when a store, or a folder in it, is a link."""
    for each in (folder, *(folder / name for name in ("lists", "versions", "tmp"))):
        refuse_link(each)


def _sweep(folder: Path) -> None:
    """Remove what a writer that was killed left."""
    shutil.rmtree(folder / "tmp", ignore_errors=True)
    for path in (*folder.glob(".*.new"), *(folder / "lists").glob(".*.new")):
        path.unlink(missing_ok=True)


def _acquire(handle: int, folder: Path, wait_seconds: float) -> None:
    until = time.monotonic() + wait_seconds
    while True:
        try:
            lock(handle, folder / "lock")
        except BlockingIOError as error:
            if time.monotonic() >= until:
                raise OutputError(
                    f"Another run is changing the store '{folder}'.", "Wait for it, then try again."
                ) from error
            time.sleep(0.05)
        else:
            return


def open_fit(
    store: Store,
    names: list[str],
    day: date,
    allow_stale: list[str],
    max_age: MaxAge = NO_MAX_AGE,
    used_until: date | None = None,
) -> list[SuppressionList]:
    """Open lists of a store for a run on ``day``, as `fit_lists`, which raises `ListError`."""
    opened = [store.open(name, day) for name in names]
    return fit_lists([replace(lst, max_age=max_age.of(lst.facts.kind)) for lst in opened], day, allow_stale, used_until)


def fit_lists(
    opened: list[SuppressionList], day: date, allow_stale: list[str], used_until: date | None = None
) -> list[SuppressionList]:
    """Return lists that may be used on ``day``, and until a later one; those in ``allow_stale`` may be too old.

    Raises `ListError`, which names every one that is too old or too new.
    """
    last = used_until or day
    ahead = [f"'{lst.facts.name}' ({lst.facts.as_of})" for lst in opened if lst.facts.as_of > day]
    if ahead:
        raise ListError(
            f"Suppression lists dated after the day of the run, {day}: {', '.join(ahead)}.",
            "Correct --as-of, of the run or of the list.",
        )
    stale = {lst.facts.name: lst.valid_until for lst in opened if lst.valid_until and lst.valid_until < last}
    refused = {name: until for name, until in stale.items() if name not in allow_stale}
    if refused:
        shown = ", ".join(f"'{name}' (usable until {until})" for name, until in refused.items())
        raise ListError(
            f"Stale suppression lists on {last}: {shown}.", "Load new copies, or name each with --allow-stale NAME."
        )
    return [replace(lst, stale_allowed=lst.facts.name in stale) for lst in opened]


def open_store(folder: Path) -> Store:
    """Open a store of suppression lists. Raises `UsageError` when the folder is none."""
    refuse_planted(folder)
    if not (folder / "lists").is_dir():
        raise UsageError(f"'{folder}' is not a store of suppression lists.", "Fill one with 'leadscrub lists add'.")
    return Store(folder)


def store_of(folder: Path | None, workspace: Path | None) -> Store | None:
    """The store that was named, else the workspace's, if it has one. Raises `UsageError` as `open_store` does."""
    if folder is not None:
        return open_store(folder)
    inside = None if workspace is None else workspace / "store"
    return open_store(inside) if inside is not None and (inside / "lists").is_dir() else None
