"""The ledger's price: looking leads up in a long history, and what keeping a ledger adds to a scrub.

    python -m tests.bench.ledger --points 100000000 --leads 2000000 --rows 500000 --write docs/benchmark-ledger.md

The history is written as merging leaves it: one large file and smaller ones. The lookup is a process of its own. The
scrubs are whole commands, each beginning with no ledger, in turn with the plain copy of the same CSV.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import statistics
import sys
import time
from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import psutil  # type: ignore[import-untyped]

from pipeline.ledger.history import History
from pipeline.ledger.history_file import Entries, Owner, PointsFile, Written, write_points
from pipeline.ledger.history_past import Delivery, Past
from pipeline.ledger.history_points import Points, joined
from tests.bench.measure import Measurement, measure
from tests.bench.report import machine

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / "build" / "bench-ledger"
#: Shares of the points that the files have.
_SHARES = (0.7, 0.2, 0.05, 0.03, 0.01, 0.005, 0.005)
_AT_ONCE = 1 << 20
#: Every so many of the leads' points is in the history.
_KNOWN = 20
_FIRST_PHONE, _LAST_PHONE = 12_010_000_000, 19_890_000_000


def _entries(points: int, seed: int, known: list[Points]) -> Iterator[Entries]:
    """Points in order, first the phones, then the emails; some of each chunk go to ``known``."""
    draw = np.random.default_rng(seed)
    phones = points // 2
    for count, low, high in ((phones, _FIRST_PHONE, _LAST_PHONE), (points - phones, 1 << 40, 1 << 64)):
        step = (high - low) // count
        for start in range(0, count, _AT_ONCE):
            size = min(_AT_ONCE, count - start)
            places = np.arange(start, start + size, dtype=np.uint64) * np.uint64(step) + np.uint64(low)
            keys = places + draw.integers(0, step, size, np.uint64)
            rests = np.zeros(size, np.uint64) if low == _FIRST_PHONE else draw.integers(1, 1 << 63, size, np.uint64)
            chunk = Points(keys, rests)
            known.append(chunk.part(draw.integers(0, size, size // 64)))
            yield Entries(chunk, np.zeros(size, np.uint32))


def _owner(number: int) -> Owner:
    return Owner(f"{number:032x}", f"{number:064x}")


def build(folder: Path, points: int, leads: int) -> None:
    """Write a history, and the points of leads of which some are in it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    known: list[Points] = []
    files = []
    for number, share in enumerate(_SHARES):
        written = write_points(folder, _entries(int(points * share), number, known), [_owner(number)])
        files.append([written.file, written.bytes, written.points])
    draw = np.random.default_rng(99)
    pool, wanted = joined(known), leads // _KNOWN
    mine = pool.part(draw.integers(0, len(pool), wanted))
    fresh = (leads - wanted) // 2
    asked = joined(
        [
            mine,
            # Odd ends that no phone of the plan has, so that nothing but the known ones is found.
            Points(draw.integers(_FIRST_PHONE, _LAST_PHONE, fresh, np.uint64), np.full(fresh, 1, np.uint64)),
            Points(draw.integers(1 << 40, 1 << 64, fresh, np.uint64), np.full(fresh, 0, np.uint64)),
        ]
    )
    order = draw.permutation(len(asked))
    np.savez(folder / "asked.npz", keys=asked.keys[order], rests=asked.rests[order], known=wanted)
    (folder / "files.json").write_text(json.dumps(files))


def _asked(_past: Past, owners: Collection[Owner]) -> dict[Owner, Delivery]:
    """Every owner counts."""
    return {owner: Delivery(int(owner.run_id, 16) + 1, "them", "", date(2026, 11, 1)) for owner in owners}


def look_up(folder: Path) -> None:
    """Open the history and look the leads up; prints seconds, CPU seconds and how many were found."""
    asked = np.load(folder / "asked.npz")
    points = Points(asked["keys"], asked["rests"])
    files = [Written(*each) for each in json.loads((folder / "files.json").read_text())]
    past = Past("us", 0, len(files) + 1, "", len(files), _asked)
    began, cpu = time.perf_counter(), time.process_time()
    history = History([PointsFile(folder, each.file, each.bytes) for each in files])
    found = history.earliest(points, past)
    wall, used = time.perf_counter() - began, time.process_time() - cpu
    if np.count_nonzero(found.other) != int(asked["known"]):
        raise SystemExit(f"{np.count_nonzero(found.other)} found, {asked['known']} are there")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    sys.stdout.write(json.dumps([wall, used, int(np.count_nonzero(found.other)), peak]))


def _checked(command: list[str | Path]) -> Measurement:
    measured = measure([sys.executable, "-m", *command], ROOT)
    if measured.exit_code:
        raise SystemExit(measured.stderr)
    return measured


def lookups(folder: Path, points: int, leads: int, repeat: int) -> list[list[float]]:
    """Wall seconds, CPU seconds, found and peak memory of each lookup."""
    build(folder, points, leads)
    try:
        return [json.loads(_checked(["tests.bench.ledger", "--look-up", folder]).stdout) for _ in range(repeat)]
    finally:
        shutil.rmtree(folder)


def scrubs(folder: Path, rows: int, repeat: int) -> dict[str, list[Measurement]]:
    """A copy, a scrub without and with a ledger, in turn."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "vendors").mkdir(parents=True)
    (folder / "campaigns").mkdir()
    (folder / "leadscrub.toml").write_text("[ledger]\n")
    (folder / "vendors/acme.toml").write_text('name = "acme"\n')
    (folder / "campaigns/all.toml").write_text('name = "all"\nchannels = ["call", "email"]\nregion = "US"\n')
    _checked(["tests.bench.generate", "--rows", str(rows), "--seed", "7", "--out", folder / "data"])
    drop, out = folder / "data" / "drop.csv", folder / "out"
    scrub: list[str | Path] = ["leadscrub", "scrub", drop, "-o", out, "--force", "--as-of", "2026-11-21"]
    scrub += ["--campaign", folder / "campaigns/all.toml", "--vendor", "acme"]
    commands: dict[str, list[str | Path]] = {
        "copy": ["tests.bench.rivals", "polars", drop, folder / "copy"],
        "without": [*scrub, "--ledger", "none"],
        "with": scrub,
    }
    measured: dict[str, list[Measurement]] = {name: [] for name in commands}
    try:
        for _ in range(repeat):
            for name, command in commands.items():
                shutil.rmtree(folder / "ledger", ignore_errors=True)
                measured[name].append(_checked(command))
    finally:
        shutil.rmtree(folder)
    return measured


def page(args: argparse.Namespace, found: list[list[float]], measured: dict[str, list[Measurement]]) -> str:
    """The whole page."""

    def of(name: str, figure: str) -> float:
        return float(statistics.median(getattr(each, figure) for each in measured[name]))

    lines = [
        "# Benchmark of the ledger",
        "",
        f"Measured on {datetime.now(UTC).date()}, load of the machine {psutil.getloadavg()[0]:.1f}. Medians of",
        f"{args.repeat} rounds, with the fastest one in brackets. A load above the number of cores is other work,",
        "which took its share of the wall time; it shows in CPU time less.",
        "",
        f"Looking up {args.leads:,} points in a history of {args.points:,}, opening and checksums included:",
        f"{statistics.median(each[0] for each in found):.2f} s ({min(each[0] for each in found):.2f}), CPU",
        f"{statistics.median(each[1] for each in found):.2f} s ({min(each[1] for each in found):.2f}); "
        f"{int(found[0][2]):,} were there and were found; peak",
        f"memory {max(each[3] for each in found) / 1e6:,.0f} MB, mapped pages counted. The goal is 2 s. The files were",
        "in the system's cache.",
        "",
        f"| {args.rows:,} rows | wall s | CPU s | peak memory MB |",
        "|---|--:|--:|--:|",
    ]
    names = {"copy": "polars: copy CSV to Parquet", "without": "scrub without a ledger", "with": "scrub with a ledger"}
    for name, title in names.items():
        wall = min(each.wall_seconds for each in measured[name])
        cpu = min(each.cpu_seconds for each in measured[name])
        lines.append(
            f"| {title} | {of(name, 'wall_seconds'):.2f} ({wall:.2f}) | {of(name, 'cpu_seconds'):.2f} ({cpu:.2f}) "
            f"| {of(name, 'peak_bytes') / 1e6:,.0f} |"
        )
    ratios = {
        figure: (of("with", figure) - of("without", figure)) / of("copy", figure)
        for figure in ("wall_seconds", "cpu_seconds")
    }
    lines += [
        "",
        f"The ledger adds {ratios['wall_seconds']:.2f} times the wall time of the copy, and",
        f"{ratios['cpu_seconds']:.2f} times its CPU time; the goal is 0.5.",
        "A part of it does not grow with the drop: loading SQLAlchemy, and a dozen files and commits put on disk.",
        "",
        *(f"- {key}: {value}" for key, value in machine().items()),
        "",
        "To repeat it (2 GB of disk while it runs):",
        "",
        "```console",
        f"$ python -m tests.bench.ledger --points {args.points} --leads {args.leads} \\",
        f"    --rows {args.rows} --repeat {args.repeat} --write docs/benchmark-ledger.md",
        "```",
    ]
    return "\n".join(lines) + "\n"


def main(argv: list[str] | None = None) -> int:
    """Run from the command line: the page goes to stdout."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.ledger", description=__doc__)
    parser.add_argument("--points", type=int, default=100_000_000)
    parser.add_argument("--leads", type=int, default=2_000_000)
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--write", type=Path, help="Markdown page to write")
    parser.add_argument("--look-up", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if args.look_up:
        look_up(args.look_up)
        return 0
    found = lookups(CACHE / "history", args.points, args.leads, args.repeat)
    measured = scrubs(CACHE / "scrub", args.rows, args.repeat)
    text = page(args, found, measured)
    sys.stdout.write(text)
    if args.write:
        args.write.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
