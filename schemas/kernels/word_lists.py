"""Short lists of words, as a column has them (``bounds`` and ``words``), and which of them a stretch of text is."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from schemas.kernels.kernel import Bytes, Int64s, helper


def word_list(words: Iterable[str]) -> tuple[Int64s, Bytes]:
    """Lay out words in ASCII and lower case."""
    ordered = sorted(words)
    bounds = np.cumsum([0, *map(len, ordered)], dtype=np.int64)
    return bounds, np.frombuffer("".join(ordered).encode("ascii"), np.uint8)


@helper
def is_word(text: Bytes, start: int, end: int, bounds: Int64s, words: Bytes) -> bool:
    """Whether a stretch of text, in any case, is one of the words."""
    for word in range(len(bounds) - 1):
        size = bounds[word + 1] - bounds[word]
        if size == end - start and ends_alike(text, end, bounds[word + 1], size, words):
            return True
    return False


@helper
def is_below(text: Bytes, start: int, end: int, bounds: Int64s, words: Bytes) -> bool:
    """Whether a domain is one of the words, or below one."""
    for word in range(len(bounds) - 1):
        size = bounds[word + 1] - bounds[word]
        if size == end - start or (size < end - start and text[end - size - 1] == ord(".")):
            if ends_alike(text, end, bounds[word + 1], size, words):
                return True
    return False


@helper
def ends_alike(text: Bytes, end: int, word_end: int, size: int, words: Bytes) -> bool:
    """Whether the last bytes before two places are the same, but for the case of letters."""
    for back in range(1, size + 1):
        if lower(int(text[end - back])) != words[word_end - back]:
            return False
    return True


@helper
def lower(byte: int) -> int:
    """Lower-case A to Z."""
    return byte + 32 if ord("A") <= byte <= ord("Z") else byte
