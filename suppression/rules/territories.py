"""Where rules hold, as bits of a number: sets of regions, states, and whether some pack covers a country."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from schemas.errors import ConfigError
from schemas.evidence import country_and_state
from schemas.rules import EVERYWHERE
from suppression.rules.us_states import is_state, state_bits

#: Bits of a lead's territory: the highest says that no pack covers a country, the next that one does.
UNCOVERED = np.uint64(1 << 63)
COVERED = np.uint64(1 << 62)
_SETS = 62


class Territories:
    """Bits of the ``scopes``, the different sets of regions that a run's rules speak of; ``covered`` are all of them.

    Regions and states in ``always`` bind whoever is contacted. Raises `ConfigError` when one of them does not exist,
    or when there are more sets of regions than bits.
    """

    def __init__(self, scopes: Iterable[tuple[str, ...]], covered: frozenset[str], always: Iterable[str]) -> None:
        distinct = sorted(set(scopes))
        if len(distinct) > _SETS:
            raise ConfigError([f"{len(distinct)} different sets of regions in the rule packs; at most {_SETS} fit"])
        self._bit_of = {regions: 1 << bit for bit, regions in enumerate(distinct)}
        self._covered = covered - {EVERYWHERE}
        self._meanings: dict[str, int] = {}
        places = [country_and_state(code) for code in always]
        if wrong := [state for _, state in places if state is not None and not is_state(state)]:
            raise ConfigError([f"[rules] always: '{state}' is not a state of the United States" for state in wrong])
        bits = 0
        for country, _ in places:
            bits |= self.meaning(country) & ((1 << _SETS) - 1)
        self.always = np.uint64(bits)
        self.always_states = np.uint64(state_bits({state for _, state in places if state is not None}))

    def of_set(self, regions: tuple[str, ...]) -> np.uint64:
        """The bit of a set of regions."""
        return np.uint64(self._bit_of[regions])

    def meaning(self, region: str) -> int:
        """Bits of a region: the sets of regions that hold it, and whether some pack covers it."""
        if region not in self._meanings:
            bits = sum(bit for regions, bit in self._bit_of.items() if region in regions)
            self._meanings[region] = bits | int(COVERED if region in self._covered else UNCOVERED)
        return self._meanings[region]
