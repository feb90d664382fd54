"""Delivery, once: to a folder and a real SFTP server, by two processes at once, and under kill -9."""

from __future__ import annotations

import csv
import io
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests import killing
from tests.conftest import leadscrub
from tests.pipeline.reading.servers import sftp_server
from tests.pipeline.selling import HEADER, RECEIVED, World, bad, good

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("LEADSCRUB_KILLS", "5"))
SECOND = timedelta(seconds=1)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "leads")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home folder for ssh, which processes started by the tests have as well."""
    folder = tmp_path_factory.mktemp("home")
    before = os.environ.get("HOME")
    os.environ["HOME"] = str(folder)
    yield folder
    if before is None:
        del os.environ["HOME"]
    else:
        os.environ["HOME"] = before


@pytest.fixture(scope="module")
def server(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    """A server's port and the folder that it serves."""
    folder = tmp_path_factory.mktemp("served")
    with sftp_server(folder, home) as port:
        yield port, folder


def arrived(*folders: Path) -> Counter[str]:
    """How often each lead id stands in files that the vendor sees."""
    found: Counter[str] = Counter()
    for folder in folders:
        for path in folder.iterdir():
            if not path.name.startswith("."):
                found.update(row[0] for row in list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))[1:])
    return found


def hidden(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


def test_a_folder_gets_each_file_once_and_the_ledger_says_so(world: World, tmp_path: Path) -> None:
    world.contract(more='deliver_to = "sent/acme"')
    world.sell(HEADER + good(0, 2) + bad(10, 2))
    ran = world.returns(RECEIVED, "--write")
    assert (ran.code, "written " in ran.out, "delivered" in ran.out) == (0, True, False)
    assert not (world.folder / "sent").exists()
    ran = world.returns(RECEIVED, "--deliver")
    assert (ran.code, "2 rows to sent/acme" in ran.out) == (0, True)
    assert arrived(world.folder / "sent" / "acme") == {"L10": 1, "L11": 1}
    assert [state for *_, state in world.ledger_rows()] == ["delivered", "delivered"]
    # The vendor takes the file away: nothing comes again.
    for path in (world.folder / "sent" / "acme").iterdir():
        path.unlink()
    assert world.returns(RECEIVED, "--deliver").code == 0
    assert list((world.folder / "sent" / "acme").iterdir()) == []


def test_what_was_written_and_not_delivered_in_time_is_taken_back(world: World) -> None:
    world.contract(more='deliver_to = "sent"')
    world.sell(HEADER + bad(10, 1))
    world.sell(HEADER + bad(20, 2), at=RECEIVED + timedelta(hours=1))
    world.returns(RECEIVED + timedelta(hours=1), "--write")
    [before] = world.outgoing()
    last = RECEIVED + timedelta(hours=72)
    ran = world.returns(last + SECOND, "--deliver")
    assert (ran.code, f"withdrawn  {before.name}" in ran.out) == (0, True)
    assert arrived(world.folder / "sent") == {"L20": 1, "L21": 1}
    assert before not in world.outgoing()
    assert len(world.ledger_rows()) == 2


def test_on_the_last_second_a_written_file_is_delivered_whole(world: World) -> None:
    world.contract(more='deliver_to = "sent"')
    world.sell(HEADER + bad(10, 1))
    world.returns(RECEIVED, "--write")
    world.returns(RECEIVED + timedelta(hours=72), "--deliver")
    assert arrived(world.folder / "sent") == {"L10": 1}


def test_a_destination_that_is_not_there_stops_only_its_vendor(world: World, tmp_path: Path) -> None:
    away = tmp_path / "share"
    world.contract("acme", more=f'deliver_to = "{away}"')
    world.contract("other", more='deliver_to = "sent"')
    world.sell(HEADER + bad(10, 1))
    world.sell(HEADER + bad(10, 1), "other")
    ran = world.returns(RECEIVED, "--deliver")
    assert (ran.code, f"'{away}' does not exist" in ran.err) == (7, True)
    assert arrived(world.folder / "sent") == {"L10": 1}
    assert not away.exists()
    away.mkdir()
    assert world.returns(RECEIVED, "--deliver").code == 0
    assert arrived(away) == {"L10": 1}


def test_a_file_that_was_changed_or_is_foreign_is_not_delivered(world: World) -> None:
    world.contract(more='deliver_to = "sent"')
    world.sell(HEADER + bad(10, 1))
    world.returns(RECEIVED, "--write")
    [file] = world.outgoing()
    text = file.read_bytes()
    file.write_bytes(text + b"L99,x,12,DC,Wrong number\n")
    ran = world.returns(RECEIVED, "--deliver")
    assert (ran.code, "was changed after it was written" in ran.err) == (7, True)
    file.write_bytes(text)
    (world.folder / "sent" / file.name).write_text("somebody else's")
    ran = world.returns(RECEIVED, "--deliver")
    assert (ran.code, "with other content" in ran.err) == (7, True)
    (world.folder / "sent" / file.name).write_bytes(text)
    # The same file lies there already, as after a ledger that was restored: confirmed, not sent.
    assert world.returns(RECEIVED, "--deliver").code == 0
    assert [state for *_, state in world.ledger_rows()] == ["delivered"]


def test_sftp_gets_the_file_and_no_other_server_does(world: World, server: tuple[int, Path], home: Path) -> None:
    port, served = server
    (served / "plain").mkdir()
    world.contract(more=f'deliver_to = "sftp://me@127.0.0.1:{port}/plain"\nformat = "csv"')
    world.sell(HEADER + bad(10, 3))
    known = home / ".ssh" / "known_hosts"
    right = known.read_text()
    known.write_text("")
    ran = world.returns(RECEIVED, "--deliver")
    assert (ran.code, "the server is not the one in ~/.ssh/known_hosts" in ran.err) == (7, True)
    assert arrived(served / "plain") == {}
    known.write_text(right)
    ran = world.returns(RECEIVED, "--deliver")
    assert (ran.code, f"3 rows to sftp://127.0.0.1:{port}/plain" in ran.out) == (0, True), ran.err
    assert (arrived(served / "plain"), hidden(served / "plain")) == ({"L10": 1, "L11": 1, "L12": 1}, [])
    world.contract(more=f'deliver_to = "sftp://me@127.0.0.1:{port}/nowhere"')
    world.sell(HEADER + bad(20, 1), at=RECEIVED + SECOND)
    ran = world.returns(RECEIVED + SECOND, "--deliver")
    assert (ran.code, "/nowhere' does not exist" in ran.err, "me@" in ran.err) == (7, True, False)


def _kill_at_random(world: World, sent: Path, taken: Path | None, draw: random.Random, kills: int) -> None:
    """Deliver drop after drop with kills in between. A vendor that is quick takes its files away at once."""
    stop = threading.Event()

    def take() -> None:
        while taken is not None and not stop.is_set():
            for path in sent.iterdir():
                if not path.name.startswith("."):
                    assert not (taken / path.name).exists(), "the same file came twice"
                    path.rename(taken / path.name)
            time.sleep(0.001)

    vendor = threading.Thread(target=take)
    vendor.start()
    command = [
        "returns",
        "--workspace",
        str(world.folder),
        "--as-of",
        RECEIVED.isoformat(),
        "--deliver",
        "--accept-unread",
    ]
    took, left, expected = 0.5, kills, 0
    try:
        while left > 0:
            world.sell(HEADER + good(0, 1) + bad(1000 * left, 5), at=RECEIVED - left * SECOND)
            expected += 5
            for _ in range(5):
                killing.run(command, kill_after=draw.uniform(0, took))
                left -= 1
            began = time.monotonic()
            assert killing.run(command) == 0
            took = max(time.monotonic() - began, 0.1)
    finally:
        stop.set()
        vendor.join()
    assert killing.run(command) == 0
    found = arrived(sent, *([taken] if taken else []))
    assert len(found) == expected
    assert set(found.values()) == {1}
    assert [state for *_, state in world.ledger_rows()] == ["delivered"] * expected
    assert hidden(sent) == []
    assert hidden(world.folder / "outgoing" / "acme") == []


def test_kill_9_at_any_moment_into_a_folder_that_is_emptied(world: World, tmp_path: Path) -> None:
    world.contract(more='deliver_to = "sent"')
    for name in ("sent", "taken"):
        (world.folder / name).mkdir()
    _kill_at_random(world, world.folder / "sent", world.folder / "taken", random.Random(1), KILLS)


def test_kill_9_at_any_moment_over_sftp(world: World, server: tuple[int, Path]) -> None:
    port, served = server
    for name in ("sent", "taken"):
        (served / name).mkdir()
    world.contract(more=f'deliver_to = "sftp://me@127.0.0.1:{port}/sent"')
    _kill_at_random(world, served / "sent", served / "taken", random.Random(2), KILLS)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_processes_at_once_deliver_each_row_once(
    tmp_path: Path,
    server: tuple[int, Path],
    database: str,
    request: pytest.FixtureRequest,
) -> None:
    port, served = server
    world = World(tmp_path / "leads", request.getfixturevalue("postgres_url") if database == "postgresql" else None)
    (served / database).mkdir()
    world.contract(more='deliver_to = "sent"')
    world.contract("other", more=f'deliver_to = "sftp://me@127.0.0.1:{port}/{database}"')
    for number in range(2):
        for vendor in ("acme", "other"):
            world.sell(HEADER + bad(100 * number, 4), vendor, RECEIVED + number * SECOND)
        at = (RECEIVED + 5 * SECOND).isoformat()
        words = ["returns", "--workspace", str(world.folder), "--as-of", at, "--deliver", "--accept-unread"]
        assert [process.wait() for process in [killing.begin(words), killing.begin(words)]] == [0, 0]
    for folder in (world.folder / "sent", served / database):
        found = arrived(folder)
        assert (len(found), set(found.values()), hidden(folder)) == (8, {1}, [])
    assert len(world.ledger_rows()) == 16


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("sell"), st.integers(0, 3), st.integers(0, 8)),
            st.tuples(st.just("call"), st.sampled_from(["--write", "--deliver"]), st.integers(0, 100)),
        ),
        min_size=3,
        max_size=7,
    ),
    percent=st.integers(1, 60),
    by=st.sampled_from(["all", "state"]),
)
def test_over_any_calls_at_most_the_cap_and_each_key_once(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, object, int]], percent: int, by: str
) -> None:
    world = World(tmp_path_factory.mktemp("any") / "leads")
    world.contract(more=f'deliver_to = "sent"\ncap_percent = {percent}\ncap_by = "{by}"')
    (world.folder / "sent").mkdir()
    now, received, seen = RECEIVED, Counter[str](), set[str]()
    world.sell(HEADER + good(900, 5))
    received["DC"] = 5
    for number, (what, given_, amount) in enumerate(steps):
        now += SECOND
        if what == "sell":
            # Leads overlap from drop to drop; their ids do, too.
            text = HEADER + good(number, 1, "TX") + bad(int(str(given_)), amount, "CA") + bad(50 + number, 2, "TX")
            if text not in seen:
                received.update({"TX": 3, "CA": amount})
            seen.add(text)
            world.sell(text, at=now)
        else:
            now += timedelta(hours=amount)
            assert world.returns(now, str(given_)).code == 0
        found = Counter[str]()
        states = Counter[str]()
        for path in world.outgoing():
            for row in list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))[1:]:
                found[row[0]] += 1
                states[row[3]] += 1
        assert set(found.values()) <= {1}
        if by == "all":
            assert found.total() <= received.total() * percent // 100
        for state, rows in states.items():
            assert by == "all" or rows <= received[state] * percent // 100


def test_help_has_an_example() -> None:
    for command in ("returns", "vendors"):
        ran = leadscrub(command, "--help")
        assert (ran.code, "Example: leadscrub" in ran.out) == (0, True)
