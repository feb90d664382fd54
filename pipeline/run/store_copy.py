"""A store of lists that machines share, on S3 or in a folder: one machine pushes what it loaded, the others pull it.

    SHARED/store.json        histories of all lists; size and SHA-256 of each file: written last
    SHARED/versions/<id>/    files of a version in force, which never change

A version that is pulled is believed when all of its files are what ``store.json`` says. It is then moved into the store
in one step, and a list gets its new history when its version is there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.ledger.list_logging import logged_writing
from pipeline.reading.remote import is_remote
from pipeline.reading.shared_folder import SharedFolder, SharedPlace, open_shared
from pipeline.run.request import Request
from pipeline.workspace import workspace_facts, workspace_of
from schemas.errors import FileError, ListError
from schemas.list_version import History, Loading
from schemas.support.places import new_file, open_plain
from schemas.workspace import RemoteChoice
from suppression.lists import check_version, read_facts
from suppression.store import Store, Writer, writing

_MANIFEST: Final = "store.json"
_BLOCK: Final = 1 << 20
_PUSH: Final = "If it was loaded here, push it: leadscrub lists push. If the shared store is an older copy, restore it."


class _File(BaseModel):
    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True)

    bytes: int
    sha256: str


class _Contents(BaseModel):
    """What is shared. ``number`` rises with every push; ``versions``: their files, by version and name."""

    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True)

    format: Literal[1] = 1
    number: int = 0
    lists: dict[str, History] = {}
    versions: dict[str, dict[str, _File]] = {}

    @property
    def digest(self) -> str:
        """SHA-256 of all of it."""
        return hashlib.sha256(json.dumps(self.model_dump(mode="json"), sort_keys=True).encode()).hexdigest()


@contextmanager
def shared_store(where: str, allowed: RemoteChoice, home: Path) -> Iterator[SharedPlace]:
    """Open the place of a shared store: a URL, or a folder, relative to ``home``.

    Raises `UsageError` when the URL is of another kind, `ListError` when it does not answer as it should.
    """
    try:
        if is_remote(where):
            with open_shared(where, allowed) as place:
                yield place
        else:
            yield SharedFolder(home / where)
    except FileError as error:
        raise ListError(f"The shared store does not answer as it should: {error.message}", error.hint) from error


def pull_shared(request: Request) -> None:
    """Pull the shared store of a request's workspace, where its lists come from that.

    Raises what `pull_named` raises.
    """
    workspace = workspace_of(request.campaign)
    if workspace is None or request.store is not None or request.no_lists or request.dry_run:
        return
    pull_named(workspace, datetime.now(UTC))


def pull_named(workspace: Path, at: datetime) -> list[str]:
    """Pull what the workspace's own file names as its shared store, if it names one. Returns the lists that changed.

    Raises what `shared_store` and `pull` raise.
    """
    facts = workspace_facts(workspace)
    if facts.store.shared is None:
        return []
    with shared_store(facts.store.shared, facts.remote, workspace) as place:
        return pull(workspace / "store", place, at)


def pull(store: Path, place: SharedPlace, at: datetime, *, thorough: bool = False) -> list[str]:
    """Make a store what the shared one is. Returns the lists that changed, or were mended.

    Versions that are here are looked at by the sizes of their files; with ``thorough``, by their content. Raises
    `ListError` when the shared store is missing, damaged or older than this one, or this one has what was not pushed.
    """
    contents = _contents(place)
    if contents is None:
        raise ListError(f"There is no shared store at '{place.shown}'.", "Fill it: leadscrub lists push.")
    if not _to_pull(Store(store), contents, thorough=thorough):
        return []
    with logged_writing(store) as writer:
        # Asked again: another command may have pulled meanwhile.
        todo = _to_pull(writer, contents, thorough=thorough)
        for name in todo:
            version = contents.lists[name].current
            if version is not None and not _is_here(writer, version, contents, thorough=thorough):
                _fetch(writer, place, name, version, contents)
        histories = {name: _with_next(contents.lists[name].steps) for name in todo}
        writer.adopt({name: [_as_here(writer, *pair) for pair in pairs] for name, pairs in histories.items()}, at=at)
    return todo


def push(store: Path, place: SharedPlace) -> list[str]:
    """Make the shared store what this one is. Returns the lists that changed.

    Raises `ListError` when the shared one has what this one has not, which would be lost.
    """
    with writing(store) as writer:
        before = _contents(place) or _Contents()
        lists = {name: writer.history(name) for name in writer.all_names()}
        for name, theirs in before.lists.items():
            if name not in lists or not _goes_on(lists[name], theirs):
                raise ListError(
                    f"The shared store has what this one has not, of the list '{name}'.",
                    "Pull it first: leadscrub lists pull.",
                )
        changed = [name for name, ours in lists.items() if ours != before.lists.get(name)]
        if not changed:
            return []
        versions: dict[str, dict[str, _File]] = {}
        for version in sorted({ours.current for ours in lists.values() if ours.current is not None}):
            folder = writer.version_folder(version)
            check_version(folder, version)
            versions[version] = {each.name: _file_of(each) for each in sorted(folder.iterdir())}
            for name, of_file in versions[version].items():
                if before.versions.get(version, {}).get(name) != of_file:
                    place.write(_path(version, name), folder / name)
        contents = _Contents(number=before.number + 1, lists=lists, versions=versions)
        document = {**contents.model_dump(mode="json"), "digest": contents.digest}
        written = writer.temporary / _MANIFEST
        written.write_text(json.dumps(document, sort_keys=True, indent=1) + "\n", encoding="utf-8")
        place.write(_MANIFEST, written)
    return changed


def _contents(place: SharedPlace) -> _Contents | None:
    """What is shared; None where nothing was ever pushed. Raises `ListError` when it is damaged."""
    text = place.text(_MANIFEST)
    if text is None:
        return None
    try:
        document = json.loads(text)
        sealed = document.pop("digest")
        contents = _Contents.model_validate(document)
    except (ValueError, KeyError, TypeError, AttributeError, ValidationError) as error:
        raise _damaged(place, _MANIFEST) from error
    sound = sealed == contents.digest and all(
        name == each.name and each.digest == each.steps_digest for name, each in contents.lists.items()
    )
    if not sound or any("/" in name for files in contents.versions.values() for name in files):
        raise _damaged(place, _MANIFEST)
    return contents


def _to_pull(store: Store, contents: _Contents, *, thorough: bool) -> list[str]:
    """Lists that are not here as they are there. Raises `ListError` when something here is not there."""
    here = {name for name in store.all_names() if name not in store.gone()} if store.folder.is_dir() else set()
    if own := sorted(here - contents.lists.keys()):
        raise ListError(f"The shared store does not have a list that is here: {', '.join(own)}.", _PUSH)
    todo = []
    for name, theirs in sorted(contents.lists.items()):
        if name in here and not _goes_on(theirs, ours := store.history(name)):
            how = "is older" if _goes_on(ours, theirs) else "has another history"
            raise ListError(f"The list '{name}' in the shared store {how} than the copy here.", _PUSH)
        is_same = name in here and len(theirs.steps) == len(ours.steps)
        version = theirs.current
        if not is_same or (version is not None and not _is_here(store, version, contents, thorough=thorough)):
            todo.append(name)
    return todo


def _goes_on(later: History, earlier: History) -> bool:
    """Whether a history is the other one, or begins with it. Which files are gone since is each store's own affair."""

    def steps(history: History) -> list[Loading]:
        return [step.model_copy(update={"removed_at": None}) for step in history.steps]

    return steps(later)[: len(earlier.steps)] == steps(earlier)


def _is_here(store: Store, version: str, contents: _Contents, *, thorough: bool) -> bool:
    folder = store.version_folder(version)
    for name, of_file in contents.versions.get(version, {}).items():
        path = folder / name
        if not path.is_file() or path.stat().st_size != of_file.bytes:
            return False
        if thorough and _file_of(path) != of_file:
            return False
    return folder.is_dir()


def _fetch(writer: Writer, place: SharedPlace, name: str, version: str, contents: _Contents) -> None:
    """Fetch a version, and move it into the store when every byte is what it should be."""
    coming = writer.temporary
    for file, expected in contents.versions.get(version, {}).items():
        with new_file(coming / file) as sink:
            place.read(_path(version, file), sink)
        if _file_of(coming / file) != expected:
            raise _damaged(place, _path(version, file), f" of the list '{name}'")
    read_facts(coming, version)
    writer.put(coming, version)


def _with_next(steps: list[Loading]) -> Iterator[tuple[Loading, Loading | None]]:
    return zip(steps, [*steps[1:], None], strict=True)


def _as_here(writer: Writer, step: Loading, following: Loading | None) -> Loading:
    """A step as this store has it: files of earlier versions are not pulled, and count as removed when they ceased."""
    if step.version is None or following is None or writer.version_folder(step.version).is_dir():
        return step.model_copy(update={"removed_at": None}) if following is None else step
    return step if step.removed_at is not None else step.model_copy(update={"removed_at": following.at})


def _path(version: str, name: str) -> str:
    return f"versions/{version[:32]}/{name}"


def _file_of(path: Path) -> _File:
    with open_plain(path) as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return _File(bytes=path.stat().st_size, sha256=digest)


def _damaged(place: SharedPlace, name: str, of: str = "") -> ListError:
    return ListError(
        f"'{name}'{of} in the shared store '{place.shown}' is damaged or incomplete; nothing here was changed.",
        "Push it again from the machine that loaded it, to a place that is empty: leadscrub lists push.",
    )
