"""The states of the United States as bits of a number, so that a rule's states are one bitwise and."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import polars as pl

from suppression.rules.encode import Bits, looked_up

_STATES = Path(__file__).parent / "us_states.toml"


@functools.cache
def _states() -> dict[str, dict[str, str | list[str]]]:
    return tomllib.loads(_STATES.read_text(encoding="utf-8"))


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
    names = {code.casefold(): state_bits([code]) for code in _states()}
    return names | {str(facts["name"]).casefold(): state_bits([code]) for code, facts in _states().items()}


@functools.cache
def _of_area_code() -> Bits:
    """State of each area code from 0 to 999."""
    bits = np.zeros(1000, dtype=np.uint64)
    for code, facts in _states().items():
        bits[[int(area) for area in facts["area_codes"]]] = state_bits([code])
    return bits


def _named(word: str) -> int:
    return _state_names().get(" ".join(word.split()).casefold(), 0)


def state_named(word: str) -> str | None:
    """Two letters of the state that a word of a state column names (two letters or the name, in any case)."""
    return next(iter(states_in(_named(word))), None)


def state_of_area_code(code: str) -> str | None:
    """State of the United States that an area code belongs to."""
    return next(iter(states_in(int(_of_area_code()[int(code)]))), None)


def bits_of_states(states: pl.Series) -> Bits:
    """What the state column says: two letters or the name, in any case."""
    return looked_up(states, _named, np.uint64)


def bits_of_area_codes(numbers: pl.Series, regions: pl.Series) -> Bits:
    """State of each United States number by its area code; moved (ported) numbers keep theirs."""
    code = pl.when(pl.col("region") == "US").then(pl.col("number").str.slice(2, 3).cast(pl.UInt16))
    codes = pl.DataFrame({"number": numbers, "region": regions}).select(code.fill_null(0)).to_series()
    return np.take(_of_area_code(), codes.to_numpy())
