"""A drop that comes on stdin is read like the file it was, in every format, and nothing on stdin is refused."""

from __future__ import annotations

import gzip
import io
import sys
from pathlib import Path

import polars as pl
import pytest

from tests import processes
from tests.conftest import DAY, REPO, Ran, leadscrub

DROP = "name,phone\nAnn,(212) 736-5000\nBo,(646) 736-5001\n"


def scrub(folder: Path, *drops: str | Path) -> Ran:
    how = ("--channel", "call", "--region", "US", "--no-lists", "--as-of", DAY)
    return leadscrub("scrub", *drops, "-o", folder, *how)


def sheet() -> bytes:
    written = io.BytesIO()
    pl.read_csv(io.StringIO(DROP)).write_excel(written)
    return written.getvalue()


@pytest.mark.parametrize("content", [DROP.encode(), gzip.compress(DROP.encode()), sheet()], ids=["csv", "gz", "xlsx"])
def test_a_drop_on_stdin_is_read_like_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert scrub(tmp_path / "out", "-").code == 0
    clean = pl.read_parquet(tmp_path / "out" / "clean.parquet")
    assert clean.select("phone", "source_line").rows() == [("+12127365000", 2), ("+16467365001", 3)]
    assert {name.split("!")[0] for name in clean["source_file"]} == {"stdin"}


@pytest.mark.parametrize("closed", [False, True])
def test_nothing_on_stdin_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, closed: bool) -> None:
    monkeypatch.setattr(sys, "stdin", None if closed else io.TextIOWrapper(io.BytesIO()))
    ran = scrub(tmp_path / "out", "-")
    assert (ran.code, ran.err) == (
        4,
        "leadscrub: Nothing came on stdin. Send a drop to it, or name a file in place of '-'.\n",
    )


def test_stdin_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(DROP.encode())))
    assert scrub(tmp_path / "out", "-", "-").code == 4


@pytest.mark.slow
def test_a_drop_comes_through_a_pipe() -> None:
    command = [sys.executable, "-m", "leadscrub", "inspect", "-", "--json"]
    ran = processes.run(command, cwd=REPO, input=DROP.encode(), capture_output=True, check=True)
    assert b'"records": 2' in ran.stdout
