"""The results of a benchmark as Markdown."""

from __future__ import annotations

import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import MappingProxyType

import psutil  # type: ignore[import-untyped]

#: Begins the part of the page that a new measurement leaves as it is.
BY_HAND = "## What was tried"
YARDSTICK = "polars"

_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "polars": "polars: copy CSV to Parquet, no checks",
        "leadscrub": "**leadscrub**: the whole scrub",
        "one": "**leadscrub**: with one thread",
        "rules": "**leadscrub**: with all rule packs",
        "wide": "**leadscrub**: 60 columns",
        "dirty": "**leadscrub**: broken records in every block",
        "xlsx": "**leadscrub**: a workbook (XLSX)",
        "large": "**leadscrub**: a large drop, once",
        "duckdb": "DuckDB: ten digits, a pattern, anti-joins",
        "usual": "the usual script: row by row",
    }
)
_LIBRARIES = ("polars", "pyarrow", "numpy", "duckdb", "phonenumbers", "email-validator")


@dataclass(frozen=True, slots=True)
class Result:
    """Medians of one program over the rounds."""

    name: str
    rows: int
    wall_seconds: float
    wall_range: tuple[float, float]  # fastest and slowest round
    cpu_seconds: float
    peak_bytes: int

    @property
    def rows_per_second(self) -> float:
        """Whole process, start-up included."""
        return self.rows / self.wall_seconds


#: Seconds of the scrub's stages by name, as the manifest has them.
Stages = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Normalised:
    """Phones and emails of some rows, normalised alone; the copy of their file, where there is one."""

    what: str
    rows: int
    seconds: float
    copy_seconds: float | None


def _of(results: Sequence[Result], name: str) -> Result | None:
    return next((r for r in results if r.name == name), None)


def table(results: Sequence[Result]) -> str:
    """One row a program; times as multiples of the copy are per row, so that unequal row counts compare."""
    copy = _of(results, YARDSTICK)
    lines = [
        "| program | rows | wall s (range) | CPU s | rows/s | time per row, copy = 1 | peak memory MB |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for r in results:
        ratio = f"{copy.rows_per_second / r.rows_per_second:,.1f}" if copy else "-"
        low, high = r.wall_range
        lines.append(
            f"| {_LABELS[r.name]} | {r.rows:,} | {r.wall_seconds:,.2f} ({low:,.2f}-{high:,.2f}) "
            f"| {r.cpu_seconds:,.2f} | {_rounded(r.rows_per_second):,} | {ratio} "
            f"| {r.peak_bytes / 1e6:,.0f} |"
        )
    scrub, usual = _of(results, "leadscrub"), _of(results, "usual")
    if scrub and usual:
        times = scrub.rows_per_second / usual.rows_per_second
        lines += ["", f"leadscrub is {times:,.0f} times as fast as the usual script."]
    return "\n".join(lines) + "\n"


def stage_table(stages: Stages, rows: int) -> str:
    """Where the scrub's time goes, by the CPU that each stage takes."""
    if not stages:
        return ""
    total = sum(stages.values())
    lines = [
        "",
        f"Where the scrub's time goes: CPU of each stage on {rows:,} rows, one after the other on one thread, the",
        "least of the rounds. Start-up is not among them.",
        "",
        "| stage | CPU s | µs/row | share |",
        "|---|--:|--:|--:|",
    ]
    lines += [
        f"| {step} | {seconds:,.2f} | {seconds / rows * 1e6:,.2f} | {seconds / total:.0%} |"
        for step, seconds in stages.items()
    ]
    return "\n".join(lines) + "\n"


def start_table(starts: Mapping[str, float]) -> str:
    """What small commands cost."""
    lines = ["", "| command | wall s, the least of five |", "|---|--:|"]
    return "\n".join([*lines, *(f"| {what} | {seconds:.2f} |" for what, seconds in starts.items())]) + "\n"


def normalised_table(measured: Sequence[Normalised]) -> str:
    """Phones and emails alone."""
    if not measured:
        return ""
    lines = [
        "",
        "Phones and emails alone, from columns in memory to their normal forms, on all cores:",
        "",
        "| values | rows | seconds | rows/s | copy of the file, s | copy = 1 |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for each in measured:
        copy = ("-", "-") if each.copy_seconds is None else (each.copy_seconds, each.seconds / each.copy_seconds)
        shown = " | ".join(cell if isinstance(cell, str) else f"{cell:,.2f}" for cell in copy)
        speed = _rounded(each.rows / each.seconds)
        lines.append(f"| {each.what} | {each.rows:,} | {each.seconds:,.2f} | {speed:,} | {shown} |")
    return "\n".join(lines) + "\n"


def _rounded(number: float) -> int:
    """Three significant digits: more would be noise."""
    return int(float(f"{number:.3g}"))


def _cpu_model() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        found = re.search(r"^model name\s*:\s*(.+)$", cpuinfo.read_text(encoding="utf-8"), re.MULTILINE)
        if found:
            return found[1].strip()
    return platform.processor() or platform.machine()


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None


def machine() -> dict[str, str]:
    """What the figures were measured on."""
    libraries = [f"{name} {found}" for name in _LIBRARIES if (found := _version(name))]
    return {
        "CPU": f"{_cpu_model()}, {psutil.cpu_count()} cores",
        "memory": f"{psutil.virtual_memory().total / 1e9:.0f} GB",
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        "libraries": ", ".join(libraries),
    }


def page(
    results: Sequence[Result], where: Mapping[str, str], day: str, settings: Mapping[str, object], more: str = ""
) -> str:
    """The whole page: how, on what, the table, and ``more`` tables."""
    rounds = "One round" if settings["repeat"] == 1 else f"Medians of {settings['repeat']} rounds"
    lines = [
        "# Benchmark",
        "",
        f"Measured on {day}. {rounds}; in each round every program runs once,",
        "as a process of its own, on the same generated drop (start-up and reading the lists included).",
        "",
        table(results) + more,
        *(f"- {key}: {value}" for key, value in where.items()),
        f"- drop: {settings['rows']:,} rows of mix `{settings['mix']}`, seed {settings['seed']}, "
        f"{settings['dnc_size']:,} registry lines",
        "",
        "Peak memory is the resident memory of all processes of the program, polled every 50 ms, or what the",
        "kernel says of the main process where that is more. MB are millions of bytes. A program with fewer",
        "rows runs on the first rows of the same drop, with lists in proportion; its memory does not compare",
        "with that of the others.",
        "",
        "The store at the scale of a national registry has [a page of its own](benchmark-registry.md).",
        "",
        "To repeat it:",
        "",
        "```console",
        f"$ python -m tests.bench.run --rows {settings['rows']} --usual-rows {settings['usual_rows']} "
        f"--repeat {settings['repeat']} \\",
        f"    --seed {settings['seed']} --mix {settings['mix']} --dnc-size {settings['dnc_size']} "
        "--write docs/benchmark.md",
        "```",
    ]
    return "\n".join(lines) + "\n"


def by_hand(path: Path) -> str:
    """The part of a page that is written by hand, from `BY_HAND` on; empty where there is none."""
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    _, heading, text = before.partition(f"\n{BY_HAND}\n")
    return f"\n{heading.lstrip()}{text}" if heading else ""
