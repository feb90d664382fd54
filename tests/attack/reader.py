"""Reads hostile files as the program does, and says what came of each: ``python -m tests.attack.reader``.

A line on stdin names a file and how: ``read``, or ``scrub`` for the whole command. The answer is a line of JSON:
``outcome`` (read, refused, empty) or ``broken``, what should not have happened. If the process dies or hangs, the file
did that.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import traceback
import warnings
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from pipeline.reading.opening import open_tables
from schemas.errors import FileError
from schemas.files.table import FileTally, read_batches
from schemas.layout import Layout
from tests.conftest import DAY, leadscrub

#: Processor seconds for one small file, and memory beyond what this process has from its libraries.
MOST_SECONDS: Final = 60
MOST_BYTES: Final = 3 << 30
_SMALL: Final = 200
#: Blocks that a file is read in at most.
_MOST_BLOCKS: Final = 200


def read(path: Path, block: int) -> dict[str, Any]:
    """Read every table of a file; each record must be accounted for once, and a refusal must name the file."""
    records = 0
    try:
        for table in open_tables(path, path.name, Layout()):
            tally, lines = FileTally(), []
            # A batch takes milliseconds whatever its size, and no run reads less than a megabyte at once.
            for batch in read_batches(table, tally, max(block, table.input.size // _MOST_BLOCKS)):
                lines += batch.get_column("source_line").to_list()
                malformed = batch.get_column("raw").is_not_null()
                cells = [column for column in batch.get_columns() if column.name.startswith("src:")]
                if not all((column.is_null() == malformed).all() for column in cells):
                    return {"broken": "a record has cells and is malformed, or neither"}
            if tally.records != len(lines):
                return {"broken": f"{tally.records} records were counted and {len(lines)} came"}
            # Several objects of an array may be on one line.
            alike = table.reader.describe()["format"] == "json array"
            if not all(before < after or (alike and before == after) for before, after in pairwise(lines)):
                return {"broken": "records are not in the order of their lines, or came twice"}
            if not tally.sha256 or tally.size != table.input.size:
                return {"broken": "the file was not read to its end"}
            records += len(lines)
    except FileError as error:
        return refused(str(error), path)
    return {"outcome": "read" if records else "empty", "records": records}


def refused(message: str, path: Path) -> dict[str, Any]:
    """Check what a refusal says."""
    if path.name not in message:
        return {"broken": f"the refusal does not name the file: {message}"}
    if not message.replace("\n", "").isprintable():
        return {"broken": f"the refusal has characters that act on a terminal: {message!a}"}
    return {"outcome": "refused", "why": message}


def scrub(path: Path) -> dict[str, Any]:
    """Scrub a file with the whole command: a result that is whole, or a refusal."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        options = ("--channel", "call", "--region", "US", "--as-of", DAY, "--threads", "1", "--no-lists")
        ran = leadscrub("scrub", path, "-o", out, *options)
        if ran.code == 0:
            checked = leadscrub("verify", out)
            if checked.code != 0:
                return {"broken": f"verify of the result: {checked.out}{checked.err}"}
            return {"outcome": "read", "records": json.loads((out / "manifest.json").read_text())["counts"]["read"]}
        if ran.code not in (3, 4) or not ran.err.startswith("leadscrub: "):
            return {"broken": f"exit {ran.code}: {ran.err}"}
        if any(Path(folder).iterdir()):
            return {"broken": "a refused drop leaves something beside the result"}
        return refused(ran.err, path) if ran.code == 4 else {"outcome": "refused", "why": ran.err}


def _answer(asked: dict[str, Any]) -> dict[str, Any]:
    before = _usage()
    try:
        path = Path(asked["path"])
        answer = scrub(path) if asked["how"] == "scrub" else read(path, asked["block"])
    except BaseException as error:  # panics of native libraries are no Exception
        last = traceback.extract_tb(error.__traceback__)[-1]
        answer = {
            "broken": f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}: {str(error)[:_SMALL]}"
        }
    after = _usage()
    if after[0] - before[0] > MOST_SECONDS:
        return {"broken": "it took more than a minute of processor time"}
    if after[1] > MOST_BYTES:
        return {"broken": f"it took {after[1] >> 20} MB of memory"}
    return answer


def _usage() -> tuple[float, int]:
    """Processor seconds so far, of this process and of those that it started, and the most memory of one."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in both), max(each.ru_maxrss for each in both) << 10


def main() -> None:
    """Answer until nobody asks any more."""
    warnings.simplefilter("ignore")  # zipfile warns of names that occur twice
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_answer(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
