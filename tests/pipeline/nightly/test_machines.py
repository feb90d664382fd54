"""Two machines, one ledger in PostgreSQL, one inbox on an SFTP server: each drop is taken once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, select

from pipeline.ledger.tables import run_drops, runs
from tests import processes
from tests.conftest import REPO, leadscrub
from tests.pipeline.nightly.workspaces import Passes, dump, leads, make_workspace, night, put
from tests.pipeline.reading.servers import s3_server, sftp_server

pytestmark = pytest.mark.slow

DROPS = 4


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, str]]:
    """A folder of an SFTP server that this user may log in to, and its URL."""
    served, home = tmp_path / "served", tmp_path / "home"
    (served / "drops").mkdir(parents=True)
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    with sftp_server(served, home) as port:
        yield served / "drops", f"sftp://vendor@127.0.0.1:{port}/drops"


def machine(folder: Path, inbox: str, url: str, history: Path) -> Path:
    ledger = f'[ledger]\nurl = "{url}"\nhistory = "{history}"' if url else ""
    workspace = make_workspace(folder, ledger=ledger)
    text = f'name = "acme"\ncampaign = "calls"\ninbox = "{inbox}"\n'
    (workspace / "vendors" / "acme.toml").write_text(text, encoding="utf-8")
    return workspace


def told(process: subprocess.Popen[str]) -> dict[str, Any]:
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    document: dict[str, Any] = json.loads(out)
    return document


def start(workspace: Path) -> subprocess.Popen[str]:
    return processes.Popen(
        [sys.executable, "-m", "leadscrub", "nightly", "--json", "--as-of", "2026-11-02"],
        cwd=workspace,
        env={**os.environ, "PYTHONPATH": str(REPO)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_machines_at_once_take_each_drop_once(tmp_path: Path, server: tuple[Path, str], postgres_url: str) -> None:
    """What one is at work on the other leaves alone, and a second night finds nothing new."""
    served, inbox = server
    for number in range(DROPS):
        text = leads(range(number * 20, number * 20 + 30), prefix=f"{number}:")
        put(served, f"drop-{number}.csv", text, datetime.now(UTC) - timedelta(hours=1))
    machines = [machine(tmp_path / name, inbox, postgres_url, tmp_path / "history") for name in ("one", "two")]
    with ExitStack() as stack:
        running = [stack.enter_context(start(each)) for each in machines]
        summaries = [told(process) for process in running]
    scrubbed = Counter(
        line["drop"] for summary in summaries for line in summary["drops"] if line["outcome"] == "scrubbed"
    )
    assert scrubbed == {f"drop-{number}.csv": 1 for number in range(DROPS)}
    others = [line for summary in summaries for line in summary["drops"] if line["outcome"] != "scrubbed"]
    assert {(line["outcome"], line["code"]) for line in others} <= {("left", 0)}
    engine = create_engine(postgres_url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect() as connection:
        entered = connection.execute(
            select(run_drops.c.sha256, runs.c.read, runs.c.out).join(runs).where(runs.c.state == "done")
        ).all()
    engine.dispose()
    assert len(entered) == len({row.sha256 for row in entered}) == DROPS
    assert sum(row.read for row in entered) == DROPS * 30
    results = [path.parent for each in machines for path in each.glob("runs/*/*/*/manifest.json")]
    assert sorted(map(str, results)) == sorted(row.out for row in entered)
    archived = [path.name for each in machines for path in each.glob("archive/acme/*/*.csv")]
    assert sorted(name.partition("-")[2] for name in archived) == sorted(scrubbed)
    with ExitStack() as stack:
        summary = told(stack.enter_context(start(machines[0])))
    assert (summary["known"], summary["drops"]) == (DROPS, [])


def test_a_remote_inbox_is_read_and_left_as_it_is(forked: Passes, tmp_path: Path, server: tuple[Path, str]) -> None:
    """Companions are read there; a later file of the same name is another drop; one in quarantine can be had again."""
    served, inbox = server
    workspace = machine(tmp_path / "one", inbox, "", tmp_path)
    shown = inbox.replace("vendor@", "")
    old = night(1, 2)
    put(served, "a.csv", leads(range(3)), old)
    put(served, "checked.csv", leads(range(3, 6)), old)
    put(served, "checked.csv.md5", "0" * 32, old)
    put(served, "b.csv.part", leads(range(3)), old)
    put(served, "broken.zip", b"PK\3\4" + b"no archive" * 9, old)
    (served / "folder").mkdir()
    assert forked.run(workspace, night(1)) == 4
    assert forked.outcomes() == {
        "a.csv": "scrubbed",
        "checked.csv": "waiting",
        "b.csv.part": "waiting",
        "broken.zip": "quarantined",
    }
    put(served, "a.csv", leads(range(10, 13)), night(2, 2))
    (served / "checked.csv.md5").unlink()
    assert forked.run(workspace, night(2)) == 4, "the broken one still waits for a person"
    assert forked.outcomes() == {"a.csv": "scrubbed", "checked.csv": "scrubbed", "b.csv.part": "waiting"}
    assert forked.told()["known"] == 1
    (kept,) = (workspace / "quarantine" / "acme").glob("*-broken.zip")
    kept.unlink()
    assert forked.run(workspace, night(3)) == 4
    assert forked.outcomes() == {"b.csv.part": "waiting", "broken.zip": "quarantined"}
    assert kept.exists()
    found = dump(workspace)
    assert sorted({row[1] for row in found["arrivals"]}) == [
        f"{shown}/{n}" for n in ("a.csv", "broken.zip", "checked.csv")
    ]
    assert sorted(path.name for path in served.iterdir()) == [
        "a.csv",
        "b.csv.part",
        "broken.zip",
        "checked.csv",
        "folder",
    ]


def test_a_remote_drop_is_killed_before_each_change_of_the_disk(
    forked: Passes, tmp_path: Path, server: tuple[Path, str]
) -> None:
    served, inbox = server
    put(served, "a.csv", leads(range(3)), night(1, 2))
    count = tmp_path / "count"
    calm = machine(tmp_path / "calm", inbox, "", tmp_path)
    assert forked.run(calm, night(1), count=str(count)) == 0
    changes = count.stat().st_size
    whole = dump(calm)
    for moment in range(3, changes + 1, max(changes // 3, 1)):
        workspace = machine(tmp_path / f"killed-{moment}", inbox, "", tmp_path)
        assert forked.run(workspace, night(1), kill_at=moment) == -9, moment
        assert forked.run(workspace, night(1)) == 0
        assert dump(workspace) == whole, moment
        (kept,) = (path for path in (workspace / "archive").rglob("*") if path.is_file())
        assert kept.read_text(encoding="utf-8") == leads(range(3))
        assert not list((workspace / ".nightly" / "fetched").rglob("*.csv"))


def test_a_server_that_is_away_is_the_vendors_trouble_alone(forked: Passes, tmp_path: Path) -> None:
    workspace = machine(tmp_path / "one", "sftp://vendor@127.0.0.1:9/drops", "", tmp_path)
    put(workspace / "inbox" / "zen", "z.csv", leads(range(3)), night(1, 2))
    assert forked.run(workspace, night(1)) == 4
    (trouble,) = forked.told()["troubles"]
    assert forked.outcomes() == {"z.csv": "scrubbed"}
    assert trouble["vendor"] == "acme"
    assert "'sftp://127.0.0.1:9/drops' could not be fetched to its end" in trouble["why"]


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An empty bucket ``drops`` of an S3 server, to which the environment leads."""
    with s3_server(monkeypatch) as (client, _):
        yield client


def test_an_inbox_on_s3_is_served_like_any_other(tmp_path: Path, bucket: Any) -> None:
    workspace = machine(tmp_path / "one", "s3://drops/acme", "", tmp_path)

    def told_again() -> tuple[int, dict[str, str], int]:
        ran = leadscrub("nightly", "--workspace", workspace, "--json")
        document = json.loads(ran.out)
        return ran.code, {line["drop"]: line["outcome"] for line in document["drops"]}, document["known"]

    def upload(name: str, text: str) -> None:
        bucket.put_object(Bucket="drops", Key=f"acme/{name}", Body=text.encode())

    upload("", "")  # what consoles make of a folder
    upload("a.csv", leads(range(3)))
    upload("a.csv.done", "")
    upload("young.csv", leads(range(3, 6)))
    upload("deeper/b.csv", leads(range(6, 9)))
    assert told_again() == (0, {"a.csv": "scrubbed", "young.csv": "waiting"}, 0)
    assert told_again() == (0, {"young.csv": "waiting"}, 1)
    upload("a.csv", leads(range(10, 13)))
    assert told_again() == (0, {"a.csv": "scrubbed", "young.csv": "waiting"}, 0)
    places = [row[1] for row in dump(workspace)["arrivals"]]
    assert places == ["s3://drops/acme/a.csv", "s3://drops/acme/a.csv"]
    keys = [entry["Key"] for entry in bucket.list_objects_v2(Bucket="drops")["Contents"]]
    assert keys == ["acme/", "acme/a.csv", "acme/a.csv.done", "acme/deeper/b.csv", "acme/young.csv"]
