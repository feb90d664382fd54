"""Vendors call their files what they like: each is taken or refused by itself, and nobody's terminal obeys it."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests import processes
from tests.conftest import REPO, can_be_seen
from tests.pipeline.nightly.workspaces import leads, make_workspace, put
from tests.pipeline.reading.servers import sftp_server

pytestmark = pytest.mark.slow

#: Names of files as bytes. The last is as long as a name can be.
ODD = [
    b"a[1]?*.csv",
    b" a%41#c .csv",
    "line\nbreak \x1b[31m \u202e\u2066.csv".encode(),
    b"no text \xff\xfe.csv",
    b"ann.lee@example.com +12025550123 202-555-0124.csv",
    b"n" * 251 + b".csv",
]
SECRETS = ("ann.lee", "2025550123", "555-0124")


def odd_drops(inbox: Path, names: list[bytes], start: int) -> None:
    when = datetime.now(UTC) - timedelta(hours=1)
    for number, name in enumerate(names):
        content = leads(range(start + number * 3, start + number * 3 + 3), prefix=f"{start}:")
        put(inbox, os.fsdecode(name), content, when)


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_every_name_in_an_inbox_is_taken_or_refused_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a folder and from a server, drops that are read and one that cannot be, and what is said of them."""
    workspace, served, home = make_workspace(tmp_path / "leads"), tmp_path / "served", tmp_path / "home"
    for folder in (served / "drops", home):
        folder.mkdir(parents=True)
    odd_drops(workspace / "inbox" / "acme", ODD, 0)
    odd_drops(served / "drops", ODD[:4], 500)
    broken = "broken \x1b[31m for ann.lee@example.com.zip"
    put(workspace / "inbox" / "acme", broken, b"PK\3\4" + b"no archive" * 9, datetime.now(UTC) - timedelta(hours=1))
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    with sftp_server(served, home) as port:
        inbox = f"sftp://vendor@127.0.0.1:{port}/drops"
        (workspace / "vendors" / "zen.toml").write_text(f'name = "zen"\ncampaign = "calls"\ninbox = "{inbox}"\n')
        ran = processes.run(
            [sys.executable, "-m", "leadscrub", "nightly", "--json", "--as-of", "2026-11-21"],
            cwd=workspace,
            env={**os.environ, "PYTHONPATH": str(REPO)},
            capture_output=True,
            check=False,
            text=True,
        )
    summary: dict[str, Any] = json.loads(ran.stdout)
    outcomes = [(line["vendor"], line["outcome"]) for line in summary["drops"]]
    assert sorted(outcomes) == sorted(
        [("acme", "scrubbed")] * len(ODD) + [("zen", "scrubbed")] * 4 + [("acme", "quarantined")]
    )
    assert (ran.returncode, list((workspace / "inbox" / "acme").iterdir())) == (4, [])
    assert all(line["read"] == 3 for line in summary["drops"] if line["outcome"] == "scrubbed")
    (why,) = (workspace / "quarantine" / "acme").glob("*.why.txt")
    kept = [why, *workspace.glob("runs/*/summary-*.json"), *workspace.glob("runs/*/*/*/manifest.json")]
    texts = [ran.stdout, ran.stderr, *(path.read_text(encoding="utf-8") for path in kept)]
    for text in texts:
        assert all(map(can_be_seen, text.split("\n")))
        assert [secret for secret in SECRETS if secret in text] == []
    names = [os.fsdecode(name) for name in ODD]
    written = [
        name
        for path in workspace.glob("runs/2026-11-21/*/*/clean.parquet")
        for name in pl.read_parquet(path).get_column("source_file").unique()
    ]
    assert {name for name in names if can_be_seen(name) and len(name) < 200} <= set(written)
    # What the note says to do brings the drop back.
    command = why.read_text(encoding="utf-8").partition("To try it again: ")[2].partition("\n")[0]
    subprocess.run(["bash", "-c", command], cwd=workspace, check=True)
    assert [path.read_bytes()[:4] for path in (workspace / "inbox" / "acme").iterdir()] == [b"PK\3\4"]
    open_to_others = [path for path in files_below(workspace) if stat.S_IMODE(path.stat().st_mode) & 0o077]
    config = {"campaigns", "vendors", "inbox"}
    assert [path for path in open_to_others if path.relative_to(workspace).parts[0] not in config] == [
        workspace / "leadscrub.toml"
    ]
