"""Workspaces with two vendors, drops for them, passes as real processes, and what a ledger says without its stamps."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import Table, create_engine, select

from pipeline.ledger.tables import arrivals, drops, run_drops, run_overlaps, run_reasons, runs, segments
from tests import processes
from tests.conftest import REPO, leadscrub
from tests.killing import kill_9

FIRST = date(2026, 11, 2)
HOUR = 3
CAMPAIGN = """\
name = "calls"
entity = "Example Company"
channels = ["call"]
region = "US"
treat_as_real = ["nanp-555-01xx"]
{more}
"""
AREAS = (202, 212, 213, 305, 312, 404, 415, 503, 602, 702, 713, 801, 907)


def make_workspace(folder: Path, *, nightly: str = "", ledger: str = "", campaign: str = "") -> Path:
    """A workspace whose vendors, acme and zen, put drops into folders."""
    for name in ("campaigns", "vendors", "inbox/acme", "inbox/zen"):
        (folder / name).mkdir(parents=True)
    (folder / "leadscrub.toml").write_text(f"[nightly]\n{nightly}\n{ledger}\n", encoding="utf-8")
    more = campaign if "store_lists" in campaign else f"no_lists = true\n{campaign}"
    (folder / "campaigns" / "calls.toml").write_text(CAMPAIGN.format(more=more), encoding="utf-8")
    for vendor in ("acme", "zen"):
        text = f'name = "{vendor}"\ncampaign = "calls"\n'
        (folder / "vendors" / f"{vendor}.toml").write_text(text, encoding="utf-8")
    return folder


def leads(numbers: range, header: str = "lead id,name,phone", prefix: str = "") -> str:
    """Leads with reserved numbers; the same number is the same phone in every drop."""
    rows = (f"{prefix}{n},Ann {n % 7},{AREAS[n // 100]}-555-01{n % 100:02}" for n in numbers)
    return header + "\n" + "".join(f"{row}\n" for row in rows)


def put(inbox: Path, name: str, content: str | bytes, when: datetime, companion: str | None = None) -> Path:
    """Put a drop into an inbox as an upload that ended at a moment."""
    path = inbox / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    os.utime(path, (when.timestamp(),) * 2)
    if companion is not None:
        path.with_name(name + companion).touch()
    return path


def night(number: int, hours: float = HOUR) -> datetime:
    """The moment of a night, counted from 1."""
    return datetime.combine(FIRST, datetime.min.time(), UTC) + timedelta(days=number - 1, hours=hours)


#: Runs passes in processes of their own, forked from one that has its imports done: it learns from a first pass which
#: those are. ``kill_at``: the process kills itself before its so-manieth change of the file system; ``stop_at``: it
#: stands still there until somebody lets it go on.
FORKING = """\
import json, os, signal, sys, time
from datetime import datetime, timedelta
from pathlib import Path
import pipeline.nightly.night as night
import pipeline.nightly.report as reporting
CHANGES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "shutil.rmtree")
def watch(kill_at, stop_at, counted):
    seen = 0
    def hook(event, arguments):
        nonlocal seen
        written = event == "open" and isinstance(arguments[1], str) and any(mark in arguments[1] for mark in "wxa+")
        if event in CHANGES or written:
            seen += 1
            if counted is not None:
                os.write(counted, b".")
            if seen == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            if seen == stop_at:
                os.kill(os.getpid(), signal.SIGSTOP)
    sys.addaudithook(hook)
def learn(folder):
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        night.one_pass(night.NightRequest(Path(folder), datetime.now().date(), lambda: datetime.now().astimezone(),
                                          threads=1, apart=False), night.read_workspace(Path(folder)))
        os.write(tell, "\\n".join(sys.modules).encode())
        os._exit(0)
    os.close(tell)
    with os.fdopen(told) as names:
        for name in names.read().splitlines():
            if name != "__main__":
                try:
                    __import__(name)
                except ImportError:
                    pass
    os.waitpid(child, 0)
os.fsync = lambda _: None  # kill -9 loses nothing that was written: only a power cut does
learn(sys.argv[1])
for line in sys.stdin:
    asked = json.loads(line)
    child = os.fork()
    if child == 0:
        log = os.open(asked["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0); os.dup2(log, 1); os.dup2(log, 2)
        os.environ["HOME"] = asked["home"]
        begun, start = datetime.fromisoformat(asked["now"]), time.monotonic()
        clock = lambda: begun + timedelta(seconds=time.monotonic() - start)
        counted = os.open(asked["count"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC) if asked.get("count") else None
        if asked.get("kill_at") or asked.get("stop_at") or counted:
            watch(asked.get("kill_at"), asked.get("stop_at"), counted)
        code = 1
        try:
            folder = Path(asked["workspace"])
            choice = night.read_workspace(folder)
            request = night.NightRequest(folder, begun.date(), clock, asked.get("vendors", []),
                                         accept_drift=asked.get("accept_drift", False), threads=1, apart=False)
            code = reporting.report(night.one_pass(request, choice), choice.nightly, folder, None, as_json=True)
            sys.stdout.flush()
        finally:
            os._exit(code)
    print(child, flush=True)
    sys.stdin.readline()
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@dataclass
class Passes:
    """Does passes over a workspace, each a real process with a clock of its own."""

    process: subprocess.Popen[str]
    log: Path
    seconds: float = field(default=0.0, init=False)

    def run(self, workspace: Path, now: datetime, kill_after: float | None = None, **more: Any) -> int:
        """Exit code of a pass; -9 when it was killed before it ended."""
        began = time.monotonic()
        child = self.start(workspace, now, **more)
        if kill_after is not None:
            kill_9(child, kill_after)
        code = self.wait()
        self.seconds = time.monotonic() - began
        return code

    def start(self, workspace: Path, now: datetime, **more: Any) -> int:
        """Start a pass, and give its process; `wait` is called once after that."""
        asked = {"workspace": str(workspace), "now": now.isoformat(), "log": str(self.log), "home": os.environ["HOME"]}
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(asked | more) + "\n")
        return int(self.process.stdout.readline())

    def wait(self) -> int:
        """Exit code of the pass that was started, once it has ended."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("wait\n")
        return int(self.process.stdout.readline())

    def told(self) -> dict[str, Any]:
        """Summary of the last pass."""
        lines = [line for line in self.log.read_text(encoding="utf-8").splitlines() if line.startswith("{")]
        document: dict[str, Any] = json.loads(lines[-1])
        return document

    def outcomes(self) -> dict[str, str]:
        """What became of each drop in the last pass."""
        return {line["drop"]: line["outcome"] for line in self.told()["drops"]}


@contextmanager
def passes(folder: Path) -> Iterator[Passes]:
    """Give a process that forks passes."""
    warm = make_workspace(folder / "warm")
    put(warm / "inbox" / "acme", "warm.csv", leads(range(3)), night(1))
    process = processes.Popen(
        [sys.executable, "-c", FORKING, str(warm)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(REPO)},
        text=True,
        bufsize=1,
    )
    try:
        yield Passes(process, folder / "pass.log")
    finally:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        process.wait()
        process.stdout.close()


def add_list(workspace: Path, as_of: date, content: str) -> None:
    """Load a registry copy, which may be used for 31 days, into the workspace's store."""
    path = workspace / "registry.txt"
    path.write_text(content, encoding="utf-8")
    how = ("--kind", "dnc.national", "--as-of", as_of.isoformat(), "--covers", "all", "--region", "US")
    ran = leadscrub("lists", "add", "registry", path, *how, "--store", workspace / "store")
    assert ran.code == 0, ran.err


Dump = dict[str, list[tuple[Any, ...]]]


def dump(workspace: Path, url: str | None = None, *, by_drop: bool = False) -> Dump:
    """The ledger without its stamps. ``by_drop``: runs are named by their drop, and their days left out."""
    shared = None if url is None else url.replace("postgresql:", "postgresql+psycopg:")
    engine = create_engine(shared or f"sqlite:///{workspace / 'ledger' / 'ledger.db'}")
    with engine.connect() as connection:

        def rows(table: Table, *names: str) -> list[dict[str, Any]]:
            query = select(*(table.c[name] for name in names))
            return [dict(row) for row in connection.execute(query).mappings()]

        of_run = {row["run_id"]: row["sha256"] for row in rows(run_drops, "run_id", "sha256")}
        found = {
            "drops": rows(
                drops, "vendor", "sha256", "sequence", "name", "bytes", "state", "run_id", "kept_at", "message"
            ),
            "arrivals": rows(arrivals, "vendor", "place", "sha256", "bytes", "outcome"),
            "runs": rows(
                runs,
                "run_id",
                "vendor",
                "campaign",
                "as_of",
                "sequence",
                "out",
                "read",
                "clean",
                "rejected",
                "valid_until",
                "state",
                "past",
            ),
            "run_drops": rows(run_drops, "run_id", "sha256"),
            "run_reasons": rows(run_reasons, "run_id", "code", "rows"),
            "run_overlaps": rows(run_overlaps, "run_id", "earlier_vendor", "rows"),
            "segments": rows(segments, "points", "retired_at") if by_drop else rows(segments, "file", "points"),
        }
    engine.dispose()
    if by_drop:  # files are merged sooner or later; what they hold together is the same
        found["segments"] = [{"points": sum(row["points"] for row in found["segments"] if not row["retired_at"])}]
    dated = {"as_of", "past"} if by_drop else set()
    canonical: Dump = {}
    for name, lines in found.items():
        for line in lines:
            for key in dated & set(line):
                del line[key]
            if line.get("message"):
                line["message"] = line["message"].replace(str(workspace), "")
            for key in {"out", "kept_at"} & set(line):
                path = Path(line[key]) if line[key] else None
                line[key] = path and (path.parts[len(workspace.parts)] if by_drop else path.relative_to(workspace))
            if by_drop and line.get("run_id"):
                line["run_id"] = of_run[line["run_id"]]
        canonical[name] = sorted((tuple(line.values()) for line in lines), key=repr)
    return canonical


def accounted(workspace: Path) -> list[str]:
    """The vendors' lead ids in all results that count, clean and rejected: each should be there once."""
    engine = create_engine(f"sqlite:///{workspace / 'ledger' / 'ledger.db'}")
    with engine.connect() as connection:
        outs = connection.execute(select(runs.c.out).where(runs.c.state == "done")).scalars().all()
    engine.dispose()
    assert sorted(outs) == sorted(str(path.parent) for path in workspace.glob("runs/*/*/*/manifest.json"))
    found = []
    for out in outs:
        for name in ("clean", "rejected"):
            frame = pl.read_parquet(Path(out) / f"{name}.parquet", columns=["vendor", "vendor_lead_id"])
            found += [f"{vendor} {lead}" for vendor, lead in frame.rows()]
    return sorted(found)
