"""What is written before a national number, and what of it is dropped.

Three kinds: the prefix for calls inside the country (``0``, ``1``, carrier codes; some are replaced by an area code
rather than dropped), the prefix for calls abroad (``00``, ``011``), and the calling code, written without a plus.
Which digits the metadata's pattern takes is asked of `re`, once for each piece of codes in which the same ways through
the pattern are open.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable

import numpy as np
from phonenumbers import PhoneMetadata

from schemas.contact.numbering.patterns import MAX_DIGITS, Path, UnsupportedPatternError, parse_pattern, paths
from schemas.contact.numbering.range_sets import Shift, lengths_of, nothing_dropped, whole_pieces
from schemas.contact.numbering.ranges import code_of, digits_of, path_edges

#: Where a prefix takes more different digits than this, the rule is not worked out.
_MOST_VARIANTS = 10

#: From a match: the digits that are left, and how many of the first digits these depend on; the ones behind are
#: all still there, unchanged.
_Rest = Callable[[re.Match[str]], tuple[str, int]]


def national_prefix(metadata: PhoneMetadata) -> Shift:
    """Drop the prefix for calls inside the country, or replace it by the metadata's rule."""
    if not metadata.national_prefix_for_parsing:
        return nothing_dropped()
    rule = metadata.national_prefix_transform_rule
    moved = re.fullmatch(r"\d*\\(\d)", rule) if rule else None
    if rule and not moved:
        raise UnsupportedPatternError(f"a rule that is not digits and one group: {rule!r}")

    def rest(match: re.Match[str]) -> tuple[str, int]:
        behind = match.string[match.end() :]
        last_group = len(match.groups())
        if not rule or not moved or match.group(last_group) is None:
            return behind, match.end()
        start, end = match.span(int(moved[1]))
        return match.expand(rule) + behind, start if end == match.end() else match.end()

    ways = paths(parse_pattern(metadata.national_prefix_for_parsing))
    return _dropped(metadata.national_prefix_for_parsing, ways, rest)


def international_prefix(metadata: PhoneMetadata) -> Shift:
    """Drop the prefix for calls abroad."""
    if not metadata.international_prefix:
        return nothing_dropped()

    def rest(match: re.Match[str]) -> tuple[str, int]:
        behind = match.string[match.end() :]
        # No calling code begins with 0: then it was not a prefix.
        return (match.string if behind.startswith("0") else behind), match.end()

    ways = paths(parse_pattern(metadata.international_prefix))
    ways += [way._replace(places=(*way.places, "0")) for way in ways]
    return _dropped(metadata.international_prefix, ways, rest)


def calling_code_before(calling_code: int) -> Shift:
    """Drop the calling code."""
    lead = str(calling_code)
    more = 10 ** np.arange(MAX_DIGITS - len(lead) + 1, dtype=np.int64)
    starts = whole_pieces([code_of(lead) * more, (code_of(lead) + 1) * more])
    leads = np.isin(starts, code_of(lead) * more)
    behind = 10 ** np.maximum(lengths_of(starts) - len(lead), 0)
    # From 1 44 20… to 1 20…
    return Shift(starts, np.where(leads, (1 - code_of(lead)) * behind, 0), np.ones(len(starts), dtype=np.bool_))


def _dropped(pattern: str, ways: list[Path], rest: _Rest) -> Shift:
    """Work out, for each piece of codes in which the same ways fit, what is left of them."""
    compiled = re.compile(pattern)
    coarse = whole_pieces([path_edges(way) for way in ways])
    pieces: list[tuple[int, int, bool]] = []
    for start, end in itertools.pairwise(coarse.tolist()):
        match = compiled.match(digits_of(start)) if str(start).startswith("1") else None
        if match is None:
            pieces.append((start, 0, True))
            continue
        _, depends_on = rest(match)
        # One group for a carrier and one for the number behind it: each carrier would repeat the whole plan.
        variants = _variants(start, end, depends_on) if match.lastindex in (None, 1) else None
        if variants is None:
            pieces.append((start, 0, False))
            continue
        for variant in variants:
            again = compiled.match(digits_of(variant))
            left = rest(again)[0] if again else ""
            fits = len(left) <= MAX_DIGITS
            pieces.append((variant, code_of(left) - variant if fits else 0, fits))
    starts, delta, known = zip(*pieces, strict=True)
    return Shift(np.array(starts, dtype=np.int64), np.array(delta, dtype=np.int64), np.array(known))


def _variants(start: int, end: int, depth: int) -> list[int] | None:
    """First codes of the parts of a piece that agree in their first ``depth`` digits; None when they are many."""
    step: int = 10 ** (len(digits_of(start)) - depth)
    leads = range(start // step, (end - 1) // step + 1)
    return [max(start, lead * step) for lead in leads] if len(leads) <= _MOST_VARIANTS else None
