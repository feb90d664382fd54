"""How per-value library calls are carried out: here, in this process; a runner may pass one that uses all cores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

In = TypeVar("In")
Out = TypeVar("Out")


class Apply(Protocol):
    """Apply a function of a chunk to all of ``items``; the results come back in the same order."""

    def __call__(self, work: Callable[[Sequence[In]], list[Out]], items: Sequence[In]) -> list[Out]:
        """Return one result per item."""
        ...


def apply_here(work: Callable[[Sequence[In]], list[Out]], items: Sequence[In]) -> list[Out]:
    """Do all the work in this process."""
    return work(items)
