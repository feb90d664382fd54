"""Which undeclared facts keep rejected rows from being used, and which few of them would release most, if they were so.

Every figure is an upper bound: an answer can also speak against contact, and then it releases nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.report.channel_losses import COLUMN_OF
from pipeline.report.decided_rows import DecidedRows
from schemas.coded_findings import CodedFindings
from schemas.columns import CHANNEL_POINTS, CHANNELS, POINTS
from schemas.kernels.findings import add_words, collect_few_bits
from schemas.support.distinct import distinct_numbers

if TYPE_CHECKING:  # what the law needs is loaded only where there are rule packs
    from suppression.rules.undeclared import Missing

#: So many facts are looked for that release most rows together.
_TOGETHER: Final = 3
_CHANNEL_NAMES: Final = pl.Enum(CHANNELS)
#: What makes a reason fall: sets of facts, of which one must be declared. A set is a number with bits.
_Falls = frozenset[int]
#: A way in which a row becomes usable: the reasons that would have to fall.
_Way = frozenset[_Falls]
_Words = npt.NDArray[np.uint64]


class _Kind(NamedTuple):
    """Rows that are alike. ``behind``: facts that some reason rests on."""

    behind: int
    ways: frozenset[_Way]


@dataclass
class DeclarationTally:
    """Rejected rows that rest on undeclared facts, by what would have to be declared for them."""

    kinds: Counter[_Kind] = field(default_factory=Counter)

    def add(self, rows: DecidedRows, findings: CodedFindings, channels: Sequence[str], missing: Missing) -> None:
        """Count a decided batch with all of its findings, ordered by row."""
        if missing.behind:
            for kind, count in _Against(rows, findings, missing).kinds(channels):
                self.kinds[kind] += count

    @property
    def rows(self) -> int:
        """Rejected rows that any of the facts is behind."""
        return self.kinds.total()

    def behind(self, fact: int) -> int:
        """Rejected rows that a fact is behind, whatever else rejects them."""
        return sum(count for kind, count in self.kinds.items() if kind.behind >> fact & 1)

    def released(self, sets: Sequence[int]) -> list[int]:
        """Rows that each set of facts releases at most when all of it is declared."""
        declared = np.array(sets, dtype=np.uint64)
        total = np.zeros(len(sets), dtype=np.int64)
        for kind, count in self.kinds.items():
            usable = np.zeros(len(sets), dtype=bool)
            for way in kind.ways:
                usable |= np.logical_and.reduce([_fall(reason, declared) for reason in way])
            total += count * usable
        return [int(each) for each in total]

    def best_set(self) -> int:
        """The three facts that release most rows together; among equals those that are behind most rows.

        Where no three release any, all that one kind of row needs; none where nothing that is declared releases a row.
        """
        reasons = {reason for kind in self.kinds for way in kind.ways for reason in way}
        facts = sorted({fact for reason in reasons for declared in reason for fact in _members(declared)})
        sets = [sum(1 << fact for fact in some) for n in range(1, _TOGETHER + 1) for some in combinations(facts, n)]
        if not sets:
            return 0
        released = self.released(sets)
        best = max(range(len(sets)), key=lambda place: (released[place], -place))
        return self._filled_up(sets[best]) if released[best] else self._heaviest_kind_needs()

    def facts_in(self, facts: int) -> list[int]:
        """The numbers of the facts of a set, those first that release more rows by themselves."""
        members = _members(facts)
        alone = dict(zip(members, self.released([1 << fact for fact in members]), strict=True))
        return sorted(members, key=lambda fact: (-alone[fact], -self.behind(fact), fact))

    def _filled_up(self, chosen: int) -> int:
        """Add facts that release no more at best, and yet may be asked for by what is answered to the others."""
        others = {fact for kind in self.kinds for fact in _members(kind.behind & ~chosen)}
        for fact in sorted(others, key=lambda each: (-self.behind(each), each))[: _TOGETHER - chosen.bit_count()]:
            chosen |= 1 << fact
        return chosen

    def _heaviest_kind_needs(self) -> int:
        ways = [(count, way) for kind, count in self.kinds.items() for way in kind.ways]
        needs = [(count, min(_all_that_fell(way), key=lambda facts: (facts.bit_count(), facts))) for count, way in ways]
        return max(needs, key=lambda each: (each[0], -each[1].bit_count(), -each[1]))[1]


class _Grounds:
    """What the codes of a run rest on, and the kinds of rows that its batches had so far. Several threads ask."""

    def __init__(self, missing: Missing) -> None:
        codes = sorted({*missing.ways, *(rule for behind in missing.behind.values() for rule in behind.rules)})
        of_code = {code: _facts_of(code, missing) for code in codes}
        #: Facts that codes rest on, and what makes them fall. Codes that are alike in that are one; the first rest on
        #: nothing.
        self.classes = list(dict.fromkeys([(0, frozenset[int]()), *of_code.values()]))
        self.class_of = {code: self.classes.index(each) for code, each in of_code.items()}
        cells = len(self.classes) * (len(CHANNELS) + 1) * (len(POINTS) + 1)
        #: A random number for each class on each channel of each point, and for each point that is there.
        self.words = np.random.default_rng(0).integers(0, 1 << 63, size=cells + len(POINTS), dtype=np.uint64)
        #: By what is known of a row.
        self.kinds: dict[int, _Kind] = {}


_grounds = lru_cache(maxsize=8)(_Grounds)


class _Against:
    """What blocks the rejected rows of a batch. Of all that is said: the class of its code, its point, its channel."""

    def __init__(self, rows: DecidedRows, findings: CodedFindings, missing: Missing) -> None:
        said, self._known = findings.said, _grounds(missing)
        self._rows, self._which = rows, findings.which
        self._row = rows.positions(findings.row_id).astype(np.int64, copy=False)
        codes, numbers = findings.codes
        self._class = np.array([self._known.class_of.get(code, 0) for code in codes], np.int64)[numbers]
        self._point, self._blocks = findings.points, findings.blocks
        channels = said.get_column("channel").cast(_CHANNEL_NAMES).to_physical().fill_null(len(CHANNELS))
        self._channel = channels.to_numpy().astype(np.int64)

    def kinds(self, channels: Sequence[str]) -> Iterator[tuple[_Kind, int]]:
        """Kinds of rows that an undeclared fact is behind, each with how many rows of the batch it has."""
        rests = np.array([bool(behind) for behind, _ in self._known.classes], dtype=bool)
        points = [point for point in POINTS if any(point in CHANNEL_POINTS[channel] for channel in channels)]
        there = np.array([self._rows.present(COLUMN_OF.get(point, point)) for point in points])
        concerned = np.zeros(len(self._rows), dtype=np.uint8)
        bits = (rests[self._class] & self._blocks).view(np.uint8)
        collect_few_bits(self._row, self._which, bits, concerned)
        places = np.flatnonzero(concerned.view(np.bool_) & ~self._rows.is_clean)
        signs, of_row = distinct_numbers(self._signatures(there)[places])
        a_place = np.empty(len(signs), np.int64)
        a_place[of_row] = places
        known = self._known.kinds
        for sign, place, count in zip(signs.tolist(), a_place.tolist(), np.bincount(of_row).tolist(), strict=True):
            if sign not in known:
                found = self._which[slice(*np.searchsorted(self._row, [place, place + 1]))]
                present = {point for point, is_there in zip(points, there[:, place], strict=True) if is_there}
                known[sign] = self._kind(found[self._blocks[found]], present, channels)
            yield known[sign], count

    def _signatures(self, there: npt.NDArray[np.bool_]) -> _Words:
        """A number for each row, the same for rows of which the same is known."""
        width, height = len(CHANNELS) + 1, len(POINTS) + 1
        cell = (self._class * width + self._channel) * height + self._point
        words = self._known.words
        made = np.zeros(len(self._rows), dtype=np.uint64)
        add_words(self._row, self._which, np.where(self._blocks, words[cell], np.uint64(0)), made)
        for word, is_there in zip(words[len(words) - len(there) :], there, strict=True):
            made += word * is_there.astype(np.uint64)
        return made

    def _kind(self, found: Iterable[int], present: set[str], channels: Sequence[str]) -> _Kind:
        """What would have to be declared for a row. ``found``: what is said against it."""
        behind, against = 0, []
        for each in found:
            rests, falls = self._known.classes[self._class[each]]
            behind |= rests
            against.append((self._point[each], self._channel[each], falls))
        ways = set()
        for number, channel in enumerate(CHANNELS):
            for point in CHANNEL_POINTS[channel] if channel in channels else ():
                if point in present:
                    mine = {POINTS.index(point), len(POINTS)}
                    ways.add(frozenset(falls for p, c, falls in against if p in mine and c in {number, len(CHANNELS)}))
        return _Kind(behind, frozenset(way for way in ways if way and frozenset() not in way))


def _facts_of(code: str, missing: Missing) -> tuple[int, _Falls]:
    """Facts that a code rests on, and the sets of facts of which one makes it fall."""
    numbers = {name: 1 << number for number, name in enumerate(missing.behind)}
    rests = sum(numbers[name] for name, behind in missing.behind.items() if code in behind.rules)
    return rests, frozenset(sum(numbers[name] for name in way) for way in missing.ways.get(code, ()))


def _fall(reason: _Falls, declared: _Words) -> npt.NDArray[np.bool_]:
    """Whether a reason can fall under each of several sets of declared facts."""
    falls = np.zeros(len(declared), dtype=bool)
    for facts in reason:
        falls |= declared & np.uint64(facts) == np.uint64(facts)
    return falls


def _all_that_fell(way: _Way) -> set[int]:
    """Sets of facts that make all of these reasons fall."""
    found = {0}
    for reason in way:
        found = {known | facts for known in found for facts in reason}
    return found


def _members(facts: int) -> list[int]:
    return [number for number in range(facts.bit_length()) if facts >> number & 1]
