"""Compiled loops are found where they were put, made where there are none, and never half-made."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from schemas.kernels import build, compiled
from tests.conftest import DAY, REPO, Written

#: One loop, which is compiled in no time, and what is loaded afterwards.
_TINY = """
from __future__ import annotations
import sys
import numpy as np
from schemas.kernels import build, kernel
from schemas.kernels.kernel import Int64s

build.MODULES = ()
kernel.FEW_ROWS = -1

@kernel.kernel
def twice(values: Int64s) -> None:
    for row in range(len(values)):
        values[row] *= 2

values = np.arange(3)
twice(values)
print(values.tolist(), "numba" in sys.modules)
"""
_MADE, _FOUND = "[0, 2, 4] True\n", "[0, 2, 4] False\n"
_SAYS = "leadscrub: compiling its loops for this machine"


def _start(cache: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _TINY],
        cwd=REPO,
        env=os.environ | {"XDG_CACHE_HOME": str(cache)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _run(cache: Path) -> tuple[str, list[str]]:
    process = _start(cache)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return out, err.splitlines()


def test_the_same_code_is_found_wherever_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, moved = compiled.cache_file(), tmp_path / "schemas" / "kernels"
    shutil.copytree(REPO / "schemas" / "kernels", moved)
    monkeypatch.setattr(compiled, "__file__", str(moved / "compiled.py"))
    assert compiled.cache_file() == here
    with (moved / "phones.py").open("a") as source:
        source.write("# changed\n")
    assert compiled.cache_file() != here


@pytest.mark.slow
def test_two_at_once_and_one_that_is_killed(tmp_path: Path) -> None:
    killed = _start(tmp_path)
    assert killed.stderr is not None and killed.stdout is not None
    assert killed.stderr.readline().startswith(_SAYS)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    killed.stderr.close()
    killed.stdout.close()
    both = [_start(tmp_path), _start(tmp_path)]
    said = [process.communicate(timeout=300) for process in both]
    assert {out for out, _ in said} <= {_MADE, _FOUND}
    assert {len(err.splitlines()) for _, err in said} <= {0, 1}
    assert _run(tmp_path) == (_FOUND, [])
    assert len(list((tmp_path / "leadscrub").iterdir())) == 1


def test_where_nothing_can_be_kept_a_line_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    monkeypatch.setattr(build, "compile_kernels", lambda: b"code")  # it takes seconds, and is not what is asked
    assert build.build() == b"code"
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith(_SAYS)
    assert second.startswith("leadscrub: the compiled loops could not be kept (Not a directory)")


def test_another_processor_or_python_has_a_file_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    here = compiled.cache_file()
    with monkeypatch.context() as patch:
        patch.setattr(compiled, "host", lambda: ("x86_64-linux-gnu", "another", ""))
        elsewhere = compiled.cache_file()
    monkeypatch.setattr(sys.implementation, "cache_tag", "cpython-399")
    assert len({here, elsewhere, compiled.cache_file()}) == 3


@pytest.mark.slow
def test_commands_that_read_no_drop_load_no_compiled_code(tmp_path: Path, written: Written) -> None:
    store = str(tmp_path / "store")
    listed = written("listed.csv", "phone\n(202) 456-1111 ext. 2\n")
    words = [
        ["--version"],
        ["reasons", "phone.invalid"],
        [
            "lists",
            "add",
            "ours",
            str(listed),
            "--kind",
            "dnc.internal",
            "--region",
            "US",
            *("--as-of", DAY, "--store", store),
        ],
        ["lists", "lookup", "202-456-1111", "Jo@Mail.Example", "--region", "US", "--store", store],
    ]
    script = (
        "import sys; from leadscrub.__main__ import main\n"
        f"for sys.argv[1:] in {words!r}:\n"
        "    try:\n        main()\n"
        "    except SystemExit as end:\n        assert not end.code\n"
        "print(*sorted({'numba', 'llvmlite', 'pandas'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", script], cwd=REPO, capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == ""
