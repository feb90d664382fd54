"""BLAKE2b (RFC 7693) with 32 bytes of output, of many messages, eight at a time in wide registers.

Several times faster than a call a message, and other threads run meanwhile. `schemas.support.many_hashes` calls it, and
does few messages with the standard library; in Python these functions would warn that numbers of 64 bits overflow.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from schemas.kernels.kernel import Int64s, UInt64s, helper, kernel

Word: TypeAlias = np.uint64
#: The working state of one message.
State: TypeAlias = tuple[Word, Word, Word, Word, Word, Word, Word, Word, Word, Word, Word, Word, Word, Word, Word, Word]

#: Messages that are hashed side by side.
LANES = 8
#: Words of the array in which they are: a block of each message, the state before it and behind it, and per message how
#: many bytes were hashed and whether the block is the last one.
_BEFORE, _BEHIND, _COUNT, _LAST = 16 * LANES, 24 * LANES, 32 * LANES, 33 * LANES
WORK = 34 * LANES

#: The initialisation vector, and its first word for 32 bytes of output without a key.
_IV = np.array(
    [
        *(0x6A09E667F3BCC908, 0xBB67AE8584CAA73B, 0x3C6EF372FE94F82B, 0xA54FF53A5F1D36F1),
        *(0x510E527FADE682D1, 0x9B05688C2B3E6C1F, 0x1F83D9ABFB41BD6B, 0x5BE0CD19137E2179),
    ],
    dtype=np.uint64,
)
_FIRST = np.uint64(0x6A09E667F3BCC908 ^ 0x01010020)
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)


@helper
def _rotated(word: Word, bits: int) -> Word:
    return (word >> np.uint64(bits)) | (word << np.uint64(64 - bits))


@helper
def _mixed(a: Word, b: Word, c: Word, d: Word, x: Word, y: Word) -> tuple[Word, Word, Word, Word]:
    """The function G of the RFC."""
    a = a + b + x
    d = _rotated(d ^ a, 32)
    c = c + d
    b = _rotated(b ^ c, 24)
    a = a + b + y
    d = _rotated(d ^ a, 16)
    c = c + d
    b = _rotated(b ^ c, 63)
    return a, b, c, d


@helper
def _round(
    v: State,
    x0: Word,
    x1: Word,
    x2: Word,
    x3: Word,
    x4: Word,
    x5: Word,
    x6: Word,
    x7: Word,
    x8: Word,
    x9: Word,
    x10: Word,
    x11: Word,
    x12: Word,
    x13: Word,
    x14: Word,
    x15: Word,
) -> State:
    """One round, with the words of the block in the round's order."""
    v0, v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12, v13, v14, v15 = v
    v0, v4, v8, v12 = _mixed(v0, v4, v8, v12, x0, x1)
    v1, v5, v9, v13 = _mixed(v1, v5, v9, v13, x2, x3)
    v2, v6, v10, v14 = _mixed(v2, v6, v10, v14, x4, x5)
    v3, v7, v11, v15 = _mixed(v3, v7, v11, v15, x6, x7)
    v0, v5, v10, v15 = _mixed(v0, v5, v10, v15, x8, x9)
    v1, v6, v11, v12 = _mixed(v1, v6, v11, v12, x10, x11)
    v2, v7, v8, v13 = _mixed(v2, v7, v8, v13, x12, x13)
    v3, v4, v9, v14 = _mixed(v3, v4, v9, v14, x14, x15)
    return v0, v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12, v13, v14, v15


@helper
def _compress(w: UInt64s) -> None:
    """The function F of the RFC, of a block of each of the eight messages.

    The loop over them is straight on, and all of it is in one array at fixed distances: so the compiler can do the
    messages in the lanes of wide registers.
    """
    for lane in range(LANES):
        m0, m1, m2, m3 = w[lane], w[8 + lane], w[16 + lane], w[24 + lane]
        m4, m5, m6, m7 = w[32 + lane], w[40 + lane], w[48 + lane], w[56 + lane]
        m8, m9, m10, m11 = w[64 + lane], w[72 + lane], w[80 + lane], w[88 + lane]
        m12, m13, m14, m15 = w[96 + lane], w[104 + lane], w[112 + lane], w[120 + lane]
        h0, h1, h2, h3 = w[128 + lane], w[136 + lane], w[144 + lane], w[152 + lane]
        h4, h5, h6, h7 = w[160 + lane], w[168 + lane], w[176 + lane], w[184 + lane]
        v12, v14 = _IV[4] ^ w[_COUNT + lane], _IV[6] ^ w[_LAST + lane]
        v = h0, h1, h2, h3, h4, h5, h6, h7, _IV[0], _IV[1], _IV[2], _IV[3], v12, _IV[5], v14, _IV[7]
        v = _round(v, m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15)
        v = _round(v, m14, m10, m4, m8, m9, m15, m13, m6, m1, m12, m0, m2, m11, m7, m5, m3)
        v = _round(v, m11, m8, m12, m0, m5, m2, m15, m13, m10, m14, m3, m6, m7, m1, m9, m4)
        v = _round(v, m7, m9, m3, m1, m13, m12, m11, m14, m2, m6, m5, m10, m4, m0, m15, m8)
        v = _round(v, m9, m0, m5, m7, m2, m4, m10, m15, m14, m1, m11, m12, m6, m8, m3, m13)
        v = _round(v, m2, m12, m6, m10, m0, m11, m8, m3, m4, m13, m7, m5, m15, m14, m1, m9)
        v = _round(v, m12, m5, m1, m15, m14, m13, m4, m10, m0, m7, m6, m3, m9, m2, m8, m11)
        v = _round(v, m13, m11, m7, m14, m12, m1, m3, m9, m5, m0, m15, m4, m8, m6, m2, m10)
        v = _round(v, m6, m15, m14, m9, m11, m3, m0, m8, m12, m2, m13, m7, m1, m4, m10, m5)
        v = _round(v, m10, m2, m8, m4, m7, m6, m1, m5, m15, m11, m9, m14, m3, m12, m13, m0)
        v = _round(v, m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15)
        v = _round(v, m14, m10, m4, m8, m9, m15, m13, m6, m1, m12, m0, m2, m11, m7, m5, m3)
        v0, v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12, v13, v14, v15 = v
        w[192 + lane], w[200 + lane], w[208 + lane], w[216 + lane] = (
            h0 ^ v0 ^ v8,
            h1 ^ v1 ^ v9,
            h2 ^ v2 ^ v10,
            h3 ^ v3 ^ v11,
        )
        w[224 + lane], w[232 + lane], w[240 + lane], w[248 + lane] = (
            h4 ^ v4 ^ v12,
            h5 ^ v5 ^ v13,
            h6 ^ v6 ^ v14,
            h7 ^ v7 ^ v15,
        )


@kernel
def hash_messages(words: UInt64s, blocks: Int64s, sizes: Int64s, order: Int64s, w: UInt64s, digests: UInt64s) -> None:
    """Hash each message: ``words`` from block ``blocks[i]`` (of 16 words) on, ``sizes[i]`` bytes, zeros behind them.

    ``order``: the messages, the fewest blocks first, as many as a multiple of `LANES` (one may be named again).
    ``w``: room for `WORK` words. ``digests``: four words a message.
    """
    for first in range(0, len(order), LANES):
        for lane in range(LANES):
            w[_BEFORE + lane] = _FIRST
            for k in range(1, 8):
                w[_BEFORE + k * LANES + lane] = _IV[k]
        most = blocks[order[first + LANES - 1] + 1] - blocks[order[first + LANES - 1]]
        for block in range(most):
            for lane in range(LANES):
                message = order[first + lane]
                # A message that has ended goes along with its last block, and nobody asks what comes out.
                last = blocks[message + 1] - blocks[message] - 1
                at = (blocks[message] + min(block, last)) * 16
                for k in range(16):
                    w[k * LANES + lane] = words[at + k]
                w[_COUNT + lane] = np.uint64(sizes[message]) if block >= last else np.uint64((block + 1) * 128)
                w[_LAST + lane] = _ALL if block >= last else np.uint64(0)
            _compress(w)
            for k in range(8 * LANES):
                w[_BEFORE + k] = w[_BEHIND + k]
            for lane in range(LANES):
                message = order[first + lane]
                if blocks[message + 1] - blocks[message] == block + 1:
                    for k in range(4):
                        digests[message * 4 + k] = w[_BEHIND + k * LANES + lane]


@kernel
def hash_short(words: UInt64s, width: int, kind: int, w: UInt64s, digests: UInt64s) -> None:
    """Hash messages of one byte and ``width`` words, fewer than 16. ``w`` and ``digests``: as of `hash_messages`."""
    count = len(digests) // 4
    for first in range(0, count, LANES):
        for lane in range(LANES):
            message = min(first + lane, count - 1)
            before = np.uint64(kind)
            for k in range(16):
                w[k * LANES + lane] = before
                before = np.uint64(0)
                if k < width:
                    word = words[message * width + k]
                    w[k * LANES + lane] |= word << np.uint64(8)
                    before = word >> np.uint64(56)
            w[_BEFORE + lane] = _FIRST
            for k in range(1, 8):
                w[_BEFORE + k * LANES + lane] = _IV[k]
            w[_COUNT + lane] = np.uint64(8 * width + 1)
            w[_LAST + lane] = _ALL
        _compress(w)
        for lane in range(min(LANES, count - first)):
            for k in range(4):
                digests[(first + lane) * 4 + k] = w[_BEHIND + k * LANES + lane]
