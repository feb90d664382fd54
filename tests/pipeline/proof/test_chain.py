"""Entries go on from each other whoever appends, whenever it is killed; what was left unlogged is entered later."""

from __future__ import annotations

import json
import multiprocessing
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.proof.chain import append, chain_path, entries
from pipeline.proof.checking import check_chain
from pipeline.proof.entries import KINDS, Entry
from pipeline.proof.unfinished import is_unfinished, unfinished
from tests.conftest import leadscrub, scrub_files
from tests.pipeline.selling import HEADER, World, good


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where private keys are."""
    monkeypatch.setenv("LEADSCRUB_KEYS", str(tmp_path / "keys"))
    return tmp_path / "keys"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace without a ledger."""
    world = World(tmp_path / "leads")
    (world.folder / "leadscrub.toml").write_text("", encoding="utf-8")
    return world.folder


def scrubbed(workspace: Path, out: str = "out", rows: int = 3, *options: str) -> int:
    (workspace / "drop.csv").write_text(HEADER + good(0, rows), encoding="utf-8")
    campaign = workspace / "campaigns" / "calls.toml"
    return scrub_files([workspace / "drop.csv"], workspace / out, "--campaign", campaign, *options).code


def told(workspace: Path, *options: str) -> list[dict[str, Any]]:
    document = json.loads(leadscrub("log", "--workspace", workspace, "--json", *options).out)
    found: list[dict[str, Any]] = document["items"]
    return found


def verified(workspace: Path, *options: str | Path) -> str:
    ran = leadscrub("log", "verify", "--workspace", workspace, *options)
    return "ok" if ran.code == 0 else ran.out + ran.err


def _append_many(workspace: Path, who: int) -> None:
    for number in range(20):
        append(workspace, Entry("export", f"{who}-{number}"))


def test_processes_append_side_by_side(workspace: Path) -> None:
    several = [multiprocessing.get_context("fork").Process(target=_append_many, args=(workspace, n)) for n in range(4)]
    for process in several:
        process.start()
    for process in several:
        process.join()
        assert process.exitcode == 0
    checked = check_chain(workspace, None)
    assert checked.faults == []
    assert sorted(entry.subject for entry in checked.entries) == sorted(f"{w}-{n}" for w in range(4) for n in range(20))


def test_a_log_is_listed_by_kind_day_and_vendor(workspace: Path) -> None:
    append(workspace, Entry("export", "a", vendor="acme"), Entry("return", "b", vendor="zen"))
    today = told(workspace)[0]["at"][:10]
    assert [each["subject"] for each in told(workspace, "--kind", "return")] == ["b"]
    assert [each["subject"] for each in told(workspace, "--vendor", "acme", "--since", today, "--until", today)] == [
        "a"
    ]
    assert told(workspace, "--until", "2020-01-01") == []
    assert "return" in leadscrub("log", "--workspace", workspace).out
    ran = leadscrub("log", "--workspace", workspace, "--kind", "retrun")
    assert (ran.code, "Did you mean 'return'?" in ran.err) == (2, True)


def test_without_a_log_that_is_said(workspace: Path) -> None:
    for words in (["log"], ["log", "verify"]):
        ran = leadscrub(*words, "--workspace", workspace)
        assert (ran.code, "has no log" in ran.err) == (2, True)


@pytest.mark.parametrize("with_ledger", [False, True])
def test_a_run_that_was_killed_before_it_was_logged_is_entered(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, *, with_ledger: bool
) -> None:
    (workspace / "leadscrub.toml").write_text("[ledger]\n" if with_ledger else "", encoding="utf-8")
    append(workspace, Entry("began", "log"))

    def killed(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr("pipeline.ledger.logged.append_signed", killed)
        assert scrubbed(workspace) == 1
    assert (workspace / "out" / "manifest.json").exists()
    assert [entry["kind"] for entry in told(workspace)] == ["began"]
    # Until it is logged, `verify` says that it is not, and finds nothing wrong.
    ran = leadscrub("verify", workspace / "out", "--json")
    assert (ran.code, json.loads(ran.out)["compared_with"]) == (0, ["ledger"] if with_ledger else [])
    assert verified(workspace) == "ok"
    assert [(entry["kind"], entry["facts"].get("entered")) for entry in told(workspace)][1:] == [("run", "late")]
    assert json.loads(leadscrub("verify", workspace / "out", "--json").out)["compared_with"][0] == "log"
    assert not list((workspace / "log").glob("unfinished-*"))


def test_a_run_that_was_killed_before_the_ledger_had_it_waits_for_its_scrub(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace / "leadscrub.toml").write_text("[ledger]\n", encoding="utf-8")
    append(workspace, Entry("began", "log"))

    def killed(*_: object, **__: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr("pipeline.ledger.runs.write_run", killed)
        assert scrubbed(workspace) == 1
    # Another run that is entered, whatever it mends, does not log one that the ledger does not have.
    for _ in range(2):
        assert scrubbed(workspace, "other", 4, "--force") == 0
        ran = leadscrub("verify", workspace / "out", "--json")
        assert (ran.code, json.loads(ran.out)["compared_with"]) == (0, []), ran.out
    assert verified(workspace) == "ok"
    assert scrubbed(workspace) == 0
    assert json.loads(leadscrub("verify", workspace / "out", "--json").out)["compared_with"] == ["log", "ledger"]
    assert [entry["facts"].get("out") for entry in told(workspace)] == [None, "other", "other", "out"]
    assert not list((workspace / "log").glob("unfinished-*"))


def test_a_mark_that_another_process_took_for_one_left_is_made_again(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be found before it is locked."""
    made = []

    def found_at_once(**where: Any) -> tuple[int, str]:
        handle, name = tempfile.mkstemp(**where)
        made.append(name)
        if len(made) == 1:
            Path(name).unlink()
        return handle, name

    monkeypatch.setattr("pipeline.proof.unfinished.tempfile", SimpleNamespace(mkstemp=found_at_once))
    with unfinished(workspace, workspace / "out"):
        assert is_unfinished(workspace, workspace / "out")
    assert len(made) == 2
    assert not list((workspace / "log").glob("unfinished-*"))


def test_a_result_that_took_the_place_of_another_and_was_not_logged_is_no_forgery(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert scrubbed(workspace) == 0

    def killed(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr("pipeline.ledger.logged.append_signed", killed)
        assert scrubbed(workspace, "out", 4, "--force") == 1
    ran = leadscrub("verify", workspace / "out")
    assert (ran.code, "is not in the log yet: the next command enters it" in ran.out + ran.err) == (0, True), ran.out
    assert verified(workspace) == "ok"
    # What nobody has begun is one.
    manifest = workspace / "out" / "manifest.json"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace('"read"', '"had"', 1), encoding="utf-8")
    assert leadscrub("verify", workspace / "out").code == 1


def test_a_workspace_that_has_worked_without_a_log_gets_one_with_all_that_is_known(workspace: Path) -> None:
    assert scrubbed(workspace, "runs/old") == 0
    for path in (workspace / "log").iterdir():
        path.unlink()
    assert scrubbed(workspace, "runs/new") == 0
    assert [(entry["kind"], entry["facts"].get("out")) for entry in told(workspace)] == [
        ("began", None),
        ("run", "runs/old"),
        ("run", "runs/new"),
    ]
    assert verified(workspace) == "ok"


def test_a_line_that_a_crash_cut_off_is_written_over(workspace: Path) -> None:
    append(workspace, Entry("export", "a"))
    with chain_path(workspace).open("a", encoding="utf-8") as stream:
        stream.write('{"at":"2026')
    append(workspace, Entry("export", "b"))
    assert [entry.subject for entry in entries(workspace)] == ["a", "b"]
    assert check_chain(workspace, None).faults == []


def test_a_log_that_was_cut_goes_on_and_says_it_for_ever(workspace: Path) -> None:
    for subject in "abc":
        append(workspace, Entry("export", subject))
    lines = chain_path(workspace).read_text(encoding="utf-8").splitlines(keepends=True)
    chain_path(workspace).write_text("".join(lines[:1]), encoding="utf-8")
    append(workspace, Entry("export", "d"))
    assert [entry.kind for entry in entries(workspace)] == ["export", "break", "export"]
    assert "it had been left with 3 entries and was found with 1" in verified(workspace)


def test_every_kind_is_described() -> None:
    page = (Path(__file__).parents[3] / "docs" / "proof.md").read_text(encoding="utf-8")
    reserved = {"erasure"}
    assert [kind for kind in KINDS if f"| `{kind}` |" not in page and kind not in reserved] == []


@pytest.fixture
def keyed(workspace: Path, keys: Path) -> Iterator[Path]:
    """A workspace with a key."""
    assert leadscrub("keys", "new", "--workspace", workspace).code == 0
    yield workspace


def public(workspace: Path, name: str) -> Path:
    path = workspace.parent / name
    path.write_text(leadscrub("keys", "show", "--workspace", workspace).out, encoding="utf-8")
    return path


def test_a_private_key_is_for_its_owner_and_not_in_the_workspace(
    keyed: Path, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (path,) = keys.iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert b"PRIVATE" in path.read_bytes()
    assert not [path for path in keyed.rglob("*") if path.is_file() and b"PRIVATE" in path.read_bytes()]
    monkeypatch.setenv("LEADSCRUB_KEYS", str(keyed / "secrets"))
    ran = leadscrub("keys", "new", "--workspace", keyed)
    assert (ran.code, "is in the workspace" in ran.err) == (2, True)


def test_without_the_private_key_nothing_is_written(keyed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADSCRUB_KEYS", str(keyed.parent / "elsewhere"))
    before = chain_path(keyed).read_bytes()
    assert scrubbed(keyed) == 3
    assert not (keyed / "out").exists()
    assert chain_path(keyed).read_bytes() == before


def test_a_key_is_replaced_by_one_that_it_signs_or_as_lost(keyed: Path, keys: Path) -> None:
    first = public(keyed, "first.pem")
    assert scrubbed(keyed, "runs/first") == 0
    assert leadscrub("keys", "new", "--workspace", keyed).code == 0
    second = public(keyed, "second.pem")
    assert scrubbed(keyed, "runs/second") == 0
    assert verified(keyed, "--key", first) == verified(keyed, "--key", second) == "ok"
    assert leadscrub("verify", keyed / "runs/first", "--key", first).code == 0
    ran = leadscrub("verify", keyed / "runs/second", "--key", first)
    assert (ran.code, "was not signed with key" in ran.out) == (1, True)
    for path in keys.iterdir():
        path.unlink()
    assert leadscrub("keys", "new", "--workspace", keyed).code == 3
    assert leadscrub("keys", "new", "--workspace", keyed, "--lost").code == 0
    ran = leadscrub("log", "verify", "--workspace", keyed)
    assert (ran.code, "which does not sign that" in ran.out) == (0, True)


@pytest.mark.parametrize("text", ["", "x", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
def test_what_is_no_public_key_is_refused(keyed: Path, text: str) -> None:
    path = keyed.parent / "none.pem"
    path.write_text(text, encoding="utf-8")
    ran = leadscrub("log", "verify", "--workspace", keyed, "--key", path)
    assert (ran.code, "is not a public key" in ran.err) == (2, True)
