"""The states of the United States as bits of a number, so that a rule's states are one bitwise and."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import tomli

from schemas.support.text_views import text_views
from schemas.words import fold_words
from suppression.rules.encode import Bits

#: The first two characters of such a number, as a processor reads them; and a byte.
_PLUS_ONE, _BYTE = np.uint16(int.from_bytes(b"+1", "little")), np.uint32(0xFF)
_STATES = Path(__file__).parent / "us_states.toml"
#: What stands before a state's name or code and adds nothing, folded.
_IN_PASSING = re.compile(r"^(?:state of|commonwealth of|the state of|usa?|united states)\s+|\s+(?:state|usa?)$")
#: Parts of the United States that are no state: no rule of a state is about them, and their ZIP codes name none.
_NO_STATES = {
    fold_words(name)
    for name in (
        "PR", "Puerto Rico", "GU", "Guam", "VI", "US Virgin Islands", "Virgin Islands", "AS", "American Samoa", "MP",
        "Northern Mariana Islands", "UM", "AA", "AE", "AP", "Armed Forces", "Armed Forces Americas",
        "Armed Forces Europe", "Armed Forces Pacific", "FM", "MH", "PW", "APO", "FPO",
    )
}  # fmt: skip
_ZIP = re.compile(r"(\d{3})\d{2}(?:[- ]?\d{4})?")
#: A ZIP code that a spreadsheet took for a number has lost the zeros before it: New England's and Puerto Rico's.
_SHORT_ZIP = re.compile(r"\d{3,4}")
#: ZIP codes of the territories and of the military.
_NO_STATE_ZIPS = frozenset({"006", "007", "008", "009", "090", "091", "092", "093", "094", "095", "096", "097", "098",
                            "340", "962", "963", "964", "965", "966", "969"})  # fmt: skip


class _State(NamedTuple):
    """A state as the file has it."""

    name: str
    short: list[str]
    zips: list[str]
    area_codes: list[str]


@functools.cache
def _states() -> dict[str, _State]:
    read = tomli.loads(_STATES.read_text(encoding="utf-8"))
    return {code: _State(**facts) for code, facts in read.items()}


def state_bits(states: Iterable[str]) -> int:
    """States of the United States, by their two letters, as bits."""
    order = list(_states())
    return sum(1 << order.index(state) for state in states)


def is_state(code: str) -> bool:
    """Whether these are the two letters of a state."""
    return code in _states()


def states_in(bits: int) -> list[str]:
    """Turn bits back into the two letters of each state."""
    return [state for place, state in enumerate(_states()) if bits >> place & 1]


@functools.cache
def _state_names() -> dict[str, int]:
    names: dict[str, int] = {}
    for code, facts in _states().items():
        for spelled in (code, facts.name, *facts.short):
            names.setdefault(fold_words(spelled), state_bits([code]))
    return names


@functools.cache
def _most_words() -> int:
    return max(len(name.split()) for name in _state_names())


@functools.cache
def _of_area_code() -> Bits:
    """State of each area code from 0 to 999."""
    bits = np.zeros(1000, dtype=np.uint64)
    for code, facts in _states().items():
        bits[[int(area) for area in facts.area_codes]] = state_bits([code])
    return bits


@functools.cache
def _of_zip() -> dict[str, int]:
    """States of the first three digits of a ZIP code; none of those of the territories and the military."""
    found = dict.fromkeys(_NO_STATE_ZIPS, 0)
    for code, facts in _states().items():
        for span in facts.zips:
            first, _, last = span.partition("-")
            for prefix in range(int(first), int(last or first) + 1):
                found[f"{prefix:03}"] = found.get(f"{prefix:03}", 0) | state_bits([code])
    return found


def read_state(cell: str) -> int | None:
    """Bits of the state that a state cell names; 0 for a part that is no state, None when the cell cannot be read.

    Codes, ISO 3166-2 (``US-TX``), names, common abbreviations (``Tex.``), and the same state named twice
    (``Texas (TX)``).
    """
    folded = fold_words(cell)
    for text in (folded, _IN_PASSING.sub("", folded)):
        if text in _state_names():
            return _state_names()[text]
        if text in _NO_STATES:
            return 0
    words = folded.split()
    # Each half is a name: a longer text is none twice, and every way to halve it takes its length again.
    for at in range(1, len(words) if len(words) <= 2 * _most_words() else 0):
        first, second = _state_names().get(" ".join(words[:at])), _state_names().get(" ".join(words[at:]))
        if first is not None and first == second:
            return first
    return None


def read_zip(cell: str) -> int | None:
    """Bits of the states that a ZIP code is in; None when the cell is no ZIP code."""
    text = cell.strip().removesuffix(".0")
    if _SHORT_ZIP.fullmatch(text):
        text = text.zfill(5)
    match = _ZIP.fullmatch(text)
    return None if match is None else _of_zip().get(match[1])


def state_named(word: str) -> str | None:
    """Two letters of the state that a word of a state column names."""
    return next(iter(states_in(read_state(word) or 0)), None)


def state_name(code: str) -> str | None:
    """Name of the state that has these two letters."""
    state = _states().get(code)
    return None if state is None else state.name


def state_of_area_code(code: str) -> str | None:
    """State of the United States that an area code belongs to."""
    return next(iter(states_in(int(_of_area_code()[int(code)]))), None)


def area_codes(numbers: pl.Series) -> npt.NDArray[np.int64]:
    """Area code of each number (E.164) of the North American plan, as +12015550123; 0 of the others and of null."""
    views = text_views(numbers)
    # A number of that plan is so short that its view holds it: its size and four bytes, then the other eight.
    sizes, begins = views.heads.astype(np.uint32), (views.heads >> np.uint64(32)).astype(np.uint32)
    american = (sizes == len("+12015550123")) & (begins.astype(np.uint16) == _PLUS_ONE)
    if numbers.null_count():
        american &= numbers.is_not_null().to_numpy()
    digits = (begins >> np.uint32(16) & _BYTE, begins >> np.uint32(24), views.tails.astype(np.uint8))
    hundreds, tens, ones = (digit.astype(np.int16) - ord("0") for digit in digits)
    return np.where(american, hundreds * 100 + tens * 10 + ones, 0).astype(np.int64)


def states_of_areas(areas: npt.NDArray[np.int64]) -> Bits:
    """State that each area code belongs to, as bits; moved (ported) numbers keep theirs."""
    return np.take(_of_area_code(), areas)


#: In the answers of `bits_of_state` and `bits_of_zip`: the cell cannot be read.
UNREAD = 1 << 63


@functools.lru_cache(1 << 14)
def bits_of_state(cell: str) -> int:
    """What a cell of the state column says: bits of states, `UNREAD` where it cannot be read."""
    bits = read_state(cell)
    return UNREAD if bits is None else bits


@functools.lru_cache(1 << 16)
def bits_of_zip(cell: str) -> int:
    """The same of the postal code column."""
    bits = read_zip(cell)
    return UNREAD if bits is None else bits
