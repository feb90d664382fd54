"""Nothing in the main job needs what only Unix has: the same commands, in processes in which that is hidden."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import DAY
from tests.pipeline.reading.builders import write_xlsx

ROOT = Path(__file__).parents[1]
#: Runs command lines, each on a line of stdin, where these modules, calls and signals are missing.
HIDDEN = """
import os, shlex, signal, sys
for name in ("fcntl", "resource", "grp", "pwd", "termios"):
    sys.modules[name] = None
for name in ("O_NOFOLLOW", "O_DIRECTORY", "O_NONBLOCK", "geteuid", "getuid", "fchmod", "sched_getaffinity"):
    delattr(os, name)
for name in ("pthread_sigmask", "SIGXCPU"):
    delattr(signal, name)
os.supports_fd.discard(os.listdir)
os.supports_dir_fd.clear()
from pipeline.cli.main import run_words
for line in sys.stdin.read().splitlines():
    words = shlex.split(line)
    code = run_words(words).code
    print(">>", code, *words[:2], flush=True)
"""
WORKSPACE = {
    "leadscrub.toml": "[ledger]\n",
    "campaigns/c.toml": (
        'name = "c"\nchannels = ["call"]\nregion = "US"\nstore_lists = ["ours"]\ntreat_as_real = ["nanp-555-01xx"]\n'
    ),
    "vendors/acme.toml": 'name = "acme"\ncampaign = "c"\n',
    "inbox/acme/night.csv": "id,phone\n1,2025550101\n2,2025550102\n",
    "drop.csv": "id,phone\n1,2025550101\n2,2025550103\n",
    "ours.txt": "2025550101\n",
}


@pytest.mark.slow
def test_the_main_job_runs_where_unix_is_hidden(tmp_path: Path) -> None:
    for name, text in WORKSPACE.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    write_xlsx(tmp_path / "book.xlsx", {"Leads": [["id", "phone"], ["1", "2025550104"]]})
    scrub = f"scrub {{}} -o {{}} --campaign campaigns/c.toml --vendor acme --as-of {DAY} --threads 2"
    lines = [
        f"lists add ours ours.txt --kind dnc.internal --as-of {DAY} --region US --store store",
        scrub.format("drop.csv", "out"),
        scrub.format("drop.csv", "out") + " --force --to clean.csv",
        scrub.format("drop.csv", "dry") + " --dry-run",
        scrub.format("book.xlsx", "book"),
        f"nightly --workspace . --as-of {DAY}",
        "verify out",
        "log verify --workspace .",
        f"lists status --store store --as-of {DAY}",
    ]
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", HIDDEN],
        cwd=tmp_path,
        input="\n".join(lines),
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(ROOT), "PATH": "", "HOME": str(tmp_path), "TMPDIR": str(tmp_path)},
    )
    codes = [line.split()[1] for line in ran.stdout.splitlines() if line.startswith(">> ")]
    assert codes == ["0"] * len(lines), ran.stdout + ran.stderr
    assert ran.stderr.count("this system has no limits of memory and time") == 1  # of the workbook
    assert (tmp_path / "clean.csv").read_text(encoding="utf-8").splitlines()[1].startswith("2,+12025550103,")
    left = [
        path.name for path in tmp_path.rglob("*") if path.name.endswith((".partial", ".new")) or "scratch" in path.name
    ]
    assert left == []
