"""The Merkle root over the rows of a result, and the path from one row to it. docs/proof.md defines both.

The tree is that of RFC 9162 (2.1), with BLAKE2b in place of SHA-256. A leaf is the hash of a blinding and of the row's
hash, in the order of ``row_id``. The blindings come from a secret that only somebody with all rows can know: whoever
has one row, its blinding and its path cannot find out what another row says by trying.
"""

from __future__ import annotations

import hashlib
import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from schemas.support.many_hashes import DIGEST, digest, digests_of_short
from schemas.support.ordered_map import in_order

#: The first byte of what is hashed: a leaf, a node above two others, the secret, two blindings. 2 is a row's.
_LEAF, _NODE, _SECRET, _BLINDINGS = 0, 1, 3, 4
BLINDING: Final = 16
#: Leaves that are in memory at a time: a power of two, so that each lot is a whole subtree but the last.
_LOT: Final = 1 << 14
Digests = npt.NDArray[np.uint8]


class TreePath(NamedTuple):
    """From a row to the root: its place among the rows, its blinding, and the hashes beside the way up."""

    leaf: int
    blinding: bytes
    beside: list[bytes]


class RowTree:
    """Takes the hashes of all rows in the order of ``row_id``, then knows the root. A context manager.

    They are on disk meanwhile, in a file of ``folder`` that has no name.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  # closed with the tree
        self._secret = hashlib.blake2b(bytes([_SECRET]), digest_size=DIGEST)
        self.rows = 0

    def add(self, rows: Digests) -> None:
        """Take the hashes of the next rows, n x 32 bytes."""
        content = rows.tobytes()
        self._file.write(content)
        self._secret.update(content)
        self.rows += len(rows)

    def hashes(self) -> Iterator[Digests]:
        """The hashes that it was given, a lot at a time."""
        self._file.seek(0)
        while content := self._file.read(_LOT * DIGEST):
            yield np.frombuffer(content, np.uint8).reshape(-1, DIGEST)

    def root(self, threads: int = 1) -> bytes:
        """The root over all of them; that of no rows is the hash of nothing."""
        lots = list(in_order(lambda lot: _levels(self._leaves(*lot))[-1], self._lots(), threads))
        return _levels(np.concatenate(lots))[-1].tobytes() if lots else digest(b"")

    def path(self, leaf: int) -> TreePath:
        """The path from a row (its place among the rows, from 0). Raises `IndexError` when there is no such row."""
        if not 0 <= leaf < self.rows:
            raise IndexError(leaf)
        lots, beside = [], []
        for number, lot in enumerate(self._lots()):
            levels = _levels(self._leaves(*lot))
            lots.append(levels[-1])
            if number == leaf // _LOT:
                beside = _beside(levels, leaf % _LOT)
        beside += _beside(_levels(np.concatenate(lots)), leaf // _LOT)
        return TreePath(leaf, self._blindings(leaf - leaf % 2, 2)[leaf % 2].tobytes(), beside)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the file up."""
        self._file.close()

    def _lots(self) -> Iterator[tuple[int, Digests]]:
        """The hashes, a lot at a time, each with the number of its first row."""
        return zip(itertools.count(0, _LOT), self.hashes(), strict=False)

    def _leaves(self, first: int, rows: Digests) -> Digests:
        return _hashed(_LEAF, self._blindings(first, len(rows)), rows)

    def _blindings(self, first: int, count: int) -> Digests:
        """Blindings of rows from an even one on, two of each hash of the secret and of half their number."""
        numbers = np.arange(first // 2, (first + count + 1) // 2, dtype="<u8")
        secret = np.frombuffer(self._secret.digest(), np.uint8)
        pairs = _hashed(
            _BLINDINGS, np.broadcast_to(secret, (len(numbers), DIGEST)), numbers.view(np.uint8).reshape(-1, 8)
        )
        return pairs.reshape(-1, BLINDING)[:count]


def _levels(leaves: Digests) -> list[Digests]:
    """The levels of a tree, the lowest first: two by two, and one that is left over as it is."""
    levels = [leaves]
    while len(below := levels[-1]) > 1:
        above = _hashed(_NODE, below[: len(below) // 2 * 2].reshape(-1, 2 * DIGEST))
        levels.append(np.concatenate([above, below[-1:]]) if len(below) % 2 else above)
    return levels


def _beside(levels: list[Digests], place: int) -> list[bytes]:
    """The hashes beside the way up from a leaf."""
    beside = []
    for level in levels[:-1]:
        if (other := place ^ 1) < len(level):
            beside.append(level[other].tobytes())
        place >>= 1
    return beside


def _hashed(kind: int, *parts: Digests) -> Digests:
    """Hash, of each row, what kind it is of and these parts: together less than a block."""
    return digests_of_short(kind, parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1))
