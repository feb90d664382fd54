"""The answers that tables point to, and how they are learnt: by asking the library about examples."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from schemas.contact.forms import form_frame
from schemas.contact.numbering.library import PHONE_POINT_SCHEMA, PhoneForm
from schemas.contact.numbering.ranges import BLOCK_EDGES, Codes

#: What a table has instead of the number of an answer.
UNDECIDED = -1
#: An international prefix was written: the digits behind it are to be read as if behind a plus.
AS_IF_PLUS = -2

#: The library's own function loads the metadata of each region that it is asked about.
_CALLING_CODES = {
    region: code for code, regions in COUNTRY_CODE_TO_REGION_CODE.items() for region in regions if region != "001"
}

#: Examples asked for each group of ranges. One would do if nothing that the library looks at was forgotten; the
#: others are there to show that it was not.
_EXAMPLES = 3


class AnswerTable(NamedTuple):
    """Answers behind a row of nulls, to which `UNDECIDED` points when one is added to it.

    ``frame`` is `PHONE_POINT_SCHEMA`; ``is_ok`` says which are valid numbers, ``codes`` the calling codes of these.
    """

    forms: list[PhoneForm | None]
    frame: pl.DataFrame
    is_ok: npt.NDArray[np.bool_]
    codes: npt.NDArray[np.int32]


class Answers:
    """Every different answer once, without what is particular to one number (E.164, extension, repair).

    ``known``: such answers, as tables that come with the program point to them.
    """

    def __init__(self, known: Sequence[PhoneForm] = ()) -> None:
        self.forms = list(known)
        self._table = answer_table([])

    @functools.cached_property
    def _numbers(self) -> dict[tuple[object, ...], int]:
        # Most runs build no table.
        return {_key(form): number for number, form in enumerate(self.forms)}

    def number_of(self, form: PhoneForm) -> int:
        """Return the position of an answer in ``forms``, adding it when it is new."""
        key = _key(form)
        if key not in self._numbers:
            self._numbers[key] = len(self.forms)
            self.forms.append(form._replace(e164=None, extension=None, repair=None))
        return self._numbers[key]

    def table(self) -> AnswerTable:
        """Return all answers so far."""
        if len(self._table.forms) != len(self.forms) + 1:
            self._table = answer_table(list(self.forms))
        return self._table


def _key(form: PhoneForm) -> tuple[object, ...]:
    zones = None if form.time_zones is None else tuple(form.time_zones)
    return form.state, form.region, form.type, zones, form.why


def answer_table(forms: list[PhoneForm]) -> AnswerTable:
    """Put forms behind a row of nulls."""
    nothing = PhoneForm(*[None] * len(PhoneForm._fields))  # type: ignore[arg-type]  # a null is no form
    is_ok = [form.state == "ok" for form in forms]
    return AnswerTable(
        [None, *forms],
        form_frame([(*form, None, None) for form in (nothing, *forms)], PHONE_POINT_SCHEMA),
        np.array([False, *is_ok], np.bool_),
        np.array([0, *map(calling_code_of, forms)], np.int32),
    )


def calling_code_of(form: PhoneForm) -> int:
    """Calling code of a valid number; 0 where there is none, and of one that belongs to no country."""
    return _CALLING_CODES.get(form.region or "", 0)


def examples(starts: Codes, groups: Codes) -> Iterator[tuple[npt.NDArray[np.intp], Codes]]:
    """Yield, for each group, the pieces in it and some codes out of them.

    ``groups`` numbers the group of each piece; pieces with a negative number are left out. The codes come from the
    first, the last and some other pieces, from anywhere in them; the choice is the same each time.
    """
    order = np.argsort(groups, kind="stable")
    order = order[groups[order] >= 0]
    firsts = np.flatnonzero(np.diff(groups[order], prepend=-1))
    sizes = np.diff(firsts, append=len(order))
    generator = np.random.default_rng(0)
    others = generator.integers(sizes[:, None], size=(len(sizes), _EXAMPLES - 2))
    picked = order[firsts[:, None] + np.column_stack([np.zeros_like(sizes), sizes - 1, others])]
    codes = generator.integers(starts[picked], np.append(starts[1:], BLOCK_EDGES[-1])[picked])
    yield from zip(np.split(order, firsts[1:]) if len(firsts) else [], codes, strict=True)


def agreed(ask: Callable[[int], PhoneForm], codes: Codes, answers: Answers) -> tuple[int, list[PhoneForm]]:
    """Ask about each code; return the answer's number, `UNDECIDED` when they differ, and the forms."""
    forms = [ask(code) for code in codes.tolist()]
    numbers = {answers.number_of(form) for form in forms}
    return (numbers.pop() if len(numbers) == 1 else UNDECIDED), forms
