"""What number formats add to a stored number: leading zeros, and literal text such as ``+44``.

The number is stored without them, and the vendor sees them. ECMA-376 part 1, 18.8.31: number formats.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

Numbers = Sequence[int] | npt.NDArray[np.int64]
#: Parts of a format: quoted text, an escaped character, a blank as wide as a character, fill, a currency's sign, other
#: brackets (colours and conditions), General, places of digits, and characters that show as they are.
_PARTS = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|_.|\*.|\[\$(?P<sign>[^\]-]*)[^\]]*\]|\[[^\]]*\]|(?P<general>General)'
    r"|(?P<place>[0#?])|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
#: What shows a whole number as an identifier; a point, a comma or a letter of a date does not.
_IDENTIFIER = frozenset("-() /+123456789")


class NumberFormat(NamedTuple):
    """What a format shows of a whole number: text before it, at least so many digits, text behind it."""

    before: str
    digits: int
    behind: str

    def shows_more(self) -> bool:
        """Whether it shows more than the number's own digits."""
        return self.digits > 1 or bool(self.before or self.behind)


PLAIN = NumberFormat("", 0, "")


def read_format(code: str) -> NumberFormat:
    """Read a number format's code; `PLAIN` where it shows no identifier, or nothing but the number.

    ``00000`` shows 5 digits, ``000-00-0000`` 9, ``"+44 "0`` a calling code, ``0" do not call"`` a remark; ``0``,
    ``0.00`` and ``yyyy-mm-dd`` nothing that matters.
    """
    before, behind, places = "", "", ""
    for part in _PARTS.finditer(_first_section(code)):
        kind = part.lastgroup
        if kind == "other" and part[0] not in _IDENTIFIER:
            return PLAIN
        if kind in ("place", "general"):
            places += "#" if kind == "general" else part[0]
        elif kind is not None and places:
            behind += part[kind]
        elif kind is not None:
            before += part[kind]
    if not places:
        return PLAIN
    first = places.find("0")
    shown = len(places) - first if first >= 0 else 0
    return NumberFormat(literal(before), shown if shown > 1 else 0, literal(behind))


def _first_section(code: str) -> str:
    """Cut off the sections for negative numbers, zero and text; a quoted semicolon parts none."""
    match = re.match(r'(?:"[^"]*"|\\.|[^;])*', code, re.DOTALL)
    return match[0] if match else code


def literal(text: str) -> str:
    """Return literal text where it has a letter, a digit or a plus; brackets and signs of money add nothing."""
    return text if any(letter.isalnum() or letter == "+" for letter in text) else ""


class Zeros:
    """Cells whose format shows more than their number.

    Rows and columns are 0-based; ``kinds`` are positions in ``formats``.
    """

    def __init__(self, rows: Numbers, columns: Numbers, kinds: Numbers, formats: Sequence[NumberFormat] = ()) -> None:
        self._rows, self._columns, self._kinds = (np.asarray(given, np.int64) for given in (rows, columns, kinds))
        self._formats = [*formats, PLAIN]

    def put_back(self, cells: pl.Series, column: int) -> pl.Series:
        """Write the whole numbers of a column as they are shown."""
        here = (self._columns == column) & (self._rows < len(cells))
        if not here.any():
            return cells
        kinds = np.full(len(cells), len(self._formats) - 1, np.int64)
        kinds[self._rows[here]] = self._kinds[here]
        shown = pl.DataFrame(
            {
                "text": cells,
                "before": pl.Series([each.before for each in self._formats]).gather(kinds),
                "width": pl.Series([each.digits for each in self._formats]).gather(kinds),
                "behind": pl.Series([each.behind for each in self._formats]).gather(kinds),
            }
        )
        number = pl.concat_str("before", pl.col("text").str.zfill(pl.col("width")), "behind")
        return shown.select(pl.when(pl.col("text").str.contains(r"^\d+$")).then(number).otherwise("text")).to_series()
