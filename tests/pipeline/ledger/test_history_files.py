"""The history's files against a plain dict: whatever was written in whatever order, merged or not, or damaged."""

from __future__ import annotations

import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from pipeline.ledger.database import Ledger, open_ledger
from pipeline.ledger.history import History, open_history
from pipeline.ledger.history_file import PAGE, Entries, Owner, PointsFile, ordered, write_points
from pipeline.ledger.history_merging import add_file, tidy_history, write_merged
from pipeline.ledger.history_past import Delivery, Past
from pipeline.ledger.history_points import Points, email_history_points, phone_history_points
from schemas.errors import LedgerError
from schemas.workspace import LedgerChoice

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 21, tzinfo=UTC)
#: Few keys, so that points meet; some share their upper half only.
POINTS = st.tuples(st.integers(0, 6), st.integers(0, 2))
RUNS = st.lists(st.tuples(st.sampled_from(["acme", "bolt"]), st.lists(POINTS, max_size=8)), min_size=1, max_size=9)


def points_of(pairs: list[tuple[int, int]]) -> Points:
    table = np.array(pairs, np.uint64).reshape(-1, 2)
    return Points(np.ascontiguousarray(table[:, 0]), np.ascontiguousarray(table[:, 1]))


def entries_of(pairs: list[tuple[int, int]], owner: int = 0) -> Entries:
    return ordered(Entries(points_of(pairs), np.full(len(pairs), owner, np.uint32)))


def owner_of(number: int) -> Owner:
    return Owner(f"{number:032x}", f"{number:064x}")


def past_of_runs(runs: list[tuple[str, list[tuple[int, int]]]], counting: set[int]) -> Past:
    known = {owner_of(number): Delivery(number + 1, runs[number][0], "", date(2026, 11, 1)) for number in counting}
    return Past(
        "acme",
        0,
        len(runs) + 1,
        "",
        len(counting),
        lambda _, owners: {each: known[each] for each in owners if each in known},
    )


@settings(max_examples=40, deadline=None)
@given(runs=RUNS, data=st.data())
def test_the_history_is_a_dict_however_it_was_written_and_merged(
    runs: list[tuple[str, list[tuple[int, int]]]], data: st.DataObject
) -> None:
    numbers = list(range(len(runs)))
    counting = set(data.draw(st.lists(st.sampled_from(numbers))))
    asked = data.draw(st.lists(POINTS, max_size=10))
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        files = {
            number: write_points(folder, [entries_of(runs[number][1])], [owner_of(number)])
            for number in data.draw(st.permutations(numbers))
        }
        opened = [PointsFile(folder, file.file, file.bytes) for file in files.values()]
        # Merge some, then some of the rest with what came of it.
        for _ in range(data.draw(st.integers(0, 2))):
            cut = data.draw(st.integers(1, len(opened)))
            merged = write_merged(folder, opened[:cut], {owner_of(number).run_id for number in counting})
            opened = [*opened[cut:], PointsFile(folder, merged.file, merged.bytes)]
        found = History(opened).earliest(points_of(asked), past_of_runs(runs, counting))
    for row, point in enumerate(asked):
        had = [number for number in sorted(counting) if point in runs[number][1]]
        own = [number + 1 for number in had if runs[number][0] == "acme"]
        other = [number + 1 for number in had if runs[number][0] != "acme"]
        assert (found.own[row], found.other[row]) == (min(own, default=0), min(other, default=0))


def test_the_order_of_merging_does_not_change_a_byte(tmp_path: Path) -> None:
    draw = np.random.default_rng(5)
    owners = [owner_of(number) for number in range(4)]
    parts = [
        ordered(Entries(Points(*draw.integers(0, 50_000, (2, 60_000), np.uint64)), np.zeros(60_000, np.uint32)))
        for _ in owners
    ]
    written = [write_points(tmp_path, [part], [owner]) for part, owner in zip(parts, owners, strict=True)]
    files = [PointsFile(tmp_path, each.file, each.bytes) for each in written]
    counting = {owner.run_id for owner in owners}

    def merged(some: list[PointsFile]) -> PointsFile:
        each = write_merged(tmp_path, some, counting)
        return PointsFile(tmp_path, each.file, each.bytes)

    at_once = merged(files)
    by_two = merged([merged(files[2:]), merged([files[1], files[0]])])
    assert at_once.file == by_two.file
    assert at_once.entries == sum(len(part) for part in parts)


def test_a_key_with_more_entries_than_a_page_is_found_with_all_its_owners(tmp_path: Path) -> None:
    count = PAGE + 5
    pairs = [(3, 9), *[(7, rest) for rest in range(count)], (8, 0)]
    written = write_points(tmp_path, [entries_of(pairs)], [owner_of(0)])
    file = PointsFile(tmp_path, written.file, written.bytes)
    rows, _ = file.matches(points_of([(3, 9), (7, 0), (7, count - 1), (7, count), (8, 0), (8, 1)]))
    assert sorted(rows.tolist()) == [0, 1, 2, 4]
    assert len(file.between(7, 8)) == count


@pytest.mark.parametrize("end", ["points", "points.sums"])
def test_a_flipped_byte_is_damage_and_never_an_answer(tmp_path: Path, end: str) -> None:
    pairs = [(number * 3, number) for number in range(1000)]
    written = write_points(tmp_path, [entries_of(pairs)], [owner_of(0)])
    path = tmp_path / f"{written.file}.{end}"
    whole = path.read_bytes()
    for place in range(0, len(whole), max(len(whole) // 60, 1)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(LedgerError, match="Restore the history folder"):
            PointsFile(tmp_path, written.file, written.bytes).matches(points_of(pairs))
    path.write_bytes(whole[:-1])
    with pytest.raises(LedgerError, match="Restore the history folder"):
        PointsFile(tmp_path, written.file, written.bytes)
    path.unlink()
    with pytest.raises(LedgerError, match="missing"):
        PointsFile(tmp_path, written.file, written.bytes)


def test_phones_are_their_digits_and_emails_their_hash() -> None:
    phones = phone_history_points(pl.Series(["+12025550101", "+442079460000"]))
    assert (phones.keys.tolist(), phones.rests.tolist()) == ([12025550101, 442079460000], [0, 0])
    # XXH3-64 of the text, seeds 0 and 1: kept for good, since what was written by one version is asked by the next.
    emails = email_history_points(pl.Series(["jo@example.com"]))
    assert f"{emails.keys[0]:016x}{emails.rests[0]:016x}" == "7dcb7f80cad0610fa3706d136c9ea40d"


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    with open_ledger(LedgerChoice(), tmp_path) as opened:
        return opened


def enter(ledger: Ledger, number: int, pairs: list[tuple[int, int]], state: str = "done") -> None:
    """Enter a run that let these points through, without its outputs."""
    owner = owner_of(number)
    written = write_points(ledger.history, [entries_of(pairs)], [owner])
    columns = "vendor, campaign, out, manifest_sha256, received_at, recorded_at"
    with ledger.writing() as connection:
        connection.execute(
            text(
                f"INSERT INTO runs (run_id, {columns}, as_of, sequence, read, clean, rejected, state) "  # noqa: S608
                "VALUES (:run_id, 'acme', 'x', '', '', '', '', '2026-11-01', :number, 0, 0, 0, :state)"
            ),
            {"run_id": owner.run_id, "number": number, "state": state},
        )
        add_file(connection, written, [owner.run_id])


def test_files_of_like_size_are_merged_and_old_ones_stay_for_their_readers(ledger: Ledger) -> None:
    with ledger.reading() as connection:
        nothing = open_history(ledger, connection)
    for number in range(9):
        enter(ledger, number, [(number, 0), (100, number)], state="replaced" if number == 1 else "done")
        if number == 2:
            with ledger.reading() as connection:
                reader = open_history(ledger, connection)
        tidy_history(ledger, NOW)
    with ledger.reading() as connection:
        current = connection.execute(text("SELECT points FROM segments WHERE retired_at IS NULL")).scalars().all()
        after = open_history(ledger, connection)
    # Four, then the three of the next round with the merged one: points of the replaced run are left out.
    assert sorted(current) == [2, 2, 12]
    runs: list[tuple[str, list[tuple[int, int]]]] = [("acme", [])] * 9
    past = past_of_runs(runs, set(range(9)))
    asked = points_of([(0, 0), (1, 0), (2, 0), (8, 0), (100, 5)])
    assert nothing.earliest(asked, past).own.tolist() == [0, 0, 0, 0, 0]
    assert reader.earliest(asked, past).own.tolist() == [1, 2, 3, 0, 0]
    assert after.earliest(asked, past).own.tolist() == [1, 0, 3, 9, 6]


def test_what_was_merged_is_removed_a_day_later(ledger: Ledger) -> None:
    for number in range(4):
        enter(ledger, number, [(number, 0)])
    tidy_history(ledger, NOW)
    assert len(list(ledger.history.iterdir())) == 10
    tidy_history(ledger, NOW + timedelta(hours=23))
    assert len(list(ledger.history.iterdir())) == 10
    tidy_history(ledger, NOW + timedelta(hours=25))
    with ledger.reading() as connection:
        (file,) = connection.execute(text("SELECT file FROM segments")).scalars()
    assert {path.name for path in ledger.history.iterdir()} == {f"{file}.points", f"{file}.points.sums"}
