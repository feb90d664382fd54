"""A column of phones, read: one small table of forms, and of each value which of them it has and its number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.contact.forms import form_frame
from schemas.contact.numbering.answers import AnswerTable, calling_code_of
from schemas.contact.numbering.library import DECIMAL_REMOVED, PHONE_POINT_SCHEMA, PhoneForm, PhonePoint
from schemas.contact.numbering.ranges import digits_of
from schemas.kernels.dressed import DECIMAL
from schemas.kernels.phones import e164_text
from schemas.kernels.views import INLINE, VIEW_BYTES
from schemas.support.text_views import view_column

#: A plus and nineteen digits, which is as many as an integer has.
_E164_BYTES = 20
#: The least number that is not in its view, with a plus.
_LEAST_LONG = 10 ** (INLINE - 1)


class PointList(NamedTuple):
    """Points read one by one: of each, its ``places`` among the ``points`` without their number, and its number."""

    places: npt.NDArray[np.int32]
    numbers: npt.NDArray[np.int64]
    points: list[PhonePoint]

    def take(self, places: npt.NDArray[np.intp]) -> PointList:
        """Some of them, or all in another order."""
        return PointList(self.places[places], self.numbers[places], self.points)


def point_list(read: Iterable[PhonePoint]) -> PointList:
    """Keep points in little room: most differ only in their number, or not at all."""
    distinct: dict[tuple[object, ...], int] = {}
    points: list[PhonePoint] = []
    places, numbers = [], []
    for point in read:
        place = distinct.setdefault(_without_number(point), len(points))
        if place == len(points):
            points.append(PhonePoint(point.form._replace(e164=None), point.other))
        places.append(place)
        numbers.append(int(point.form.e164 or 0))
    return PointList(np.array(places, np.int32), np.array(numbers, np.int64), points)


def joined(lists: Sequence[PointList]) -> PointList:
    """Put lists one behind the other."""
    begins = np.cumsum([0, *(len(each.points) for each in lists)], dtype=np.int32)
    places = [each.places + begin for each, begin in zip(lists, begins, strict=False)]
    return PointList(
        np.concatenate([np.empty(0, np.int32), *places]),
        np.concatenate([np.empty(0, np.int64), *(each.numbers for each in lists)]),
        [point for each in lists for point in each.points],
    )


def _without_number(point: PhonePoint) -> tuple[object, ...]:
    form, other = point
    zones = None if form.time_zones is None else tuple(form.time_zones)
    second = (None, None) if other is None else (other.e164, other.region)
    return (*form[:1], *form[2:5], zones, *form[6:], *second)


class PhoneColumn:
    """``at``: of each value the place of its form; 0 where the value is null. ``e164``: its digits as an integer.

    The forms are the answers of the tables, and behind them those that were read of single values. An integer means
    something only where the value is ok. ``more``: the code of an extension's digits, `schemas.kernels.dressed.DECIMAL`
    where a decimal zero was taken off; 0 where neither was, or the form says it.
    """

    def __init__(
        self,
        answers: AnswerTable,
        at: npt.NDArray[np.int32],
        e164: npt.NDArray[np.int64],
        more: npt.NDArray[np.int32],
    ) -> None:
        self.at, self.e164, self.more = at, e164, more
        self._answers = answers
        self._single: list[PhonePoint] = []
        self._places: dict[tuple[object, ...], int] = {}
        said = np.flatnonzero(more)
        more[said[~self._answers.is_ok.take(at[said])]] = 0

    def __len__(self) -> int:
        return len(self.at)

    def part(self, start: int, length: int) -> PhoneColumn:
        """Some of the values, in the same forms."""
        rows = slice(start, start + length)
        part = PhoneColumn.__new__(PhoneColumn)
        part.at, part.e164, part.more = self.at[rows], self.e164[rows], self.more[rows]
        part._answers, part._single, part._places = self._answers, self._single, self._places
        return part

    def put(self, rows: npt.NDArray[np.intp], read: PointList) -> None:
        """Replace the readings of some values."""
        places = np.array([self._place(point) for point in read.points], np.int32)
        self.at[rows], self.more[rows], self.e164[rows] = places[read.places], 0, read.numbers

    def _place(self, point: PhonePoint) -> int:
        place = self._places.setdefault(_without_number(point), len(self._answers.forms) + len(self._single))
        if place == len(self._answers.forms) + len(self._single):
            self._single.append(point)
        return place

    def form(self, row: int) -> PhoneForm:
        """Return the reading of one value that is not null."""
        place, code = int(self.at[row]), int(self.more[row])
        known = len(self._answers.forms)
        form = self._answers.forms[place] if place < known else self._single[place - known].form
        assert form is not None  # noqa: S101  # that of a null
        if form.state != "ok":
            return form
        form = form._replace(e164=f"+{self.e164[row]}")
        if code == 0:
            return form
        return form._replace(repair=DECIMAL_REMOVED) if code == DECIMAL else form._replace(extension=digits_of(code))

    def forms_ok(self) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int32]]:
        """Which of the forms are a valid number, and the calling codes of these; 0 where it is of no country."""
        single = [form for form, _ in self._single]
        is_ok = np.array([form.state == "ok" for form in single], np.bool_)
        codes = np.array([calling_code_of(form) for form in single], np.int32)
        return np.append(self._answers.is_ok, is_ok), np.append(self._answers.codes, codes)

    def is_ok(self) -> npt.NDArray[np.bool_]:
        """Whether each value is a valid number."""
        return self.forms_ok()[0].take(self.at)

    def forms(self) -> pl.DataFrame:
        """The forms (`PHONE_POINT_SCHEMA`, ``e164`` null)."""
        known = self._answers.frame
        single = [(*form, other and other.e164, other and other.region) for form, other in self._single]
        # In one piece, from which rows are taken faster.
        return pl.concat([known, form_frame(single, PHONE_POINT_SCHEMA)], rechunk=True) if single else known

    def numbers(self, rows: npt.NDArray[np.intp] | None = None) -> npt.NDArray[np.int64]:
        """Digits of each number, or of some, as an integer; 0 where it is not ok."""
        at, e164 = (self.at, self.e164) if rows is None else (self.at[rows], self.e164[rows])
        return np.where(self.forms_ok()[0].take(at), e164, 0)

    def e164_column(self, rows: npt.NDArray[np.intp] | None = None) -> pl.Series:
        """E.164 text of each value, or of some; null where it is not ok."""
        numbers = self.numbers(rows)
        long = int(np.count_nonzero(numbers >= _LEAST_LONG))
        views, data = np.zeros(VIEW_BYTES * len(numbers), np.uint8), np.empty(_E164_BYTES * long, np.uint8)
        e164_text(numbers, views, data)
        return view_column(views, [data], numbers > 0).alias("e164")

    def frame(self, rows: npt.NDArray[np.intp] | None = None, forms: pl.DataFrame | None = None) -> pl.DataFrame:
        """Return `PHONE_POINT_SCHEMA`, one row per value or for some; all null where the value is null.

        ``forms``: what `forms` returns, where it was asked before.
        """
        at, more = (self.at, self.more) if rows is None else (self.at[rows], self.more[rows])
        frame = (self.forms() if forms is None else forms)[at].with_columns_seq(self.e164_column(rows))
        said = np.flatnonzero(more)
        if len(said) == 0:
            return frame
        code = pl.col("code")
        texts = pl.DataFrame({"code": more[said]}).select_seq(
            # Of the code, all digits but the first (`digits_of`).
            extension=pl.when(code != DECIMAL).then(code.cast(pl.String).str.slice(1)),
            repair=pl.when(code == DECIMAL).then(pl.lit(DECIMAL_REMOVED)),
        )
        return frame.with_columns_seq(frame.get_column(text.name).scatter(said, text) for text in texts)
