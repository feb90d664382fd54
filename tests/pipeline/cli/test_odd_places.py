"""A path is a path, whatever is in it, and nothing behind a planted link is opened, emptied or written."""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.conftest import DAY, Ran, can_be_seen, leadscrub, write_campaign
from tests.pipeline.nightly.workspaces import leads, make_workspace, put

pytestmark = pytest.mark.slow

#: What means something to polars, a shell, a URL, a terminal or a file system.
ODD = ["a[1]?*%41#y", "~", "file:x\nbreak \x1b[31m\u202e ann@example.com 2025550123"]
DECOYS = ("a1xy", "a1xyA", "x", "a[1]?*A")
CONTRACT = '[returns]\nwindow = "30d"\nreasons = { "phone.unparseable" = "bad number" }\nkey = "lead id"\n'
EARLIER = datetime.now(UTC) - timedelta(hours=1)


def said(ran: Ran, code: int = 0) -> Ran:
    assert ran.code == code, ran.err
    assert all(map(can_be_seen, (ran.out + ran.err).split("\n"))), ascii(ran.out + ran.err)
    return ran


def everything(folder: Path) -> dict[Path, bytes | None]:
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


@pytest.mark.parametrize("name", ODD)
def test_every_command_takes_an_odd_folder_for_itself(
    name: str, in_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside each there is what it would be as a pattern or a part of a URL, and none of it is touched."""
    for decoy in DECOYS:
        (in_folder / decoy).mkdir()
    here = Path(name)
    workspace = make_workspace(here, ledger="[ledger]")
    (workspace / "vendors" / "acme.toml").write_text(f'name = "acme"\ncampaign = "calls"\n{CONTRACT}')
    (here / "ours.txt").write_text("+12025550124\n")
    put(here, "drop.csv", leads(range(3)) + "9,Bo,5\n", EARLIER)
    put(workspace / "inbox" / "acme", "drop.csv", leads(range(20, 23)) + "9,Bo,5\n", EARLIER)
    campaign = write_campaign(here, ("call",), more="")
    options = ("--campaign", campaign, "--as-of", DAY, "--threads", "1", "--ledger", "none")
    said(leadscrub("inspect", here / "drop.csv"))
    said(leadscrub("scrub", here / "drop.csv", "-o", here / "out", *options))
    assert "row 0: clean" in said(leadscrub("explain", here / "out", "--phone", "+12025550100")).out
    monkeypatch.setattr("sys.stdin", io.StringIO("+1 202 555 0101\n"))
    assert "row 1: clean" in said(leadscrub("explain", here / "out", "--phone", "-")).out
    assert "ok: 4 read = 3 clean + 1 rejected" in said(leadscrub("verify", here / "out")).out
    said(leadscrub("rescrub", here / "out", "-o", here / "again", "--as-of", DAY, "--no-lists"))
    said(leadscrub("export", here / "out", "--to", here / "rows.csv", "--as-of", DAY))
    assert (here / "rows.csv").read_text().count("\n") == 4
    added = ("ours", here / "ours.txt", "--kind", "dnc.internal", "--as-of", DAY, "--store", here / "store")
    said(leadscrub("lists", "add", *added))
    monkeypatch.setattr("sys.stdin", io.StringIO("202-555-0124\n202-555-0125\n"))
    asked = ("lists", "lookup", "-", "--region", "US", "--store", here / "store", "--as-of", DAY)
    assert [line.split()[1] for line in said(leadscrub(*asked)).out.splitlines()] == ["matched", "clear"]
    found = said(leadscrub("nightly", "--workspace", workspace, "--as-of", DAY, "--json")).out
    assert [(line["drop"], line["outcome"], line["read"]) for line in json.loads(found)["drops"]] == [
        ("drop.csv", "scrubbed", 4)
    ]
    said(leadscrub("returns", "--workspace", workspace, "--as-of", DAY, "--write"))
    assert len(list((workspace / "outgoing" / "acme").iterdir())) == 1
    assert (workspace / "ledger" / "ledger.db").is_file()
    assert sorted(path.name for path in Path().iterdir()) == sorted({name, *DECOYS})
    assert not (Path.home() / "out").exists()
    assert [path for decoy in DECOYS for path in Path(decoy).iterdir()] == []


def test_a_folder_whose_name_is_no_text_is_refused(in_folder: Path) -> None:
    here = Path(os.fsdecode(b"no text \xff"))
    here.mkdir()
    put(here, "drop \udcfe.csv", leads(range(3)), EARLIER)
    for words in (
        ("scrub", here / "drop \udcfe.csv", "-o", here / "out", "--channel", "call", "--no-lists", "--region", "US"),
        ("verify", here / "out"),
        ("explain", here / "out", "--row", "0"),
    ):
        assert "is no text (UTF-8). Choose another name." in said(leadscrub(*words), 7).err
    assert [path.name for path in here.iterdir()] == ["drop \udcfe.csv"]
    more = ("--channel", "call", "--no-lists", "--region", "US", "--json")
    found = said(leadscrub("scrub", here / "drop \udcfe.csv", "-o", "out", *more)).out
    assert list(json.loads(found)["files"]) == ["drop \\xfe.csv"]


Work = Callable[[Path], Ran]


def scrubbed(workspace: Path, *more: str) -> Ran:
    drop = put(workspace, "drop.csv", leads(range(3)), EARLIER)
    fixed = ("--channel", "call", "--region", "US", "--no-lists", "--as-of", DAY, "--threads", "1", "--ledger", "none")
    return leadscrub("scrub", drop, "-o", workspace / "out", *fixed, *more)


def night(workspace: Path) -> Ran:
    return leadscrub("nightly", "--workspace", workspace, "--as-of", DAY)


def added(workspace: Path) -> Ran:
    ours = put(workspace, "ours.txt", "+12025550124\n", EARLIER)
    return leadscrub(
        "lists", "add", "ours", ours, "--kind", "dnc.internal", "--as-of", DAY, "--store", workspace / "store"
    )


def returned(workspace: Path) -> Ran:
    with contextlib.suppress(FileNotFoundError):
        (workspace / "vendors" / "acme.toml").write_text(f'name = "acme"\ncampaign = "calls"\n{CONTRACT}')
    assert night(workspace).code == 0
    return leadscrub("returns", "--workspace", workspace, "--as-of", DAY, "--write")


PLANTED: list[tuple[str, Work]] = [
    ("out", scrubbed),
    ("out", lambda workspace: scrubbed(workspace, "--force")),
    (".out.partial", scrubbed),
    *((place, night) for place in ("runs", "runs/.partial", f"runs/{DAY}", f"runs/{DAY}/acme")),
    *((place, night) for place in ("archive", "archive/acme", "quarantine", "inbox/acme", ".nightly", ".nightly/lock")),
    *((place, night) for place in ("ledger", "ledger/ledger.db", "ledger/ledger.db-wal", "ledger/history")),
    *((place, added) for place in ("store", "store/lists", "store/versions", "store/tmp", "store/lock")),
    *((place, returned) for place in ("outgoing", "outgoing/acme")),
]


@pytest.mark.parametrize("number", range(len(PLANTED)), ids=lambda number: f"{number} {PLANTED[number][0]}")
def test_a_planted_link_is_refused_and_nothing_behind_it_touched(number: int, tmp_path: Path) -> None:
    """Every other one leads nowhere: what is made through such a link would be there."""
    place, work = PLANTED[number]
    workspace, behind = make_workspace(tmp_path / "leads"), tmp_path / "behind"
    put(workspace / "inbox" / "acme", "drop.csv", leads(range(3)) + "9,Bo,5\n", EARLIER)
    behind.mkdir()
    for name in ("manifest.json", "clean.parquet", "drop.csv", "ledger.db"):
        (behind / name).write_text("theirs")
    (behind / "work").mkdir()
    path = workspace / place
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        (path / "drop.csv").unlink()
        path.rmdir()
    path.symlink_to(behind / "nowhere" if number % 2 else behind)
    before = everything(behind)
    ran = work(workspace)
    assert (ran.code, f"'{path}' is a link: nothing behind it is opened or changed." in ran.err) == (7, True), ran.err
    assert everything(behind) == before
    assert path.is_symlink()


def test_a_name_that_is_too_long_is_said_to_be(in_folder: Path) -> None:
    put(Path(), "drop.csv", leads(range(3)), EARLIER)
    long, fixed = "n" * 300, ("--channel", "call", "--no-lists", "--region", "US")
    for words in (
        ("scrub", long, "-o", "out", *fixed),
        ("scrub", "drop.csv", "-o", long, *fixed),
        ("scrub", "drop.csv", "-o", "n" * 250, *fixed),
        ("scrub", "drop.csv", "-o", "out", "--channel", "call", "--region", "US", "--internal", long),
        ("inspect", long),
        ("explain", long, "--row", "0"),
        ("verify", long),
        ("nightly", "--workspace", long),
        ("returns", "--workspace", long),
        ("lists", "add", "ours", "drop.csv", "--kind", "dnc.internal", "--as-of", DAY, "--store", long),
        ("lists", "status", "--store", long),
        ("check", long),
    ):
        ran = leadscrub(*words)
        assert (ran.code in {2, 4, 5, 7}, "internal error" in ran.err, long[:99] in ran.err) == (True, False, True), ran
    assert [path.name for path in in_folder.iterdir()] == ["drop.csv"]


def test_a_folder_that_no_run_made_is_not_emptied(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "leads")
    (workspace / ".out.partial").mkdir()
    (workspace / ".out.partial" / "thesis.txt").write_text("mine")
    ran = scrubbed(workspace)
    assert (ran.code, "holds other files. Move them away" in ran.err) == (7, True)
    assert (workspace / ".out.partial" / "thesis.txt").read_text() == "mine"


def test_an_inbox_elsewhere_must_be_named_and_ours_are_none(tmp_path: Path) -> None:
    workspace, elsewhere = make_workspace(tmp_path / "leads"), tmp_path / "elsewhere"
    elsewhere.mkdir()
    drop = put(elsewhere, "drop.csv", leads(range(3)), EARLIER)
    vendor = workspace / "vendors" / "acme.toml"
    for inbox, says in (
        (
            str(elsewhere),
            f'is outside the workspace. If its files may be moved into the archive, add inboxes = ["{elsewhere}"]',
        ),
        ("../elsewhere", "is outside the workspace"),
        ("runs", "is where leadscrub keeps its own files"),
        (".", "is where leadscrub keeps its own files"),
    ):
        vendor.write_text(f'name = "acme"\ncampaign = "calls"\ninbox = "{inbox}"\n')
        ran = night(workspace)
        assert (ran.code, says in ran.err, drop.exists()) == (3, True, True), ran.err
    vendor.write_text('name = "acme"\ncampaign = "calls"\ninbox = "../elsewhere"\n')
    (workspace / "leadscrub.toml").write_text(f'[nightly]\ninboxes = ["{elsewhere}"]\n')
    moves = json.loads(leadscrub("check", workspace, "--as-of", DAY, "--json").out)["moves"]
    assert {"vendor": "acme", "from": str(workspace / "../elsewhere"), "to": f"archive/acme/{DAY}"} in [
        each | {"from": str(workspace / each["from"])} if not each["from"].startswith("/") else each for each in moves
    ]
    assert (night(workspace).code, drop.exists()) == (0, False)
