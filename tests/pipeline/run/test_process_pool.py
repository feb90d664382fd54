"""Processes for library calls are there while there is work for them, and give the same as doing it here."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence

from pipeline.run.process_pool import process_pool


def _halved(items: Sequence[int]) -> list[float]:
    return [item / 2 for item in items]


def test_processes_rest_and_start_again() -> None:
    items = list(range(5_000))
    with process_pool(2) as apply:
        for _ in range(2):
            assert apply(_halved, items) == _halved(items)
            assert multiprocessing.active_children()
            apply.rest()
            assert not multiprocessing.active_children()
        assert apply(_halved, items[:10]) == _halved(items[:10])
        assert not multiprocessing.active_children()
