"""Hashes of many short messages at once: BLAKE2b (RFC 7693) with 32 bytes of output, as ``hashlib`` makes them."""

from __future__ import annotations

import hashlib
from typing import Final

import numpy as np
import numpy.typing as npt

from schemas.kernels import kernel
from schemas.kernels.blake2b import LANES, WORK, hash_messages, hash_short

DIGEST: Final = 32
#: Bytes that are hashed at a time: a message begins at a multiple of this, and zeros follow it up to the next one.
BLOCK: Final = 128


def digest(message: bytes) -> bytes:
    """Hash one message."""
    return hashlib.blake2b(message, digest_size=DIGEST).digest()


def blocks_of(sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Where messages of these sizes begin, in blocks, and where the last one ends. No message is empty."""
    bounds = np.zeros(len(sizes) + 1, np.int64)
    np.cumsum((sizes + (BLOCK - 1)) // BLOCK, out=bounds[1:])
    return bounds


def digests_of(
    data: npt.NDArray[np.uint8], blocks: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64]
) -> npt.NDArray[np.uint8]:
    """Hash the messages in ``data``, of which the ``i``-th begins at block ``blocks[i]``. Returns n x 32 bytes."""
    found = np.empty((len(sizes), DIGEST), np.uint8)
    if len(sizes) <= kernel.FEW_ROWS:
        for number, (block, size) in enumerate(zip(blocks, sizes, strict=False)):
            found[number] = np.frombuffer(digest(data[block * BLOCK : block * BLOCK + size].tobytes()), np.uint8)
        return found
    if not len(sizes):
        return found
    lengths = np.diff(blocks)
    # numpy sorts numbers of two bytes by counting.
    short = lengths.astype(np.uint16) if lengths.max() <= np.iinfo(np.uint16).max else lengths
    order = np.argsort(short, kind="stable")
    order = np.concatenate([order, np.repeat(order[-1:], -len(order) % LANES)])
    hash_messages(
        data.view(np.uint64), blocks, sizes, order, np.zeros(WORK, np.uint64), found.reshape(-1).view(np.uint64)
    )
    return found


def digests_of_short(kind: int, messages: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Hash messages of one size, with the same byte ahead of each: n x bytes, a multiple of 8 and less than a block."""
    rows, size = messages.shape
    if rows <= kernel.FEW_ROWS:
        hashes = [digest(bytes([kind]) + message.tobytes()) for message in messages]
        return np.frombuffer(b"".join(hashes), np.uint8).reshape(-1, DIGEST)
    found = np.empty((rows, DIGEST), np.uint8)
    words = np.ascontiguousarray(messages).reshape(-1).view(np.uint64)
    hash_short(words, size // 8, kind, np.zeros(WORK, np.uint64), found.reshape(-1).view(np.uint64))
    return found
