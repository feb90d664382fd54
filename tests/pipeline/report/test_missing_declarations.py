"""Which facts would release most rows: the choice of three is the best there is, over any kinds of rows."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.report.missing_declarations import DeclarationTally, _Kind

_FACTS = 5
_SETS = st.integers(1, (1 << _FACTS) - 1)
_WAYS = st.frozensets(st.frozensets(st.frozensets(_SETS, min_size=1, max_size=2), min_size=1, max_size=3), max_size=2)
_KINDS = st.dictionaries(st.builds(_Kind, _SETS, _WAYS), st.integers(1, 50), min_size=1, max_size=6)


def falls(kind: _Kind, declared: int) -> bool:
    """Whether some way of a row is open: all its reasons fall, each by a set of facts that is declared."""
    return any(all(any(facts & ~declared == 0 for facts in reason) for reason in way) for way in kind.ways)


@given(_KINDS)
def test_no_other_three_release_more(kinds: dict[_Kind, int]) -> None:
    tally = DeclarationTally(Counter(kinds))
    chosen = tally.best_set()
    released = sum(count for kind, count in kinds.items() if falls(kind, chosen))
    assert tally.released([chosen]) == [released]
    sets = [sum(1 << fact for fact in some) for some in combinations(range(_FACTS), 3)]
    best = max(sum(count for kind, count in kinds.items() if falls(kind, some)) for some in sets)
    if best:
        assert chosen.bit_count() <= 3
        assert released == best
    else:
        # More than three, which are enough for some row, or none where nothing releases one.
        assert bool(released) == any(kind.ways for kind in kinds)
    assert sorted(tally.facts_in(chosen)) == [fact for fact in range(_FACTS) if chosen >> fact & 1]
