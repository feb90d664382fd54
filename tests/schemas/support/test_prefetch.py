"""Reading ahead: in order, no further than asked for, with nothing held that was handed over."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from collections.abc import Iterator

import pytest

from schemas.support.prefetch import read_ahead


class Block:
    """Something large."""

    def __init__(self, number: int) -> None:
        self.number = number


@pytest.mark.parametrize("depth", [0, 1, 2, 5])
def test_items_come_in_order(depth: int) -> None:
    assert list(read_ahead(iter(range(1, 50)), depth)) == list(range(1, 50))


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_no_more_are_made_than_asked_for(depth: int) -> None:
    made = threading.Semaphore(0)
    began = 0

    def items() -> Iterator[int]:
        nonlocal began
        for number in range(1, 9):
            began += 1
            made.release()
            yield number

    ahead = read_ahead(items(), depth)
    for taken in range(1, 9):
        assert next(ahead) == taken
        while began < min(taken + depth, 8):
            assert made.acquire(timeout=30)
        time.sleep(0.01)
        assert began <= taken + depth
    assert list(ahead) == []


@pytest.mark.parametrize("depth", [1, 2])
def test_what_was_handed_over_belongs_to_who_took_it(depth: int) -> None:
    """While one is made, nothing of those before is held but the last one that was taken."""
    taken: list[weakref.ref[Block]] = []
    held: list[int] = []

    def items() -> Iterator[Block]:
        for number in range(9):
            held.append(sum(each() is not None for each in taken))
            yield Block(number)

    for block in read_ahead(items(), depth):
        taken.append(weakref.ref(block))
        assert block.number == len(taken) - 1
        del block
        time.sleep(0.01)
    assert max(held) <= 1


def test_an_error_comes_behind_what_was_made_before_it() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise OSError("the disk is broken")

    ahead = read_ahead(items())
    assert next(ahead) == 1
    with pytest.raises(OSError, match="the disk is broken"):
        next(ahead)


def test_whoever_stops_early_leaves_no_thread() -> None:
    before = threading.active_count()
    for depth in (1, 3):
        ahead = read_ahead(iter(range(1, 1000)), depth)
        assert next(ahead) == 1
        del ahead
        gc.collect()
    assert threading.active_count() == before
