"""Words in a cell that mean nothing at all."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import polars as pl

from schemas.kernels.cells import NOTHING, TRIMMED, judge_cells, trim_cells
from schemas.kernels.word_lists import word_list
from schemas.support.column_bytes import given_rows
from schemas.support.text_views import text_views

#: Compared after trimming and lower-casing. Used for contact points, dates and evidence.
EMPTY_WORDS = frozenset(
    {
        "",
        "(blank)",
        "blank",
        "(empty)",
        "(none)",
        "(null)",
        "none",
        "null",
        "nil",
        "nan",
        "na",
        "n/a",
        "n.a.",
        "#n/a",
        "#na",
        "#value!",
        "#ref!",
        "#null!",
        "not available",
        "unknown",
        "undefined",
        "-",
        "--",
        "---",
        ".",
        "?",
        "0",
    }
)
#: What a spreadsheet shows instead of a value that it could not work out. A contact point was there and is lost.
ERROR_WORDS = frozenset({"#n/a", "#na", "#value!", "#ref!", "#null!", "#name?", "#num!", "#div/0!"})
#: Names and addresses may truly be Null, Na or None: only what no one is called is empty there.
EMPTY_NAME_WORDS = frozenset({"", "(blank)", "(empty)", "(null)", "#n/a", "#value!", "#ref!", "#null!"})


def _range(first: int, last: int) -> str:
    return "".join(chr(code) for code in range(first, last + 1))


#: Unicode white space, and the marks that look like nothing: BOM, zero-width spaces, direction marks, soft hyphen. The
#: same as in `schemas.kernels.cells`.
_INVISIBLE = (
    " \t\r\n\v\f\x00\u0085\u00a0\u00ad\u1680\u202f\u205f\u3000\ufeff"
    + _range(0x2000, 0x200F)
    + _range(0x2028, 0x202E)
    + _range(0x2060, 0x2064)
)


def trimmed(column: pl.Expr) -> pl.Expr:
    """Strip white space and invisible characters at both ends."""
    return column.str.strip_chars(_INVISIBLE)


class Blanks:
    """Which words, in any case, mean nothing in a kind of column; ``lines``: nor do underscores alone."""

    def __init__(self, words: Collection[str], *, lines: bool) -> None:
        self.words, self.lines = frozenset(words), lines
        self._list = word_list(self.words - {""})
        # A k may be the sign of kelvin, of three bytes.
        sizes = {word: {len(word), len(word) + 2 * word.count("k")} for word in self.words - {""}}
        self._longest = max(size for each in sizes.values() for size in each) + 1
        self._seldom = np.zeros((256, self._longest), dtype=np.bool_)
        for word, of_word in sizes.items():
            for size in of_word:
                self._seldom[[ord(word[0]), ord(word[0].upper())], size] = True

    def cleaned(self, cells: pl.Series) -> pl.Series:
        """Trim a column, and turn words that mean nothing (``(blank)``, ``____``) into null."""
        texts, valid = text_views(cells), given_rows(cells)
        views, memory, starts, ends = texts.in_memory()
        fate, fates = np.empty(len(cells), np.uint8), np.zeros(3, np.int64)
        text = np.empty(self._longest, np.uint8)
        judge_cells(
            *(views, memory, starts, valid, self._seldom.ravel(), self._longest, self.lines, *self._list),
            *(text, fate, fates),
        )
        if not fates[NOTHING] + fates[TRIMMED]:
            return cells
        given = (fate != NOTHING) & valid if len(valid) else fate != NOTHING
        if not fates[TRIMMED]:
            return texts.column(texts.words, given).alias(cells.name)
        trimmed = texts.words.view(np.uint32).copy()
        trim_cells(views, memory, starts, ends, fate, trimmed)
        return texts.column(trimmed, given).alias(cells.name)


#: In evidence columns. Form fields are often left as a row of underscores.
BLANKS = Blanks(EMPTY_WORDS, lines=True)
#: In contact columns. A spreadsheet's errors mean something there: they are damage.
POINT_BLANKS = Blanks(EMPTY_WORDS - ERROR_WORDS, lines=True)
#: In country columns: what was there and is lost, or says that it is unknown, is no reason to take the run's country.
COUNTRY_BLANKS = Blanks(EMPTY_NAME_WORDS - ERROR_WORDS, lines=False)
#: In name and address columns, where only what nobody is called means nothing.
NAME_BLANKS = Blanks(EMPTY_NAME_WORDS, lines=False)
