"""What is in an inbox, in a folder or elsewhere: drops, what goes with them, and what is not taken."""

from __future__ import annotations

import hashlib
import os
import stat
from copy import copy
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Final, Protocol

from pipeline.nightly.folders import Folders, text_name
from pipeline.nightly.vendors import Seller
from pipeline.reading.remote import RemoteFile, open_folder
from schemas.errors import DropError
from schemas.support.durable import sync_path
from schemas.support.places import new_file, open_plain, refuse_links
from schemas.support.shown import printable, shown
from schemas.workspace import RemoteChoice

#: Behind a drop's whole name: it is complete, or what its content must come to.
COMPANIONS: Final = (".done", ".sha256", ".md5")
#: How uploading programs name what is not complete.
_UNFINISHED: Final = (".part", ".partial", ".tmp", ".temp", ".filepart", ".crdownload", "~")
#: What is larger than this is no companion.
_COMPANION_BYTES: Final = 4096


@dataclass(frozen=True)
class Seen:
    """A drop in an inbox. ``place`` is what the ledger calls it, ``mark`` what tells it from a later one there.

    ``modified`` and ``arrived`` are seconds since 1970: when it last changed by its own account, and, in a folder, by
    the account of our file system, which nobody can backdate. ``companions``: their suffixes.
    """

    vendor: str
    name: str
    place: str
    size: int
    modified: float
    arrived: float
    mark: str
    companions: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """What people call it."""
        return shown(self.name)


@dataclass(frozen=True)
class Look:
    """An inbox at one moment. ``left``: name of what is not even considered -> why."""

    drops: list[Seen]
    left: dict[str, str]


@dataclass(frozen=True)
class Raw:
    """A drop's bytes on this machine. ``companions`` go where it goes."""

    path: Path
    sha256: str
    md5: str
    companions: list[Path]


class Inbox(Protocol):
    """Where a vendor puts drops. Methods raise `DropError` when it, or something in it, cannot be read."""

    def look(self) -> Look:
        """See what is there."""
        ...

    def companion(self, seen: Seen, suffix: str) -> str:
        """What a drop's companion says."""
        ...

    def bring(self, seen: Seen) -> Raw | None:
        """Have the drop here. None: it is no longer what was seen."""
        ...

    def under(self, folders: Folders) -> Inbox:
        """The same inbox, as it was looked at; what is fetched from it goes to these folders."""
        ...


def inbox_of(seller: Seller, folders: Folders, allowed: RemoteChoice) -> Inbox:
    """The vendor's inbox. ``allowed``: what may be done over a network besides."""
    return RemoteInbox(seller, folders, allowed) if seller.remote else LocalInbox(seller, folders)


def _sorted_out(found: list[Seen], left: dict[str, str]) -> Look:
    """Tell drops from what goes with them."""
    names = {seen.name for seen in found}
    drops = []
    for seen in found:
        lower = seen.name.lower()
        suffix = next((suffix for suffix in COMPANIONS if lower.endswith(suffix)), None)
        if suffix is not None:
            if seen.name[: -len(suffix)] not in names:
                left[seen.name] = "belongs to a drop that is not there"
        elif lower.endswith(_UNFINISHED):
            left[seen.name] = "has the name of an unfinished upload"
        else:
            companions = tuple(suffix for suffix in COMPANIONS if seen.name + suffix in names)
            drops.append(replace(seen, companions=companions))
    return Look(drops, left)


def _hashed(path: Path) -> tuple[str, str]:
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    with open_plain(path) as stream:
        while block := stream.read(1 << 20):
            sha256.update(block)
            md5.update(block)
    return sha256.hexdigest(), md5.hexdigest()


class LocalInbox:
    """A folder. Only plain files right in it are drops."""

    def __init__(self, seller: Seller, folders: Folders) -> None:
        self._vendor, self._folder = seller.name, Path(seller.inbox)
        self._workspace = folders.workspace

    def look(self) -> Look:
        """See `Inbox`. Raises `DropError` when the folder cannot be opened."""
        found, left = [], {}
        try:
            refuse_links(self._folder, self._workspace)
            with os.scandir(self._folder) as entries:
                for entry in sorted(entries, key=lambda entry: entry.name):
                    if entry.name.startswith("."):
                        continue
                    try:
                        facts = entry.stat(follow_symlinks=False)
                    except FileNotFoundError:
                        continue  # renamed by whoever uploads it
                    if stat.S_ISREG(facts.st_mode):
                        found.append(self._seen(entry.name, facts))
                    else:
                        left[entry.name] = "is no file; only files right in the inbox are taken"
        except OSError as error:
            raise DropError(
                f"The inbox '{self._folder}' cannot be opened: {error.strerror}.", "Make it, or mount it."
            ) from error
        return _sorted_out(found, left)

    def companion(self, seen: Seen, suffix: str) -> str:
        """See `Inbox`. Raises `DropError` when it cannot be read."""
        try:
            with open_plain(self._folder / (seen.name + suffix)) as stream:
                return stream.read(_COMPANION_BYTES).decode("utf-8", "replace")
        except OSError as error:
            raise DropError(f"'{seen.place}{suffix}' cannot be read: {error.strerror}.") from error

    def bring(self, seen: Seen) -> Raw | None:
        """See `Inbox`. It is read where it is. Raises `DropError` when it cannot be read."""
        path = self._folder / seen.name
        companions = [path.with_name(seen.name + suffix) for suffix in seen.companions]
        try:
            sha256, md5 = _hashed(path)
            unchanged = self._seen(seen.name, path.lstat()).mark == seen.mark
        except FileNotFoundError:
            return None
        except OSError as error:
            raise DropError(f"'{seen.place}' cannot be read: {error.strerror}.", "Check its permissions.") from error
        return Raw(path, sha256, md5, companions) if unchanged else None

    def under(self, folders: Folders) -> LocalInbox:
        """See `Inbox`. Nothing is fetched from a folder."""
        return self

    def _seen(self, name: str, facts: os.stat_result) -> Seen:
        path = self._folder / name
        place = path.relative_to(self._workspace) if path.is_relative_to(self._workspace) else path
        mark = f"{facts.st_size}:{facts.st_mtime_ns}:{facts.st_ctime_ns}"
        return Seen(self._vendor, name, printable(str(place)), facts.st_size, facts.st_mtime, facts.st_ctime, mark)


class RemoteInbox:
    """A folder on a server. Its files stay there; the ledger knows which were taken."""

    def __init__(self, seller: Seller, folders: Folders, allowed: RemoteChoice) -> None:
        self._vendor, self._url, self._folders, self._allowed = seller.name, seller.inbox, folders, allowed
        self._files: dict[str, RemoteFile] = {}

    def look(self) -> Look:
        """See `Inbox`."""
        with open_folder(self._url, self._allowed) as folder:
            files, left = folder.files()
        self._files = {file.name: file for file in files if not file.name.startswith(".")}
        return _sorted_out([self._seen(file) for file in self._files.values()], left)

    def companion(self, seen: Seen, suffix: str) -> str:
        """See `Inbox`."""
        file, content = self._files[seen.name + suffix], BytesIO()
        if file.size <= _COMPANION_BYTES:
            with open_folder(self._url, self._allowed) as folder:
                folder.write(file, content)
        return content.getvalue().decode("utf-8", "replace")

    def bring(self, seen: Seen) -> Raw | None:
        """See `Inbox`. It is fetched under its name, as far as we can use it, into a folder that its content names."""
        coming = self._folders.made(self._folders.fetching / seen.vendor) / text_name(seen.name)
        with open_folder(self._url, self._allowed) as folder, new_file(coming) as sink:
            folder.write(self._files[seen.name], sink)
        sync_path(coming)
        sha256, md5 = _hashed(coming)
        path = self._folders.made(self._folders.fetched / seen.vendor / sha256) / coming.name
        coming.rename(path)
        return Raw(path, sha256, md5, [])

    def under(self, folders: Folders) -> RemoteInbox:
        """See `Inbox`."""
        same = copy(self)
        same._folders = folders
        return same

    def _seen(self, file: RemoteFile) -> Seen:
        return Seen(self._vendor, file.name, printable(file.shown), file.size, file.modified, file.modified, file.mark)
