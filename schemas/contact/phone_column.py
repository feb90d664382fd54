"""A column of phones, read: one small table of forms, and of each value which of them it has and its number."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.contact.forms import form_frame
from schemas.contact.numbering.answers import AnswerTable, calling_code_of
from schemas.contact.numbering.library import PHONE_POINT_SCHEMA, PhoneForm
from schemas.kernels.phones import e164_text
from schemas.support.column_bytes import text_column

#: A plus and nineteen digits, which is as many as an integer has.
_E164_BYTES = 20


class PhoneColumn:
    """``at``: of each value the place of its form; 0 where the value is null. ``e164``: its digits as an integer.

    The forms are the answers of the tables, and behind them those that were read of single values. An integer means
    something only where the value is ok.
    """

    def __init__(self, answers: AnswerTable, at: npt.NDArray[np.int32], e164: npt.NDArray[np.int64]) -> None:
        self.at, self.e164 = at, e164
        self._answers = answers
        self._single: list[tuple[PhoneForm, str | None, str | None]] = []
        self._places: dict[tuple[object, ...], int] = {}

    def __len__(self) -> int:
        return len(self.at)

    def part(self, start: int, length: int) -> PhoneColumn:
        """Some of the values, in the same forms."""
        part = PhoneColumn(self._answers, self.at[start : start + length], self.e164[start : start + length])
        part._single, part._places = self._single, self._places
        return part

    def put(self, row: int, form: PhoneForm, other: str | None = None, other_region: str | None = None) -> None:
        """Replace the reading of one value, of which ``other`` (E.164) is a second one."""
        zones = None if form.time_zones is None else tuple(form.time_zones)
        key = (*form._replace(e164=None, time_zones=None), zones, other, other_region)
        place = self._places.setdefault(key, len(self._answers.forms) + len(self._single))
        if place == len(self._answers.forms) + len(self._single):
            self._single.append((form._replace(e164=None), other, other_region))
        self.at[row] = place
        self.e164[row] = int(form.e164 or 0)

    def form(self, row: int) -> PhoneForm:
        """Return the reading of one value that is not null."""
        place = int(self.at[row])
        known = len(self._answers.forms)
        form = self._answers.forms[place] if place < known else self._single[place - known][0]
        assert form is not None  # noqa: S101  # that of a null
        return form._replace(e164=f"+{self.e164[row]}") if form.state == "ok" else form

    def is_ok(self) -> npt.NDArray[np.bool_]:
        """Whether each value is a valid number."""
        is_ok = [form.state == "ok" for form, _, _ in self._single]
        return np.append(self._answers.is_ok, np.array(is_ok, np.bool_)).take(self.at)

    def codes(self) -> npt.NDArray[np.int32]:
        """Calling code of each value that is ok; 0 of a number that belongs to no country."""
        codes = [calling_code_of(form) for form, _, _ in self._single]
        return np.append(self._answers.codes, np.array(codes, np.int32)).take(self.at)

    def forms(self) -> pl.DataFrame:
        """The forms (`PHONE_POINT_SCHEMA`, ``e164`` null)."""
        known = self._answers.frame
        single = form_frame([(*form, other, region) for form, other, region in self._single], PHONE_POINT_SCHEMA)
        return pl.concat([known, single]) if self._single else known

    def e164_column(self) -> pl.Series:
        """E.164 text of each value; null where it is not ok."""
        numbers = np.where(self.is_ok(), self.e164, 0)
        bounds, data = np.empty(len(numbers) + 1, np.int64), np.empty(_E164_BYTES * len(numbers) + 1, np.uint8)
        e164_text(numbers, bounds, data)
        return text_column(bounds, data, numbers > 0).alias("e164")

    def frame(self) -> pl.DataFrame:
        """Return `PHONE_POINT_SCHEMA`, one row per value; all null where the value is null."""
        return self.forms()[self.at].with_columns(self.e164_column())
