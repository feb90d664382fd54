"""Which cells of a sheet show leading zeros: the number is stored without them, the vendor typed and sees them."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

Numbers = Sequence[int] | npt.NDArray[np.int64]
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


class Zeros:
    """Cells that show at least so many digits. Rows and columns are 0-based."""

    def __init__(self, rows: Numbers, columns: Numbers, digits: Numbers) -> None:
        self._rows, self._columns, self._digits = (np.asarray(given, np.int64) for given in (rows, columns, digits))

    def put_back(self, cells: pl.Series, column: int) -> pl.Series:
        """Fill whole numbers of a column up to the digits that they show."""
        here = (self._columns == column) & (self._rows < len(cells))
        if not here.any():
            return cells
        width = np.zeros(len(cells), np.int64)
        width[self._rows[here]] = self._digits[here]
        text = pl.col("text")
        padded = pl.when(text.str.contains(r"^\d+$")).then(text.str.zfill(pl.col("width"))).otherwise(text)
        return pl.DataFrame({"text": cells, "width": width}).select(padded).to_series()
