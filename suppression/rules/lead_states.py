"""The states of the United States that addresses name: by the state column, else by the ZIP code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from schemas.contact.blank import EMPTY_WORDS
from schemas.support.distinct import distinct_numbers
from suppression.rules.batch import Batch
from suppression.rules.encode import Bits, Coded, looked_up
from suppression.rules.time_windows import Bools, bools
from suppression.rules.us_states import UNREAD, bits_of_state, bits_of_zip, states_in

_UNREAD = np.uint64(UNREAD)


@dataclass(frozen=True)
class NamedStates:
    """Bits of the states that each row's address names; where the state cell, and where the ZIP code, is unread."""

    bits: Bits
    state_unread: Bools
    code_unread: Bools


class LeadStates:
    """States of one batch's addresses. ``here`` says which addresses may be in the United States."""

    def __init__(self, batch: Batch, here: Callable[[], Bools]) -> None:
        self._batch, self._here = batch, here

    def named(self) -> NamedStates:
        """What the addresses name."""
        return self._batch.once("named states", self._read)

    def parts(self) -> Coded[str | None]:
        """The state or province of each row's address, by its ZIP code where the column says nothing."""
        named = self._batch.coded("state")
        if self._batch.column("postal_code") is None:
            return named
        by_code = np.where(self._cells()[1], np.uint64(0), self.named().bits)
        if not by_code.any():
            return named
        bits, of_bits = distinct_numbers(by_code)
        states = [next(iter(states_in(value)), None) for value in bits.tolist()]
        silent = np.array([word is None for word in named.values])[named.of_row]
        return Coded([*named.values, *states], np.where(silent, len(named.values) + of_bits, named.of_row))

    def _cells(self) -> tuple[Bits, Bools]:
        """What each state cell says, and whether there is one."""

        def make() -> tuple[Bits, Bools]:
            cells = self._batch.coded("state")
            given = [word is not None and not is_blank(word) for word in cells.values]
            said = [bits_of_state(word or "") if there else 0 for word, there in zip(cells.values, given, strict=True)]
            return np.array(said, dtype=np.uint64)[cells.of_row], np.array(given)[cells.of_row]

        return self._batch.once("state cells", make)

    def _read(self) -> NamedStates:
        here, (bits, given) = self._here(), self._cells()
        unread = bools((bits == _UNREAD) & here)
        bits = np.where(here & ~unread, bits, np.uint64(0))
        codes = self._batch.column("postal_code")
        # What the state column says is not looked for in the code.
        left = np.flatnonzero(here & (bits == 0))
        if codes is None or not len(left):
            return NamedStates(bits, unread, self._batch.all(False))
        by_code = np.zeros(self._batch.rows, dtype=np.uint64)
        by_code[left] = looked_up(codes[left], lambda code: 0 if is_blank(code) else bits_of_zip(code), np.uint64)
        lost = by_code == _UNREAD
        return NamedStates(bits | np.where(lost, np.uint64(0), by_code), unread, bools(lost & ~given))


def is_blank(cell: str) -> bool:
    """Whether a cell of a place has a word that stands for nothing."""
    return cell.lower() in EMPTY_WORDS
