"""Writing telephone numbers the ways vendors write them.

A number is put together from three pieces, each looked up in a pool that holds every way of writing it: what
leads up to the middle, the middle with what follows it, and the last four digits with what closes the cell.
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import numpy as np
import polars as pl

from tests.bench.draw import U32
from tests.bench.numbering import Country, Numbers


class Shape(NamedTuple):
    """One way of writing a number: `{h}` head, `{cc}` calling code, `{t}` trunk, `{a}` dialled abroad."""

    lead: str
    after_middle: str
    close: str


#: The same places in both tables are the same habit, so a vendor's habits hold for every country.
NANP = (
    Shape("({h}) ", "-", ""),
    Shape("{h}-", "-", ""),
    Shape("{h}.", ".", ""),
    Shape("+1 {h} ", " ", ""),
    Shape("1-{h}-", "-", ""),
    Shape("{h}", "", ""),
    Shape("{h} ", " ", ""),
    Shape('" ({h}) ', "-", ' "'),
    Shape("+1{h}", "", ""),
    Shape("({h}) ", "-", " x123"),
    Shape("{h}-", "-", " ext. 45"),
    Shape("1{h}", "", ""),
)
ABROAD = (
    Shape("({t}{h}) ", "-", ""),
    Shape("{t}{h}-", "-", ""),
    Shape("{t}{h}.", ".", ""),
    Shape("+{cc} {h} ", " ", ""),
    Shape("{a} {cc} {h} ", " ", ""),
    Shape("{t}{h}", "", ""),
    Shape("{t}{h} ", " ", ""),
    Shape('" +{cc} {h} ', " ", ' "'),
    Shape("+{cc}{h}", "", ""),
    Shape("+{cc} {h} ", " ", " x123"),
    Shape("+{cc} ({t}){h} ", " ", ""),
    Shape("{cc}{h}", "", ""),
)
SHAPES = len(NANP)
QUOTED_SHAPE = 7
COMPACT_SHAPE = 8

_AFTER = ("", " ", "-", ".")
_CLOSE = ("", ' "', " x123", " ext. 45")


def _lead(country: Country, shape: Shape, head: str) -> str:
    text = shape.lead.format(h=head, cc=country.calling_code, t=country.trunk, a=country.abroad)
    return text.replace("+ ", "+").replace("()", "")


class PhoneText:
    """The pools for the countries of one mix."""

    def __init__(self, countries: tuple[Country, ...]) -> None:
        """Write out every piece once."""
        leads: list[str] = []
        middles: list[str] = []
        self._shapes = [NANP if c.nanp else ABROAD for c in countries]
        self._lead_at = np.zeros((len(countries), SHAPES), dtype=np.uint32)
        self._middle_at = np.zeros((len(countries), SHAPES), dtype=np.uint32)
        self._last_at = np.zeros((len(countries), SHAPES), dtype=np.uint32)
        for c, country in enumerate(countries):
            at = {}
            for after in _AFTER:
                at[after] = len(middles)
                middles += [middle + after for middle in country.middle]
            for s, shape in enumerate(self._shapes[c]):
                self._lead_at[c, s] = len(leads)
                leads += [_lead(country, shape, head) for head in country.heads]
                self._middle_at[c, s] = at[shape.after_middle]
                self._last_at[c, s] = _CLOSE.index(shape.close) * 10_000
        self._leads = pl.Series(leads)
        self._middles = pl.Series(middles)
        self._lasts = pl.Series([f"{n:04d}{close}" for close, n in product(_CLOSE, range(10_000))])

    def write(self, numbers: Numbers, shape: U32) -> pl.Series:
        """The CSV cell of each number in the shape (0 to SHAPES - 1) given for it."""
        c = numbers.country
        pieces = pl.DataFrame(
            {
                "lead": self._leads.gather(self._lead_at[c, shape] + numbers.head),
                "middle": self._middles.gather(self._middle_at[c, shape] + numbers.middle),
                "last": self._lasts.gather(self._last_at[c, shape] + numbers.last),
            }
        )
        return pieces.select(phone=pl.concat_str(pl.all())).to_series()
