"""Hostile files, through the real reading path: every record is accounted for, or the file is refused by name."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any, Final

from tests import processes
from tests.attack.findings import Account
from tests.attack.mutations import mutated
from tests.attack.samples import NAMES, ROWS, sample
from tests.conftest import REPO

#: Seconds that an answer may take on a machine that has other things to do.
_PATIENCE: Final = 300.0
#: Attempts to make what shows a finding smaller.
_SHRINKING: Final = 120
#: One file in so many goes through the whole command.
_SCRUBBED: Final = 4
#: And one in so many is not changed.
_WHOLE: Final = 12


class Reader:
    """The process that reads (see `tests.attack.reader`), started anew when a file brought it down."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, content: bytes, name: str, how: str, block: int) -> dict[str, Any]:
        """Have a file of these bytes read. Returns its answer; ``broken`` also when there was none."""
        path = self._folder / name
        path.write_bytes(content)
        process = self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps({"path": str(path), "how": how, "block": block}).encode() + b"\n")
        process.stdin.flush()
        if not select.select([process.stdout], [], [], _PATIENCE)[0]:
            self.close()
            return {"broken": "no answer: it hangs"}
        line = process.stdout.readline()
        if not line:
            code = process.wait()
            self.close()
            return {"broken": f"the process that reads ended with {code}"}
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._process = processes.Popen(
                [sys.executable, "-m", "tests.attack.reader"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": str(REPO), "TMPDIR": str(self._folder)},
            )
        return self._process

    def close(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


class Formats:
    """One case is one changed file."""

    name = "formats"

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def case(self, number: int, account: Account) -> None:
        """Change a file and have it read."""
        draw = Random(f"{account.seed}/{self.name}/{number}")
        # In turn, so that few cases are of all formats.
        name = NAMES[(account.seed + number) % len(NAMES)]
        # Some are read as they are: there must be something to attack.
        whole = draw.randrange(_WHOLE) == 0
        kind, content = ("none", sample(name)) if whole else mutated(sample(name), draw)
        how = "scrub" if draw.randrange(_SCRUBBED) == 0 else "read"
        block = draw.choice((1, 700, 1 << 16, 1 << 20))
        answer = self._reader.ask(content, name, how, block)
        if whole and answer.get("records", 0) < ROWS:
            answer = {"broken": f"as it is, it is not read: {answer}"}
        outcome = "found" if "broken" in answer else str(answer["outcome"])
        account.note("mutations", kind, outcome)
        account.note(self.name, name, outcome)
        if "broken" in answer:
            small = self._smallest(content, name, how, block, str(answer["broken"]))
            case = f"{number}"
            account.find(self.name, case, f"{name}, {kind}, {how}: {answer['broken']}", content=small, name=name)

    def _smallest(self, content: bytes, name: str, how: str, block: int, broken: str) -> bytes:
        """Leave out what is not needed to show the same."""
        size, tries = len(content) // 2, 0
        if "hangs" in broken or "took more" in broken:
            return content
        while size and tries < _SHRINKING:
            at, shrunk = 0, False
            while at < len(content) and tries < _SHRINKING:
                tried = content[:at] + content[at + size :]
                tries += 1
                if self._reader.ask(tried, name, how, block).get("broken") == broken:
                    content, shrunk = tried, True
                else:
                    at += size
            size = size if shrunk and size > 1 else size // 2
        return content


@contextmanager
def formats() -> Iterator[Formats]:
    """Give the part, and end its process afterwards."""
    with tempfile.TemporaryDirectory(prefix="attack-") as folder:
        reader = Reader(Path(folder))
        try:
            yield Formats(reader)
        finally:
            reader.close()
