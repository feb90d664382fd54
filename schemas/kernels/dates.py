"""Dates with figures at fixed places: almost every date of a file is one. Only what is certain is read."""

from __future__ import annotations

import numpy as np

from schemas.kernels.kernel import Bytes, Flags, Int64s, helper, kernel
from schemas.kernels.word_lists import lower

FIRST_YEAR, LAST_YEAR = 1800, 2199
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
def instant(data: Bytes, start: int, forms: Bytes, first: int, size: int) -> int:
    """Read a cell in a form: ``y m d h n s`` are figures, ``ooo`` is a month's name, T a T or blank, / any separator.

    Returns microseconds from 1970, -1 where it is not in that form, or no date.
    """
    year, month, day, hour, minute, second = 0, 0, 0, 0, 0, 0
    for place in range(size):
        letter, byte = forms[first + place], int(data[start + place])
        figure = byte - ord("0")
        if letter == ord("o"):
            if month == 0:
                month = month_named(data, start + place)
            if month == 0:
                return -1
        elif letter == ord("T"):
            if byte != ord("T") and byte != ord(" "):
                return -1
        elif letter == ord("/"):
            if byte != ord("/") and byte != ord(".") and byte != ord("-"):
                return -1
        elif not ord("a") <= letter <= ord("z"):
            if byte != letter:
                return -1
        elif not 0 <= figure <= 9:
            return -1
        elif letter == ord("y"):
            year = 10 * year + figure
        elif letter == ord("m"):
            month = 10 * month + figure
        elif letter == ord("d"):
            day = 10 * day + figure
        elif letter == ord("h"):
            hour = 10 * hour + figure
        elif letter == ord("n"):
            minute = 10 * minute + figure
        else:
            second = 10 * second + figure
    return micros_of(year, month, day, hour, minute, second)


@kernel
def fixed_instants(
    bounds: Int64s, data: Bytes, valid: Flags, form_bounds: Int64s, forms: Bytes, found: Flags, micros: Int64s
) -> None:
    """Read the cells that are in one of these forms."""
    for row in range(len(found)):
        found[row] = False
        if len(valid) and not valid[row]:
            continue
        for form in range(len(form_bounds) - 1):
            first = form_bounds[form]
            if form_bounds[form + 1] - first == bounds[row + 1] - bounds[row]:
                read = instant(data, bounds[row], forms, first, form_bounds[form + 1] - first)
                if read != -1:
                    found[row], micros[row] = True, read
                    break


@helper
def has_shape(data: Bytes, start: int, forms: Bytes, first: int, size: int) -> bool:
    """Whether a cell has figures and separators where a form has them; of the forms of `instant` without a name."""
    for place in range(size):
        letter, byte = forms[first + place], data[start + place]
        if letter == ord("T"):
            fits = byte == ord("T") or byte == ord(" ")
        elif letter == ord("/"):
            fits = byte == ord("/") or byte == ord(".") or byte == ord("-")
        elif ord("a") <= letter <= ord("z"):
            fits = ord("0") <= byte <= ord("9")
        else:
            fits = byte == letter
        if not fits:
            return False
    return True


@kernel
def fixed_shape(bounds: Int64s, data: Bytes, valid: Flags, form_bounds: Int64s, forms: Bytes, found: Flags) -> None:
    """Find the cells that look like one of these forms."""
    for row in range(len(found)):
        found[row] = False
        if len(valid) and not valid[row]:
            continue
        for form in range(len(form_bounds) - 1):
            first, size = form_bounds[form], form_bounds[form + 1] - form_bounds[form]
            if size == bounds[row + 1] - bounds[row] and has_shape(data, bounds[row], forms, first, size):
                found[row] = True
