"""The regular expressions of the phone metadata, read into a tree.

The metadata uses a small part of the language: digits, ``\\d``, classes, groups, alternatives, ``?``, ``{m,n}`` and
``$``. Anything else raises `UnsupportedPatternError`, and whatever depends on that pattern is left to the library.
"""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

#: Longest string of digits that is looked at; what is longer is left to the library. E.164 has at most 15 digits,
#: and 16 can be had from two groups of eight.
MAX_DIGITS = 16


class UnsupportedPatternError(ValueError):
    """A pattern that is not in the subset, or that falls into too many ranges to be worth a table."""


class Digits(NamedTuple):
    """One digit out of ``allowed`` (sorted, as text). Empty: something that no digit matches."""

    allowed: str


class Series(NamedTuple):
    """All items, one after the other."""

    items: tuple[Node, ...]


class Choice(NamedTuple):
    """Any one of the options."""

    options: tuple[Node, ...]


class Repeat(NamedTuple):
    """``item``, ``least`` to ``most`` times."""

    item: Node
    least: int
    most: int


class End(NamedTuple):
    """The end of the digits."""


Node = Digits | Series | Choice | Repeat | End

ALL_DIGITS = "0123456789"
_COUNT = re.compile(r"\{(\d+)(?:(,)(\d*))?\}")
_CLASS = re.compile(r"\[((?:\d-\d|\d)+)\]")
_SPAN = re.compile(r"(\d)-(\d)|(\d)")


@functools.cache
def parse_pattern(pattern: str) -> Node:
    """Read a pattern; `UnsupportedPatternError` when it uses anything outside the subset."""
    node, end = _choice(pattern, 0)
    if end != len(pattern):
        raise UnsupportedPatternError(f"unbalanced parenthesis in {pattern!r}")
    return node


def _choice(pattern: str, at: int) -> tuple[Node, int]:
    options = []
    while True:
        items: list[Node] = []
        while at < len(pattern) and pattern[at] not in "|)":
            item, at = _quantified(pattern, at)
            items.append(item)
        options.append(Series(tuple(items)))
        if at == len(pattern) or pattern[at] == ")":
            return (options[0] if len(options) == 1 else Choice(tuple(options))), at
        at += 1


def _quantified(pattern: str, at: int) -> tuple[Node, int]:
    item, at = _atom(pattern, at)
    if pattern.startswith("?", at):
        least, most, at = 0, 1, at + 1
    elif pattern.startswith("*", at):
        least, most, at = 0, MAX_DIGITS, at + 1
    elif pattern.startswith("+", at):
        least, most, at = 1, MAX_DIGITS, at + 1
    elif match := _COUNT.match(pattern, at):
        least, at = int(match[1]), match.end()
        most = int(match[3]) if match[3] else MAX_DIGITS if match[2] else least
    else:
        return item, at
    if pattern[at : at + 1] in ("?", "+", "*", "{"):
        raise UnsupportedPatternError(f"lazy, possessive or double quantifier in {pattern!r}")
    return Repeat(item, least, most), at


def _atom(pattern: str, at: int) -> tuple[Node, int]:
    """Read one item; there is one, since the caller stops at the end and at what ends a group."""
    if pattern[at].isdecimal() or pattern[at] == "~":
        # A tilde in an international prefix means waiting for the tone; no string of digits has it.
        return Digits(pattern[at].strip("~")), at + 1
    if pattern.startswith("\\d", at):
        return Digits(ALL_DIGITS), at + 2
    if match := _CLASS.match(pattern, at):
        spans = [(span[1] or span[3], span[2] or span[3]) for span in _SPAN.finditer(match[1])]
        allowed = "".join(d for d in ALL_DIGITS if any(low <= d <= high for low, high in spans))
        return Digits(allowed), match.end()
    if pattern[at] == "(":
        plain_group = not pattern.startswith("(?", at)
        if plain_group or pattern.startswith("(?:", at):
            node, at = _choice(pattern, at + (1 if plain_group else 3))
            if pattern.startswith(")", at):
                return node, at + 1
    elif pattern[at] == "$":
        return End(), at + 1
    raise UnsupportedPatternError(f"{pattern[at:] or 'nothing'!r} in {pattern!r}")


class Path(NamedTuple):
    """One way through a pattern: the digits allowed at each position, and whether the string must end there."""

    places: tuple[str, ...]
    ends: bool


def paths(node: Node) -> list[Path]:
    """List every way through a pattern, without choices left.

    Which way a backtracking matcher takes depends only on which of them fit the string.
    """
    return [path for path in _paths(node) if all(path.places) and len(path.places) <= MAX_DIGITS]


def _paths(node: Node) -> list[Path]:
    if isinstance(node, Digits):
        return [Path((node.allowed,), False)]
    if isinstance(node, End):
        return [Path((), True)]
    if isinstance(node, Choice):
        return [path for option in node.options for path in _paths(option)]
    if isinstance(node, Repeat):
        counts = range(node.least, min(node.most, MAX_DIGITS) + 1)
        return [path for count in counts for path in _paths(Series((node.item,) * count))]
    ways = [Path((), False)]
    for item in node.items:
        # Nothing but another "$" fits after a "$".
        ways = [
            Path(way.places + more.places, way.ends or more.ends)
            for way in ways
            for more in _paths(item)
            if not (way.ends and more.places)
        ]
        if len(ways) > 5000:
            raise UnsupportedPatternError("a prefix with too many variants")
    return ways
