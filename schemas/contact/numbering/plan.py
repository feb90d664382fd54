"""The numbering plan of a calling code: what each national number is.

The library finds validity, region, type and time zones of a national number by matching it against the patterns of
the regions that share the calling code, against lists of possible lengths and against prefixes of time zones. Between
two neighbouring edges of all of these, every number gets the same answer; which one, the library is asked.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, PhoneNumber, PhoneNumberDesc
from phonenumbers.tzdata import TIMEZONE_DATA

from schemas.contact.numbering.answers import UNDECIDED, Answers, agreed, examples
from schemas.contact.numbering.library import PhoneForm, form_of_number
from schemas.contact.numbering.range_sets import Flags, lengths_of, numbered, piece_of, whole_pieces
from schemas.contact.numbering.ranges import Codes, code_of, digits_of, inside, pattern_edges

#: Shortest and longest national number that the library reads.
LEAST_DIGITS, MOST_DIGITS = 2, 17


class Plan(NamedTuple):
    """Pieces of the codes of national numbers, and for each: the answer, and which regions' plans it fits at all."""

    calling_code: int
    starts: Codes
    answer: npt.NDArray[np.int64]
    fits: dict[str, Flags]

    def at(self, codes: Codes) -> npt.NDArray[np.intp]:
        """Position of the piece of each code."""
        return piece_of(self.starts, codes)


def metadata_of(calling_code: int, region: str) -> PhoneMetadata:
    """Return the metadata of a region, or of a calling code that belongs to none (``001``)."""
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(calling_code, region)
    if metadata is None:
        raise LookupError(f"no metadata for calling code {calling_code}, region {region}")
    return metadata


def build_plan(calling_code: int, answers: Answers) -> Plan:
    """Build the plan. Raises `UnsupportedPatternError` when the metadata has what cannot be put into ranges."""
    regions = {region: metadata_of(calling_code, region) for region in COUNTRY_CODE_TO_REGION_CODE[calling_code]}
    general = {region: _edges(metadata.general_desc) for region, metadata in regions.items()}
    edges = [edges for metadata in regions.values() for edges in _all_edges(metadata)]
    whole_numbers = whole_pieces(list(general.values()))
    fitting = np.unique(lengths_of(whole_numbers[_any_inside(general, whole_numbers)])).tolist()
    zones = _zone_edges(calling_code, fitting)
    starts = whole_pieces([*edges, zones])

    lengths = lengths_of(starts)
    columns = [*_packed([inside(each, starts) for each in edges]), lengths + 1]
    columns.append(_zones_of(calling_code, starts, lengths))
    groups = numbered(columns)
    groups[(lengths < LEAST_DIGITS) | (lengths > MOST_DIGITS)] = UNDECIDED

    def ask(code: int) -> PhoneForm:
        return form_of_number(_number(calling_code, digits_of(code)))

    answer = np.full(len(starts), UNDECIDED, dtype=np.int64)
    for members, codes in examples(starts, groups):
        answer[members], _ = agreed(ask, codes, answers)
    fits = {region: inside(edges, starts) for region, edges in general.items()}
    return Plan(calling_code, starts, answer, fits)


def _all_edges(metadata: PhoneMetadata) -> list[Codes]:
    """Edges of everything in the metadata that a national number is matched against, whatever it is called."""
    descriptions = [value for value in vars(metadata).values() if isinstance(value, PhoneNumberDesc)]
    edges = [_edges(description) for description in descriptions if description.national_number_pattern]
    if metadata.leading_digits:
        edges.append(pattern_edges(metadata.leading_digits, prefix=True))
    return edges


def _edges(description: PhoneNumberDesc | None) -> Codes:
    return pattern_edges(description.national_number_pattern if description else "")


def _any_inside(general: dict[str, Codes], codes: Codes) -> Flags:
    found: Flags = np.logical_or.reduce([inside(edges, codes) for edges in general.values()])
    return found


def _packed(flags: list[Flags]) -> list[Codes]:
    """Pack Boolean columns into integers of 30 bits."""
    return [
        np.sum([flag.astype(np.int64) << bit for bit, flag in enumerate(flags[at : at + 30])], axis=0)
        for at in range(0, len(flags), 30)
    ]


def _zone_prefixes(calling_code: int) -> list[str]:
    """First digits of national numbers that have time zones of their own."""
    lead = str(calling_code)
    return [prefix[len(lead) :] for prefix in TIMEZONE_DATA if prefix.startswith(lead)]


def _zone_edges(calling_code: int, lengths: list[int]) -> Codes:
    """Edges of the prefixes, for the lengths that a valid number can have: no other has time zones."""
    prefixes = _zone_prefixes(calling_code)
    edges = [
        edge * 10 ** (length - len(prefix))
        for prefix in prefixes
        for length in lengths
        if length >= len(prefix)
        for edge in (code_of(prefix), code_of(prefix) + 1)
    ]
    return np.array(edges, dtype=np.int64)


def _zones_of(calling_code: int, starts: Codes, lengths: Codes) -> Codes:
    """Number the time zones of the longest prefix that each piece starts with (0: none)."""
    lead = str(calling_code)
    numbers: dict[tuple[str, ...], int] = {}
    found = np.zeros(len(starts), dtype=np.int64)
    prefixes = sorted(_zone_prefixes(calling_code), key=len)
    for size in sorted({len(prefix) for prefix in prefixes}):
        same_size = sorted(prefix for prefix in prefixes if len(prefix) == size)
        keys = np.array([code_of(prefix) for prefix in same_size], dtype=np.int64)
        values = np.array(
            [numbers.setdefault(tuple(TIMEZONE_DATA[lead + key]), len(numbers) + 1) for key in same_size],
            dtype=np.int64,
        )
        long_enough = np.flatnonzero(lengths >= size)
        first_digits = starts[long_enough] // 10 ** (lengths[long_enough] - size)
        at = np.minimum(keys.searchsorted(first_digits), len(keys) - 1)
        hit = keys[at] == first_digits
        found[long_enough[hit]] = values[at[hit]]
    return found


def _number(calling_code: int, national: str) -> PhoneNumber:
    """Build the number as the library's parser would."""
    number = PhoneNumber(country_code=calling_code, national_number=int(national))
    zeros = len(national) - len(str(int(national)))
    if zeros:
        number.italian_leading_zero = True
        number.number_of_leading_zeros = zeros if zeros > 1 else None
    return number
