"""A batch of leads as arrays: each is made when it is first asked for, and once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.frame_columns import FORM, REGION, TYPE, UNREAD
from schemas.support.distinct import distinct, row_of_each
from suppression.rules.encode import Coded, distinct_codes
from suppression.rules.time_windows import NO_DAY, Bools, Days, days_of

T = TypeVar("T")
#: What the form of a number tells of it, as text.
_TOLD = frozenset({TYPE.suffix, REGION.suffix})


class Batch:
    """Columns of one batch. ``frame`` has normalised leads whose ``row_id`` are consecutive.

    ``<field>:unread`` of the frame (Boolean, where it is there) says that a cell holds something that the field's
    reader could not read.
    """

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame, self.rows = frame, len(frame)
        self._columns = {each.name: each for each in frame.iter_columns() if each.null_count() < self.rows}
        self._memo: dict[object, object] = {}

    def once(self, key: object, make: Callable[[], T]) -> T:
        """Compute a fact the first time it is asked for."""
        if key not in self._memo:
            self._memo[key] = make()
        return self._memo[key]  # type: ignore[return-value]  # a key always holds what its maker makes

    def all(self, answer: bool) -> Bools:
        """The same answer for every row."""
        return self.once(("all", answer), lambda: np.full(self.rows, answer))

    def shared(self, answers: Bools) -> Bools:
        """The same answers; those that are alike for all rows in the one array of them, which many questions share."""
        if not answers.any():
            return self.all(False)
        return self.all(True) if answers.all() else answers

    def column(self, name: str) -> pl.Series | None:
        """A column of the batch; None when the drop has none, or nothing in it."""
        return self._columns.get(name)

    def coded(self, name: str) -> Coded[str | None]:
        """Distinct values of a text column, the last of them null, and which of them each row has."""

        def make() -> Coded[str | None]:
            series = self.column(name)
            if series is None:
                return Coded([None], np.zeros(self.rows, dtype=np.int64))
            point, _, part = name.partition(":")
            if f":{part}" in _TOLD and (forms := self.column(FORM.of(point))) is not None:
                # Numbers have few forms, and to look through their texts takes long.
                rows, which = self.once(("forms", point), lambda: _one_of_each(forms))
                words, of_form = distinct(series[rows])
                return Coded([*words, None], np.take(of_form, which))
            words, of_row = distinct(series)
            return Coded([*words, None], of_row)

        return self.once(("coded", name), make)

    def days(self, name: str) -> Days:
        """Days of a date column; `NO_DAY` where there is none."""
        series = self.column(name)
        if series is None:
            return self.once("no days", lambda: np.full(self.rows, NO_DAY, dtype=np.int32))
        return self.once(("days", name), lambda: days_of(series))

    def unread_cells(self, name: str) -> Bools:
        """Whether each row has something in a column that its reader could not read."""
        series = self.column(UNREAD.of(name))
        if series is None:
            return self.all(False)
        return self.once(("unread cells", name), lambda: series.fill_null(False).to_numpy())


def _one_of_each(forms: pl.Series) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """A row of each form that occurs, and which of these forms each row has."""
    numbers = forms.to_numpy().astype(np.int64)
    occurring, which = distinct_codes(numbers, int(numbers.max(initial=0)) + 1)
    return row_of_each(which, len(occurring)), which
