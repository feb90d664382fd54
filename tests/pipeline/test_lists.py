"""The store of suppression lists, by its commands."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SAMPLE = Path(__file__).parents[2] / "data" / "sample"
DAY = "2026-11-21"


def leadscrub(*words: str | Path) -> tuple[int, str, str]:
    ran = subprocess.run(
        [sys.executable, "-m", "pipeline.cli", *map(str, words)], capture_output=True, text=True, check=False
    )
    return ran.returncode, ran.stdout, ran.stderr


def add(store: Path, *words: str | Path, expect: int = 0) -> str:
    code, out, err = leadscrub("lists", "add", *words, "--region", "US", "--store", store)
    assert code == expect, err
    return out + err


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store with a registry copy that covers one area code, and a list of one's own."""
    folder, registry = tmp_path / "store", tmp_path / "registry.txt"
    registry.write_text("212,5550101\n212,5550102\n212,555010\n")
    add(folder, "ftc", registry, "--kind", "dnc.national", "--as-of", "2026-11-01", "--covers", "212")
    add(folder, "ours", SAMPLE / "lists/our-do-not-contact.csv", "--kind", "dnc.internal", "--as-of", "2026-01-01")
    return folder


def as_json(*words: str | Path) -> Any:
    code, out, err = leadscrub(*words, "--json")
    assert code == 0, err
    return json.loads(out)


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
    import polars as pl

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
    assert leadscrub("lists", "drop", "ours", "--store", store)[0] == 0
    assert [one["name"] for one in as_json("lists", "status", "--store", store, "--as-of", DAY)] == ["ftc"]
    assert [step["action"] for step in as_json("lists", "history", "ours", "--store", store)] == ["add", "drop"]
    code, _, err = leadscrub("lists", "export", "ours", "--out", store / "x", "--store", store)
    assert (code, "was dropped" in err) == (5, True)


def test_export_writes_entries_plain_or_hashed(store: Path, tmp_path: Path) -> None:
    plain, hashed = tmp_path / "plain.txt", tmp_path / "hashed.txt"
    assert leadscrub("lists", "export", "ours", "--out", plain, "--store", store)[0] == 0
    assert plain.read_text() == "+12125550120\nrosa@example.com\n"
    recipe = ("--hash", "last10+sha256+base64")
    assert leadscrub("lists", "export", "ftc", "--out", hashed, *recipe, "--store", store)[0] == 0
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
