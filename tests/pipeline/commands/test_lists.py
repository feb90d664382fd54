"""The store of suppression lists, by its commands."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests import processes
from tests.conftest import REPO
from tests.conftest import leadscrub as run

pytestmark = pytest.mark.slow

SAMPLE = REPO / "data" / "sample"
DAY = "2026-11-21"
#: What an export has to declare.
HANDED = ("--for", "compliance", "--to-country", "US", "--people-in", "US")


def leadscrub(*words: str | Path) -> tuple[int, str, str]:
    ran = run(*words)
    return ran.code, ran.out, ran.err


def add(store: Path, *words: str | Path, expect: int = 0) -> str:
    code, out, err = leadscrub("lists", "add", *words, "--region", "US", "--store", store)
    assert code == expect, err
    return out + err


@pytest.fixture
def store(loaded: Path, tmp_path: Path) -> Path:
    """A copy of the store."""
    return Path(shutil.copytree(loaded, tmp_path, dirs_exist_ok=True)) / "store"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store: a registry copy that covers one area code, and a list of one's own."""
    made = tmp_path_factory.mktemp("loaded")
    folder, registry = made / "store", made / "registry.txt"
    registry.write_text("212,5550101\n212,5550102\n212,555010\n")
    kind = ("--kind", "dnc.national", "--as-of", "2026-11-01", "--covers", "212")
    assert "1 of 3 entries (33%) cannot be read" in add(folder, "ftc", registry, *kind, expect=5)
    add(folder, "ftc", registry, *kind, "--max-refused", "0.34")
    add(folder, "ours", SAMPLE / "lists/our-do-not-contact.csv", "--kind", "dnc.internal", "--as-of", "2026-01-01")
    return made


def as_json(*words: str | Path) -> Any:
    code, out, err = leadscrub(*words, "--json")
    assert code == 0, err
    document = json.loads(out)
    return document.get("items", document)


def test_status_accounts_for_every_entry(store: Path) -> None:
    lists = {one["name"]: one for one in as_json("lists", "status", "--store", store, "--as-of", DAY)}
    assert {k: lists["ftc"][k] for k in ("entries", "refused", "age", "expires_in", "covers", "state")} == {
        "entries": 2,
        "refused": 1,
        "age": 20,
        "expires_in": 11,
        "covers": "212",
        "state": "ok",
    }
    assert lists["ours"]["expires_in"] is None


def test_a_stale_list_stops_status_and_scrub_unless_it_is_allowed(store: Path, tmp_path: Path) -> None:
    drop = tmp_path / "drop.csv"
    drop.write_text("phone\n2125550103\n")
    code, _, err = leadscrub("lists", "status", "--store", store, "--as-of", "2026-12-03")
    assert (code, "ftc: stale since 2026-12-02" in err) == (5, True)
    run = ("scrub", drop, "-o", tmp_path / "out", "--channel", "call", "--region", "US", "--store", store)
    code, _, err = leadscrub(*run, "--as-of", "2026-12-03")
    assert code == 5
    assert err == (
        "leadscrub: Stale suppression lists on 2026-12-03: 'ftc' (usable until 2026-12-02). "
        "Load new copies, or name each with --allow-stale NAME.\n"
    )
    assert not (tmp_path / "out").exists()
    code, _, err = leadscrub(*run, "--as-of", "2026-12-03", "--allow-stale", "ftc")
    assert code == 0, err
    manifest = json.loads((tmp_path / "out/manifest.json").read_text())
    assert {lst["name"]: lst["stale_allowed"] for lst in manifest["lists"]} == {"ftc": True, "ours": False}


def test_lookup_tells_matched_from_clear_from_not_held(store: Path) -> None:
    answers = as_json("lists", "lookup", "212-555-0101", "rosa@example.com", "--region", "US", "--store", store)
    assert [(one["list"], one["state"]) for one in answers] == [
        ("ftc", "matched"),
        ("ours", "clear"),
        ("ftc", "holds none"),
        ("ours", "matched"),
    ]
    assert "rosa@example.com" not in json.dumps(answers)


def test_a_number_outside_the_covered_area_codes_is_blocked(store: Path, tmp_path: Path) -> None:
    drop = tmp_path / "drop.csv"
    drop.write_text("phone\n2125550103\n2125550101\n2024561111\n")
    campaign = tmp_path / "c.toml"
    campaign.write_text(
        'channels = ["call"]\nregion = "US"\nstore_lists = ["ftc"]\ntreat_as_real = ["nanp-555-01xx"]\n'
    )
    out = tmp_path / "out"
    code, _, err = leadscrub("scrub", drop, "-o", out, "--campaign", campaign, "--store", store, "--as-of", DAY)
    assert code == 0, err
    assert pl.read_parquet(out / "clean.parquet")["row_id"].to_list() == [0]
    rejected = pl.read_parquet(out / "rejected.parquet")
    assert rejected.select("row_id", "reason").rows() == [(1, "dnc.national"), (2, "dnc.not_covered")]


def test_a_copy_that_shrank_is_refused_until_it_is_accepted(store: Path, tmp_path: Path) -> None:
    small = tmp_path / "small.txt"
    small.write_text("212,5550101\n")
    words = ("ftc", small, "--kind", "dnc.national", "--as-of", "2026-11-15", "--covers", "212")
    assert "nothing was changed" in add(store, *words, expect=5)
    assert as_json("lists", "status", "--store", store, "--as-of", DAY)[0]["entries"] == 2
    add(store, *words, "--accept-shrinkage")
    assert as_json("lists", "status", "--store", store, "--as-of", DAY)[0]["entries"] == 1
    assert [step["entries"] for step in as_json("lists", "history", "ftc", "--store", store)] == [2, 1]


def test_a_dropped_list_is_out_of_force_and_keeps_its_history(store: Path) -> None:
    assert leadscrub("lists", "remove", "ours", "--store", store)[0] == 0
    assert [one["name"] for one in as_json("lists", "status", "--store", store, "--as-of", DAY)] == ["ftc"]
    assert [step["action"] for step in as_json("lists", "history", "ours", "--store", store)] == ["add", "drop"]
    code, _, err = leadscrub("lists", "export", "ours", "--out", store / "x", *HANDED, "--store", store)
    assert (code, "was removed" in err) == (5, True)


def test_export_writes_entries_plain_or_hashed(store: Path, tmp_path: Path) -> None:
    plain, hashed = tmp_path / "plain.txt", tmp_path / "hashed.txt"
    assert leadscrub("lists", "export", "ours", "--out", plain, *HANDED, "--store", store)[0] == 0
    assert plain.read_text() == "+12125550120\nrosa@example.com\n"
    recipe = ("--hash", "last10+sha256+base64")
    assert leadscrub("lists", "export", "ftc", "--out", hashed, *recipe, *HANDED, "--store", store)[0] == 0
    assert len(hashed.read_text().splitlines()[0]) == 44


def test_a_planted_value_proves_the_recipe(tmp_path: Path) -> None:
    """The published vector of California's DROP: the phone 4155559317."""
    drop = tmp_path / "drop.txt"
    drop.write_text("vGM7y5n+hBXRSEAklhHDPCbysyNgYTmXdMcagGUOY8E=\n")
    words = ("ca", drop, "--kind", "list.drop", "--as-of", DAY, "--planted", "(415) 555-9317")
    assert "no usable entry" in add(tmp_path / "store", *words, "--hash", "digits+sha256", expect=5)
    wrong = ("--hash", "trim+sha256+base64")
    assert "is not found" in add(tmp_path / "store", *words, *wrong, expect=5)
    add(tmp_path / "store", *words, "--hash", "last10+sha256+base64")
    answers = as_json("lists", "lookup", "+14155559317", "--store", tmp_path / "store")
    assert [one["state"] for one in answers] == ["matched"]


@pytest.mark.parametrize("suffix", [".sorted", ".texts", ".keys"])
def test_a_flipped_byte_is_found_and_never_answered(store: Path, suffix: str) -> None:
    for path in (store / "versions").rglob(f"*{suffix}"):
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    values = ("212-555-0101", "rosa@example.com")
    code, out, err = leadscrub("lists", "lookup", *values, "--region", "US", "--store", store)
    assert (code, out) == (5, "")
    assert "is damaged" in err


def update(store: Path, *words: str | Path, expect: int = 0) -> str:
    code, out, err = leadscrub("lists", "update", *words, "--store", store)
    assert code == expect, err
    return out + err


CHANGES = "202,5550100,2026-11-01,A\n212,5550102,2026-11-03,D\n212,5550109,2026-11-03,D\n212,5550103,soon,A\n"
LAYOUT = ("--change-layout", "area,number,date,action", "--max-refused", "0.25")


@pytest.fixture
def changes(tmp_path: Path) -> Path:
    path = tmp_path / "changes.txt"
    path.write_text(CHANGES)
    return path


def test_a_change_file_brings_a_list_forward(store: Path, changes: Path) -> None:
    base = as_json("lists", "history", "ftc", "--store", store)[0]["version"]
    said = update(store, "ftc", changes, "--as-of", "2026-11-08", *LAYOUT, "--base", base, "--accept-shrinkage")
    assert "4 read = 1 added + 1 deleted + 1 unchanged + 1 refused; 2 entries in all" in said
    assert "refused 1: a date that cannot be read" in said
    answers = as_json("lists", "lookup", "2125550101", "2125550102", "--region", "US", "--store", store, "--as-of", DAY)
    assert [one["state"] for one in answers if one["list"] == "ftc"] == ["matched", "clear"]
    step = as_json("lists", "history", "ftc", "--store", store)[-1]
    assert {name: step[name] for name in ("action", "base", "since", "as_of", "entries", "changes")} == {
        "action": "update",
        "base": base,
        "since": "2026-11-01",
        "as_of": "2026-11-08",
        "entries": 2,
        "changes": {"added": 1, "deleted": 1, "unchanged": 1, "refused": 1},
    }


def test_the_manifest_names_the_base_of_a_list(store: Path, changes: Path, tmp_path: Path) -> None:
    update(store, "ftc", changes, "--as-of", "2026-11-08", *LAYOUT)
    drop, out = tmp_path / "drop.csv", tmp_path / "out"
    drop.write_text("phone\n2125550103\n")
    words = ("--channel", "call", "--region", "US", "--store", store, "--list", "ftc", "--as-of", DAY)
    assert leadscrub("scrub", drop, "-o", out, *words)[0] == 0
    (used,) = json.loads((out / "manifest.json").read_text())["lists"]
    steps = as_json("lists", "history", "ftc", "--store", store)
    assert (used["version"][:12], used["base"][:12]) == (steps[1]["version"], steps[0]["version"])
    assert used["entries"]["changes"] == {"added": 1, "deleted": 1, "unchanged": 1}


def test_changes_of_another_version_replays_and_gaps_change_nothing(store: Path, changes: Path) -> None:
    before = as_json("lists", "history", "ftc", "--store", store)
    day = ("--as-of", "2026-11-08", *LAYOUT)
    assert "version abcdef0, and version" in update(store, "ftc", changes, *day, "--base", "abcdef0", expect=5)
    late = changes.with_name("late.txt")
    late.write_text("202,5550100,2026-11-03,A\n")
    assert "Gap: " in update(store, "ftc", late, *day, expect=5)
    assert "out of order" in update(store, "ftc", changes, "--as-of", "2026-10-08", *LAYOUT, expect=5)
    assert "no suppression list 'ftk'" in update(store, "ftk", changes, *day, expect=5)
    assert as_json("lists", "history", "ftc", "--store", store) == before
    update(store, "ftc", changes, *day)
    later = ("--as-of", "2026-11-09", *LAYOUT)
    assert "was applied to 'ftc' already" in update(store, "ftc", changes, *later, expect=5)
    assert len(as_json("lists", "history", "ftc", "--store", store)) == 2


def test_a_change_file_is_no_full_copy(store: Path, changes: Path) -> None:
    words = ("lists", "add", "other", changes, "--kind", "dnc.national", "--as-of", DAY, "--store", store)
    code, _, err = leadscrub(*words)
    assert (code, "is a change file" in err or "looks like a change file" in err) == (5, True)


def test_entries_are_added_to_and_taken_off_a_list_of_one_s_own(store: Path, tmp_path: Path) -> None:
    more, less = tmp_path / "more.txt", tmp_path / "less.csv"
    more.write_text("+12125550150\nrosa@example.com\nnew@example.com\n")
    less.write_text("email\nrosa@example.com\n")
    assert "does not say which entries" in update(store, "ours", more, "--as-of", DAY, expect=2)
    said = update(store, "ours", more, "--as-of", DAY, "--action", "add")
    assert "3 read = 2 added + 0 deleted + 1 unchanged + 0 refused; 4 entries in all" in said
    said = update(store, "ours", less, "--as-of", DAY, "--action", "delete", "--max-shrinkage", "0.1", expect=5)
    assert "more than 10% less: nothing was changed" in said
    update(store, "ours", less, "--as-of", DAY, "--action", "delete", "--max-shrinkage", "0.25")
    out = tmp_path / "ours.txt"
    leadscrub("lists", "export", "ours", "--out", out, *HANDED, "--store", store)
    assert sorted(out.read_text().split()) == ["+12125550120", "+12125550150", "new@example.com"]


def test_a_partner_s_hashed_changes(tmp_path: Path) -> None:
    import hashlib

    a, b, c = (hashlib.md5(f"{name}@example.com".encode(), usedforsecurity=False).hexdigest() for name in "abc")
    full, changes, store = tmp_path / "full.txt", tmp_path / "changes.csv", tmp_path / "store"
    full.write_text(f"{a}\n{b}\n")
    add(store, "p", full, "--kind", "email.unsubscribed", "--as-of", "2026-11-01", "--hash", "trim+lower+md5")
    changes.write_text(f"md5;op;am\n{a};weg;02/11/2026\n{c};neu;03/11/2026\n")
    words = ("--column", "hash=md5", "--column", "action=op", "--column", "date=am", "--delimiter", ";", "--day-first")
    actions = ("--action-word", "neu=add", "--action-word", "weg=delete", "--since", "2026-11-01")
    said = update(store, "p", changes, "--as-of", "2026-11-08", *words, *actions, "--planted", "C@example.com")
    assert "2 read = 1 added + 1 deleted" in said
    answers = as_json("lists", "lookup", *(f"{name}@example.com" for name in "abc"), "--store", store)
    assert [one["state"] for one in answers] == ["clear", "matched", "matched"]


def test_columns_codes_and_words_are_declared(tmp_path: Path) -> None:
    store, feed = tmp_path / "store", tmp_path / "feed.csv"
    feed.write_text(
        "Who;Tel;Since;How bad;Feeds\nx;2125550101;03/04/2026;30;A,B\ny;2125550102;;10;A\nz;2125550103;;30;C\n"
    )
    words = ("feed", feed, "--kind", "dnc.litigator", "--as-of", DAY, "--delimiter", ";", "--day-first")
    columns = ("number=Tel", "date=Since", "severity=How bad", "code=Feeds")
    roles = [word for column in columns for word in ("--column", column)]
    said = add(store, *words, *roles, "--code", "a", "--min-severity", "20")
    assert "3 read = 1 indexed + 0 repeated + 2 refused" in said
    assert "refused 1: not listed: severity below 20" in said
    assert "refused 1: not listed: none of the codes to keep" in said
    for wrong in ("nmber=Tel", "=x"):
        code, _, err = leadscrub("lists", "add", *words, "--column", wrong, "--store", store)
        assert (code, "is not of the form HEADER or ROLE=HEADER" in err) == (2, True)
    answer = tmp_path / "answers.csv"
    answer.write_text("2125550101,oui\n2125550102,non\n")
    said = add(
        store, "rnd", answer, "--kind", "phone.reassigned", "--as-of", DAY, "--format", "reassigned", "--headerless",
        *("--column", "number=1", "--column", "status=2"),
        *("--status-word", "oui=listed", "--status-word", "non=not-listed"),
    )  # fmt: skip
    assert "2 read = 1 indexed + 0 repeated + 1 refused" in said


def test_a_campaign_s_list_declares_its_columns_too(tmp_path: Path) -> None:
    (tmp_path / "feed.csv").write_text("Tel;How bad\n2125550101;30\n2125550102;10\n")
    (tmp_path / "drop.csv").write_text("phone\n2125550101\n2125550102\n")
    campaign = tmp_path / "c.toml"
    entry = (
        'channels = ["call"]\nregion = "US"\ntreat_as_real = ["nanp-555-01xx"]\n[[lists]]\nkind = "dnc.litigator"\n'
        'name = "feed"\nfile = "feed.csv"\ndelimiter = ";"\nmin_severity = 20\n'
    )
    campaign.write_text(entry + 'columns = { number = "Tel", severity = "How bad" }\n')
    words = ("scrub", tmp_path / "drop.csv", "-o", tmp_path / "out", "--campaign", campaign, "--as-of", DAY)
    code, _, err = leadscrub(*words)
    assert code == 0, err
    assert pl.read_parquet(tmp_path / "out/clean.parquet")["row_id"].to_list() == [1]
    campaign.write_text(entry + 'columns = { numbr = "Tel" }\n')
    code, _, err = leadscrub(*words)
    assert (code, "list 'feed': No column of a list is called 'numbr'" in err) == (3, True)


@pytest.mark.parametrize(
    ("folds", "found"),
    [
        ("", []),
        ("plus", ["jo.e+b@gmail.com", "ann+x@example.com"]),
        ("plus,dots,aliases", ["joe@googlemail.com", "jo.e+b@gmail.com", "ann+x@example.com", "li@live.com"]),
        ("aliases", ["li@live.com"]),
    ],
)
def test_addresses_are_folded_where_the_list_says_so(tmp_path: Path, folds: str, found: list[str]) -> None:
    """At load and at lookup alike; a dot is folded for Gmail only."""
    store, path = tmp_path / "store", tmp_path / "u.txt"
    path.write_text("jo.e@gmail.com\nann@example.com\nli@outlook.com\na.b@example.org\n")
    fold = ("--fold", folds) if folds else ()
    add(store, "u", path, "--kind", "email.unsubscribed", "--as-of", DAY, *fold)
    asked = ["joe@googlemail.com", "jo.e+b@gmail.com", "ann+x@example.com", "li@live.com", "ab@example.org"]
    answers = as_json("lists", "lookup", *asked, "--store", store)
    assert [value for value, one in zip(asked, answers, strict=True) if one["state"] == "matched"] == found
    drop = tmp_path / "drop.csv"
    drop.write_text("email\n" + "".join(f"{value}\n" for value in asked))
    out = tmp_path / "out"
    leadscrub("scrub", drop, "-o", out, "--channel", "email", "--store", store, "--as-of", DAY)
    hits = pl.read_parquet(out / "findings.parquet").filter(code="email.unsubscribed")["row_id"].to_list()
    assert [asked[row] for row in hits] == found
    (used,) = json.loads((out / "manifest.json").read_text())["lists"]
    assert used["folds"] == sorted(filter(None, folds.split(",")))


def test_what_cannot_be_folded_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text("2125550101\n")
    words = ("lists", "add", "x", path, "--as-of", DAY, "--store", tmp_path / "store", "--fold")
    for kind, folds, more, message in (
        ("dnc.national", "plus", (), "holds no addresses"),
        ("list.x", "plus", ("--hash", "md5"), "is hashed"),
        ("list.x", "plusses", (), "Did you mean 'plus'?"),
    ):
        code, _, err = leadscrub(*words, folds, "--kind", kind, *more)
        assert (code, message in err) == (2, True), err


def scoped(tmp_path: Path) -> Path:
    store = tmp_path / "store"
    for name, scope in (("all", "seller"), ("spring", "campaign"), ("acme", "vendor:acme")):
        path = tmp_path / f"{name}.txt"
        path.write_text(f"{name}@example.com\n")
        add(store, name, path, "--kind", "email.unsubscribed", "--as-of", "2026-11-01", "--scope", scope)
    return store


@pytest.mark.parametrize(
    ("words", "used"),
    [
        ((), ["all"]),
        (("--vendor", "acme"), ["acme", "all"]),
        (("--vendor", "beta"), ["all"]),
        (("--list", "spring", "--list", "all"), ["all", "spring"]),
        (("--list", "acme", "--vendor", "acme"), ["acme"]),
    ],
)
def test_a_list_speaks_within_its_scope(tmp_path: Path, words: tuple[str, ...], used: list[str]) -> None:
    store, drop = scoped(tmp_path), tmp_path / "drop.csv"
    drop.write_text("email\nx@example.com\n")
    run = ("scrub", drop, "-o", tmp_path / "out", "--channel", "email", "--store", store, "--as-of", DAY)
    code, _, err = leadscrub(*run, *words)
    assert code == 0, err
    lists = json.loads((tmp_path / "out/manifest.json").read_text())["lists"]
    assert sorted(lst["name"] for lst in lists) == used


def test_a_vendor_s_list_is_not_used_for_another(tmp_path: Path) -> None:
    """Named on the command line it is refused; a campaign that names it for all vendors runs without, and says so."""
    store, drop, campaign = scoped(tmp_path), tmp_path / "drop.csv", tmp_path / "c.toml"
    drop.write_text("email\nacme@example.com\nspring@example.com\n")
    run = ("scrub", drop, "-o", tmp_path / "out", "--store", store, "--as-of", DAY)
    code, _, err = leadscrub(*run, "--channel", "email", "--list", "acme", "--vendor", "beta")
    assert (code, "is for vendor acme only, and the run is about vendor beta" in err) == (2, True)
    code, _, err = leadscrub(*run, "--channel", "email", "--list", "acme")
    assert (code, "and the run names no vendor" in err) == (2, True)
    campaign.write_text('channels = ["email"]\nstore_lists = ["acme", "spring"]\n')
    code, _, err = leadscrub(*run, "--campaign", campaign, "--vendor", "beta")
    assert (code, "note: list acme is for vendor acme only and was not used" in err) == (0, True)
    lists = json.loads((tmp_path / "out/manifest.json").read_text())["lists"]
    assert [(lst["name"], lst["matches"]) for lst in lists] == [("spring", 1)]
    code, _, err = leadscrub("lists", "add", "x", drop, "--kind", "list.x", "--as-of", DAY, "--scope", "vendor:")
    assert (code, "cannot be a name" in err) == (2, True)


def test_a_run_may_ask_for_younger_copies(store: Path, tmp_path: Path) -> None:
    drop = tmp_path / "drop.csv"
    drop.write_text("phone\n2125550103\n")
    run = (
        "scrub",
        drop,
        "-o",
        tmp_path / "out",
        "--channel",
        "call",
        "--region",
        "US",
        "--store",
        store,
        "--as-of",
        DAY,
    )
    code, _, err = leadscrub(*run, "--max-age", "19", "--max-age", "dnc.internal=400")
    assert (code, "'ftc' (usable until 2026-11-20)." in err, "ours" in err) == (5, True, False)
    code, _, err = leadscrub("lists", "status", "--store", store, "--as-of", DAY, "--max-age", "dnc.internal=30")
    assert (code, "1 of 2 lists must not be used (ours: stale since 2026-01-31)" in err) == (5, True)
    assert leadscrub(*run, "--max-age", "many")[0] == 2
    code, _, err = leadscrub(*run, "--max-age", "25", "--allow-stale", "ours", "--max-age", "dnc.national=400")
    assert code == 0, err
    lists = json.loads((tmp_path / "out/manifest.json").read_text())["lists"]
    assert [(lst["name"], lst["max_age"], lst["valid_until"], lst["stale_allowed"]) for lst in lists] == [
        ("ftc", 400, "2026-12-02", False),  # never longer than its kind allows
        ("ours", 25, "2026-01-26", True),
    ]


def test_a_list_of_tomorrow_is_refused(store: Path, tmp_path: Path) -> None:
    drop = tmp_path / "drop.csv"
    drop.write_text("phone\n2125550103\n")
    run = ("scrub", drop, "-o", tmp_path / "out", "--channel", "call", "--region", "US", "--store", store)
    code, _, err = leadscrub(*run, "--as-of", "2026-10-31", "--allow-stale", "ftc")
    assert (code, "dated after the day of the run, 2026-10-31: 'ftc' (2026-11-01)" in err) == (5, True)
    code, _, err = leadscrub("lists", "status", "--store", store, "--as-of", "2026-10-31")
    assert (code, "ftc: dated 2026-11-01, after 2026-10-31" in err) == (5, True)


def test_lookup_never_says_clear_where_it_cannot_know(store: Path) -> None:
    """An area code that the registry copy lacks, and a copy that is too old."""
    ask = ("lists", "lookup", "2025550101", "2125550101", "2125550199", "--region", "US", "--store", store, "--json")
    code, out, err = leadscrub(*ask, "--as-of", DAY)
    states = [one["state"] for one in json.loads(out)["items"] if one["list"] == "ftc"]
    assert (code, states) == (0, ["not covered", "matched", "clear"]), err
    code, out, err = leadscrub(*ask, "--as-of", "2026-12-03")
    found = [(one["state"], one["fault"]) for one in json.loads(out)["items"] if one["list"] == "ftc"]
    stale = "stale since 2026-12-02"
    assert found == [("not checked", stale), ("matched", stale), ("not checked", stale)]
    assert (code, "Not checked against all lists: ftc: stale since 2026-12-02." in err) == (5, True)
    code, out, _ = leadscrub(
        "lists", "lookup", "2125550101", "--region", "US", "--store", store, "--as-of", "2026-12-03"
    )
    assert (code, "matched" in out.splitlines()[0], stale in out.splitlines()[0]) == (0, True, True)


def test_status_of_a_campaign_judges_what_it_needs(store: Path, tmp_path: Path) -> None:
    campaign = tmp_path / "c.toml"
    words = ("lists", "status", "--store", store, "--as-of", "2026-12-03", "--campaign", campaign)
    campaign.write_text('channels = ["call"]\nstore_lists = ["ours"]\n')
    assert leadscrub(*words)[0] == 0
    campaign.write_text('channels = ["call"]\nstore_lists = ["ours", "ftc", "texas"]\n')
    code, out, err = leadscrub(*words)
    assert code == 5
    assert "2 of 3 lists must not be used (ftc: stale since 2026-12-02; texas: There is no suppression list" in err
    assert [line.split()[0] for line in out.splitlines()[2:] if line[0] != " "] == ["ours", "ftc", "texas"]


@pytest.mark.slow
@pytest.mark.parametrize("width", [80, 120])
def test_status_fits_a_terminal(store: Path, width: int) -> None:
    """On a real terminal: no line is wider, and what decides stands whole on each list's line."""
    shown = on_terminal(width, "lists", "status", "--store", store, "--as-of", "2026-12-03")
    lines = [line.rstrip() for line in shown.splitlines()]
    assert max(map(len, lines)) <= width
    head = " ".join(lines[: 1 + next(at for at, line in enumerate(lines) if line.startswith("name"))])
    assert all(word in head for word in ("state", "expires", "kind", "as of", "age", "entries", "covers"))
    (ftc,) = [line for line in lines if line.startswith("ftc ")]
    assert ftc.split()[1:4] == ["stale", "-1", "dnc.national"]
    assert "2026-11-01" in ftc
    assert ("scope" in head, "version" in head) == (width == 120, width == 120)


def on_terminal(width: int, *words: str | Path) -> str:
    """What a command shows on a terminal of this width."""
    import fcntl
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}
    ran = processes.Popen(
        [sys.executable, "-m", "leadscrub", *map(str, words)],
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        env=environment | {"TERM": "xterm", "NO_COLOR": "1"},
    )
    os.close(theirs)
    shown = b""
    try:
        while chunk := os.read(ours, 4096):
            shown += chunk
    except OSError:  # what Linux says at the end of a terminal
        pass
    ran.wait()
    os.close(ours)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())


def test_a_silent_hashed_list_raises_an_alarm(tmp_path: Path) -> None:
    """From ten thousand values on; a list that matched, or a plain one, raises none."""
    import hashlib

    wrong, right, plain = tmp_path / "wrong.txt", tmp_path / "right.txt", tmp_path / "plain.txt"
    wrong.write_text(hashlib.sha256(b"SALT1@example.com").hexdigest() + "\n")
    right.write_text(hashlib.sha256(b"p1@example.com").hexdigest() + "\n")
    plain.write_text("nobody@example.com\n")
    store, drop = tmp_path / "store", tmp_path / "drop.csv"
    for name, path, how in (("wrong", wrong, "sha256"), ("right", right, "sha256"), ("plain", plain, "")):
        recipe = ("--hash", how) if how else ()
        add(store, name, path, "--kind", "email.unsubscribed", "--as-of", DAY, *recipe)
    lists = {}
    for count in (9_999, 10_000):
        drop.write_text("email\n" + "".join(f"p{number}@example.com\n" for number in range(count)))
        words = ("--channel", "email", "--store", store, "--as-of", DAY, "--threads", "1", "--force")
        code, _, err = leadscrub("scrub", drop, "-o", tmp_path / "out", *words)
        assert code == 0, err
        assert ("note: list wrong: none of 10,000 values is on this hashed list" in err) == (count == 10_000)
        assert "list right" not in err
        found = json.loads((tmp_path / "out/manifest.json").read_text())["lists"]
        lists = {lst["name"]: (lst["looked_up"], lst["matches"], lst["alarm"] is not None) for lst in found}
    assert lists == {"wrong": (10_000, 0, True), "right": (10_000, 1, False), "plain": (10_000, 0, False)}


def test_an_older_copy_or_another_kind_does_not_replace_a_list(store: Path, tmp_path: Path) -> None:
    path = tmp_path / "r.txt"
    path.write_text("212,5550101\n212,5550102\n")
    assert "out of order" in add(store, "ftc", path, "--kind", "dnc.national", "--as-of", "2026-10-31", expect=5)
    state = ("--kind", "dnc.state", "--as-of", DAY)
    assert "is a list of kind dnc.national" in add(store, "ftc", path, *state, "--state", "TX", expect=5)
    assert "is a state's and does not say which" in add(store, "ftc", path, *state, expect=2)
    assert "'Texarkana' is not a state" in add(store, "ftc", path, *state, "--state", "Texarkana", expect=2)
    assert leadscrub("lists", "drop", "ftc", "--store", store)[0] == 0
    add(store, "ftc", path, "--kind", "dnc.national", "--as-of", "2026-10-31")


def test_retention_is_the_store_s_and_history_says_what_was_removed(store: Path, tmp_path: Path) -> None:
    path = tmp_path / "r.txt"
    for number in (1, 2, 3):
        path.write_text(f"212,5550101\n212,5550102\n212,555011{number}\n")
        keep = ("--keep-days", "0") if number == 2 else ()
        said = add(store, "ftc", path, "--kind", "dnc.national", "--as-of", f"2026-11-{number + 10}", *keep)
        assert ("16 CFR 310.5 asks for records" in said) == (number == 2)
    files = [step["files"][0] for step in as_json("lists", "history", "ftc", "--store", store)]
    assert [text.split(",")[0] for text in files[:3]] == ["removed after its retention"] * 3
    assert files[3].startswith("r.txt sha256:")
    assert len(list((store / "versions").iterdir())) == 2  # ftc and ours


def test_the_page_s_commands_do_what_it_says(tmp_path: Path) -> None:
    page = (SAMPLE.parents[1] / "docs" / "lists.md").read_text()
    block = page[page.index("leadscrub lists add registry") :].split("```")[0].replace("\\\n", " ")
    root = str(SAMPLE.parent.parent)
    for line in block.strip().splitlines():
        words = line.replace("build/store", str(tmp_path / "store")).replace("data/", f"{root}/data/").split()[1:]
        day = ["--as-of", DAY] if "lookup" in words else []
        code, out, err = leadscrub(*words, *day)
        assert code == 0, err
        if "update" in words:
            assert "4 read = 2 added + 1 deleted + 1 unchanged + 0 refused" in out
    assert "matched" in out


def test_refused_entries_are_shown_where_they_stood_and_masked(tmp_path: Path) -> None:
    store, given = tmp_path / "store", tmp_path / "r.csv"
    given.write_text("phone\n2125551234\n12\n0000000000\n", encoding="utf-8")
    loading = (
        "lists",
        "add",
        "ours",
        given,
        "--kind",
        "dnc.internal",
        "--region",
        "US",
        "--as-of",
        DAY,
        "--store",
        store,
    )
    assert run(*loading).code == 5
    assert run(*loading, "--accept-refused").code == 0
    shown = run("lists", "history", "ours", "--refused", "--store", store)
    assert (shown.code, shown.out.splitlines()) == (
        0,
        [
            "r.csv line 3  too short  ##",
            "r.csv line 4  zeros only, as a spreadsheet's format shows an empty cell  ##########",
            "2 entries of ours were refused",
        ],
    )
    told = run("lists", "history", "ours", "--refused", "--json", "--store", store)
    assert json.loads(told.out)["items"][0] == {"member": "r.csv", "line": 3, "why": "too short", "text": "##"}
    given.write_text("2125551234\n", encoding="utf-8")
    assert run(*loading, "--accept-shrinkage").code == 0
    assert run("lists", "history", "ours", "--refused", "--store", store).out == "0 entries of ours were refused\n"


def test_a_list_that_is_gone_stops_every_run_until_it_is_settled(store: Path, tmp_path: Path) -> None:
    """A history that somebody deleted must not let everybody through who is on the list."""
    drop = tmp_path / "drop.csv"
    drop.write_text("phone\n2125550103\n")
    scrubbing = ("scrub", drop, "--channel", "call", "--region", "US", "--store", store, "--as-of", DAY)
    assert leadscrub(*scrubbing, "-o", tmp_path / "before")[0] == 0
    kept = (store / "lists/ours.json").read_bytes()
    (store / "lists/ours.json").unlink()
    for command in (
        (*scrubbing, "-o", tmp_path / "out"),
        (*scrubbing, "-o", tmp_path / "out", "--list", "ours"),
        ("lists", "status", "--store", store, "--as-of", DAY),
        ("lists", "lookup", "2125550103", "--region", "US", "--store", store, "--as-of", DAY),
    ):
        code, _, err = leadscrub(*command)
        assert (code, "The suppression list 'ours' was loaded into the store and is gone" in err) == (5, True)
    # Another load removes nothing of it, and a copy of the history brings it back.
    registry = tmp_path / "registry.txt"
    add(
        store, "ftc", registry, "--kind", "dnc.national", "--as-of", "2026-11-02", "--covers", "212", "--accept-refused"
    )
    (store / "lists/ours.json").write_bytes(kept)
    assert leadscrub(*scrubbing, "-o", tmp_path / "again")[0] == 0
    (store / "lists/ours.json").unlink()
    assert leadscrub("lists", "remove", "ours", "--store", store)[0] == 0
    assert leadscrub(*scrubbing, "-o", tmp_path / "without")[0] == 0
    add(store, "ours", SAMPLE / "lists/our-do-not-contact.csv", "--kind", "dnc.internal", "--as-of", "2026-01-02")
    assert leadscrub(*scrubbing, "-o", tmp_path / "last")[0] == 0


def test_no_list_is_no_answer(tmp_path: Path) -> None:
    store = tmp_path / "empty"
    for words in (("status",), ("lookup", "+12125550100"), ("status", "--json")):
        ran = run("lists", *words, "--store", store)
        assert (ran.code, f"There is no list in the store '{store}'" in ran.err) == (5, True), words
    campaign = tmp_path / "campaign.toml"
    campaign.write_text('channels = ["call"]\nno_lists = true\n', encoding="utf-8")
    assert run("lists", "status", "--campaign", campaign, "--store", store).code == 0
    campaign.write_text(
        'channels = ["call"]\n[[lists]]\nkind = "dnc.internal"\nname = "ours"\nfile = "gone.txt"\n', encoding="utf-8"
    )
    ran = run("lists", "status", "--campaign", campaign, "--store", store)
    assert (ran.code, "Files of lists are missing: ours from gone.txt" in ran.err) == (5, True)
    (tmp_path / "gone.txt").write_text("+12125550100\n", encoding="utf-8")
    assert run("lists", "status", "--campaign", campaign, "--store", store).code == 0


def test_a_file_name_that_is_no_text_is_spelled(tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(str(tmp_path)) + b"/ours\xff.txt"))
    odd.write_text("+12125550100\n?\n", encoding="utf-8")
    store = tmp_path / "store"
    adding = ("lists", "add", "ours", odd, "--kind", "dnc.internal", "--as-of", "2026-11-01", "--store", store)
    assert "ours\\xff.txt:2" in run(*adding).err
    assert run(*adding, "--accept-refused").code == 0
    assert "ours\\xff.txt line 2" in run("lists", "history", "ours", "--refused", "--store", store).out
