"""How per-value library calls are carried out: here, in this process; a runner may pass one that uses all cores."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

In = TypeVar("In")
Out = TypeVar("Out")


class Apply(Protocol):
    """Apply a function of a chunk to all of ``items``; the results of the chunks come back one behind the other."""

    def __call__(self, work: Callable[[Sequence[In]], list[Out]], items: Sequence[In]) -> list[Out]:
        """Return the results of all chunks."""
        ...


def apply_here(work: Callable[[Sequence[In]], list[Out]], items: Sequence[In]) -> list[Out]:
    """Do all the work in this process."""
    return work(items)


def each_once(work: Callable[[Sequence[In]], list[Out]], items: Sequence[In], apply: Apply) -> Iterator[Out]:
    """Do the work once for each different item, and return the result of every item."""
    distinct = list(dict.fromkeys(items))
    results = dict(zip(distinct, apply(work, distinct), strict=True)) if distinct else {}
    return (results[item] for item in items)
