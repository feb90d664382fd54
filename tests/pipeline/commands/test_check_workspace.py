"""check says all that a run or a night would stumble over, each with its place and its remedy, and changes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import leadscrub

DAY = "2026-11-21"
CAMPAIGN = """\
name = "calls"
channels = ["call", "email"]
region = "US"
rules.packs = ["us"]
[[lists]]
kind = "dnc.national"
name = "registry"
file = "registry.txt"
as_of = 2026-11-20
[[lists]]
kind = "dnc.internal"
name = "ours"
file = "ours.txt"
[[lists]]
kind = "email.unsubscribed"
name = "gone"
file = "gone.txt"
"""
Edit = Callable[[Path], None]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace in which there is nothing to settle."""
    folder = tmp_path / "leads"
    for name in ("campaigns", "vendors", "inbox/acme"):
        (folder / name).mkdir(parents=True)
    (folder / "leadscrub.toml").write_text("", encoding="utf-8")
    (folder / "campaigns" / "calls.toml").write_text(CAMPAIGN, encoding="utf-8")
    for name in ("registry", "ours", "gone"):
        (folder / "campaigns" / f"{name}.txt").write_text("2125550100\n", encoding="utf-8")
    (folder / "vendors" / "acme.toml").write_text('name = "acme"\ncampaign = "calls"\n', encoding="utf-8")
    return folder


def replaced(file: str, old: str, new: str) -> Edit:
    def edit(workspace: Path) -> None:
        path = workspace / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    return edit


def written(file: str, text: str = "") -> Edit:
    def edit(workspace: Path) -> None:
        path = workspace / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    return edit


def checked(workspace: Path) -> tuple[int, list[tuple[str, str, str]]]:
    before = {path: path.read_bytes() for path in workspace.rglob("*") if path.is_file()}
    ran = leadscrub("check", workspace, "--as-of", DAY, "--json")
    assert {path: path.read_bytes() for path in workspace.rglob("*") if path.is_file()} == before
    found = json.loads(ran.out)["findings"]
    assert all(each["remedy"] for each in found)
    return ran.code, [(each["state"], each["where"], each["what"]) for each in found]


def test_nothing_to_settle_is_said_and_exits_0(workspace: Path) -> None:
    ran = leadscrub("check", workspace, "--as-of", DAY)
    assert (ran.code, ran.out) == (
        0,
        "nothing is wrong, missing, undeclared or open\n"
        f"acme: a night moves files from 'inbox/acme' to 'archive/acme/{DAY}'\n",
    )


CALLS, ACME = "campaigns/calls.toml", "vendors/acme.toml"


@pytest.mark.parametrize(
    ("edit", "state", "where", "what"),
    [
        (replaced(CALLS, 'region = "US"\n', ""), "undeclared", CALLS, "no region"),
        (replaced(CALLS, 'rules.packs = ["us"]\n', ""), "undeclared", CALLS, "no rule packs"),
        (replaced(CALLS, '["us"]', '["uss"]'), "wrong", CALLS, "There is no rule pack 'uss'"),
        (replaced(CALLS, "as_of = 2026-11-20\n", ""), "undeclared", CALLS, "list 'registry' has no date"),
        (replaced(CALLS, "ours.txt", "our.txt"), "missing", CALLS, "list 'ours': there is no 'our.txt'"),
        (replaced(CALLS, "dnc.internal", "list.mine"), "undeclared", CALLS, "against no list of kind dnc.internal"),
        (replaced(CALLS, "email.unsubscribed", "list.mine"), "undeclared", CALLS, "no list of kind email.unsubscribed"),
        (replaced(CALLS, CAMPAIGN[CAMPAIGN.index("[[") :], ""), "missing", CALLS, "a run stops with exit 5"),
        (replaced(CALLS, '"US"\n', '"US"\nstore_lists = ["fed"]\n'), "missing", CALLS, "the store has no list 'fed'"),
        (replaced(CALLS, 'region = "US"', 'regoin = "US"'), "wrong", f"{CALLS}:3", "regoin: unknown key"),
        (replaced(ACME, '"calls"', '"cals"'), "wrong", ACME, "campaign: there is no"),
        (replaced(ACME, "name", "price = 2\nname"), "undeclared", ACME, "no [returns] with a window"),
        (replaced(ACME, "name", 'layout = "other"\nname'), "missing", ACME, "There is no layout 'other'"),
        (replaced(ACME, "name", 'inbox = "elsewhere"\nname'), "missing", "elsewhere", "is not there"),
        (written("vendors/hand.toml", 'name = "hand"\nnightly = 2\n'), "wrong", "vendors/hand.toml:2", "nightly"),
        (written("inbox/zen/a.csv"), "wrong", "inbox/zen", "no vendor has this inbox"),
        (written("quarantine/acme/1-a.csv"), "open", "quarantine/acme/1-a.csv", "a drop is in quarantine"),
        (written("store/lists/fed.json", "{"), "wrong", "store", "fed"),
        (written("exports/a.toml", 'title = "x"\nrow = "lead"\n'), "wrong", "exports/a.toml:2", "row: unknown key"),
        (written("layouts/a.toml", "skip_lines = -1\n"), "wrong", "layouts/a.toml:1", "skip_lines"),
        (written("layouts/a.odcs.yaml", "kind: Other\n"), "wrong", "layouts/a.odcs.yaml:1", "kind"),
        (written("leadscrub.toml", "[lineage]\nurl = 3\n"), "wrong", "leadscrub.toml:2", "lineage.url"),
        (replaced(CALLS, 'region', 'gate.records.min = -1\nregion'), "wrong", f"{CALLS}:3", "gate.records.min"),
        (written("leadscrub.toml", "[nightly]\nhook = 3\n"), "wrong", "leadscrub.toml:2", "nightly.hook"),
    ],
)  # fmt: skip
def test_each_thing_to_settle_is_found_with_its_place(
    workspace: Path, edit: Edit, state: str, where: str, what: str
) -> None:
    edit(workspace)
    code, found = checked(workspace)
    assert code == 3
    assert any((state, where) == each[:2] and what in each[2] for each in found), found


def test_a_list_of_the_store_that_is_too_old_or_gone_is_found(workspace: Path) -> None:
    registry = workspace / "campaigns" / "registry.txt"
    store = ("--store", workspace / "store")
    for name in ("fed", "lost"):
        more = (
            "--kind",
            "dnc.national",
            "--registry",
            "ftc",
            "--as-of",
            "2026-09-01",
            "--covers",
            "all",
            "--region",
            "US",
        )
        assert leadscrub("lists", "add", name, registry, *store, *more).code == 0
    (workspace / "store" / "lists" / "lost.json").unlink()
    code, found = checked(workspace)
    assert code == 3
    assert ("missing", "store", "list 'lost' was loaded and is gone") in found
    assert any(what.startswith("Stale suppression lists on 2026-11-21: 'fed'") for _, _, what in found)


def test_a_folder_that_is_no_workspace_is_wrong_usage(tmp_path: Path) -> None:
    ran = leadscrub("check", tmp_path)
    assert (ran.code, "is not a workspace" in ran.err) == (2, True)
