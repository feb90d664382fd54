"""A contact history under a secret says the same as one that is under none, and nothing to who has not the secret."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.ledger.database import open_ledger
from pipeline.ledger.history_file import PointsFile
from pipeline.ledger.history_points import Points, email_history_points, joined, phone_history_points
from pipeline.ledger.history_sealing import sealed
from schemas.workspace import LedgerChoice
from tests.conftest import leadscrub
from tests.pipeline.selling import HEADER, World, good

WORDS = st.lists(st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1)), min_size=1, unique=True)


@given(WORDS)
def test_different_points_stay_different_and_equal_ones_equal(pairs: list[tuple[int, int]]) -> None:
    table = np.array(pairs, np.uint64)
    points = Points(table[:, 0].copy(), table[:, 1].copy())
    once, again = (sealed(points, bytes(32)) for _ in range(2))
    assert (once.keys == again.keys).all()
    assert len({(key, rest) for key, rest in zip(once.keys.tolist(), once.rests.tolist(), strict=True)}) == len(pairs)
    assert sealed(points, None) is points


@pytest.mark.slow
def test_a_history_is_brought_under_a_secret_and_answers_as_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path / "leads")
    world.contract()
    for number in range(3):
        world.sell(HEADER + good(10 * number, 10))
    asked = joined(
        [phone_history_points(pl.Series(["+12015550111"])), email_history_points(pl.Series(["a@example.org"]))]
    )
    asked = asked.part(asked.keys.argsort())

    def plain() -> int:
        files = sorted((world.folder / "ledger" / "history").glob("*.points"))
        opened = [PointsFile(path.parent, path.stem, path.stat().st_size) for path in files]
        return sum(len(file.matches(asked)[0]) for file in opened)

    assert plain() == 1
    (world.folder / "leadscrub.toml").write_text("[ledger]\nkeyed = true\n", encoding="utf-8")
    again = world.sell(HEADER + good(11, 1).replace("L11", "L99") + good(200, 1))
    assert plain() == 0
    out = next(path.parent for path in world.folder.rglob("manifest.json") if again in path.read_text(encoding="utf-8"))
    rejected = pl.read_parquet(out / "rejected.parquet").select("row_id", "reason").rows()
    assert rejected == [(0, "duplicate.history")]
    assert leadscrub("log", "verify", "--workspace", world.folder).code == 0
    found = leadscrub("subject", "find", "--phone", "+12015550111", "--workspace", world.folder)
    assert "contact history" in found.out
    ran = leadscrub("subject", "erase", "--phone", "+12015550111", "--workspace", world.folder, "--yes")
    assert ran.code == 0, ran.err
    assert (
        "contact history"
        not in leadscrub("subject", "find", "--phone", "+12015550111", "--workspace", world.folder).out
    )
    # The setting may go; the history stays under its secret, and is not asked without it.
    (world.folder / "leadscrub.toml").write_text("[ledger]\n", encoding="utf-8")
    with open_ledger(LedgerChoice(), world.folder):
        pass
    monkeypatch.setenv("LEADSCRUB_KEYS", str(tmp_path / "none"))
    (world.folder / "store" / "lists" / "erased.json").unlink()
    (world.folder / "store" / "names.json").unlink()
    ran = leadscrub(
        *("scrub", next((world.folder / "drops").iterdir()), "-o", tmp_path / "out", "--vendor", "acme"),
        *(
            "--campaign",
            world.folder / "campaigns" / "calls.toml",
            "--as-of",
            "2026-11-21",
            "--received-at",
            "2026-11-20",
        ),
    )
    assert (ran.code, "secret" in ran.err) == (3, True), ran.err
