"""What the tests share: runs of the real command on real files, and what such a run wrote."""

from __future__ import annotations

import contextlib
import gc
import importlib.util
import io
import json
import os
import re
import shutil
import subprocess
import sys
import unicodedata
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl
import pytest
from hypothesis import settings

from schemas.kernels import kernel
from schemas.kernels.build import ensure_built
from schemas.support.user_cache import cache_folder
from tests import processes

# In the tests' own process no row is too few for compiled code, and no command's stderr says that it compiles.
kernel.FEW_ROWS = -1
ensure_built()

REPO = Path(__file__).resolve().parent.parent
SHARED = REPO.parent / "shared" / "data"
DAY = "2026-11-21"

# The machine may be busy: no test is about time. Each run draws examples of its own, so that many runs try many.
settings.register_profile("leadscrub", deadline=None, max_examples=25)
settings.register_profile("quick", deadline=None, max_examples=8)
settings.load_profile("leadscrub")

# As the command does: what all these modules hold stays, and to look through it again and again takes a while.
gc.set_threshold(50_000)


#: What takes longest, and starts Java: one process has it from the beginning, and nobody waits for it at the end.
_FIRST = ("tests/pipeline/spark/", "tests/pipeline/nightly/test_fortnight.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Processes take whole stretches of the tests, and what is left of those of others from the end."""
    items.sort(key=lambda item: not item.nodeid.startswith(_FIRST))


def pytest_collection_finish() -> None:
    """Take all tests out of what is looked through for garbage."""
    gc.collect()
    gc.freeze()


needs_shared_data = pytest.mark.skipif(not SHARED.is_dir(), reason="the real drops are not part of a clone")


@dataclass(frozen=True)
class Ran:
    """What a command came to."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Scrubbed(Ran):
    """What a scrub came to, and where it wrote."""

    folder: Path

    @property
    def clean(self) -> pl.DataFrame:
        return pl.read_parquet(self.folder / "clean.parquet")

    @property
    def rejected(self) -> pl.DataFrame:
        return pl.read_parquet(self.folder / "rejected.parquet")

    @property
    def findings(self) -> pl.DataFrame:
        return pl.read_parquet(self.folder / "findings.parquet")

    @property
    def manifest(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.folder / "manifest.json").read_text(encoding="utf-8"))
        return document

    def clean_rows(self, *columns: str) -> list[tuple[Any, ...]]:
        """Rows of clean, these columns only."""
        return self.clean.select(columns).rows()

    def rejected_rows(self, *columns: str) -> list[tuple[Any, ...]]:
        """Rows of rejected, these columns only."""
        return self.rejected.select(columns).rows()

    def found(self, *columns: str) -> list[tuple[Any, ...]]:
        """Rows of findings, these columns only; by default row, point and code."""
        return self.findings.select(columns or ("row_id", "point", "code")).rows()


@pytest.fixture(autouse=True, scope="session")
def _left_to_the_system() -> Iterator[None]:
    """In the tests' own process nothing waits for the disk: no test cuts the power. Commands of their own do wait."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", lambda _: None)
        yield


@pytest.fixture(autouse=True, scope="session")
def _keys_of_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test writes into the user's own folder of keys."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LEADSCRUB_KEYS", str(tmp_path_factory.mktemp("keys")))
        yield


@pytest.fixture(autouse=True, scope="session")
def _compiled_once() -> Iterator[None]:
    """A process with another home folder finds what was compiled, which takes many seconds, where it is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(cache_folder().parent))
        yield


@pytest.fixture(autouse=True, scope="session")
def _scrubbed_here() -> Iterator[None]:
    """A pass in the tests' own process scrubs in it: a worker takes a second to start. Passes of their own have one."""
    from pipeline.nightly import night

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(night, "NightRequest", partial(night.NightRequest, apart=False))
        yield


@pytest.fixture(autouse=True, scope="session")
def _readers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What reads workbooks, Parquet and tables for the tests' own process is forked, which takes a tenth of a start."""
    from schemas.files.apart import child
    from tests.reader_server import ReaderServer

    server = ReaderServer(tmp_path_factory.mktemp("readers"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(child, "subprocess", server)
        yield
    server.close()


@pytest.fixture(autouse=True, scope="session")
def _forked() -> Iterator[None]:
    """What forks processes for tests ends with them."""
    yield
    processes.server.close()


@pytest.fixture
def real_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start them as the program does, each as a new interpreter."""
    monkeypatch.setattr("schemas.files.apart.child.subprocess", subprocess)


def leadscrub(*arguments: str | Path) -> Ran:
    """Run the command in this process, from its arguments to its exit code."""
    out, err = io.StringIO(), io.StringIO()
    return Ran(leadscrub_into(arguments, out, err), out.getvalue(), err.getvalue())


def leadscrub_into(arguments: Sequence[str | Path], out: io.StringIO, err: io.StringIO) -> int:
    """Run the command in this process with these streams, which may be one; returns its exit code."""
    from pipeline.cli.main import main

    before = sys.argv
    sys.argv = ["leadscrub", *map(str, arguments)]
    code: object = 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
    except SystemExit as stop:
        code = stop.code
    finally:
        sys.argv = before
    assert isinstance(code, int)
    return code


def start(*arguments: str | Path, cwd: Path | None = None) -> subprocess.Popen[bytes]:
    """Start the command as a process of its own, in its own process group."""
    return processes.Popen(
        [sys.executable, "-m", "leadscrub", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(REPO)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def documented_program(name: str) -> ModuleType:
    """A program of the documentation that checks without leadscrub."""
    spec = importlib.util.spec_from_file_location(name, REPO / "docs" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def can_be_seen(line: str) -> bool:
    """Whether a terminal shows a line as it is: no control or format character, no byte that is no text."""
    return not any(unicodedata.category(letter)[0] == "C" or letter in "\u2028\u2029" for letter in line)


Scrub = Callable[..., Scrubbed]

#: For a campaign: a match of an internal list stops its point, and not the person on every channel.
POINT_ONLY = '[person]\n"dnc.internal" = "point"\n'

#: The reserved ranges and domains that the tests use in place of anybody's number or address.
_CAMPAIGN = """\
name = "{name}"
entity = "Example Company"
channels = [{channels}]
region = "{region}"
treat_as_real = ["nanp-555-01xx", "ofcom-drama", "arcep-drama", "example.com", "example.net", "example.org"]
{lists}
{more}
"""


def campaign_text(channels: tuple[str, ...], region: str = "US", more: str = "", name: str = "test") -> str:
    """A campaign in which reserved numbers and domains count as real; without lists of its own it needs none."""
    lists = "" if re.search(r"^(\[\[lists|store_lists)", more, re.MULTILINE) else "no_lists = true"
    names = ", ".join(f'"{channel}"' for channel in channels)
    return _CAMPAIGN.format(name=name, channels=names, region=region, more=more, lists=lists)


def write_campaign(
    folder: Path, channels: tuple[str, ...] = ("call", "email"), region: str = "US", more: str = ""
) -> Path:
    """Write a campaign in which reserved numbers and domains count as real."""
    path = folder / "campaign.toml"
    path.write_text(campaign_text(channels, region, more), encoding="utf-8")
    return path


@pytest.fixture
def scrub(tmp_path: Path) -> Scrub:
    """Scrub a drop given as text or as paths; the outputs are read back from ``out``."""

    def run(
        drop: str | bytes | Path | list[Path],
        *options: str | Path,
        channels: tuple[str, ...] = ("call", "email"),
        region: str = "US",
        campaign: str = "",
        out: str = "out",
    ) -> Scrubbed:
        folder = tmp_path / out
        if isinstance(drop, str | bytes):
            path = tmp_path / "drop.csv"
            path.write_bytes(drop.encode() if isinstance(drop, str) else drop)
            drop = path
        paths = drop if isinstance(drop, list) else [drop]
        named = write_campaign(tmp_path, channels, region, campaign)
        ran = scrub_files(paths, folder, "--campaign", named, *options)
        return Scrubbed(ran.code, ran.out, ran.err, folder)

    return run


def scrub_files(paths: list[Path], folder: Path, *options: str | Path) -> Ran:
    """Scrub with a fixed day, in one process unless told otherwise."""
    fixed: list[str] = []
    for name, value in (("--as-of", DAY), ("--threads", "1")):
        if name not in options:
            fixed += [name, value]
    return leadscrub("scrub", *paths, "-o", folder, *fixed, *options, *unscreened(options))


def unscreened(options: tuple[str | Path, ...]) -> tuple[str, ...]:
    """Say --no-lists where neither the options nor their campaign name a list: most tests are not about lists."""
    if {"--dnc", "--internal", "--unsubscribe", "--list", "--store", "--no-lists"} & set(map(str, options)):
        return ()
    campaign = options[options.index("--campaign") + 1] if "--campaign" in options else None
    text = "" if campaign is None else Path(campaign).read_text(encoding="utf-8")
    return () if re.search(r"^(\[\[lists\]\]|store_lists|no_lists)", text, re.MULTILINE) else ("--no-lists",)


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    """Write a file below the test's folder and return its path."""

    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


Written = Callable[[str, str | bytes], Path]


def as_made(place: Path) -> Path:
    """Bring a folder back to what it was at the first call, in its place: results and ledgers know their paths."""
    kept = place.with_name(f"{place.name}-as-made")
    if kept.exists():
        shutil.rmtree(place)
        shutil.copytree(kept, place)
    else:
        shutil.copytree(place, kept)
    return place


@pytest.fixture
def in_folder(tmp_path: Path) -> Iterator[Path]:
    """Make the test's folder the current one."""
    with contextlib.chdir(tmp_path):
        yield tmp_path


@pytest.fixture(scope="session")
def postgres() -> Iterator[int]:
    """The port of a real PostgreSQL server, started at first use."""
    from tests.postgres_server import postgres_server

    with postgres_server() as port:
        yield port


@pytest.fixture
def postgres_url(postgres: int) -> str:
    """The URL of a new, empty database of that server."""
    import psycopg

    name = f"ledger_{uuid.uuid4().hex}"
    with psycopg.connect(f"postgresql://postgres@127.0.0.1:{postgres}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return f"postgresql://postgres@127.0.0.1:{postgres}/{name}"
