"""Random draws that depend on a seed and a row number, and on nothing else.

A counter-based generator: the 64 random bits of row 7,000,000 are a hash of (seed, stream, 7,000,000). Any
slice of a drop can therefore be made by itself, in any order, on any number of threads, and a drop of 200,000
rows is the exact beginning of a drop of 2,000,000 rows of the same seed.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

U64: TypeAlias = NDArray[np.uint64]
U32: TypeAlias = NDArray[np.uint32]
Bool: TypeAlias = NDArray[np.bool_]

_MASK = (1 << 64) - 1
_STEP = 0x9E3779B97F4A7C15
_MIX_1 = 0xBF58476D1CE4E5B9
_MIX_2 = 0x94D049BB133111EB


def _key(seed: int, stream: str) -> int:
    """One 64-bit key of a seed and the name of a stream of draws."""
    key = seed & _MASK
    for byte in stream.encode():
        key = ((key ^ byte) * _STEP + _MIX_1) & _MASK
        key ^= key >> 29
    return key


def bits(seed: int, stream: str, ids: U64) -> U64:
    """64 random bits for each id (SplitMix64, Steele et al. 2014), independent between streams."""
    z = ids * np.uint64(_STEP)
    z += np.uint64(_key(seed, stream))
    z ^= z >> np.uint64(30)
    z *= np.uint64(_MIX_1)
    z ^= z >> np.uint64(27)
    z *= np.uint64(_MIX_2)
    z ^= z >> np.uint64(31)
    return z.astype("<u8", copy=False)


def lane(word: U64, which: int) -> U32:
    """One of the four 16-bit lanes of each word, as a number in [0, 65536)."""
    return word.view("<u2")[which::4].astype(np.uint32)


def pick(word: U64, which: int, n: int | U32) -> U32:
    """A number in [0, n) from one lane of each word; `n` is at most 65,536, one for all or one for each."""
    drawn: U32 = lane(word, which) * np.asarray(n, dtype=np.uint32)
    drawn >>= np.uint32(16)
    return drawn


def below(word: U64, which: int, share: float) -> Bool:
    """True for about `share` of the words (resolution 1/65,536)."""
    return lane(word, which) < np.uint32(round(share * 65_536))


def earlier(word: U64, ids: U64) -> U64:
    """For each id, an id before it (uniform over all earlier ones); ids below 2**32. Id 0 gets itself."""
    return ((word >> np.uint64(32)) * ids) >> np.uint64(32)
