"""Runs what the pages say: the ``sh`` blocks of a page, one after the other, in one copy of the tree.

A block is fenced as ``sh`` when it can be run as it stands from the root of the repository; the test does that. It is
fenced as ``console``, with ``$`` before each command, when it needs a network, a server, root, or many minutes.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import leadscrub_into

ROOT = Path(__file__).parents[2]
#: What starts a command line in the pages.
PROGRAMS = ("leadscrub", "make", "python", "pytest", "pip", "uv", "pipx", "curl", "git", ".venv/bin/", ". ")
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: Path
    language: str
    text: str

    @property
    def commands(self) -> list[str]:
        """Its command lines, with continued lines put together and without comments."""
        lines = [line.strip() for line in self.text.replace("\\\n", " ").splitlines()]
        if self.language == "console":
            return [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
        return [line for line in lines if line and not line.startswith("#")]


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    return [Block(page, *found) for found in _FENCE.findall(page.read_text(encoding="utf-8"))]


def copy_tree(folder: Path) -> Path:
    """Make a tree in which commands can write: the data is copied, the code is the repository's own."""
    shutil.copytree(ROOT / "data", folder / "data")
    for name in ("Makefile", "pyproject.toml", "leadscrub", "pipeline", "schemas", "suppression", "tests", "docs"):
        (folder / name).symlink_to(ROOT / name)
    return folder


def run_line(line: str) -> tuple[int, str]:
    """Run one command line in the current folder; its exit code and what it printed, on both streams.

    Raises `AssertionError` for a line that nothing here can run.
    """
    words = shlex.split(line, comments=True)
    match words:
        case ["leadscrub", *arguments]:
            return _leadscrub(arguments)
        case ["cp", source, target]:
            shutil.copyfile(source, target)
            return 0, ""
        case ["touch", path]:
            Path(path).touch()
            return 0, ""
        case ["make", target]:
            return run_target(target)
        case ["python" | "pytest" | "lint-imports" | "ruff" | "mypy", *_]:
            return _process(words)
        case [".", ".venv/bin/activate"] | ["cd", "."]:
            return 0, ""
    raise AssertionError(f"no way to run '{line}': fence it as console, or teach this module")


def run_target(target: str) -> tuple[int, str]:
    """Run the recipe of a target of the Makefile, and print each line as make does."""
    printed = ""
    for line in recipe(target):
        shown = line.removeprefix("@")
        if shown == line:
            printed += f"{line}\n"
        words = shlex.split(shown.replace("\\\n", " "))
        if words[0] == "echo":
            printed += " ".join(words[1:]) + "\n"
            continue
        code, out = _leadscrub(words[1:]) if words[0] == "$(BIN)/leadscrub" else run_line(shown)
        printed += out
        if code:
            return code, printed
    return 0, printed.replace("$(BIN)", ".venv/bin")


def recipe(target: str) -> list[str]:
    """The lines of a recipe; a continued line is printed by make as it is written, and counts as one."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    found = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert found, target
    lines: list[str] = []
    for line in found[1].splitlines():
        if lines and lines[-1].endswith("\\"):
            lines[-1] += "\n" + line.removeprefix("\t")
        else:
            lines.append(line.removeprefix("\t"))
    return lines


def _leadscrub(arguments: list[str]) -> tuple[int, str]:
    """Run the command in this process, with both streams as a terminal mixes them."""
    printed = io.StringIO()
    return leadscrub_into(arguments, printed, printed), printed.getvalue()


def _process(words: list[str]) -> tuple[int, str]:
    """Run one of the environment's programs."""
    program = [sys.executable] if words[0] == "python" else [str(Path(sys.executable).parent / words[0])]
    ran = subprocess.run(
        [*program, *words[1:]],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    return ran.returncode, ran.stdout + ran.stderr


@contextlib.contextmanager
def in_copy(folder: Path) -> Iterator[Path]:
    """Make a copy of the tree in ``folder`` the current folder."""
    with contextlib.chdir(copy_tree(folder)):
        yield folder
