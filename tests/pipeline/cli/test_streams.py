"""What becomes of a command whose output nobody can take: its work is done, and its exit code is that of the work."""

from __future__ import annotations

import io
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cli import streams
from tests import processes
from tests.conftest import DAY, REPO, leadscrub

pytestmark = pytest.mark.slow

FULL = "leadscrub: what was printed is not complete: No space left on device.\n"


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """A folder with a drop whose names are not ASCII, and a list."""
    (tmp_path / "prénom…→.csv").write_text("phone,ville\n(212) 736-5000,Genève\n", encoding="utf-8")
    (tmp_path / "ours.txt").write_text("(646) 736-5001\n", encoding="utf-8")
    return tmp_path


def scrub(out: str = "out", *more: str) -> list[str]:
    named = ("--channel", "call", "--region", "US", "--internal", "ours.txt", "--as-of", DAY)
    return ["scrub", "prénom…→.csv", "-o", out, *named, *more]


def start(words: list[str], folder: Path, **how: Any) -> subprocess.CompletedProcess[str]:
    """Run the command as a process of its own; with another encoding it is a new interpreter."""
    how.setdefault("stderr", subprocess.PIPE)
    run = subprocess.run if "environment" in how else processes.run
    environment = {**os.environ, "PYTHONPATH": str(REPO), **how.pop("environment", {})}
    command = [sys.executable, "-m", "leadscrub", *words]
    return run(command, cwd=folder, env=environment, text=True, check=False, **how)


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_a_full_disk_behind_stdout_leaves_the_result_and_says_so(sample: Path, more: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        ran = start(scrub("out", *more), sample, stdout=full)
    assert ran.returncode == 0
    assert ran.stderr.endswith(FULL)
    assert leadscrub("verify", sample / "out").code == 0


def test_a_command_whose_result_is_what_it_prints_fails_when_that_is_lost(sample: Path) -> None:
    with Path("/dev/full").open("w") as full:
        (sample / "leadscrub.toml").write_text("[ledger]\n")
        for words in (["reasons", "--json"], ["--version"], ["--help"], scrub("out", "--dry-run"), ["due"]):
            ran = start(words, sample, stdout=full)
            assert (ran.returncode, ran.stderr.endswith(FULL)) == (1, True), (words, ran.stderr)


def test_an_error_of_the_work_wins_over_one_of_the_output(sample: Path) -> None:
    with Path("/dev/full").open("w") as full:
        ran = start(["scrub", "nowhere.csv", "-o", "out", "--channel", "call"], sample, stdout=full, stderr=full)
    assert ran.returncode == 4


@pytest.mark.parametrize("words", [scrub(), ["rules", "list", "--json"]])
def test_a_pipe_whose_reader_has_left_is_no_error_and_quiet(sample: Path, words: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    ran = start(words, sample, stdout=writer)
    os.close(writer)
    assert ran.returncode == 0
    assert [line for line in ran.stderr.splitlines() if not line.startswith("note: ")] == []
    assert words[0] != "scrub" or leadscrub("verify", sample / "out").code == 0


def test_a_reader_who_takes_the_first_line_is_no_error(sample: Path) -> None:
    line = f"'{sys.executable}' -m leadscrub reasons | head -1"
    shell = ["bash", "-o", "pipefail", "-c", line]
    ran = subprocess.run(
        shell, env={**os.environ, "PYTHONPATH": str(REPO)}, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr, len(ran.stdout.splitlines())) == (0, "", 1)


@pytest.mark.parametrize(
    ("words", "closed"),
    [(["reasons"], ">&-"), (["reasons"], "2>&-"), (["reasons"], ">&- 2>&-"), (scrub(), "<&- >&- 2>&-")],
)
def test_streams_that_are_closed_are_no_error(sample: Path, words: list[str], closed: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(REPO)}
    line = f"{shlex.join([sys.executable, '-m', 'leadscrub', *words])} {closed}"
    assert subprocess.run(["bash", "-c", line], cwd=sample, env=environment, check=False).returncode == 0
    assert words[0] != "scrub" or leadscrub("verify", sample / "out").code == 0


def test_a_terminal_that_knows_few_characters_is_no_error(sample: Path) -> None:
    encoding = "cp437"
    environment = {"PYTHONIOENCODING": f"{encoding}:strict"}
    ran = start(scrub(), sample, stdout=subprocess.PIPE, environment=environment, encoding=encoding)
    assert ran.returncode == 0, ran.stderr
    assert ".csv" in ran.stdout
    assert leadscrub("verify", sample / "out").code == 0


def test_json_is_the_same_document_in_every_encoding(sample: Path) -> None:
    documents = []
    for encoding in ("ascii", "utf-8"):
        environment = {"PYTHONIOENCODING": f"{encoding}:strict"}
        words = scrub("out", "--json", "--force")
        ran = start(words, sample, stdout=subprocess.PIPE, environment=environment, encoding=encoding)
        assert ran.returncode == 0, ran.stderr
        documents.append(json.loads(ran.stdout))
    assert documents[0] == documents[1]
    assert list(documents[0]["files"]) == ["prénom…→.csv"]


@given(st.text(), st.sampled_from(["ascii", "latin-1", "cp1252", "utf-8"]))
def test_any_text_can_be_written_in_any_encoding(text: str, encoding: str) -> None:
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as end:
        os.set_blocking(writer, True)
        stream = streams._forgiving(io.TextIOWrapper(io.FileIO(writer, "wb", closefd=False), encoding=encoding), writer)
        stream.write(text[:10_000])
        stream.flush()
        os.close(writer)
        written = end.read().decode(encoding)
    if text.isascii():
        assert written == text
    assert text == "" or written != ""


def test_characters_are_spelled_so_that_a_reader_understands_them() -> None:
    shown = "Genève → 3 … “x” ≥ ½ 漢\udcff".encode("ascii", errors=streams.HANDLER)
    assert shown == b'Geneve -> 3 ... "x" >= ? ?\\xff'
