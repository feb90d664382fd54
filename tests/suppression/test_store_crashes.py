"""The store under kill -9, under two writers, and under readers while it changes: always the old or the new list."""

from __future__ import annotations

import os
import random
import shutil
import threading
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from schemas.contact.apply import apply_here
from schemas.errors import OutputError
from schemas.list_kinds import list_kind
from suppression.lists import SuppressionList
from suppression.loading import ListSpec, build_version
from suppression.store import Store, writing
from tests import killing
from tests.conftest import leadscrub, start

pytestmark = pytest.mark.slow

DAY = date(2026, 11, 21)
KILLS = int(os.environ.get("LEADSCRUB_KILLS", "15"))
BASE, ADDED = 60_000, 12_000


def flat(numbers: range, more: str = "") -> str:
    return "".join(f"{200 + n // 50_000},{n:07}{more}\n" for n in numbers)


def killed_at_random(tmp_path: Path, action: str, words: list[str], draw: random.Random) -> None:
    """Kill a command at random moments, one in each part of its time, and once while it builds the new version.

    The store is whole, and the command then succeeds.
    """
    prepared, store = tmp_path / "prepared", tmp_path / "store"
    (tmp_path / "base.txt").write_text(flat(range(BASE)))
    first = ["lists", "add", "ftc", str(tmp_path / "base.txt"), "--kind", "dnc.national", "--as-of", "2026-11-01"]
    assert killing.run([*first, "--store", str(prepared)]) == 0
    old = Store(prepared).facts("ftc")
    command = [*words, "--store", str(store)]
    took = []
    for _ in range(2):
        shutil.rmtree(store, ignore_errors=True)
        shutil.copytree(prepared, store)
        began = time.monotonic()
        assert killing.run(command) == 0
        took.append(time.monotonic() - began)
    new = Store(store).facts("ftc")
    assert new.counts.indexed == BASE + ADDED
    phases = set()
    moments = [max(took) * draw.uniform(number, number + 1) / KILLS for number in range(KILLS)]
    for moment in [*moments, None]:
        shutil.rmtree(store)
        shutil.copytree(prepared, store)
        code = killing.run(command, moment) if moment else killing.run_until(command, (store / "tmp").exists)
        current = Store(store).open("ftc", DAY)
        assert current.facts in (old, new)
        assert len(current.phones or ()) == current.facts.counts.indexed
        phases.add((code, current.facts == new, (store / "tmp").exists()))
        again = killing.run(command)
        # Changes that were applied already are not applied twice.
        assert again == (5 if action == "update" and current.facts == new else 0)
        assert Store(store).facts("ftc") == new
        history = Store(store).history("ftc")
        assert {path.name for path in (store / "versions").iterdir()} == {str(s.version)[:32] for s in history.steps}
        assert action == "add" or [step.action for step in history.steps] == ["add", "update"]
        left = {str(path.relative_to(store)) for path in store.rglob("*") if "versions" not in path.parts}
        assert left == {"lists", "lists/ftc.json", "lock", "names.json"}
    assert (-9, False, True) in phases


def test_add_is_killed_at_any_moment(tmp_path: Path) -> None:
    (tmp_path / "next.txt").write_text(flat(range(BASE + ADDED)))
    words = ["lists", "add", "ftc", str(tmp_path / "next.txt"), "--kind", "dnc.national", "--as-of", "2026-11-08"]
    killed_at_random(tmp_path, "add", words, random.Random(11))


def test_update_is_killed_at_any_moment(tmp_path: Path) -> None:
    (tmp_path / "next.txt").write_text(flat(range(BASE, BASE + ADDED), ",2026-11-01,A"))
    words = ["lists", "update", "ftc", str(tmp_path / "next.txt"), "--as-of", "2026-11-08"]
    words += ["--change-layout", "area,number,date,action"]
    killed_at_random(tmp_path, "update", words, random.Random(12))


def test_of_two_writers_one_waits_or_is_told(tmp_path: Path) -> None:
    """The first is held up by a list that does not come; when it is killed, the second goes on."""
    store, slow, path = tmp_path / "store", tmp_path / "slow.txt", tmp_path / "own.txt"
    os.mkfifo(slow)
    path.write_text("+12025550100\n")
    how = ("--kind", "dnc.internal", "--as-of", "2026-11-20", "--store", store)
    first = start("lists", "add", "slow", slow, *how)
    try:
        until = time.monotonic() + 60
        while not (store / "tmp").exists() and time.monotonic() < until:
            time.sleep(0.02)
        with pytest.raises(OutputError) as told, writing(store, wait_seconds=0.1):
            pass
        assert (told.value.exit_code, told.value.message) == (7, f"Another run is changing the store '{store}'.")
        second = start("lists", "add", "own", path, *how)
        time.sleep(0.5)
        assert second.poll() is None
    finally:
        first.kill()
        first.wait()
    assert second.wait(timeout=300) == 0
    assert Store(store).names() == ["own"]


FACTS = "phone,reason,expires\n+12025550100,first,\n+12025550101,second,2026-12-31\n{more}"


def put(store: Path, text: str, at: datetime) -> None:
    """Make a version current that removes the one before."""
    path = store.parent / "own.csv"
    path.write_text(text)
    with writing(store) as writer:
        writer.keep_for(0)
        folder = writer.temporary
        spec = ListSpec(list_kind("dnc.internal"), "own", (path,), DAY)
        writer.commit(folder, build_version(spec, folder, apply_here).facts, at=at, action="add")


def answers(lst: SuppressionList) -> list[tuple[object, ...]]:
    """Everything that a list says."""
    from suppression.screening import screen_points

    frame = pl.DataFrame({"row_id": [0, 1, 2], "phone": [f"+1202555010{n}" for n in range(3)]})
    return screen_points(frame, [lst]).select("row_id", "detail").rows()


def test_a_reader_keeps_what_it_opened(tmp_path: Path) -> None:
    """Its version's files are removed meanwhile; indexes, facts and entries that expire are all still read."""
    at = datetime(2026, 11, 21, tzinfo=UTC)
    put(tmp_path / "store", FACTS.format(more=""), at)
    opened = Store(tmp_path / "store").open("own", DAY)
    folder = Store(tmp_path / "store").version_folder(opened.facts.version)
    put(tmp_path / "store", FACTS.format(more="+12025550102,third,\n"), at + timedelta(seconds=1))
    assert not folder.exists()
    first, second = "+1202*****00 is on the list own, first", "+1202*****01 is on the list own, second"
    assert answers(opened) == [(0, first), (1, second)]
    now = Store(tmp_path / "store").open("own", DAY)
    assert answers(now) == [(0, first), (1, second), (2, "+1202*****02 is on the list own, third")]


def test_a_reader_that_opens_while_versions_come_and_go(tmp_path: Path) -> None:
    at = datetime(2026, 11, 21, tzinfo=UTC)
    put(tmp_path / "store", FACTS.format(more=""), at)
    failed: list[BaseException] = []
    seen: set[int] = set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            try:
                opened = Store(tmp_path / "store").open("own", DAY)
                seen.add(opened.facts.counts.indexed)
                assert len(answers(opened)) == min(opened.facts.counts.indexed, 3)
            except BaseException as error:
                failed.append(error)
                return

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(1, 40):
        more = "".join(f"+1202555{110 + n:04},x,\n" for n in range(number))
        put(tmp_path / "store", FACTS.format(more=f"+12025550102,third,\n{more}"), at + timedelta(seconds=number))
    done.set()
    for reader in readers:
        reader.join()
    assert failed == []
    assert len(seen) > 1


def test_a_damaged_version_is_mended_by_loading_it_again(tmp_path: Path) -> None:
    path, store = tmp_path / "own.txt", tmp_path / "store"
    path.write_text("+12025550100\n")
    add = ("lists", "add", "own", path, "--kind", "dnc.internal", "--as-of", "2026-11-20", "--store", store)
    lookup = ("lists", "lookup", "+12025550100", "--store", store)
    assert leadscrub(*add).code == 0
    (index,) = (store / "versions").rglob("numbers.sorted")
    index.write_bytes(bytes([index.read_bytes()[0] ^ 1]) + index.read_bytes()[1:])
    assert leadscrub(*lookup).code == 5
    assert leadscrub(*add).code == 0
    assert "matched" in leadscrub(*lookup).out
