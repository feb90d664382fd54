"""A batch at which a run fails: nothing of the run works on while others clean up."""

from __future__ import annotations

import threading
from datetime import date
from pathlib import Path

import pytest

import leadscrub
from pipeline.run.scrub import scrub
from tests.conftest import DAY, Written


@pytest.mark.parametrize("at", ["reading and checking", "deciding and writing"])
def test_its_threads_have_ended_when_the_error_arrives(written: Written, tmp_path: Path, at: str) -> None:
    drop = written("drop.csv", "phone,email\n" + "".join(f"+1202456{n:04},a{n}@acme.com\n" for n in range(4000)))
    request = leadscrub.Request(
        drops=[str(drop)],
        out=tmp_path / "out",
        as_of=date.fromisoformat(DAY),
        channels=["call"],
        no_lists=True,
        region="US",
        threads=2,
        block_bytes=4_000,
    )
    before = set(threading.enumerate())

    def fails(step: str, share: float, rows: int) -> None:
        if step == at:
            raise OSError("full")

    left: set[str] | None = None
    try:
        scrub(request, fails)
    except OSError:
        left = {thread.name for thread in set(threading.enumerate()) - before}
    assert left == set()
