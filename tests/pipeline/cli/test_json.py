"""``--json``: one object with a schema version on stdout, whatever comes of a command."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Ran, leadscrub
from tests.docs.json_table import WITH_JSON

DROP = "id,phone\n1,2025550101\n"


def document(ran: Ran) -> dict[str, Any]:
    """What stdout holds, which is one JSON object on one line."""
    assert ran.out.count("\n") == 1, ran.out
    found: dict[str, Any] = json.loads(ran.out)
    assert found["schema_version"] == 1
    return found


def test_most_commands_have_it() -> None:
    assert len(WITH_JSON) > 25


@pytest.mark.parametrize("name", WITH_JSON)
def test_wrong_usage_of_every_command_is_json_too(name: str) -> None:
    ran = leadscrub(*name.split()[1:], "--json", "--no-such-option")
    error = document(ran)["error"]
    assert (ran.code, error["exit_code"], error["name"]) == (2, 2, "usage")
    assert error["message"] == "There is no option '--no-such-option'."
    assert error["details"] == []
    assert error["hint"].endswith(f"See '{name} --help'.")
    assert ran.err == f"leadscrub: {error['message']} {error['hint']}\n"


def _missing_drop(folder: Path) -> list[str | Path]:
    return [folder / "none.csv", "--channel", "call", "--region", "US", "--no-lists"]


def _bad_campaign(folder: Path) -> list[str | Path]:
    (folder / "c.toml").write_text('channels = ["fax"]\nregoin = "US"\n', encoding="utf-8")
    return [folder / "drop.csv", "--campaign", folder / "c.toml"]


def _missing_list(folder: Path) -> list[str | Path]:
    return [folder / "drop.csv", "--channel", "call", "--region", "US", "--internal", folder / "none.txt"]


def _no_list(folder: Path) -> list[str | Path]:
    return [folder / "drop.csv", "--channel", "call", "--region", "US"]


def _not_forced(folder: Path) -> list[str | Path]:
    (folder / "out").mkdir()
    (folder / "out" / "mine.txt").write_text("mine", encoding="utf-8")
    return [folder / "drop.csv", "--channel", "call", "--region", "US", "--no-lists"]


def _unknown_pack(folder: Path) -> list[str | Path]:
    return [folder / "drop.csv", "--channel", "call", "--region", "US", "--no-lists", "--rules", "ux"]


@pytest.mark.parametrize(
    ("given", "code", "name"),
    [
        (_missing_drop, 4, "drop"),
        (_bad_campaign, 3, "configuration"),
        (_missing_list, 5, "list"),
        (_no_list, 5, "list"),
        (_not_forced, 7, "output"),
        (_unknown_pack, 2, "usage"),
    ],
)
def test_errors_of_a_scrub_say_what_is_wrong_and_what_to_do(
    given: Callable[[Path], list[str | Path]], code: int, name: str, tmp_path: Path
) -> None:
    (tmp_path / "drop.csv").write_text(DROP, encoding="utf-8")
    ran = leadscrub("scrub", *given(tmp_path), "-o", tmp_path / "out", "--json")
    error = document(ran)["error"]
    assert (ran.code, error["exit_code"], error["name"]) == (code, code, name)
    assert error["message"]
    assert error["hint"] or error["details"]
    for part in (error["message"], error["hint"], *error["details"]):
        assert part in ran.err
    if name == "configuration":
        assert [fault.partition("c.toml:")[2][:1] for fault in error["details"]] == ["1", "2"]


def test_a_document_that_says_what_is_wrong_is_the_only_one(tmp_path: Path) -> None:
    """A stale list is in the status itself; the exit code says that there is one."""
    (tmp_path / "ours.txt").write_text("2025550101\n", encoding="utf-8")
    store = ("--store", tmp_path / "store")
    kind = ("--kind", "dnc.national", "--as-of", "2026-01-01", "--region", "US", "--registry", "ftc")
    assert leadscrub("lists", "add", "registry", tmp_path / "ours.txt", *kind, *store).code == 0
    ran = leadscrub("lists", "status", *store, "--as-of", "2026-11-21", "--json")
    (status,) = document(ran)["items"]
    assert (ran.code, status["name"], status["state"]) == (5, "registry", "stale")


def test_without_the_option_nothing_is_json(tmp_path: Path) -> None:
    ran = leadscrub("scrub", *_missing_drop(tmp_path), "-o", tmp_path / "out")
    assert (ran.code, ran.out) == (4, "")
