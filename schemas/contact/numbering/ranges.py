"""Strings of digits as integers, and the strings that a pattern matches as ranges of them.

The *code* of a string of digits is the integer that is written by a 1 followed by those digits: ``"0075"`` is 10075.
So leading zeros and the length are kept, strings of one length form one block, [10**n, 2 * 10**n), and inside it
strings with a common prefix are neighbours. Numbering plans are made of prefixes: each pattern becomes some
dozens to thousands of ranges of codes, and one binary search answers all patterns at once.
"""

from __future__ import annotations

import functools
import itertools

import numpy as np
import numpy.typing as npt

from schemas.contact.numbering.patterns import (
    ALL_DIGITS,
    MAX_DIGITS,
    Choice,
    Digits,
    End,
    Node,
    Path,
    Repeat,
    Series,
    UnsupportedPatternError,
    parse_pattern,
)

Codes = npt.NDArray[np.int64]
#: Length of the strings -> sorted, disjoint, non-touching ranges [low, high) of their values as integers.
Language = dict[int, list[tuple[int, int]]]

#: A pattern of more ranges than this constrains digits behind free ones; a table would be of no use.
_MOST_RANGES = 200_000
_EMPTY_STRING: Language = {0: [(0, 1)]}
EVERYTHING: Language = {length: [(0, 10**length)] for length in range(MAX_DIGITS + 1)}

#: Ends of the blocks of codes of each length. What is between two blocks is no string's code.
BLOCK_EDGES: Codes = np.array(
    [edge for length in range(MAX_DIGITS + 1) for edge in (10**length, 2 * 10**length)], dtype=np.int64
)


def code_of(digits: str) -> int:
    """Return the code of a string of digits."""
    return int("1" + digits)


def digits_of(code: int) -> str:
    """Return the string of digits that has this code."""
    return str(code)[1:]


@functools.cache
def pattern_edges(pattern: str, prefix: bool = False) -> Codes:
    """Edges of the ranges of codes that a pattern matches wholly, or (``prefix``) at the start.

    A code is inside when an odd number of edges is at or below it. `UnsupportedPatternError` when the pattern
    cannot be put into ranges, or only into too many.
    """
    words = language(parse_pattern(pattern))
    return edges_of(join(words, EVERYTHING) if prefix else words)


def edges_of(words: Language) -> Codes:
    """Flatten a language into sorted edges of codes: start, end, start, end …"""
    return np.array(
        [10**length + edge for length in sorted(words) for span in words[length] for edge in span], dtype=np.int64
    )


def inside(edges: Codes, codes: Codes) -> npt.NDArray[np.bool_]:
    """Whether each code is in one of the ranges."""
    odd: npt.NDArray[np.bool_] = edges.searchsorted(codes, "right") % 2 == 1
    return odd


def path_edges(path: Path) -> Codes:
    """Edges of the codes of all strings that a path fits: wholly when it ends, else at the start."""
    words = language(Series(tuple(Digits(allowed) for allowed in path.places)))
    return edges_of(words if path.ends else join(words, EVERYTHING))


def language(node: Node) -> Language:
    """All strings of at most `MAX_DIGITS` digits that a pattern matches wholly."""
    if isinstance(node, Digits):
        return {1: _merged([(int(digit), int(digit) + 1) for digit in node.allowed])}
    if isinstance(node, Choice):
        return _union([language(option) for option in node.options])
    if isinstance(node, Repeat):
        return _repeated(node)
    if isinstance(node, End):
        raise UnsupportedPatternError("$ inside a pattern of whole numbers")
    words = _EMPTY_STRING
    # From the right: what follows is mostly "any digit", and then a range stays one range.
    for item in reversed(node.items):
        words = join(language(item), words)
    return words


def _repeated(node: Repeat) -> Language:
    most = min(node.most, MAX_DIGITS)
    if node.item == Digits(ALL_DIGITS):
        return {length: EVERYTHING[length] for length in range(node.least, most + 1)}
    item = language(node.item)
    powers = [_EMPTY_STRING]
    for _ in range(most):
        powers.append(join(item, powers[-1]))
    return _union(powers[node.least :])


def join(first: Language, second: Language) -> Language:
    """All strings of ``first`` followed by a string of ``second``."""
    found: list[Language] = []
    for (ahead, starts), (behind, ends) in itertools.product(first.items(), second.items()):
        if ahead + behind > MAX_DIGITS:
            continue
        scale = 10**behind
        if ends == [(0, scale)]:
            spans = [(low * scale, high * scale) for low, high in starts]
        else:
            if sum(high - low for low, high in starts) * len(ends) > _MOST_RANGES:
                raise UnsupportedPatternError("a pattern of too many ranges")
            spans = [
                (value * scale + low, value * scale + high)
                for first_value, last_value in starts
                for value in range(first_value, last_value)
                for low, high in ends
            ]
        found.append({ahead + behind: spans})
    return _union(found)


def _union(languages: list[Language]) -> Language:
    together: Language = {}
    for words in languages:
        for length, spans in words.items():
            together[length] = together[length] + spans if length in together else spans
    return {length: _merged(spans) for length, spans in together.items() if spans}


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Sort ranges and unite those that touch or overlap."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted(spans):
        if merged and low <= merged[-1][1]:
            if high > merged[-1][1]:
                merged[-1] = (merged[-1][0], high)
        else:
            merged.append((low, high))
    return merged
