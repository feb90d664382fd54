"""One person is found in every place of a workspace and erased from it, and nobody else is touched."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.erasing.person import person_named
from pipeline.erasing.record_files import RecordFile
from schemas.files.inputs import LocalFile
from schemas.layout import Layout
from schemas.support.figures import counted
from tests.conftest import Ran, leadscrub
from tests.pipeline.erasing.kills import check_kills, small_workspace
from tests.pipeline.erasing.person_workspace import (
    EMAIL,
    PHONE,
    as_csv,
    left_of_the_person,
    lists_with_the_person,
    make_workspace,
    others,
    person,
)

pytestmark = pytest.mark.slow
WHO = ("--phone", PHONE, "--email", EMAIL, "--region", "US")


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three vendors, returns and exports, with the person in all of them; five nights where many kills are wanted."""
    many = int(os.environ.get("LEADSCRUB_KILLS", "8")) >= 100
    return make_workspace(tmp_path_factory.mktemp("nights") / "leads", 5 if many else 2)


def erase(folder: Path, *options: str) -> Ran:
    return leadscrub("subject", "erase", *WHO, "--yes", "--workspace", folder, "--because", "case 17", *options)


def spots(document: dict[str, Any], name: str) -> set[tuple[str, str]]:
    """Kinds of place, and what becomes of each; of a path only how it begins."""
    return {(spot["kind"], f"{spot['where'].partition('/')[0]} {spot['fate']}") for spot in document[name]}


def tables(folder: Path) -> dict[str, pl.DataFrame]:
    """Rows of all results by file, without what an erasure adds."""
    return {
        str(path.relative_to(folder)): pl.read_parquet(path) for path in sorted((folder / "runs").rglob("*.parquet"))
    }


def test_a_person_is_found_everywhere_and_erased_and_nobody_else_is_touched(nights: Path) -> None:
    found = json.loads(leadscrub("subject", "find", *WHO, "--workspace", nights, "--json").out)
    assert found["person"] == ["+1202*****23", "p*****@m*****.com"]
    places = spots(found, "places")
    kinds = {f"{kind} {re.sub('run [0-9a-f]+', 'run', where)}" for kind, where in places}
    assert {"result runs goes", "file archive goes", "file exports goes", "file inbox goes"} <= kinds
    assert {"file outgoing goes", "history contact history goes", "returns run goes"} <= kinds
    assert {"list national stays", "list unsubscribed stays", "list bounces goes", "list partners goes"} <= kinds
    assert {"file lists stays", "file lists goes", "file quarantine by hand"} <= kinds
    # The blocked second phone of another lead is in the drop alone, and so is the row known.
    assert "+1404*****44" in found["also"]
    assert any("exports/0.csv" in each for each in found["recipients"])
    before = tables(nights)
    archived = {path: path.read_bytes() for path in sorted((nights / "archive").rglob("*")) if path.is_file()}

    ran = erase(nights, "--json", "--delete-files")
    # The PDF in quarantine is not read, and was not deleted either: it may hold anybody.
    assert (ran.code, "quarantine" in ran.err) == (4, True)
    report = json.loads(ran.out)
    assert spots(report, "after") == {
        *(("list", f"{name} stays") for name in ("erased", "national", "unsubscribed")),
        *(("file", f"{name}") for name in ("lists stays", "quarantine by hand")),
    }
    assert [each.partition(":")[0] for each in left_of_the_person(nights)] == [
        "lists/ours.txt",
        *[each.partition(":")[0] for each in left_of_the_person(nights) if "emails.texts" in each],
    ]
    assert lists_with_the_person(nights) == {"erased": 1, "national": 1, "unsubscribed": 1}
    assert leadscrub("log", "verify", "--workspace", nights).code == 0

    erased_rows = 0
    for name, frame in tables(nights).items():
        out = (nights / name).parent
        gone = pl.read_parquet(out / "rejected.parquet").filter(reason="row.erased")["row_id"].to_list()
        erased_rows += len(gone) if name.endswith("rejected.parquet") else 0
        kept = pl.col("row_id").is_in(gone).not_()
        assert frame.filter(kept).equals(before[name].filter(kept)), name
        if name.endswith("clean.parquet"):
            ran = leadscrub("verify", out)
            assert (ran.code, f"note: {counted(len(gone), 'row')} erased" in ran.out) == (0, True), ran.out
    assert erased_rows == report["done"]["row of a result"] == 8
    # Lines keep their numbers, and every other line is as it came.
    path = next(path for path in archived if path.name.endswith("one.csv"))
    expected = [*as_csv(others(0, 4)).decode().splitlines()[1:], ",,,,,,,,"]
    assert path.read_text(encoding="utf-8").splitlines()[1 : 1 + len(expected)] == expected
    assert {path.suffix for path in archived if path.read_bytes() == archived[path]} == {".done"}

    again = erase(nights, "--json")
    assert json.loads(again.out)["done"] == {}
    log = (nights / "log" / "chain.jsonl").read_text(encoding="utf-8")
    assert not re.search(r"555.?0123|pat\.doe", log, re.IGNORECASE)
    drop = nights / "later.csv"
    drop.write_bytes(as_csv([person("N1", email=""), *others(900, 1)]))
    campaign = nights / "campaigns" / "calls.toml"
    options = ("--campaign", campaign, "--as-of", "2026-11-20", "--ledger", "none")
    late = leadscrub("scrub", drop, "-o", nights / "late", *options)
    assert late.code == 0, late.err
    sources = pl.read_parquet(nights / "late" / "findings.parquet").filter(row_id=0, code="dnc.internal")["source"]
    assert any(source.startswith("dnc.internal:erased version") for source in sources)


def test_killed_at_any_moment_the_same_command_finishes_it(tmp_path: Path) -> None:
    made = small_workspace(tmp_path / "made")
    assert check_kills(made, tmp_path / "leads", lambda changes: range(30, changes, max(changes // 2, 1))) == 2


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        ((), 2, "Nobody is named"),
        (("--name", "Pat Doesworthy", "--yes"), 2, "A name alone is many people's"),
        (("--email", EMAIL), 2, "would be erased everywhere"),
        (("--email", EMAIL, "--yes", "--because", f"{EMAIL} wrote"), 2, "names a phone or an email"),
    ],
)
def test_what_is_not_meant_is_not_erased(options: tuple[str, ...], code: int, says: str, tmp_path: Path) -> None:
    (tmp_path / "leadscrub.toml").touch()
    ran = leadscrub("subject", "erase", *options, "--workspace", tmp_path)
    assert (ran.code, says in ran.err) == (code, True), ran.err
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != ".nightly") == ["leadscrub.toml"]


def test_a_value_can_come_on_stdin_and_a_result_may_be_outside_of_any_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop = tmp_path / "drop.csv"
    drop.write_bytes(as_csv([person("A1"), *others(0, 3)]))
    out = tmp_path / "out"
    options = ("--channel", "email", "--no-lists", "--as-of", "2026-11-20", "--region", "US")
    assert leadscrub("scrub", drop, "-o", out, *options).code == 0
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{EMAIL}\n"))
    ran = leadscrub("subject", "find", out, "--email", "-", "--json")
    assert [(spot["kind"], spot["records"]) for spot in json.loads(ran.out)["places"]] == [("result", 1)]
    ran = leadscrub("subject", "erase", out, "--name", "Pat Doesworthy", "--namesakes", "--yes")
    assert ran.code == 0, ran.err
    assert left_of_the_person(out) == []
    assert leadscrub("verify", out).code == 0


def test_a_lost_secret_stops_runs_and_does_not_clear_anybody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "leadscrub.toml").touch()
    monkeypatch.chdir(tmp_path)
    assert leadscrub("subject", "erase", "--email", EMAIL, "--yes").code == 0
    drop = tmp_path / "drop.csv"
    drop.write_bytes(as_csv([person("A1")]))
    monkeypatch.setenv("LEADSCRUB_KEYS", str(tmp_path.parent / "no keys"))
    ran = leadscrub("scrub", drop, "-o", "out", "--channel", "email", "--no-lists")
    assert (ran.code, "LEADSCRUB_KEYS" in ran.err) == (3, True)
    assert not Path("out").exists()


@pytest.mark.parametrize("text", ["name\nAnn\n", "a;b\n1;2\n", "x\r\ny\r\n", '"a\nb",c\n1,2\n', "\n\n\n"])
def test_a_file_without_the_person_is_copied_byte_by_byte(text: str, tmp_path: Path) -> None:
    wanted = person_named([PHONE], [], [], "US", None).wanted
    for encoding in ("utf-8", "utf-16", "latin-1"):
        path = tmp_path / "f.csv"
        path.write_bytes(text.encode(encoding))
        copied = io.BytesIO()
        assert RecordFile(LocalFile(path), Layout(), wanted).erase(copied) == {}
        assert copied.getvalue() == path.read_bytes()
    shutil.rmtree(tmp_path, ignore_errors=True)


def test_a_result_that_was_written_again_and_is_not_logged_is_no_forgery(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = small_workspace(tmp_path / "leads")
    results = sorted(path.parent for path in (folder / "runs").rglob("manifest.json"))

    def killed(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr("pipeline.erasing.result_erasing.follow_rewritten", killed)
        assert erase(folder).code == 1
    told = [leadscrub("verify", out, "--json") for out in results]
    assert [ran.code for ran in told] == [0] * len(results), told
    assert any("is not in the log yet" in ran.out for ran in told)
    assert erase(folder).code == 0
    for out in results:
        ran = leadscrub("verify", out, "--json")
        assert (ran.code, json.loads(ran.out)["compared_with"]) == (0, ["log", "ledger"]), ran.out
