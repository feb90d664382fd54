"""A store that machines share: what one pushed the others have, byte for byte, or they say why not."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from suppression.store import Store
from tests import processes
from tests.conftest import REPO, Ran, leadscrub
from tests.pipeline.nightly.workspaces import leads, make_workspace, night, put
from tests.pipeline.reading.servers import s3_server

BLOCKED = ("+12125550101", "+12125550102")
MORE = (*BLOCKED, "+12125550103")


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An empty bucket ``drops`` of an S3 server, to which the environment leads."""
    with s3_server(monkeypatch) as (client, _):
        yield client


def add(store: Path, name: str, numbers: tuple[str, ...], day: str = "2026-11-01") -> None:
    """Load a list into a store."""
    file = store.parent / f"{name}.txt"
    file.write_text("\n".join(numbers) + "\n", encoding="utf-8")
    ran = leadscrub("lists", "add", name, file, "--kind", "dnc.internal", "--as-of", day, "--store", store)
    assert ran.code == 0, ran.err


def status(store: Path) -> dict[str, str]:
    """Version of each list that is in force, as a run would find it on a day."""
    kept = Store(store)
    return {name: kept.open(name, date(2026, 11, 2)).facts.version for name in kept.names()}


def pull(store: Path, place: str) -> Ran:
    """Pull a shared store."""
    return leadscrub("lists", "pull", place, "--store", store)


def push(store: Path, place: str) -> Ran:
    """Push a store."""
    return leadscrub("lists", "push", place, "--store", store)


def files(folder: Path) -> dict[str, bytes]:
    """All files below a folder, by their paths."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_one_machine_pushed_another_has(tmp_path: Path) -> None:
    """New lists, new versions, removed lists; a second pull changes nothing."""
    ours, theirs, place = tmp_path / "ours", tmp_path / "theirs", str(tmp_path / "shared")
    add(ours, "one", BLOCKED)
    add(ours, "two", BLOCKED[:1])
    assert push(ours, place).out == f"2 lists pushed to {place}: one, two\n"
    assert pull(theirs, place).out == f"2 lists pulled from {place}: one, two\n"
    assert files(theirs / "versions") == files(ours / "versions")
    assert status(theirs) == status(ours)
    add(ours, "one", MORE, "2026-11-02")
    assert leadscrub("lists", "remove", "two", "--store", ours).code == 0
    assert push(ours, place).code == pull(theirs, place).code == 0
    assert status(theirs) == status(ours)
    before = files(theirs)
    assert pull(theirs, place).out == f"0 lists pulled from {place}\n"
    assert push(ours, place).out == f"0 lists pushed to {place}\n"
    assert files(theirs) == before
    # A machine that comes later gets what is in force, and knows that it has not more.
    late = tmp_path / "late"
    assert pull(late, place).code == 0
    (kept,) = (late / "versions").iterdir()
    assert kept.name == json.loads((ours / "lists" / "one.json").read_text())["steps"][-1]["version"][:32]
    removed = [
        step["removed_at"] is not None for step in json.loads((late / "lists" / "one.json").read_text())["steps"]
    ]
    assert removed == [True, False]


def one_of(shared: Path) -> Path:
    """The largest file of a version."""
    return max((shared / "versions").rglob("*.*"), key=lambda path: path.stat().st_size)


def flipped(path: Path) -> None:
    """One bit is another one."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda shared: flipped(one_of(shared)), "is damaged or incomplete; nothing here was changed"),
        (lambda shared: os.truncate(one_of(shared), 3), "is damaged or incomplete; nothing here was changed"),
        (lambda shared: one_of(shared).unlink(), "cannot be read: No such file or directory"),
        (lambda shared: flipped(shared / "store.json"), "is damaged or incomplete; nothing here was changed"),
        (lambda shared: os.truncate(shared / "store.json", 40), "is damaged or incomplete; nothing here was changed"),
        (lambda shared: (shared / "store.json").unlink(), "There is no shared store at"),
    ],
    ids=["changed", "cut", "missing", "manifest changed", "manifest cut", "no manifest"],
)
def test_what_is_damaged_is_refused_and_changes_nothing(
    tmp_path: Path, damage: Callable[[Path], object], said: str
) -> None:
    ours, theirs, shared = tmp_path / "ours", tmp_path / "theirs", tmp_path / "shared"
    add(ours, "one", BLOCKED)
    assert push(ours, str(shared)).code == pull(theirs, str(shared)).code == 0
    add(ours, "one", MORE, "2026-11-02")
    shutil.rmtree(shared)
    assert push(ours, str(shared)).code == 0
    before, current = files(theirs), status(theirs)
    damage(shared)
    ran = pull(theirs, str(shared))
    assert (ran.code, said in ran.err) == (5, True), ran.err
    assert files(theirs) == before
    assert status(theirs) == current


def test_an_older_shared_store_is_refused_and_so_is_one_that_would_lose_something(tmp_path: Path) -> None:
    ours, theirs, shared = tmp_path / "ours", tmp_path / "theirs", tmp_path / "shared"
    add(ours, "one", BLOCKED)
    assert push(ours, str(shared)).code == 0
    backup = shutil.copytree(shared, tmp_path / "backup")
    add(ours, "one", MORE, "2026-11-02")
    assert push(ours, str(shared)).code == pull(theirs, str(shared)).code == 0
    shutil.rmtree(shared)
    shutil.copytree(backup, shared)
    ran = pull(theirs, str(shared))
    assert (ran.code, "The list 'one' in the shared store is older than the copy here." in ran.err) == (5, True)
    assert push(ours, str(shared)).code == 0, "whoever has all of it may push again"
    # A list that another machine loaded, and did not push, is not taken for one of the shared store.
    add(theirs, "mine", BLOCKED)
    ran = pull(theirs, str(shared))
    assert (ran.code, "does not have a list that is here: mine" in ran.err) == (5, True)
    other = tmp_path / "other"
    add(other, "one", BLOCKED)
    ran = push(other, str(shared))
    assert (ran.code, "has what this one has not, of the list 'one'" in ran.err) == (5, True)
    ran = pull(other, str(shared))
    assert (ran.code, "has another history than the copy here" in ran.err) == (5, True)


def test_a_copy_that_was_damaged_here_is_mended(tmp_path: Path) -> None:
    ours, theirs, shared = tmp_path / "ours", tmp_path / "theirs", tmp_path / "shared"
    add(ours, "one", BLOCKED)
    assert push(ours, str(shared)).code == pull(theirs, str(shared)).code == 0
    whole = files(theirs / "versions")
    flipped(one_of(theirs))
    assert pull(theirs, str(shared)).out == f"1 list pulled from {shared}: one\n"
    assert files(theirs / "versions") == whole


def test_urls_are_as_safe_as_those_of_drops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(tmp_path / "ours", "one", BLOCKED)
    ran = push(tmp_path / "ours", "sftp://host/lists")
    assert (ran.code, "sftp:// cannot hold a store of lists. Use s3://" in ran.err) == (2, True)
    for name, value in {"ENDPOINT_URL": "http://192.0.2.1:9", "ACCESS_KEY_ID": "a", "SECRET_ACCESS_KEY": "b"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    ran = push(tmp_path / "ours", "s3://drops/lists")
    assert (ran.code, "sends personal data unprotected" in ran.err) == (2, True), ran.err


@pytest.mark.slow
def test_a_night_pulls_from_s3_first_and_takes_nothing_without(tmp_path: Path, bucket: Any) -> None:
    """The list that was pushed a moment ago blocks; while the shared store is damaged, drops stay where they are."""
    add(tmp_path / "ours", "registry", BLOCKED)
    url = "s3://drops/lists"
    assert push(tmp_path / "ours", url).code == 0
    workspace = make_workspace(tmp_path / "leads", campaign='store_lists = ["registry"]\n')
    with (workspace / "leadscrub.toml").open("a", encoding="utf-8") as stream:
        stream.write(f'[store]\nshared = "{url}"\n')
    put(workspace / "inbox" / "acme", "a.csv", leads(range(100, 104)), night(1, 1))

    def passed(day: str = "2026-11-02") -> tuple[int, dict[str, Any]]:
        ran = leadscrub("nightly", "--workspace", workspace, "--json", "--as-of", day)
        return ran.code, json.loads(ran.out)

    code, told = passed()
    assert (code, [(line["clean"], line["rejected"]) for line in told["drops"]]) == (0, [(2, 2)])
    (out,) = workspace.glob("runs/*/acme/*")
    assert sorted(pl.read_parquet(out / "clean.parquet")["vendor_lead_id"]) == ["100", "103"]
    manifest = json.loads((out / "manifest.json").read_text())
    assert [each["version"] for each in manifest["lists"]] == [status(tmp_path / "ours")["registry"]]
    add(tmp_path / "ours", "registry", MORE, "2026-11-02")
    assert push(tmp_path / "ours", url).code == 0
    put(workspace / "inbox" / "acme", "b.csv", leads(range(100, 104), prefix="b"), night(1, 1))
    keys = [entry["Key"] for entry in bucket.list_objects_v2(Bucket="drops")["Contents"]]
    whole = {key: bucket.get_object(Bucket="drops", Key=key)["Body"].read() for key in keys}
    newest = status(tmp_path / "ours")["registry"][:32]
    (damaged,) = (key for key in keys if newest in key and key.endswith("version.json"))
    bucket.put_object(Bucket="drops", Key=damaged, Body=whole[damaged][:-1])
    code, told = passed()
    assert (code, told["drops"], len(told["troubles"])) == (5, [], 1)
    assert "of the list 'registry' in the shared store 's3://drops/lists' is damaged" in told["troubles"][0]["why"]
    bucket.put_object(Bucket="drops", Key=damaged, Body=whole[damaged])
    code, told = passed()
    assert (code, [line["outcome"] for line in told["drops"]]) == (0, ["scrubbed"])


@pytest.mark.slow
def test_two_pull_at_once_and_one_that_was_killed_is_made_good(tmp_path: Path) -> None:
    ours, theirs, shared = tmp_path / "ours", tmp_path / "theirs" / "store", tmp_path / "shared"
    theirs.parent.mkdir()
    for name in ("one", "two", "three"):
        add(ours, name, BLOCKED)
    assert push(ours, str(shared)).code == 0
    words = [sys.executable, "-m", "leadscrub", "lists", "pull", str(shared), "--store", str(theirs)]

    def start() -> subprocess.Popen[bytes]:
        return processes.Popen(words, env={**os.environ, "PYTHONPATH": str(REPO)}, stdout=subprocess.DEVNULL)

    killed = start()
    deadline = time.monotonic() + 60
    while not (theirs / "tmp" / "version").exists() and killed.poll() is None and time.monotonic() < deadline:
        time.sleep(0.0005)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    with ThreadPoolExecutor(2) as both:
        assert list(both.map(lambda _: start().wait(), range(2))) == [0, 0]
    assert files(theirs / "versions") == files(ours / "versions")
    assert status(theirs) == status(ours)
    assert not (theirs / "tmp").exists()
