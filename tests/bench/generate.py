"""Generate a large realistic drop with its suppression lists.

    python -m tests.bench.generate --rows 2000000 --seed 7 --out build/bench/drop

writes `drop.csv`, `dnc.txt`, `internal.txt`, `unsubscribe.csv` and, when all of them are complete,
`spec.json`. The same rows and seed give the same bytes, on any number of threads; the drop of fewer rows is
the beginning of the drop of more. Memory is bounded by the block (see `drop.BLOCK`), except for the registry:
four bytes a line.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.bench.drop import BLOCK, HEADER, Drop
from tests.bench.lists import write_dnc, write_internal, write_unsubscribe
from tests.bench.numbering import MIXES
from tests.bench.people import People

VERSION = 1  # raise it when the output changes, so that cached drops are made again


@dataclass(frozen=True, slots=True)
class Spec:
    """What a generated folder was made from: equal specs mean equal files."""

    rows: int
    seed: int
    mix: str
    dnc_size: int
    version: int = VERSION


def write_drop(drop: Drop, rows: int, path: Path, threads: int) -> None:
    """Write `rows` records; blocks are made by `threads` threads and written in order."""

    def encoded(number: int) -> bytes:
        buffer = io.BytesIO()
        lines = drop.block(number, min(BLOCK, rows - number * BLOCK))
        lines.to_frame().write_csv(buffer, include_header=False, quote_style="never")
        return buffer.getvalue()

    waiting: deque[Future[bytes]] = deque()
    with path.open("wb") as file, ThreadPoolExecutor(threads) as pool:
        file.write(f"{HEADER}\n".encode())
        for number in range(-(-rows // BLOCK)):
            waiting.append(pool.submit(encoded, number))
            if len(waiting) > threads:
                file.write(waiting.popleft().result())
        while waiting:
            file.write(waiting.popleft().result())


def generate(spec: Spec, out: Path, threads: int = 2) -> dict[str, float]:
    """Write the folder `out`; return how many seconds each part took."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "spec.json").unlink(missing_ok=True)
    took = {}
    clock = time.perf_counter()

    def lap(part: str) -> None:
        nonlocal clock
        now = time.perf_counter()
        took[part], clock = now - clock, now

    people = People(spec.seed, spec.mix)
    drop = Drop(people)
    lap("set-up")
    write_drop(drop, spec.rows, out / "drop.csv", threads)
    lap("drop")
    write_dnc(people, spec.rows, spec.dnc_size, out / "dnc.txt")
    write_internal(people, spec.rows, out / "internal.txt")
    write_unsubscribe(people, spec.rows, out / "unsubscribe.csv")
    lap("lists")
    (out / "spec.json").write_text(json.dumps(asdict(spec)) + "\n", encoding="utf-8")
    return took


def is_complete(spec: Spec, out: Path) -> bool:
    """Whether `out` holds what `spec` asks for."""
    path = out / "spec.json"
    return path.exists() and json.loads(path.read_text(encoding="utf-8")) == asdict(spec)


def main(argv: list[str] | None = None) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.generate", description=__doc__)
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--mix", choices=sorted(MIXES), default="default", help="the countries")
    parser.add_argument("--dnc-size", type=int, help="registry lines (default: twice the rows)")
    parser.add_argument("--threads", type=int, default=min(4, os.cpu_count() or 1))
    parser.add_argument("--if-missing", action="store_true", help="do nothing when the same drop is there")
    args = parser.parse_args(argv)
    dnc_size = 2 * args.rows if args.dnc_size is None else args.dnc_size
    spec = Spec(args.rows, args.seed, args.mix, dnc_size)
    if args.if_missing and is_complete(spec, args.out):
        sys.stdout.write("already there\n")
        return 0
    took = generate(spec, args.out, args.threads)
    rate = args.rows / took["drop"]
    parts = ", ".join(f"{part} {seconds:.1f} s" for part, seconds in took.items())
    sys.stdout.write(f"{args.rows:,} rows at {rate:,.0f} rows/s ({parts})\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
