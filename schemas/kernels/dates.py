"""Dates with figures at fixed places: almost every date of a file is one. Only what is certain is read."""

from __future__ import annotations

import numpy as np

from schemas.kernels.kernel import Bytes, Flags, Int32s, Int64s, helper, kernel
from schemas.kernels.views import VIEW_WORDS, text_start
from schemas.kernels.word_lists import lower

FIRST_YEAR, LAST_YEAR = 1800, 2199
#: What a form is made of: ``y m d h n s`` are figures, ``ooo`` is a month's name, T a T or a blank, / any separator;
#: the others are themselves.
_BYTES_OF = {
    **dict.fromkeys("ymdhns", b"0123456789"),
    "o": b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    **{"T": b"T ", "/": b"/.-", "-": b"-", ":": b":", " ": b" ", "Z": b"Z"},
}
#: A bit for each kind of letter: those that a byte may be at, and that of a form's letter.
_CLASSES, _WANTED = np.zeros(256, np.uint8), np.zeros(256, np.uint8)
for _bit, _found in enumerate(dict.fromkeys(_BYTES_OF.values())):
    _CLASSES[list(_found)] |= 1 << _bit
    _WANTED[[ord(letter) for letter, found in _BYTES_OF.items() if found == _found]] = 1 << _bit
#: What is read of a date, by the letters of a form.
PARTS = ("yyyy", "mm", "ooo", "dd", "hh", "nn", "ss")
_MONTH_NAMES = np.frombuffer(b"janfebmaraprmayjunjulaugsepoctnovdec", np.uint8)
#: Days from 1970 to the first of each month, from January of the first year on.
_FIRST_DAYS = (
    np.arange(f"{FIRST_YEAR}-01", f"{LAST_YEAR + 1}-02", dtype="datetime64[M]").astype("datetime64[D]").astype(np.int64)
)


@helper
def month_named(data: Bytes, at: int) -> int:
    """Number of the month that begins with these three letters, 0 of none."""
    for month in range(12):
        first = 3 * month
        if (
            lower(int(data[at])) == _MONTH_NAMES[first]
            and lower(int(data[at + 1])) == _MONTH_NAMES[first + 1]
            and lower(int(data[at + 2])) == _MONTH_NAMES[first + 2]
        ):
            return month + 1
    return 0


@helper
def micros_of(year: int, month: int, day: int, hour: int, minute: int, second: int) -> int:
    """Microseconds from 1970 to an instant; -1 where there is none, which is none of the first year either."""
    if not (FIRST_YEAR <= year <= LAST_YEAR and 1 <= month <= 12 and hour < 24 and minute < 60 and second < 60):
        return -1
    of_month = (year - FIRST_YEAR) * 12 + month - 1
    first = int(_FIRST_DAYS[of_month])
    if not 1 <= day <= int(_FIRST_DAYS[of_month + 1]) - first:
        return -1
    return ((((first + day - 1) * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000


@helper
def has_shape(data: Bytes, start: int, forms: Bytes, first: int, size: int) -> bool:
    """Whether each byte of a cell is one that the form has at its place."""
    for place in range(np.uint64(size)):
        if not _CLASSES[data[np.uint64(start) + place]] & _WANTED[forms[np.uint64(first) + place]]:
            return False
    return True


@helper
def two_figures(data: Bytes, at: int) -> int:
    """Read a number of two figures."""
    return 10 * int(data[at]) + int(data[at + 1]) - 11 * ord("0")


@helper
def instant(data: Bytes, start: int, places: Int64s, form: int) -> int:
    """Read a cell that has the shape of a form. Returns microseconds from 1970, -1 where it is no date."""
    first = len(PARTS) * form
    year, month, named = start + places[first], places[first + 1], places[first + 2]
    hour, minute, second = 0, 0, 0
    if places[first + 4] >= 0:
        hour = two_figures(data, start + places[first + 4])
        minute = two_figures(data, start + places[first + 5])
        second = two_figures(data, start + places[first + 6])
    return micros_of(
        100 * two_figures(data, year) + two_figures(data, year + 2),
        month_named(data, start + named) if named >= 0 else two_figures(data, start + month),
        two_figures(data, start + places[first + 3]),
        hour,
        minute,
        second,
    )


@kernel
def fixed_instants(
    views: Int32s,
    memory: Bytes,
    parts: Int64s,
    valid: Flags,
    form_bounds: Int64s,
    forms: Bytes,
    places: Int64s,
    found: Flags,
    micros: Int64s,
) -> None:
    """Read the cells that are in one of these forms. ``places``: where each has its `PARTS`, -1 where it has not.

    ``views`` of the cells, and the ``parts`` of ``memory`` that they are in (`schemas.support.text_views.InMemory`).
    """
    for row in range(len(found)):
        found[row] = False
        if len(valid) and not valid[row]:
            continue
        start, _ = text_start(views, row, parts)
        for form in range(len(form_bounds) - 1):
            first, size = form_bounds[form], form_bounds[form + 1] - form_bounds[form]
            if size == views[row * VIEW_WORDS] and has_shape(memory, start, forms, first, size):
                read = instant(memory, start, places, form)
                if read != -1:
                    found[row], micros[row] = True, read
                    break


@kernel
def fixed_shape(
    views: Int32s, memory: Bytes, parts: Int64s, valid: Flags, form_bounds: Int64s, forms: Bytes, found: Flags
) -> None:
    """Find the cells that look like one of these forms; for the first three see `fixed_instants`."""
    for row in range(len(found)):
        found[row] = False
        if len(valid) and not valid[row]:
            continue
        start, _ = text_start(views, row, parts)
        for form in range(len(form_bounds) - 1):
            first, size = form_bounds[form], form_bounds[form + 1] - form_bounds[form]
            if size == views[row * VIEW_WORDS] and has_shape(memory, start, forms, first, size):
                found[row] = True
