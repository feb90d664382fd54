"""The benchmark: leadscrub and its rivals in turn, on one drop, in one run on one machine.

    python -m tests.bench.run --rows 2000000 --usual-rows 200000 --repeat 3 --write docs/benchmark.md

Every program is a process of its own and starts from the same files. A round runs each of them once, so
that a machine that slows down slows all of them; the medians of the rounds are reported. The usual script is
measured on the first rows of the same drop, with lists in proportion, because it would take too long on all
of them.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from tests.bench.measure import Measurement, measure
from tests.bench.report import (
    Normalised,
    Result,
    Stages,
    by_hand,
    machine,
    normalised_table,
    page,
    stage_table,
    table,
)

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / "build" / "bench"
_GENERATOR = "tests.bench.generate"
#: Rows of the drop on which every program runs once before it is measured.
_SMALL = 2_000
#: Rows of the drops of which phones and emails alone are normalised.
_NORMALISED_ROWS = 1_000_000


@dataclass(frozen=True, slots=True)
class Settings:
    """What is run, and on what."""

    rows: int
    usual_rows: int
    repeat: int
    seed: int
    mix: str
    dnc_size: int
    only: tuple[str, ...]


#: A workspace with a campaign that asks all rule packs.
LAW = ROOT / "tests" / "bench" / "law"


def _scrub(folder: Path, out: Path) -> list[str | Path]:
    return [
        *(sys.executable, "-m", "leadscrub", "scrub", folder / "drop.csv", "-o", out, "--force"),
        # Some of its entries are numbers that no plan gives out, as real lists have them.
        *("--dnc", folder / "dnc.txt", "--internal", folder / "internal.txt", "--max-refused", "1"),
        *("--unsubscribe", folder / "unsubscribe.csv", "--as-of", "2026-11-21"),
    ]


def _leadscrub(folder: Path, out: Path) -> list[str | Path]:
    return [*_scrub(folder, out), "--region", "US", "--channel", "call", "--channel", "email"]


def _with_rules(folder: Path, out: Path) -> list[str | Path]:
    campaign = LAW / "campaigns" / "all.toml"
    return [*_scrub(folder, out), "--campaign", campaign, "--vendor", "shop"]


def _rival(name: str) -> Callable[[Path, Path], list[str | Path]]:
    program = [sys.executable, "-m", "tests.bench.rivals", name]
    return lambda folder, out: [*program, folder / "drop.csv", out]


#: Every program by name: its command for a folder with a drop and an output folder.
PROGRAMS: Mapping[str, Callable[[Path, Path], list[str | Path]]] = MappingProxyType(
    {
        "polars": _rival("polars"),
        "leadscrub": _leadscrub,
        "rules": _with_rules,
        "duckdb": _rival("duckdb"),
        "usual": _rival("usual"),
    }
)


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _checked(name: str, command: list[str | Path]) -> Measurement:
    measured = measure(command, ROOT)
    if measured.exit_code:
        raise SystemExit(f"{name} ended with exit code {measured.exit_code}:\n{measured.stderr}")
    return measured


def prepare(rows: int, settings: Settings) -> Path:
    """The folder with the drop of `rows` rows, generated unless it is there already."""
    dnc_size = max(1, settings.dnc_size * rows // settings.rows)
    folder = CACHE / f"{settings.mix}-{rows}-{dnc_size}-{settings.seed}"
    arguments = ["--rows", str(rows), "--dnc-size", str(dnc_size), "--mix", settings.mix]
    made = _checked(
        _GENERATOR,
        [
            *(sys.executable, "-m", _GENERATOR, *arguments),
            *("--seed", str(settings.seed), "--out", folder, "--if-missing"),
        ],
    )
    _say(f"{folder.name}: {made.stdout.strip()}")
    return folder


def _warm(folder: Path) -> None:
    """Read every input once, so that the first program does not pay for a cold disk."""
    for path in sorted(folder.iterdir()):
        with path.open("rb") as file:
            while file.read(1 << 24):
                pass


def run(settings: Settings) -> tuple[list[Result], Stages]:
    """All rounds; one result for each program, in the order of `PROGRAMS`, and the scrub's seconds by stage."""
    sizes = {name: settings.usual_rows if name == "usual" else settings.rows for name in settings.only}
    folders = {rows: prepare(rows, settings) for rows in sorted(set(sizes.values()))}
    runs: dict[str, list[Measurement]] = {name: [] for name in settings.only}
    stages: list[dict[str, float]] = []
    out = CACHE / "out"
    for folder in folders.values():
        _warm(folder)
    small = prepare(min(_SMALL, settings.rows), settings)
    for name in sizes:
        # Unmeasured: afterwards the libraries are compiled and in memory.
        _checked(name, PROGRAMS[name](small, out / name))
    for turn in range(settings.repeat):
        for name, rows in sizes.items():
            shutil.rmtree(out, ignore_errors=True)
            measured = _checked(name, PROGRAMS[name](folders[rows], out))
            runs[name].append(measured)
            if name == "leadscrub":
                stages.append(json.loads((out / "manifest.json").read_text(encoding="utf-8"))["timings"])
            _say(
                f"round {turn + 1}: {name}, {rows:,} rows, {measured.wall_seconds:.2f} s, "
                f"{measured.peak_bytes / 1e6:,.0f} MB"
            )
    shutil.rmtree(out, ignore_errors=True)
    medians = {step: statistics.median(each[step] for each in stages) for step in stages[0]} if stages else {}
    return [_result(name, sizes[name], runs[name]) for name in settings.only], medians


def normalised(settings: Settings) -> list[Normalised]:
    """Phones and emails alone: of the mixes, and the worst case. Medians of the rounds."""
    rows = min(settings.rows, _NORMALISED_ROWS)
    tasks: dict[str, list[str | Path]] = {
        f"mix `{mix}`": ["drop", prepare(rows, replace(settings, mix=mix)) / "drop.csv"] for mix in ("us", "world")
    }
    tasks["every phone and email different and odd"] = ["odd"]
    done = []
    for what, task in tasks.items():
        command = [sys.executable, "-m", "tests.bench.normalise", *task]
        rounds = [json.loads(_checked(what, command).stdout) for _ in range(settings.repeat)]
        _say(f"{what}: {rounds}")
        middle = {key: statistics.median(each[key] for each in rounds) for key in rounds[0]}
        done.append(Normalised(what, int(middle["rows"]), middle["seconds"], middle.get("copy_seconds")))
    return done


def _result(name: str, rows: int, measured: list[Measurement]) -> Result:
    walls = [m.wall_seconds for m in measured]
    return Result(
        name=name,
        rows=rows,
        wall_seconds=statistics.median(walls),
        wall_range=(min(walls), max(walls)),
        cpu_seconds=statistics.median(m.cpu_seconds for m in measured),
        peak_bytes=int(statistics.median(m.peak_bytes for m in measured)),
    )


def _settings(args: argparse.Namespace) -> Settings:
    wanted = args.only.split(",") if args.only else list(PROGRAMS)
    if unknown := sorted(set(wanted) - set(PROGRAMS)):
        raise SystemExit(f"--only: no program {', '.join(unknown)}; there are {', '.join(PROGRAMS)}")
    return Settings(
        rows=args.rows,
        usual_rows=min(args.usual_rows, args.rows),
        repeat=args.repeat,
        seed=args.seed,
        mix=args.mix,
        dnc_size=2 * args.rows if args.dnc_size is None else args.dnc_size,
        only=tuple(name for name in PROGRAMS if name in wanted),
    )


def main(argv: list[str] | None = None) -> int:
    """Run from the command line: the table goes to stdout, progress to stderr."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.run", description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--usual-rows", type=int, default=200_000, help="rows of the usual script")
    parser.add_argument("--repeat", type=int, default=3, help="rounds")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--mix", default="default", help="countries of the drop: default, us or world")
    parser.add_argument("--dnc-size", type=int, help="registry lines (default: twice the rows)")
    parser.add_argument("--only", help=f"some of {','.join(PROGRAMS)}")
    parser.add_argument("--write", type=Path, help="Markdown page to write")
    parser.add_argument("--date", help="the date of the page (default: today)")
    args = parser.parse_args(argv)
    settings = _settings(args)
    results, stages = run(settings)
    alone = [] if args.only else normalised(settings)
    more = stage_table(stages, settings.rows) + normalised_table(alone)
    sys.stdout.write(table(results) + more)
    if args.write:
        day = args.date or datetime.now(UTC).date().isoformat()
        args.write.parent.mkdir(parents=True, exist_ok=True)
        args.write.write_text(
            page(results, machine(), day, asdict(settings), more) + by_hand(args.write), encoding="utf-8"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
