"""A sequence that is still being made, on another thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar, overload

Item = TypeVar("Item")


class Later(Sequence[Item]):
    """Whoever looks into it waits until ``made`` returns it, and gets the error where that fails."""

    def __init__(self, made: Callable[[], Sequence[Item]]) -> None:
        self._made = made

    def __len__(self) -> int:
        return len(self._made())

    @overload
    def __getitem__(self, place: int) -> Item: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Item]: ...

    def __getitem__(self, place: int | slice) -> Item | Sequence[Item]:
        return self._made()[place]
