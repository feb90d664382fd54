"""The registry benchmark: a registry and a hashed list of the size that users hold, built, opened and screened.

    python -m tests.bench.registry --numbers 250000000 --hashed 100000000 --write docs/benchmark-registry.md

Everything is done by the commands that users have, each a process of its own: `lists add` of one zip an area code
(`aaa,nnnnnnn`), the same from one text file (`aaannnnnnn`), `lists add` of a hashed list, `lists lookup`; then two
million leads of each kind are screened. DuckDB and polars do a semi-join of the same leads and numbers, from
Parquet. The answers must agree. The data takes about 18 GB of disk under `build/bench` at these sizes;
`--clean` removes it afterwards.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

from tests.bench.measure import Measurement, measure
from tests.bench.registry_data import DATE, Sizes, prepared
from tests.bench.report import machine
from tests.bench.run import CACHE, ROOT

_TASKS = (sys.executable, "-m", "tests.bench.registry_tasks")
_LEADSCRUB = (sys.executable, "-m", "leadscrub")
_RECIPE = "trim+lower+sha256"
Command = Sequence[str | Path]


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table. Unknown figures are None; ``peak_bytes`` is the sum over the processes of a command."""

    what: str
    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int | None = None
    disk_bytes: int | None = None
    limit: str = ""


@dataclass(slots=True)
class Outcome:
    """What was measured, and what each program found: `(hits, checksum)` by the kind of lead, then by program."""

    lines: list[Line] = field(default_factory=list)
    found: dict[str, dict[str, tuple[int, int]]] = field(default_factory=dict)


def _run(name: str, command: Command) -> Measurement:
    measured = measure(command, ROOT)
    if measured.exit_code:
        raise SystemExit(f"{name} ended with exit code {measured.exit_code}:\n{measured.stderr}")
    load = "/".join(f"{one:.1f}" for one in psutil.getloadavg())
    sys.stderr.write(
        f"{name}: {measured.wall_seconds:.2f} s, {measured.cpu_seconds:.2f} s CPU, "
        f"{measured.peak_bytes / 1e6:,.0f} MB, load {load}\n"
    )
    return measured


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


class Bench:
    """Runs everything on one data set. The store is made anew."""

    def __init__(self, sizes: Sizes, cache: Path) -> None:
        self.sizes = sizes
        self.data = prepared(sizes, cache)
        self.store = cache / f"{sizes.folder_name}.store"
        shutil.rmtree(self.store, ignore_errors=True)
        # Once for nothing, so that the modules are compiled, which some machines are told not to keep.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        _run("start", [*_LEADSCRUB, "lists", "--help"])
        self.outcome = Outcome()

    def build(self, what: str, name: str, files: Sequence[Path], options: Sequence[str], limit: str = "") -> None:
        """Load a list by the command."""
        before = _size(self.store)
        command: Command = [*_LEADSCRUB, "lists", "add", name, *files, *options, "--as-of", DATE, "--store", self.store]
        done = _run(what, command)
        disk = _size(self.store) - before
        self._add(Line(what, done.wall_seconds, done.cpu_seconds, done.peak_bytes, disk, limit))

    def screen(self, name: str, point: str, limits: tuple[str, str]) -> None:
        """Open a list and screen the leads, in a process of its own."""
        command: Command = [*_TASKS, "screen", self.data, "--store", self.store, "--list", name, "--point", point]
        answer, peak = self._answer(point, "leadscrub", command)
        self._part(f"{name}: open", answer, "open", limit=limits[0])
        leads = f"{self.sizes.leads:,} {point}s"
        self._part(f"{name}: screen {leads}, first time (files are checked)", answer, "first", peak, limits[1])
        self._part(f"{name}: screen {leads}, again", answer, "again", limit=limits[1])

    def hashing(self) -> None:
        """The part of screening addresses that is hashing them."""
        done = _run("hashing", [*_TASKS, "hash", self.data])
        self._part(f"of which hashing {self.sizes.leads:,} emails", json.loads(done.stdout), "first")

    def lookup(self) -> None:
        """Look one number up, as a whole command."""
        command: Command = [*_LEADSCRUB, "lists", "lookup", "+12015550123", "--as-of", DATE, "--store", self.store]
        done = min((_run("lookup", command) for _ in range(3)), key=lambda done: done.wall_seconds)
        self._add(
            Line(
                "lists lookup, the whole command (best of three)",
                done.wall_seconds,
                done.cpu_seconds,
                done.peak_bytes,
                limit="1 s",
            )
        )

    def rival(self, name: str) -> None:
        """A semi-join of the phones."""
        answer, peak = self._answer("phone", name, [*_TASKS, name, self.data])
        self._part(f"{name}: semi-join of the same, from Parquet", answer, "first", peak)

    def _answer(self, point: str, program: str, command: Command) -> tuple[dict[str, Any], int]:
        done = _run(f"{program} {point}s", command)
        answer = json.loads(done.stdout)
        self.outcome.found.setdefault(point, {})[program] = (answer["hits"], answer["checksum"])
        return answer, done.peak_bytes

    def _part(self, what: str, answer: dict[str, Any], part: str, peak: int | None = None, limit: str = "") -> None:
        self._add(Line(what, answer[part]["wall"], answer[part]["cpu"], peak, limit=limit))

    def _add(self, line: Line) -> None:
        self.outcome.lines.append(line)


def run(sizes: Sizes, cache: Path) -> Outcome:
    """Measure everything; `SystemExit` when two programs disagree about the leads."""
    bench = Bench(sizes, cache)
    data = bench.data
    if sizes.numbers:
        registry = ("--kind", "dnc.national", "--covers", "all", "--region", "US")
        limit = "240 s, 3,000 MB, 700 MB on disk"
        zips = sorted((data / "zips").iterdir())
        bench.build(f"lists add, {sizes.numbers:,} numbers, {len(zips)} zips", "zips", zips, registry, limit)
        bench.screen("zips", "phone", ("0.2 s", "0.5 s"))
        bench.lookup()
        for rival in ("duckdb", "polars"):
            bench.rival(rival)
        text = [data / "registry.txt"]
        bench.build(f"lists add, {sizes.numbers:,} numbers, one text file", "text", text, registry, limit)
    if sizes.hashed:
        hashed = ("--kind", "email.unsubscribed", "--hash", _RECIPE)
        files = [data / "hashed.txt"]
        bench.build(f"lists add, {sizes.hashed:,} SHA-256 in hexadecimal", "hashed", files, hashed)
        bench.screen("hashed", "email", ("", "2 s"))
        bench.hashing()
    for point, found in bench.outcome.found.items():
        if len(set(found.values())) != 1:
            raise SystemExit(f"The programs disagree about the {point}s: {found}")
    shutil.rmtree(bench.store, ignore_errors=True)
    return bench.outcome


def table(lines: Sequence[Line]) -> str:
    """The Markdown table."""
    rows = [
        "| what | wall s | CPU s | peak memory MB | on disk MB | at most |",
        "|---|--:|--:|--:|--:|---|",
    ]
    for line in lines:
        sizes = (line.peak_bytes, line.disk_bytes)
        peak, disk = ("" if size is None else f"{size / 1e6:,.0f}" for size in sizes)
        rows.append(
            f"| {line.what} | {line.wall_seconds:,.3f} | {line.cpu_seconds:,.3f} | {peak} | {disk} | {line.limit} |"
        )
    return "\n".join(rows) + "\n"


def page(outcome: Outcome, sizes: Sizes, day: str, loads: tuple[float, float]) -> str:
    """The whole page: on what, the table, how to read and repeat it."""
    found = (f"{by['leadscrub'][0]:,} of {sizes.leads:,} {point}s" for point, by in outcome.found.items())
    lines = [
        "# Benchmark of the store at registry scale",
        "",
        f"Measured on {day}, load of the machine {loads[0]:.1f} before and {loads[1]:.1f} after. CPU time is user and",
        "system time of all threads; other work on the machine shows in it less than in the wall time.",
        "",
        table(outcome.lines),
        *(f"- {key}: {value}" for key, value in machine().items()),
        f"- listed, by every program: {', '.join(found)}",
        "",
        "`lists add` and `lists lookup` are whole commands; for the other lines only the part named is timed, and the",
        "peak is that of its whole process. Screening gives findings with masked values, as a run does, in batches",
        "on two threads. The semi-joins read their Parquet files within the time, as nothing of them is kept open. An",
        "index is memory-mapped: what is read of it counts as memory here, though the system may take it back. MB are",
        "millions of bytes.",
        "",
        "To repeat it:",
        "",
        "```console",
        f"$ python -m tests.bench.registry --numbers {sizes.numbers} --hashed {sizes.hashed} \\",
        f"    --leads {sizes.leads} --seed {sizes.seed} --write docs/benchmark-registry.md",
        "```",
    ]
    return "\n".join(lines) + "\n"


def main(argv: list[str] | None = None) -> int:
    """Run from the command line: the table goes to stdout, progress to stderr."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.registry", description=__doc__)
    parser.add_argument("--numbers", type=int, default=250_000_000)
    parser.add_argument("--hashed", type=int, default=100_000_000)
    parser.add_argument("--leads", type=int, default=2_000_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--write", type=Path, help="Markdown page to write")
    parser.add_argument("--date", help="the date of the page (default: today)")
    parser.add_argument("--clean", action="store_true", help="remove the generated data afterwards")
    args = parser.parse_args(argv)
    sizes = Sizes(args.numbers, args.hashed, args.leads, args.seed)
    before = psutil.getloadavg()[0]
    outcome = run(sizes, CACHE)
    sys.stdout.write(table(outcome.lines))
    if args.write:
        day = args.date or datetime.now(UTC).date().isoformat()
        args.write.write_text(page(outcome, sizes, day, (before, psutil.getloadavg()[0])), encoding="utf-8")
    if args.clean:
        shutil.rmtree(CACHE / sizes.folder_name)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
