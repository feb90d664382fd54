"""Which values of a column are known to a register: words in any case, and numbers of given forms."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.kernels.known import NO_SIGN, find_forms, find_words
from schemas.kernels.word_lists import word_list
from schemas.support.column_bytes import given_rows
from schemas.support.text_views import text_views


class Cells:
    """The views of a column, for several questions."""

    def __init__(self, column: pl.Series) -> None:
        # The memory that loops look at is there while these are.
        self._texts, self._rows = text_views(column), len(column)
        self.views = self._texts.in_memory()[:3]
        self.given = given_rows(column)

    def __len__(self) -> int:
        return self._rows


class KnownWords:
    """Words in ASCII and lower case; the empty one is never found."""

    def __init__(self, words: Collection[str]) -> None:
        ordered = sorted(word for word in words if word)
        self._list, self._firsts = word_list(ordered), _firsts(ordered, 0)
        self._longest = max(map(len, ordered))
        self._pairs = _pairs(ordered)

    def among(self, cells: Cells, sign: str | None = None) -> npt.NDArray[np.bool_]:
        """Which cells are one of the words, in any case of the letters A to Z; with ``sign``, what is before it."""
        found = np.empty(len(cells), np.bool_)
        sought = NO_SIGN if sign is None else ord(sign)
        find_words(*cells.views, cells.given, sought, self._longest, self._pairs, self._firsts, *self._list, found)
        return found


class KnownNumbers:
    """Numbers of some forms: E.164, with a dot for any figure."""

    def __init__(self, forms: Collection[str]) -> None:
        ordered = sorted(forms)
        self._list, self._firsts = word_list(ordered), _firsts(ordered, 1)

    def among(self, numbers: Cells) -> npt.NDArray[np.bool_]:
        """Which numbers (E.164 or null) have one of the forms."""
        found = np.empty(len(numbers), np.bool_)
        find_forms(*numbers.views, numbers.given, self._firsts, *self._list, found)
        return found


def _pairs(words: Sequence[str]) -> npt.NDArray[np.bool_]:
    """For each two bytes, the second times 256, whether one of the words may begin with them, in any case."""
    found = np.zeros((256, 256), np.bool_)
    for word in words:
        # What is behind a single letter is not of the word.
        seconds = [*map(ord, {word[1], word[1].upper()})] if len(word) > 1 else slice(None)
        for first in {word[0], word[0].upper()}:
            found[seconds, ord(first)] = True
    return found.ravel()


def _firsts(ordered: Sequence[str], place: int) -> npt.NDArray[np.int64]:
    """For each byte, how many words have a lower one at that place."""
    return np.searchsorted([ord(word[place]) for word in ordered], np.arange(257)).astype(np.int64)
