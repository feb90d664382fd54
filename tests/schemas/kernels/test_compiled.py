"""Compiled loops are found where they were put, made where there are none, and never half-made."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from schemas.kernels import compiled
from tests.conftest import REPO

#: One loop, which is compiled in no time, and what is loaded afterwards.
_TINY = """
import sys
import numpy as np
from schemas.kernels import build, kernel

build.MODULES = ()
kernel.FEW_ROWS = -1

@kernel.kernel
def twice(values: kernel.Int64s) -> None:
    for row in range(len(values)):
        values[row] *= 2

values = np.arange(3)
twice(values)
print(values.tolist(), "numba" in sys.modules)
"""
_MADE, _FOUND = "[0, 2, 4] True\n", "[0, 2, 4] False\n"
_SAYS = "leadscrub: compiling its loops for this machine"


def _start(cache: Path, home: Path = REPO) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _TINY],
        cwd=home,
        env=os.environ | {"XDG_CACHE_HOME": str(cache)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _run(cache: Path, home: Path = REPO) -> tuple[str, list[str]]:
    process = _start(cache, home)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return out, err.splitlines()


@pytest.mark.slow
def test_they_are_made_once_for_every_place_of_the_same_code(tmp_path: Path) -> None:
    cache, moved = tmp_path / "cache", tmp_path / "moved"
    shutil.copytree(REPO / "schemas" / "kernels", moved / "schemas" / "kernels")
    (moved / "schemas" / "__init__.py").touch()
    out, err = _run(cache)
    assert (out, len(err)) == (_MADE, 1)
    assert err[0].startswith(_SAYS) and str(cache) in err[0]
    assert _run(cache) == _run(cache, moved) == (_FOUND, [])
    (made,) = (cache / "leadscrub").iterdir()
    # What is cut short, or what others may have written, is made again.
    for spoil in (lambda: made.write_bytes(made.read_bytes()[:-1]), lambda: made.chmod(0o666)):
        spoil()
        assert _run(cache)[0] == _MADE
    # Other code is another file.
    with (moved / "schemas" / "kernels" / "phones.py").open("a") as source:
        source.write("# changed\n")
    assert _run(cache, moved)[0] == _MADE
    assert len(list((cache / "leadscrub").iterdir())) == 2


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
    assert {process.communicate(timeout=300)[0] for process in both} <= {_MADE, _FOUND}
    assert _run(tmp_path) == (_FOUND, [])
    assert len(list((tmp_path / "leadscrub").iterdir())) == 1


@pytest.mark.slow
def test_where_nothing_can_be_kept_they_are_made_each_time(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    out, err = _run(blocked)
    assert out == _MADE
    assert err[1].startswith("leadscrub: the compiled loops could not be kept (Not a directory)")


def test_another_processor_or_python_has_a_file_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    here = compiled.cache_file()
    with monkeypatch.context() as patch:
        patch.setattr(compiled, "host", lambda: ("x86_64-linux-gnu", "another", ""))
        elsewhere = compiled.cache_file()
    monkeypatch.setattr(sys.implementation, "cache_tag", "cpython-399")
    assert len({here, elsewhere, compiled.cache_file()}) == 3


@pytest.mark.slow
@pytest.mark.parametrize("words", [["--version"], ["reasons", "phone.invalid"], ["rules", "list"]])
def test_commands_that_read_no_drop_load_no_compiled_code(words: list[str]) -> None:
    script = (
        "import sys; from leadscrub.__main__ import main\n"
        f"sys.argv[1:] = {words!r}\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n    assert not end.code\n"
        "print(*sorted({'numba', 'llvmlite'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", script], cwd=REPO, capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == ""
