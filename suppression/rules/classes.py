"""Classes of leads that no rule's territory or audience tells apart: there are few, so a rule is held against those."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from suppression.rules.clocks import Bools
from suppression.rules.places import Bits

Scalar = TypeVar("Scalar", bound=np.generic)


@dataclass(frozen=True)
class Classes:
    """For each class its territory, states and audience; and the class of each row."""

    territory: Bits
    states: Bits
    business: Bools
    of_row: npt.NDArray[np.int64]

    def rows(self, chosen: Bools) -> Bools | None:
        """Rows of the classes that are chosen; None when there is none."""
        return chosen[self.of_row] if chosen.any() else None


def classes_of(territory: Bits, states: Bits, business: Bools) -> Classes:
    """Put the rows of a batch into classes."""
    places, of_place = _distinct(territory)
    within, of_within = _distinct(states)
    codes = (of_place * len(within) + of_within) * 2 + business
    found, of_row = _distinct(codes)
    found, audience = np.divmod(found, 2)
    place, state = np.divmod(found, max(len(within), 1))
    return Classes(places[place], within[state], audience.astype(bool), of_row)


def _distinct(values: npt.NDArray[Scalar]) -> tuple[npt.NDArray[Scalar], npt.NDArray[np.int64]]:
    """Distinct values in order of appearance, and which of them each row has."""
    parts = pa.array(values).dictionary_encode()
    return parts.dictionary.to_numpy(), parts.indices.to_numpy().astype(np.int64)
