"""``leadscrub nightly`` as people and cron see it: what it takes, what it says, how it ends."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Ran, leadscrub
from tests.pipeline.nightly.workspaces import CAMPAIGN, dump, leads, make_workspace, put

pytestmark = pytest.mark.slow

EARLIER = datetime.now(UTC) - timedelta(hours=1)


def now() -> datetime:
    """Return the time at which a file that is put now was changed: tests may run minutes after they were loaded."""
    return datetime.now(UTC)


DAY = "2026-11-21"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return make_workspace(tmp_path / "leads")


def nightly(workspace: Path, *options: str | Path) -> Ran:
    return leadscrub("nightly", "--workspace", workspace, "--as-of", DAY, *options)


def told(workspace: Path, *options: str | Path) -> dict[str, Any]:
    """The summary of a pass, as JSON."""
    ran = nightly(workspace, "--json", *options)
    document: dict[str, Any] = json.loads(ran.out)
    assert document["exit_code"] == ran.code
    return document


def outcomes(document: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {line["drop"]: (line["outcome"], line["why"]) for line in document["drops"]}


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_drop_is_scrubbed_and_put_away(workspace: Path) -> None:
    put(workspace / "inbox" / "acme", "a.csv", leads(range(3)), EARLIER, ".done")
    ran = nightly(workspace)
    assert (ran.code, ran.err) == (0, "")
    assert "2 vendors: 1 scrubbed" in ran.out
    (out,) = (workspace / "runs" / DAY / "acme").iterdir()
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["run_id"], manifest["vendor"], manifest["campaign"]) == (out.name, "acme", "calls")
    assert leadscrub("verify", out).code == 0
    digest = hashlib.sha256(leads(range(3)).encode()).hexdigest()[:12]
    archive = workspace / "archive" / "acme" / DAY
    assert files(archive) == [f"{digest}-a.csv", f"{digest}-a.csv.done"]
    assert stat.filemode((archive / f"{digest}-a.csv").stat().st_mode) == "-rw-------"
    assert files(workspace / "inbox") == []
    (summary,) = (workspace / "runs" / DAY).glob("summary-*.json")
    (line,) = json.loads(summary.read_text(encoding="utf-8"))["drops"]
    assert (line["outcome"], line["read"], line["clean"], line["out"]) == (
        "scrubbed",
        3,
        3,
        f"runs/{DAY}/acme/{out.name}",
    )
    again = told(workspace)
    assert (again["exit_code"], again["drops"]) == (0, [])


def test_the_same_content_again_is_not_scrubbed_again(workspace: Path) -> None:
    inbox = workspace / "inbox" / "acme"
    put(inbox, "a.csv", leads(range(3)), EARLIER)
    put(inbox, "copy.csv", leads(range(3)), EARLIER)
    first = outcomes(told(workspace))
    assert first == {"a.csv": ("scrubbed", ""), "copy.csv": ("again", "had come before; nothing was scrubbed")}
    put(workspace / "inbox" / "zen", "a.csv", leads(range(3)), EARLIER)
    assert outcomes(told(workspace)) == {"a.csv": ("scrubbed", "")}, "another vendor's drop is another drop"
    found = dump(workspace)
    assert [row[:2] + row[-1:] for row in found["arrivals"]] == [
        ("acme", "inbox/acme/a.csv", "new"),
        ("acme", "inbox/acme/copy.csv", "again"),
        ("zen", "inbox/zen/a.csv", "new"),
    ]
    assert [row[2] for row in found["drops"]] == [1, 2]


def test_what_is_not_complete_waits(workspace: Path) -> None:
    """Young drops, unfinished names, empty files, wrong checksums; and what is no drop at all."""
    inbox, text = workspace / "inbox" / "acme", leads(range(3))
    put(inbox, "young.csv", text, now())
    put(inbox, "young-but-done.csv", text, now(), ".done")
    put(inbox, "future.csv", text, now() + timedelta(days=3))
    put(inbox, "half.csv.filepart", text, EARLIER)
    put(inbox, "half.csv~", text, EARLIER)
    put(inbox, ".hidden.csv", text, EARLIER)
    put(inbox, "empty.csv", "", EARLIER)
    put(inbox, "lonely.csv.done", "", EARLIER)
    put(inbox, "wrong.csv", leads(range(9)), EARLIER)
    put(inbox, "wrong.csv.md5", f"{'0' * 32}  wrong.csv\n", EARLIER)
    put(inbox, "odd.csv", text, EARLIER)
    put(inbox, "odd.csv.sha256", "soon\n", EARLIER)
    (inbox / "folder").mkdir()
    (inbox / "link.csv").symlink_to("/etc/hostname")
    found = told(workspace)
    assert found["exit_code"] == 0
    lines = outcomes(found)
    young = lines.pop("young.csv")
    assert young[0] == "waiting"
    assert young[1].startswith("changed ")
    assert young[1].endswith(" s ago and may still be growing (settle_seconds = 120)")
    assert lines == {
        "young-but-done.csv": ("scrubbed", ""),
        "future.csv": (
            "waiting",
            "changed in the future, by its own account, and may still be growing (settle_seconds = 120)",
        ),
        "half.csv.filepart": ("waiting", "has the name of an unfinished upload"),
        "half.csv~": ("waiting", "has the name of an unfinished upload"),
        "empty.csv": ("waiting", "is empty"),
        "lonely.csv.done": ("waiting", "belongs to a drop that is not there"),
        "wrong.csv": ("waiting", "is not what its .md5 file says"),
        "odd.csv": ("waiting", "has a .sha256 file without such a checksum"),
        "folder": ("waiting", "is no file; only files right in the inbox are taken"),
        "link.csv": ("waiting", "is no file; only files right in the inbox are taken"),
    }
    assert len(files(inbox)) == 12


def test_right_checksums_make_a_young_drop_complete(workspace: Path) -> None:
    inbox = workspace / "inbox" / "acme"
    for name, algorithm in (("a.csv", "sha256"), ("b.csv", "md5")):
        text = leads(range(3), prefix=name)
        put(inbox, name, text, now())
        put(
            inbox,
            f"{name}.{algorithm}",
            f"{hashlib.new(algorithm, text.encode()).hexdigest().upper()} *{name}\n",
            now(),
        )
    assert outcomes(told(workspace)) == {"a.csv": ("scrubbed", ""), "b.csv": ("scrubbed", "")}
    assert files(inbox) == []


def test_what_never_becomes_complete_is_given_up(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "leads", nightly="give_up_hours = 0")
    put(workspace / "inbox" / "zen", "empty.csv", "", EARLIER)
    put(workspace / "inbox" / "zen", "wrong.csv", leads(range(3)), EARLIER)
    put(workspace / "inbox" / "zen", "wrong.csv.sha256", "0" * 64, EARLIER)
    found = told(workspace)
    assert (found["exit_code"], outcomes(found)) == (
        4,
        {
            "empty.csv": ("quarantined", "'inbox/zen/empty.csv' is empty, and has not changed for 0 hours."),
            "wrong.csv": (
                "quarantined",
                "'inbox/zen/wrong.csv' is not what its .sha256 file says, and has not changed for 0 hours.",
            ),
        },
    )
    assert [name.partition("-")[2] for name in files(workspace / "quarantine" / "zen")] in (
        ["empty.csv", "empty.csv.why.txt", "wrong.csv", "wrong.csv.sha256", "wrong.csv.why.txt"],
        ["wrong.csv", "wrong.csv.sha256", "wrong.csv.why.txt", "empty.csv", "empty.csv.why.txt"],
    )


def test_a_drop_that_drifted_goes_to_quarantine_and_back(workspace: Path) -> None:
    inbox = workspace / "inbox" / "acme"
    put(inbox, "a.csv", leads(range(3)), EARLIER)
    assert nightly(workspace).code == 0
    put(inbox, "b.csv", leads(range(3, 6), "lead id,name,mobile"), EARLIER)
    ran = nightly(workspace)
    assert ran.code == 4
    assert "leadscrub: acme: b.csv: the columns of acme are not those of its last accepted drop" in ran.err
    quarantine = workspace / "quarantine" / "acme"
    (drop,) = quarantine.glob("*-b.csv")
    why = drop.with_name(drop.name + ".why.txt").read_text(encoding="utf-8").splitlines()
    assert "'phone' is now 'mobile'" in why[0]
    assert why[1:] == [
        f"To try it again: mv {drop} {inbox / 'b.csv'}",
        "                 leadscrub nightly --vendor acme --accept-drift",
    ]
    drop.rename(inbox / "b.csv")
    found = told(workspace, "--vendor", "acme", "--accept-drift")
    assert outcomes(found) == {"b.csv": ("scrubbed", "")}
    assert files(quarantine) == []
    assert [row[5] for row in dump(workspace)["drops"]] == ["done", "done"]


def test_one_vendors_trouble_does_not_stop_the_others(workspace: Path) -> None:
    """Faults of configuration, an inbox that is not there, a broken drop: the worst decides how the pass ends."""
    (workspace / "vendors" / "bad.toml").write_text('name = "bad"\ncampaign = "call"\n', encoding="utf-8")
    (workspace / "vendors" / "typo.toml").write_text('name = "typo"\ncampain = "calls"\n', encoding="utf-8")
    (workspace / "vendors" / "gone.toml").write_text('name = "gone"\ncampaign = "calls"\n', encoding="utf-8")
    (workspace / "vendors" / "elsewhere.toml").write_text('name = "elsewhere"\n', encoding="utf-8")
    put(workspace / "inbox" / "acme", "broken.zip", b"PK\3\4 no archive", EARLIER)
    put(workspace / "inbox" / "zen", "z.csv", leads(range(3)), EARLIER)
    found = told(workspace)
    assert found["exit_code"] == 3
    assert found["vendors"] == ["acme", "bad", "elsewhere", "gone", "typo", "zen"]
    troubles = {trouble["vendor"]: (trouble["code"], trouble["why"]) for trouble in found["troubles"]}
    assert {vendor: code for vendor, (code, _) in troubles.items()} == {
        "bad": 3,
        "elsewhere": 3,
        "typo": 3,
        "gone": 4,
    }
    assert "campaign: there is no" in troubles["bad"][1]
    assert "Did you mean 'calls'?" in troubles["bad"][1]
    assert "typo.toml:2: campain: unknown key. Did you mean 'campaign'?" in troubles["typo"][1]
    assert troubles["gone"][1] == (
        f"The inbox '{workspace / 'inbox' / 'gone'}' cannot be opened: No such file or directory. Make it, or mount it."
    )
    lines = outcomes(found)
    assert {drop: outcome for drop, (outcome, _) in lines.items()} == {"broken.zip": "quarantined", "z.csv": "scrubbed"}


def test_a_list_that_is_missing_leaves_the_drop_for_the_next_night(workspace: Path) -> None:
    campaign = workspace / "campaigns" / "calls.toml"
    campaign.write_text(CAMPAIGN.format(more='store_lists = ["registry"]'), encoding="utf-8")
    path = put(workspace / "inbox" / "acme", "a.csv", leads(range(3)), EARLIER)
    ran = nightly(workspace)
    assert ran.code == 5
    assert ran.err.startswith("leadscrub: acme: a.csv: There is no store to take the list 'registry' from.")
    assert path.exists()
    assert not list((workspace / "runs").glob("*/acme"))
    campaign.write_text(CAMPAIGN.format(more="no_lists = true"), encoding="utf-8")
    assert outcomes(told(workspace)) == {"a.csv": ("scrubbed", "")}


def test_too_many_rejected_rows_end_with_6_and_stand(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "leads", campaign="max_reject_rate = 0.5")
    put(workspace / "inbox" / "acme", "a.csv", leads(range(3)).replace("-555-", "-111-"), EARLIER)
    found = told(workspace)
    (line,) = found["drops"]
    assert (found["exit_code"], line["outcome"], line["rejected"]) == (6, "scrubbed", 3)
    assert line["why"] == "more than 50% of its rows were rejected"
    assert (workspace / line["out"] / "rejected.parquet").exists()
    assert files(workspace / "inbox") == []


def test_a_ledger_that_does_not_answer_leaves_everything(tmp_path: Path) -> None:
    ledger = '[ledger]\nurl = "postgresql://nobody@127.0.0.1:9/none"'
    workspace = make_workspace(tmp_path / "leads", ledger=ledger)
    path = put(workspace / "inbox" / "acme", "a.csv", leads(range(3)), EARLIER)
    ran = nightly(workspace)
    assert ran.code == 5
    assert ran.err == (
        "leadscrub: The ledger does not answer correctly (OperationalError). Check that it is running and complete.\n"
    )
    assert path.exists()


def test_the_second_pass_leaves_at_once_with_7(workspace: Path) -> None:
    put(workspace / "inbox" / "acme", "a.csv", leads(range(3)), EARLIER)
    (workspace / ".nightly").mkdir()
    with (workspace / ".nightly" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ran = nightly(workspace)
    assert (ran.code, ran.out) == (7, "")
    assert ran.err == f"leadscrub: Another pass is running in '{workspace}'; nothing was done. Wait for it.\n"
    assert nightly(workspace).code == 0


def test_a_dry_run_says_what_it_would_take_and_writes_nothing(workspace: Path) -> None:
    put(workspace / "inbox" / "acme", "a.csv", leads(range(3)), EARLIER)
    put(workspace / "inbox" / "acme", "young.csv", leads(range(3)), now())
    before = sorted(map(str, workspace.rglob("*")))
    ran = nightly(workspace, "--dry-run")
    assert ran.code == 0
    taken = outcomes(told(workspace, "--dry-run"))["a.csv"]
    moved = f"moved from 'inbox/acme/a.csv' to 'archive/acme/{DAY}'"
    assert taken == ("ready", f"would be taken, and {moved}")
    assert ran.out.rstrip().endswith("2 vendors: 1 ready, 1 waiting; dry run, nothing written")
    assert sorted(map(str, workspace.rglob("*"))) == before


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--vendor", "acmee"), 2, "There is no vendor 'acmee'. Did you mean 'acme'?"),
        (("--as-of", "soon"), 2, "'soon' is not a day. Write it as YYYY-MM-DD."),
    ],
)
def test_wrong_options_end_with_2(workspace: Path, options: tuple[str, ...], code: int, message: str) -> None:
    ran = leadscrub("nightly", "--workspace", workspace, *options)
    assert (ran.code, ran.err) == (code, f"leadscrub: {message}\n")


def test_a_folder_that_is_no_workspace_ends_with_2(tmp_path: Path) -> None:
    ran = nightly(tmp_path)
    assert ran.code == 2
    assert "is not a workspace: it has no leadscrub.toml. Make one with 'leadscrub init'." in ran.err


def test_faults_of_the_workspaces_own_file_end_with_3(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "leads", nightly='settle = 3\nhook_on = "monday"')
    ran = nightly(workspace)
    assert ran.code == 3
    assert "leadscrub.toml:2: nightly.settle: unknown key. Did you mean 'settle_seconds'?" in ran.err
    assert "leadscrub.toml:3: nightly.hook_on: Input should be 'always' or 'trouble'" in ran.err


def hooked(tmp_path: Path, program: str, more: str = "") -> Path:
    script = tmp_path / "hook.py"
    script.write_text(program, encoding="utf-8")
    command = json.dumps([sys.executable, str(script)])
    return make_workspace(tmp_path / "leads", nightly=f"hook = {command}\n{more}")


def test_the_hook_gets_the_summary(tmp_path: Path) -> None:
    workspace = hooked(tmp_path, "import sys, pathlib\npathlib.Path('told.json').write_text(sys.stdin.read())")
    put(workspace / "inbox" / "acme", "a.csv", leads(range(3)), EARLIER)
    assert nightly(workspace).code == 0
    document = json.loads((workspace / "told.json").read_text(encoding="utf-8"))
    assert [line["outcome"] for line in document["drops"]] == ["scrubbed"]
    text = json.dumps(document)
    assert "555" not in text.replace(document["drops"][0]["run_id"], "")
    assert "Ann" not in text


def test_a_hook_for_trouble_is_called_only_then(tmp_path: Path) -> None:
    workspace = hooked(tmp_path, "import pathlib\npathlib.Path('called').touch()", 'hook_on = "trouble"')
    put(workspace / "inbox" / "acme", "a.csv", leads(range(3)), EARLIER)
    assert nightly(workspace).code == 0
    assert not (workspace / "called").exists()
    put(workspace / "inbox" / "acme", "broken.zip", b"PK\3\4 no archive", EARLIER)
    assert nightly(workspace).code == 4
    assert (workspace / "called").exists()


@pytest.mark.parametrize(
    ("program", "more", "message"),
    [
        ("raise SystemExit(9)", "", "ended with 9."),
        ("import time\ntime.sleep(60)", "hook_seconds = 1", "did not end within 1 s and was ended."),
    ],
)
def test_a_hook_that_fails_is_told(tmp_path: Path, program: str, more: str, message: str) -> None:
    """Nothing is lost by it: exit 1, unless the night itself was worse."""
    workspace = hooked(tmp_path, program, more)
    put(workspace / "inbox" / "acme", "a.csv", leads(range(3)), EARLIER)
    ran = nightly(workspace)
    assert (ran.code, ran.err) == (1, f"leadscrub: The hook '{sys.executable}' {message}\n")
    put(workspace / "inbox" / "acme", "broken.zip", b"PK\3\4 no archive", EARLIER)
    assert nightly(workspace).code == 4


def test_a_hook_that_is_not_there_is_told(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "leads", nightly='hook = ["/no/such/hook"]')
    ran = nightly(workspace)
    assert (ran.code, ran.err) == (1, "leadscrub: The hook '/no/such/hook' cannot be run: No such file or directory.\n")


def test_the_report_is_written_where_it_is_wanted(workspace: Path, tmp_path: Path) -> None:
    put(workspace / "inbox" / "acme", "a.csv", leads(range(3)), EARLIER)
    report = tmp_path / "new" / "report.json"
    assert nightly(workspace, "--report", report).code == 0
    assert json.loads(report.read_text(encoding="utf-8"))["exit_code"] == 0


def test_names_that_are_hostile_or_broken_do_no_harm(workspace: Path) -> None:
    """Markup, control characters, bytes that are no text, names as long as the system allows."""
    inbox = workspace / "inbox" / "acme"
    names = ["[red]a[b].csv", "b\x1b[2J\n.csv", os.fsdecode(b"c\xff.csv"), "d" * 251 + ".csv", "--help.csv"]
    for number, name in enumerate(names):
        put(inbox, name, leads(range(number * 3, number * 3 + 3)), EARLIER)
    ran = nightly(workspace)
    assert (ran.code, ran.err) == (0, "")
    assert "[red]a[b].csv" in ran.out
    assert "\x1b" not in ran.out
    assert files(inbox) == []
    assert len(list((workspace / "runs" / DAY / "acme").iterdir())) == 5


def test_the_command_runs_as_cron_runs_it(workspace: Path) -> None:
    """From the workspace, as a process of its own, without options."""
    put(workspace / "inbox" / "acme", "a.csv", leads(range(3)), EARLIER, ".done")
    command = [sys.executable, "-m", "leadscrub", "nightly"]
    ran = subprocess.run(command, cwd=workspace, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "1 scrubbed" in ran.stdout
