"""Parquet and Arrow are read in a process of their own, which believes nothing that a file says of itself."""

from __future__ import annotations

import json
import os
import random
import struct
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.reading.opening import open_tables
from schemas.errors import FileError, ShortageError
from schemas.files.apart import child
from schemas.files.apart.child import no_answer, read_apart
from schemas.files.apart.task import Task, task_of
from schemas.files.arrow_table import FORMATS
from schemas.files.converted import read_part, write_part
from schemas.files.inputs import LocalFile
from schemas.files.spool import Spool
from schemas.layout import Layout
from tests.conftest import REPO, Scrub
from tests.pipeline.reading.builders import read

pytestmark = pytest.mark.slow

#: A number that no other eight bytes of a small file are.
ROWS = 1_237
PHONES = [f"20255{n:05}" for n in range(ROWS)]


def _ipc(path: Path, columns: dict[str, Any], compression: str | None = None) -> Path:
    batch = pa.record_batch(columns)
    options = pa.ipc.IpcWriteOptions(compression=compression)
    with pa.ipc.new_file(str(path), batch.schema, options=options) as writer:
        writer.write(batch)
    return path


def _patched(path: Path, old: bytes, new: bytes) -> Path:
    """Change bytes that are in the file once, or the first of them."""
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new, 1))
    return path


def _offsets(path: Path) -> Path:
    """The last text ends a megabyte behind the data."""
    _ipc(path, {"phone": pa.array(PHONES)})
    end = 10 * ROWS
    return _patched(path, struct.pack("<ii", end - 10, end), struct.pack("<ii", end - 10, end + (1 << 20)))


def _long_offsets(path: Path) -> Path:
    _ipc(path, {"phone": pa.array(PHONES, pa.large_string())})
    end = 10 * ROWS
    return _patched(path, struct.pack("<qq", end - 10, end), struct.pack("<qq", end - 10, end + (1 << 20)))


def _negative_offsets(path: Path) -> Path:
    _ipc(path, {"phone": pa.array(PHONES)})
    return _patched(path, struct.pack("<iii", 10, 20, 30), struct.pack("<iii", 10, -20, 30))


def _views(path: Path) -> Path:
    """Text of more than 12 bytes is a length, its first four bytes, a buffer's number and an offset."""
    pl.DataFrame({"phone": [f"+1 (202) 555-{n:05}" for n in range(ROWS)]}).write_ipc(path)
    return _patched(path, b"+1 (" + struct.pack("<ii", 0, 18), b"+1 (" + struct.pack("<ii", 0, 1 << 20))


def _indices(path: Path) -> Path:
    indices = pa.array(np.arange(ROWS, dtype="<i4"))
    _ipc(path, {"phone": pa.DictionaryArray.from_arrays(indices, pa.array(PHONES))})
    return _patched(path, struct.pack("<iii", 10, 11, 12), struct.pack("<iii", 10, 1 << 20, 12))


def _list_offsets(path: Path) -> Path:
    _ipc(path, {"phone": pa.array([[phone] for phone in PHONES])})
    return _patched(path, struct.pack("<iii", 100, 101, 102), struct.pack("<iii", 100, 1 << 20, 102))


def _no_utf8(path: Path) -> Path:
    return _patched(_ipc(path, {"phone": pa.array(PHONES)}), b"2025500001", b"20255\xff0001")


def _row_count(path: Path) -> Path:
    return _patched(_ipc(path, {"phone": pa.array(PHONES)}), struct.pack("<q", ROWS), struct.pack("<q", ROWS + 100))


def _parquet_rows(path: Path) -> Path:
    """The footer's number of rows is a zigzag varint."""
    pq.write_table(pa.table({"phone": PHONES}), path)
    content = path.read_bytes()
    at = content.rindex(b"\x16" + bytes([2 * ROWS & 0x7F | 0x80, 2 * ROWS >> 7]))
    path.write_bytes(content[: at + 1] + bytes([2 * 1000 & 0x7F | 0x80, 2 * 1000 >> 7]) + content[at + 3 :])
    return path


LIARS: dict[str, Callable[[Path], Path]] = {
    "offsets.arrow": _offsets,
    "long_offsets.arrow": _long_offsets,
    "negative_offsets.arrow": _negative_offsets,
    "views.arrow": _views,
    "indices.arrow": _indices,
    "list_offsets.arrow": _list_offsets,
    "no_utf8.arrow": _no_utf8,
    "row_count.arrow": _row_count,
    "rows.parquet": _parquet_rows,
}


@pytest.mark.parametrize("name", LIARS)
def test_a_file_that_lies_about_where_its_values_are_is_refused(tmp_path: Path, name: str) -> None:
    path = LIARS[name](tmp_path / name)
    with pytest.raises(FileError, match=rf"{name}' is a damaged (Arrow|Parquet) file"):
        read(path)


@pytest.mark.usefixtures("real_readers")
def test_a_scrub_of_such_a_file_hands_out_nothing(scrub: Scrub, tmp_path: Path) -> None:
    """Whatever is in our memory, an address of a list above all, is in no message and in no output."""
    listed = tmp_path / "list.csv"
    listed.write_text("email\n" + "".join(f"secret{n}@example.org\n" for n in range(5_000)))
    ran = scrub(_offsets(tmp_path / "drop.arrow"), "--unsubscribe", listed)
    assert ran.code == 4
    assert "drop.arrow' is a damaged Arrow file" in ran.err
    assert "secret" not in ran.err
    assert not (tmp_path / "out").exists()


def _nested(levels: int) -> pa.DataType:
    kind = pa.string()
    for _ in range(levels):
        kind = pa.list_(kind)
    return kind


def _one_value(size: int, rows: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, "<i4")), pa.array(["y" * size]))


LIMITS: dict[str, tuple[Callable[[Path], object], str]] = {
    "nested.arrow": (lambda path: _ipc(path, {"a": pa.nulls(1, _nested(33))}), "nested more than 32 levels deep"),
    "wide.arrow": (
        lambda path: _ipc(path, {f"c{n}": pa.nulls(1, pa.string()) for n in range(4_097)}),
        "has 4,097 columns; at most 4,096 are read",
    ),
    "wide.parquet": (
        lambda path: pq.write_table(pa.table({f"c{n}": pa.nulls(1, pa.string()) for n in range(4_097)}), path),
        "has 4,097 columns; at most 4,096 are read",
    ),
    "long.arrow": (
        lambda path: _ipc(path, {"a": ["x", "y" * (5 << 20)]}),
        "the record on row 2 is longer than 4 MB",
    ),
    "long.parquet": (
        lambda path: pq.write_table(pa.table({"a": ["x", "y" * (5 << 20)]}), path),
        "the record on row 2 is longer than 4 MB",
    ),
    "dictionary.arrow": (
        lambda path: _ipc(path, {"a": _one_value(1 << 20, 10_000)}, "zstd"),
        "unpacks to more than 200 times its size",
    ),
    "dictionary.parquet": (
        lambda path: pq.write_table(
            pa.table({"a": _one_value(1 << 20, 5_400)}), path, compression="zstd", store_schema=False
        ),
        "needs more than 2 GB of memory",
    ),
    "nulls.arrow": (lambda path: _ipc(path, {"a": pa.nulls(300_000_000)}), "unpacks to more than 200 times"),
    "packed.parquet": (
        lambda path: pq.write_table(
            pa.table({"a": ["0" * 4_000] * 70_000}), path, compression="zstd", use_dictionary=False
        ),
        "unpacks to more than 200 times",
    ),
    "type.arrow": (
        lambda path: _ipc(path, {"phone": ["1"], "a": pa.nulls(1, pa.decimal256(50, 2))}),
        r"column 2 cannot be read as text \(type decimal256\)",
    ),
    "empty.arrow": (lambda path: _ipc(path, {}), "has no column"),
}


@pytest.mark.parametrize("name", LIMITS)
def test_the_limits_hold_as_for_text(tmp_path: Path, name: str) -> None:
    make, said = LIMITS[name]
    make(tmp_path / name)
    with pytest.raises(FileError, match=rf"{name}'.*{said}"):
        read(tmp_path / name)


@pytest.mark.usefixtures("real_readers")
def test_thirty_two_levels_are_read(tmp_path: Path) -> None:
    kind = _nested(32)
    path = _ipc(tmp_path / "drop.arrow", {"phone": ["2025550100"], "a": pa.nulls(1, kind)})
    assert read(path) == [[(1, {"phone": "2025550100", "a": ""})]]


def test_what_a_part_holds_is_checked_again(tmp_path: Path) -> None:
    """The process that wrote it may have been taken over."""
    spool = Spool()
    frame = pl.DataFrame({"cell:0": [f"+1 (202) 555-{n:05}" for n in range(ROWS)]})
    content = write_part(frame).getvalue()
    path = tmp_path / "part"
    for old, new in ((b"+1 (\0\0\0\0\x12\0\0\0", b"+1 (\0\0\0\0\0\0\x10\0"), (b"+1 (202) 555-00001", b"\xff" * 18)):
        assert old in content
        path.write_bytes(content.replace(old, new, 1))
        with path.open("rb") as stream, pytest.raises(FileError, match="what the process that read it sent is damaged"):
            read_part(spool.add(stream, "drop.arrow"))
    numbers = write_part(pl.DataFrame({"cell:0": [1]}))
    with pytest.raises(FileError, match="is damaged"):
        read_part(spool.add(numbers, "drop.arrow"))


@pytest.mark.parametrize(
    ("program", "says"),
    [
        ("os.kill(os.getpid(), 11)", r"is a damaged Arrow file: its reader crashed \(SIGSEGV\)"),
        ("os.abort()", r"is a damaged Arrow file: its reader crashed \(SIGABRT\)"),
        ("raise KeyError('somebody@example.com')", r"is a damaged Arrow file: its reader failed \(KeyError\)"),
        ("bytearray(8 << 30)", "needs more than 4 GB of memory"),
        ("raise RecursionError('too deep')", r"its reader failed \(RecursionError\)"),
        (
            "sys.stdout.write('x' * (65 << 20)); return {'x': 'x' * (65 << 20)}",
            r"its reader crashed \(SIGKILL\)|was not read",
        ),
        ("[open('/dev/null') for _ in range(100)]", "Too many open files"),
        ("assert not set(os.environ) & {'AWS_SECRET_ACCESS_KEY'}; raise KeyError", r"failed \(KeyError\)"),
        ("socket.create_connection(('127.0.0.1', 9), 5)", "failed"),
    ],
)
def test_whatever_ends_the_process_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, says: str
) -> None:
    """Its own words may hold cells and are not shown."""
    (tmp_path / "hostile_program.py").write_text(
        f"import os, socket, sys\ndef convert(task, source, sink):\n    {program}\n"
    )
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    start = f"import sys; sys.path.append({str(tmp_path)!r}); {child.START}"
    monkeypatch.setattr(child, "START", start)
    path = _ipc(tmp_path / "drop.arrow", {"phone": PHONES})
    with pytest.raises((FileError, OSError), match=says) as caught:
        read_apart(LocalFile(path), "hostile_program", "arrow", FORMATS["arrow"], Spool())
    assert "somebody" not in str(caught.value)


def test_a_full_disk_is_not_the_vendor_s_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "hostile_program.py").write_text(
        "import errno, os\ndef convert(task, source, sink):\n    raise OSError(errno.ENOSPC, 'full')\n"
    )
    monkeypatch.setattr(child, "START", f"import sys; sys.path.append({str(tmp_path)!r}); {child.START}")
    path = _ipc(tmp_path / "drop.arrow", {"phone": PHONES})
    with pytest.raises(ShortageError, match="temporary folder"):
        read_apart(LocalFile(path), "hostile_program", "arrow", FORMATS["arrow"], Spool())


def test_too_much_processor_time_is_said() -> None:
    error = no_answer("drop.parquet", FORMATS["parquet"], -24, "")
    assert "takes more than 20 minutes of processor time" in str(error)


#: Reads many files in one process, as the real one would read each: a crash ends it, and is told by what it printed.
_MANY = """
import json, os, resource, sys
from dataclasses import replace
from schemas.errors import FileError
from schemas.files.apart.process import report_of
from schemas.files.apart.task import task_of
resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
for line in sys.stdin:
    task = task_of(line)
    source, sink = os.open(task.shown, os.O_RDONLY), os.open(os.devnull, os.O_WRONLY)
    task = replace(task, source=source, size=os.stat(task.shown).st_size, sink=sink)
    try:
        report = report_of(task)
    except BaseException as error:
        report = {"uncaught": type(error).__name__}
    os.close(source)
    print("\\n" + json.dumps([task.shown, report]), flush=True)
"""
_FILES = 150


def _mutated(content: bytes, chance: random.Random) -> bytes:
    """Change bytes, numbers of four and eight, stretches, or the length."""
    changed = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 8))):
        at = chance.randrange(len(changed))
        how = chance.randrange(5)
        if how == 0:
            changed[at] = chance.randrange(256)
        elif how == 1:
            changed[at : at + 4] = struct.pack("<i", chance.choice((-1, 0, 1 << 20, (1 << 31) - 1, -(1 << 31))))
        elif how == 2:
            changed[at : at + 8] = struct.pack("<q", chance.choice((-1, 1 << 40, (1 << 63) - 1)))
        elif how == 3:
            other = chance.randrange(len(changed))
            changed[at : at + 16] = changed[other : other + 16]
        elif len(changed) > 100:
            del changed[at : at + chance.choice((1, 8, 64))]
    return bytes(changed)


def _seeds(folder: Path) -> list[Path]:
    columns = {
        "phone": pa.array(PHONES[:50]),
        "email": pa.array([f"lead{n}@example.com" for n in range(50)]).dictionary_encode(),
        "n": pa.array(range(50)),
        "tags": pa.array([["a", "b"]] * 50),
        "when": pa.array([0.5] * 50),
    }
    frame = pl.DataFrame(pl.from_arrow(pa.table(columns)))
    frame.write_ipc(folder / "views.arrow")
    pq.write_table(pa.table(columns), folder / "leads.parquet")
    pq.write_table(pa.table(columns), folder / "packed.parquet", compression="zstd", row_group_size=20)
    paths = [_ipc(folder / "leads.arrow", columns), _ipc(folder / "packed.arrow", columns, "zstd")]
    return [*paths, *(folder / name for name in ("views.arrow", "leads.parquet", "packed.parquet"))]


def test_mutated_files_are_read_or_refused_by_name(tmp_path: Path) -> None:
    """Whatever the bytes, this process goes on; what crashes the other, or is not foreseen, is said by the real one."""
    chance = random.Random(20_261_128)
    seeds = _seeds(tmp_path)
    tasks = []
    for number in range(_FILES):
        seed = seeds[number % len(seeds)]
        path = tmp_path / f"m{number}{seed.suffix}"
        path.write_bytes(_mutated(seed.read_bytes(), chance))
        tasks.append(Task("schemas.files.arrow_process", seed.suffix[1:], str(path), 0, 0, 0, 0, 0, 0, 0))
    reports: dict[str, dict[str, Any]] = {}
    while left := [task for task in tasks if task.shown not in reports]:
        ran = subprocess.run(
            [sys.executable, "-c", _MANY],
            input="\n".join(task.as_argument() for task in left),
            env={**os.environ, "PYTHONPATH": str(REPO)},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        for line in ran.stdout.splitlines():
            if line.startswith("["):
                shown, report = json.loads(line)
                reports[shown] = report
        if ran.returncode != 0:
            crashed = next(task.shown for task in left if task.shown not in reports)
            reports[crashed] = {"uncaught": ran.returncode}
    read_well = [shown for shown, report in reports.items() if "header" in report]
    unforeseen = [shown for shown, report in reports.items() if "uncaught" in report]
    assert 0 < len(read_well) < _FILES
    assert all(shown in report["refused"][0] for shown, report in reports.items() if "refused" in report)
    for shown in [*unforeseen[:8], *read_well[:2]]:
        path = Path(shown)
        try:
            open_tables(path, path.name, Layout())
        except FileError as error:
            assert path.name in str(error)
        else:
            assert shown in read_well


def test_a_task_is_read_as_it_was_written() -> None:
    task = Task("p", "arrow", "d\udcffrop", 3, 1, 2, 4, 5, 6, 7, ("A",))
    assert task_of(task.as_argument()) == task
    assert task_of(replace(task, wanted=()).as_argument()).wanted == ()
