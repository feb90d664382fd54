"""Tables that answer for digits as they are written: one per region, and one per calling code behind a plus.

The library tries several readings of the digits: as they are, without the national prefix, without the calling code,
without both; and decides among them by how well each fits the plan. Within one piece of the tables here all readings
fall into the same pieces of the plan, so that it decides the same way for every string; which way, it is asked, and by
the number that it returns one sees which reading it took.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from phonenumbers import PhoneMetadata, region_code_for_country_code

from schemas.contact.numbering.answers import AS_IF_PLUS, UNDECIDED, Answers, agreed, examples
from schemas.contact.numbering.library import PhoneForm, read_phone
from schemas.contact.numbering.plan import LEAST_DIGITS, MOST_DIGITS, Plan, metadata_of
from schemas.contact.numbering.prefixes import calling_code_before, international_prefix, national_prefix
from schemas.contact.numbering.range_sets import (
    Flags,
    Shift,
    lengths_of,
    nothing_dropped,
    numbered,
    piece_of,
    split_before,
    then,
    whole_pieces,
)
from schemas.contact.numbering.ranges import BLOCK_EDGES, Codes, digits_of


class Table(NamedTuple):
    """Pieces of codes; of each piece, the answer and what to add to a code to get the E.164 digits as an integer.

    ``answer`` is a position in `Answers.forms`, or `UNDECIDED`, or `AS_IF_PLUS`: then what comes out of the addition
    is the code of the digits behind the international prefix.
    """

    starts: Codes
    answer: npt.NDArray[np.int64]
    delta: Codes


def undecided_table() -> Table:
    """Build the table that leaves everything to the library."""
    nothing = np.zeros_like(BLOCK_EDGES)
    return Table(BLOCK_EDGES, nothing + UNDECIDED, nothing)


def fixed_table(region: str | None, answers: Answers) -> Table:
    """Build the table where no region is known, which the library refuses in the same way for all digits."""
    lengths = lengths_of(BLOCK_EDGES)
    answer, _ = agreed(lambda code: read_phone(digits_of(code), region), BLOCK_EDGES[lengths > 2], answers)
    return undecided_table()._replace(answer=np.where(lengths > 2, answer, UNDECIDED))


def national_table(region: str, plan: Plan, answers: Answers) -> Table:
    """Build the table for digits without a plus, read in ``region``."""
    own = metadata_of(plan.calling_code, region)
    main = _main_metadata(plan.calling_code)
    prefix, main_prefix = national_prefix(own), national_prefix(main)
    without_code = calling_code_before(plan.calling_code)
    inland = then(without_code, prefix)
    readings = [nothing_dropped(), prefix, without_code, inland, then(inland, main_prefix)]
    if main is not own:
        readings.append(then(without_code, main_prefix))

    def ask(code: int) -> PhoneForm:
        return read_phone(digits_of(code), region)

    return _table(plan, [own, main], readings, international_prefix(own), ask, answers)


def international_table(plan: Plan, answers: Answers) -> Table:
    """Build the table for digits behind a plus. It says nothing of those that start with another calling code."""
    main = _main_metadata(plan.calling_code)
    without_code = calling_code_before(plan.calling_code)
    readings = [without_code, then(without_code, national_prefix(main))]

    def ask(code: int) -> PhoneForm:
        return read_phone("+" + digits_of(code), None)

    return _table(plan, [main], readings, None, ask, answers)


def _main_metadata(calling_code: int) -> PhoneMetadata:
    return metadata_of(calling_code, region_code_for_country_code(calling_code))


def _table(
    plan: Plan,
    regions: list[PhoneMetadata],
    readings: list[Shift],
    abroad: Shift | None,
    ask: Callable[[int], PhoneForm],
    answers: Answers,
) -> Table:
    """Find the pieces in which every reading stays in one piece of the plan, and ask about each kind of piece.

    ``abroad`` drops the prefix for calls abroad; None when a plus is there and the first reading must apply.
    """
    landings, kinds, doubtful = _kinds(plan, regions)
    prefix = nothing_dropped() if abroad is None else abroad
    starts = whole_pieces([prefix.starts, *(split_before(reading, landings) for reading in readings)])
    drop_abroad, certain = prefix.at(starts)
    is_abroad = drop_abroad != 0
    certain = certain & ~is_abroad & (lengths_of(starts) > 2)
    if abroad is None:
        certain &= readings[0].at(starts)[0] != 0
    columns = [_length_classes(starts, regions)]
    deltas = np.zeros((len(readings), len(starts)), dtype=np.int64)
    for position, reading in enumerate(readings):
        deltas[position], known = reading.at(starts)
        landing = piece_of(landings, starts + deltas[position])
        certain &= known & ~doubtful[landing]
        columns.append(kinds[landing])
        # Which readings come to the same digits.
        columns.append(np.argmax(deltas[: position + 1] == deltas[position], axis=0))
    groups = np.where(certain, numbered(columns), UNDECIDED)

    answer = np.where(is_abroad, AS_IF_PLUS, UNDECIDED)
    delta = np.where(is_abroad, drop_abroad, 0)
    for members, codes in examples(starts, groups):
        chosen, forms = agreed(ask, codes, answers)
        if chosen != UNDECIDED and answers.forms[chosen].state == "ok":
            read = [_e164(plan.calling_code, codes + each[piece_of(starts, codes)]) for each in deltas]
            taken = [n for n, keys in enumerate(read) if [f"+{key}" for key in keys] == [f.e164 for f in forms]]
            if not taken:
                continue
            national = starts[members] + deltas[taken[0]][members]
            delta[members] = _e164(plan.calling_code, national) - starts[members]
        answer[members] = chosen
    changes = np.flatnonzero((np.diff(answer, prepend=-9) != 0) | (np.diff(delta, prepend=-9) != 0))
    return Table(starts[changes], answer[changes], delta[changes])


def _kinds(plan: Plan, regions: list[PhoneMetadata]) -> tuple[Codes, Codes, Flags]:
    """Reduce the plan to what decides between readings: start, kind and doubt of each piece."""
    lengths = lengths_of(plan.starts)
    doubtful = (plan.answer == UNDECIDED) & (lengths >= LEAST_DIGITS) & (lengths <= MOST_DIGITS)
    fits = [plan.fits[metadata.id].astype(np.int64) for metadata in regions]
    kinds = numbered([plan.answer + 1, _length_classes(plan.starts, regions), *fits])
    changes = np.flatnonzero(np.diff(kinds, prepend=-1))
    return plan.starts[changes], kinds[changes], doubtful[changes]


def _length_classes(codes: Codes, regions: list[PhoneMetadata]) -> Codes:
    """Number the lengths that are one to the metadata: those between two neighbours in its lists."""
    listed = {LEAST_DIGITS, MOST_DIGITS}
    for metadata in regions:
        if general := metadata.general_desc:
            listed.update(general.possible_length, general.possible_length_local_only)
    marks, lengths = np.array(sorted(listed)), lengths_of(codes)
    classes: Codes = marks.searchsorted(lengths, "left") + marks.searchsorted(lengths, "right")
    return classes


def _e164(calling_code: int, national: Codes) -> Codes:
    """From codes of national numbers, E.164 digits as integers."""
    digits: Codes = national + (calling_code - 1) * 10 ** np.maximum(lengths_of(national), 0)
    return digits
