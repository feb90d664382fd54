"""Which cells of a sheet show leading zeros: the number is stored without them, the vendor typed and sees them."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
import polars as pl

#: What a number format may hold that shows no digit: quoted text, escaped characters, fill, colours and conditions.
_NO_DIGITS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')


def digits_shown(code: str) -> int:
    """Return how many digits a number format shows at least, where it shows an identifier; else 0.

    ``00000`` shows 5, ``000-00-0000`` shows 9, ``0`` and ``0.00`` and ``yyyy-mm-dd`` none that matter.
    """
    plain = _NO_DIGITS.sub("", code.partition(";")[0])
    if re.fullmatch(r"[-0#?() /+]+", plain) is None:
        return 0
    places = re.sub(r"[^0#?]", "", plain)
    first = places.find("0")
    shown = len(places) - first if first >= 0 else 0
    return shown if shown > 1 else 0


@dataclass
class Zeros:
    """Cells that show at least so many digits: column -> (rows, digits). Rows and columns are 0-based."""

    columns: dict[int, tuple[list[int], list[int]]] = field(default_factory=lambda: defaultdict(lambda: ([], [])))

    def add(self, row: int, column: int, digits: int) -> None:
        """Take note of a cell."""
        rows, shown = self.columns[column]
        rows.append(row)
        shown.append(digits)

    def put_back(self, cells: pl.Series, column: int) -> pl.Series:
        """Fill whole numbers of a column up to the digits that they show."""
        if column not in self.columns:
            return cells
        rows, shown = self.columns[column]
        width = np.zeros(len(cells), dtype=np.int64)
        inside = np.array(rows) < len(cells)
        width[np.array(rows)[inside]] = np.array(shown)[inside]
        text = pl.col("text")
        padded = pl.when(text.str.contains(r"^\d+$")).then(text.str.zfill(pl.col("width"))).otherwise(text)
        return pl.DataFrame({"text": cells, "width": width}).select(padded).to_series()
