"""Ten vendors and how each of them writes a lead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from tests.bench import places
from tests.bench.draw import U32

#: How a name cell is written.
NAME_STYLES = ("plain", "upper", "padded", "quoted", "lower")
#: How an email cell is written.
EMAIL_STYLES = ("plain", "upper", "quoted", "padded")
#: How the day and the hour of consent are written.
DATE_STYLES = ("iso", "us", "sql", "europe", "words")
CHOICES = 16


@dataclass(frozen=True, slots=True)
class Vendor:
    """One vendor's habits; each tuple lists styles in the proportion in which they occur."""

    prefix: str
    phones: tuple[int, ...]  # indexes of shapes in phone_text
    names: tuple[str, ...] = ("plain",)
    emails: tuple[str, ...] = ("plain",)
    places: tuple[str, ...] = ("plain",)
    dates: tuple[str, ...] = ("iso",)


VENDORS = (
    Vendor("ALP-", phones=(0,)),
    Vendor("BRV-", phones=(1, 1, 1, 4), dates=("us",)),
    Vendor("CHL-", phones=(*[2] * 15, 9), names=("upper",), emails=("upper",), places=("upper",), dates=("us",)),
    Vendor("DLT-", phones=(8,), names=("quoted",), emails=("quoted",), places=("quoted",), dates=("sql",)),
    Vendor("ECH-", phones=(5,), places=("zeros_lost",), dates=("us",)),
    Vendor("FXT-", phones=(3, 3, 8), emails=("plain", "plain", "plain", "upper"), dates=("europe",)),
    Vendor("GLF-", phones=(7,), names=("padded",), emails=("padded",), dates=("words",)),
    Vendor(
        "HTL-",
        phones=(*[0, 1, 5, 6] * 3, 0, 1, 5, 10),
        names=("plain", "upper", "lower"),
        places=("us_left_out",),
    ),
    Vendor("IND-", phones=(11, 5), names=("lower",), dates=("sql",)),
    Vendor("JLT-", phones=(*[0, 0, 1, 2, 3, 5, 6] * 2, 8, 9), names=("plain", "plain", "padded"), dates=("us",)),
)


def _spread(values: list[int]) -> list[int]:
    """A list of choices, repeated to exactly `CHOICES` places."""
    return [values[i % len(values)] for i in range(CHOICES)]


def _table(rows: list[list[int]]) -> U32:
    return np.array([_spread(row) for row in rows], dtype=np.uint32)


#: For every habit: a row a vendor, `CHOICES` columns to draw one from.
PHONES = _table([list(v.phones) for v in VENDORS])
NAMES = _table([[NAME_STYLES.index(s) for s in v.names] for v in VENDORS])
EMAILS = _table([[EMAIL_STYLES.index(s) for s in v.emails] for v in VENDORS])
PLACES = _table([[places.STYLES.index(s) for s in v.places] for v in VENDORS])
DATES = _table([[DATE_STYLES.index(s) for s in v.dates] for v in VENDORS])


def name_cells(names: Sequence[str]) -> list[str]:
    """Every name in every style, one style after the other."""
    return [
        *names,
        *(name.upper() for name in names),
        *(f" {name}  " for name in names),
        *(f'"{name}"' for name in names),
        *(name.lower() for name in names),
    ]


def date_cells(days: int) -> list[str]:
    """The last `days` days before 2026-11-21 with what stands before the hour, one style after the other."""
    dates = [date(2026, 11, 21) - timedelta(days=n) for n in range(1, days + 1)]
    return [d.strftime(f) for f in ("%Y-%m-%dT", "%m/%d/%Y ", "%Y-%m-%d ", "%d/%m/%Y ", "%d %b %Y ") for d in dates]


def hour_cells(count: int) -> list[str]:
    """`count` times of day, first with the Z that ends the ISO style, then without."""
    seconds = [n * 86_400 // count for n in range(count)]
    clock = [f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in seconds]
    return [*(f"{c}Z" for c in clock), *clock]
