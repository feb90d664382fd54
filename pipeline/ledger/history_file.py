"""One file of the contact history: points in order, and for each whose it is. Written once, named by its content.

    pages       of at most 65,536 entries: keys (u64), rests (u64), owners (u32), filled up to eight bytes;
                a key's entries are in one page
    directory   first key of each page, then where each page starts and the last one ends (u64)
    owners      JSON: pairs of run id and SHA-256 of the drop
    tail        pages, entries, bytes of the owners, version (u64)

Beside it, ``<name>.sums`` has a checksum of each block: no byte is believed before its block was checked.
"""

from __future__ import annotations

import functools
import json
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.ledger.history_points import Points, Words, joined
from schemas.errors import LedgerError, ListError
from schemas.support.durable import sync_path
from suppression.index.blobs import Blob, BlobWriter

PAGE = 1 << 16
SUFFIX = ".points"
#: Begins the names of folders in which files are made.
MAKING = ".making-"
_ENTRY_BYTES = 20
_VERSION = 2
_BLOCK = 1 << 18

Rows = npt.NDArray[np.intp]
Owners = npt.NDArray[np.uint32]


@dataclass(frozen=True, order=True)
class Owner:
    """Whose points they are: a run and, of the drops that it scrubbed, one."""

    run_id: str
    sha256: str


@dataclass(frozen=True)
class Entries:
    """Points, and the number of each one's owner in the file."""

    points: Points
    owners: Owners

    def __len__(self) -> int:
        return len(self.points)

    def part(self, rows: Rows | npt.NDArray[np.bool_] | slice) -> Entries:
        """Some of them."""
        return Entries(self.points.part(rows), self.owners[rows])


@dataclass(frozen=True)
class Written:
    """A file of the history. ``file`` is its name without suffix: the hash of its checksums."""

    file: str
    bytes: int
    points: int


def points_path(folder: Path, file: str) -> Path:
    """Where a file of the history is."""
    return folder / f"{file}{SUFFIX}"


def joined_entries(parts: list[Entries]) -> Entries:
    """One after the other."""
    owners = np.concatenate([np.empty(0, np.uint32), *(part.owners for part in parts)])
    return Entries(joined([part.points for part in parts]), owners)


def ordered(entries: Entries) -> Entries:
    """Sort entries by point and owner, and leave out repeats."""
    keys = entries.points.keys
    order = np.argsort(keys)
    keys = keys[order]
    same = keys[1:] == keys[:-1]
    if same.any():
        # Most keys occur once: only those that do not are compared as a whole.
        tied = np.zeros(len(keys), dtype=bool)
        tied[1:] |= same
        tied[:-1] |= same
        rows = order[tied]
        by = (entries.owners[rows], entries.points.rests[rows], entries.points.keys[rows])
        order[tied] = rows[np.lexsort(by)]
    entries = entries.part(order)
    if same.any():
        rests, owners = entries.points.rests, entries.owners
        fresh = np.ones(len(entries), dtype=bool)
        fresh[1:] = ~same | (rests[1:] != rests[:-1]) | (owners[1:] != owners[:-1])
        entries = entries.part(fresh)
    return entries


def write_points(folder: Path, chunks: Iterable[Entries], owners: list[Owner]) -> Written:
    """Write entries to a new file of the folder. Chunks are `ordered`, and no key is in two of them."""
    with tempfile.TemporaryDirectory(prefix=MAKING, dir=folder) as making:
        path = Path(making) / f"new{SUFFIX}"
        firsts: list[int] = []
        starts = [0]
        entries = 0
        with BlobWriter(path, _BLOCK) as blob:
            for page in _pages(chunks):
                firsts.append(int(page.points.keys[0]))
                fill = np.zeros(len(page) % 2, np.uint32)
                for part in (page.points.keys, page.points.rests, page.owners, fill):
                    blob.write(part)
                starts.append(starts[-1] + _ENTRY_BYTES * len(page) + fill.nbytes)
                entries += len(page)
            names = json.dumps([[owner.run_id, owner.sha256] for owner in owners]).encode()
            blob.write(np.array([*firsts, *starts], np.uint64))
            blob.write(np.frombuffer(names, np.uint8))
            blob.write(np.array([len(firsts), entries, len(names), _VERSION], np.uint64))
        name = str(blob.record["digest"])
        for made, final in ((f"{path}.sums", f"{name}{SUFFIX}.sums"), (path, f"{name}{SUFFIX}")):
            Path(made).chmod(0o600)
            sync_path(Path(made))
            Path(made).rename(folder / final)
        sync_path(folder)
    return Written(name, int(str(blob.record["bytes"])), entries)


def _pages(chunks: Iterable[Entries]) -> Iterator[Entries]:
    """Divide entries into pages; where is decided by the entries alone, not by the chunks that they come in."""
    rest = joined_entries([])
    for chunk in chunks:
        held = joined_entries([rest, chunk])
        start = 0
        while (stop := _page_end(held.points.keys, start)) is not None:
            yield held.part(slice(start, stop))
            start = stop
        rest = held.part(slice(start, None))
    if len(rest):
        yield rest


def _page_end(keys: Words, start: int) -> int | None:
    """A page ends before the key that would be in two, or after it where it has no other; None: not known yet."""
    if len(keys) - start <= PAGE:
        return None
    last = keys[start + PAGE]
    before = int(np.searchsorted(keys, last, "left"))
    stop = before if before > start else int(np.searchsorted(keys, last, "right"))
    return stop if stop < len(keys) else None


class PointsFile:
    """Opens what `write_points` wrote. Look-ups raise `LedgerError` when a byte that they need was changed."""

    def __init__(self, folder: Path, file: str, size: int) -> None:
        self.file = file
        with _damage(file):
            record = {"name": f"{file}{SUFFIX}", "bytes": size, "block": _BLOCK, "digest": file}
            self._blob = Blob(folder, record, file)
            pages, self.entries, named, version = map(int, self._bytes(size - 32, size).view(np.uint64))
            if version != _VERSION:
                raise LedgerError(
                    "The contact history was written by another version of leadscrub.", "Use that version."
                )
            self._names = (size - 32 - named, size - 32)
            table = size - 32 - named - 8 * (2 * pages + 1)
            directory = self._bytes(table, table + 8 * (2 * pages + 1)).view(np.uint64)
        self.firsts: Words = directory[:pages]
        self._starts = directory[pages:].astype(np.int64)

    @functools.cached_property
    def owners(self) -> list[Owner]:
        """Whose points the file has, by number. Read when somebody first asks: there may be many."""
        return [Owner(*pair) for pair in self._pairs]

    def owner(self, number: int) -> Owner:
        """One of them."""
        return Owner(*self._pairs[number])

    @functools.cached_property
    def _pairs(self) -> list[list[str]]:
        with _damage(self.file):
            pairs: list[list[str]] = json.loads(self._bytes(*self._names).tobytes())
        return pairs

    def matches(self, wanted: Points) -> tuple[Rows, Owners]:
        """Entries of these points (ordered by key): which of them, and whose. A point may have several owners."""
        cuts = np.concatenate([[0], np.searchsorted(wanted.keys, self.firsts[1:]), [len(wanted)]])
        pages = np.flatnonzero(np.diff(cuts))
        if not self.entries or not len(pages):
            return np.empty(0, np.intp), np.empty(0, np.uint32)
        self._check(pages)
        rows, owners = [], []
        for page, start, stop in zip(pages.tolist(), cuts[pages].tolist(), cuts[pages + 1].tolist(), strict=True):
            held = self._page(page)
            asked = wanted.part(slice(start, stop))
            mine, its = _equal(asked.keys, held.points.keys)
            same = asked.rests[mine] == held.points.rests[its]
            rows.append(mine[same] + start)
            owners.append(held.owners[its[same]])
        return np.concatenate(rows), np.concatenate(owners)

    def between(self, low: int, high: int | None) -> Entries:
        """Entries with ``low <= key < high`` (None: to the end)."""
        first = max(int(np.searchsorted(self.firsts, np.uint64(low), "right")) - 1, 0)
        last = len(self.firsts) if high is None else int(np.searchsorted(self.firsts, np.uint64(high), "left"))
        self._check(np.arange(first, last))
        held = joined_entries([self._page(page) for page in range(first, last)])
        keys = held.points.keys
        start = int(np.searchsorted(keys, np.uint64(low)))
        stop = len(keys) if high is None else int(np.searchsorted(keys, np.uint64(high)))
        return held.part(slice(start, stop))

    def check(self) -> None:
        """Read every byte and compare it with its checksums."""
        with _damage(self.file):
            self._blob.all()

    def _page(self, page: int) -> Entries:
        """A page whose blocks were checked."""
        start, stop = int(self._starts[page]), int(self._starts[page + 1])
        count = (stop - start) // _ENTRY_BYTES
        words = self._whole[start : start + 16 * count].view(np.uint64)
        owners = self._whole[start + 16 * count : start + _ENTRY_BYTES * count].view(np.uint32)
        return Entries(Points(words[:count], words[count:]), owners)

    def _check(self, pages: Rows) -> None:
        blocks = [
            np.arange(start // _BLOCK, -(-stop // _BLOCK))
            for start, stop in zip(self._starts[pages].tolist(), self._starts[pages + 1].tolist(), strict=True)
        ]
        if blocks:
            with _damage(self.file):
                self._whole = self._blob.touch(np.unique(np.concatenate(blocks)) * _BLOCK)

    def _bytes(self, start: int, stop: int) -> npt.NDArray[np.uint8]:
        whole = self._blob.touch(np.arange(start // _BLOCK, -(-stop // _BLOCK)) * _BLOCK)
        # The names are of any length: what comes after them is copied to where numbers may begin.
        return whole[start:stop].copy()


def _equal(left: Words, right: Words) -> tuple[Rows, Rows]:
    """All pairs of equal values of two ordered arrays: where each is. The shorter one is searched for."""
    if len(left) > len(right):
        theirs, ours = _equal(right, left)
        return ours, theirs
    first = np.searchsorted(right, left)
    rows = np.flatnonzero(right[np.minimum(first, len(right) - 1)] == left)
    first = first[rows]
    counts = np.searchsorted(right, left[rows], "right") - first
    ends = np.cumsum(counts)
    offsets = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - counts, counts)
    return np.repeat(rows, counts), np.repeat(first, counts) + offsets


@contextmanager
def _damage(file: str) -> Iterator[None]:
    try:
        yield
    except ListError as error:
        raise LedgerError(
            f"The contact history is damaged: '{file}{SUFFIX}' is missing or was changed.",
            "Restore the history folder from a copy.",
        ) from error
