"""The benchmark: leadscrub and its rivals in turn, on one drop, in one run on one machine.

    python -m tests.bench.run --rows 2000000 --usual-rows 200000 --repeat 3 --write docs/benchmark.md

Every program is a process of its own and starts from the same files. A round runs each of them once, so
that a machine that slows down slows all of them; the medians of the rounds are reported. The usual script is
measured on the first rows of the same drop, with lists in proportion, because it would take too long on all
of them; so are drops of other shapes (`shapes`). ``--large 20000000`` adds one run for memory.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
from collections.abc import Callable, Iterable, Mapping
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
    start_table,
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
    shape_rows: int
    xlsx_rows: int
    large_rows: int
    repeat: int
    seed: int
    mix: str
    dnc_size: int
    only: tuple[str, ...]


Command = Callable[[Path, Path], list[str | Path]]

#: A workspace with a campaign that asks all rule packs.
LAW = ROOT / "tests" / "bench" / "law"


def _scrub(folder: Path, out: Path, drop: str = "drop.csv") -> list[str | Path]:
    return [
        *("scrub", folder / drop, "-o", out, "--force"),
        # Some of its entries are numbers that no plan gives out, as real lists have them.
        *("--dnc", folder / "dnc.txt", "--internal", folder / "internal.txt", "--max-refused", "1"),
        *("--unsubscribe", folder / "unsubscribe.csv", "--as-of", "2026-11-21"),
    ]


_PROGRAM = (sys.executable, "-m", "leadscrub")
_US = ("--region", "US", "--channel", "call", "--channel", "email")


def _leadscrub(*more: str, drop: str = "drop.csv") -> Command:
    return lambda folder, out: [*_PROGRAM, *_scrub(folder, out, drop), *_US, *more]


def _with_rules(folder: Path, out: Path) -> list[str | Path]:
    campaign = LAW / "campaigns" / "all.toml"
    return [*_PROGRAM, *_scrub(folder, out), "--campaign", campaign, "--vendor", "shop"]


def _rival(name: str) -> Command:
    program = [sys.executable, "-m", "tests.bench.rivals", name]
    return lambda folder, out: [*program, folder / "drop.csv", out]


@dataclass(frozen=True, slots=True)
class Program:
    """What is measured: its command for a folder with a drop and an output folder.

    ``rows``: which of the `Settings` says how many it gets. ``shape``: the file that its folder must have (`shapes`).
    """

    command: Command
    rows: str = "rows"
    shape: str | None = None


#: Every program by name.
PROGRAMS: Mapping[str, Program] = MappingProxyType(
    {
        "polars": Program(_rival("polars")),
        "leadscrub": Program(_leadscrub()),
        "one": Program(_leadscrub("--threads", "1")),
        "rules": Program(_with_rules),
        "wide": Program(_leadscrub(drop="wide.csv"), "shape_rows", "wide.csv"),
        "dirty": Program(_leadscrub(drop="dirty.csv"), "shape_rows", "dirty.csv"),
        "xlsx": Program(_leadscrub(drop="drop.xlsx"), "xlsx_rows", "drop.xlsx"),
        "large": Program(_leadscrub(), "large_rows"),
        "duckdb": Program(_rival("duckdb")),
        "usual": Program(_rival("usual"), "usual_rows"),
    }
)
#: Rows of the drop whose stages are timed one by one.
_STAGE_ROWS = 500_000


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _checked(name: str, command: list[str | Path]) -> Measurement:
    measured = measure(command, ROOT)
    if measured.exit_code:
        raise SystemExit(f"{name} ended with exit code {measured.exit_code}:\n{measured.stderr}")
    return measured


def prepare(rows: int, settings: Settings, shapes: Iterable[str] = ()) -> Path:
    """The folder with the drop of `rows` rows, in these shapes as well, generated unless it is there already."""
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
    for shape in shapes:
        _checked(shape, [sys.executable, "-m", "tests.bench.shapes", folder, shape])
    return folder


def _warm(folder: Path) -> None:
    """Read every input once, so that the first program does not pay for a cold disk."""
    for path in sorted(folder.iterdir()):
        with path.open("rb") as file:
            while file.read(1 << 24):
                pass


def run(settings: Settings) -> list[Result]:
    """All rounds; one result for each program, in the order of `PROGRAMS`."""
    chosen = {name: PROGRAMS[name] for name in settings.only}
    sizes = {name: int(getattr(settings, program.rows)) for name, program in chosen.items()}
    folders = {rows: prepare(rows, settings) for rows in sorted(set(sizes.values()))}
    small = prepare(min(_SMALL, settings.rows), settings)
    runs: dict[str, list[Measurement]] = {name: [] for name in chosen}
    out = CACHE / "out"
    for name, program in chosen.items():
        if program.shape is not None:
            prepare(sizes[name], settings, [program.shape])
            prepare(min(_SMALL, settings.rows), settings, [program.shape])
        # Unmeasured: afterwards the libraries are compiled and in memory.
        _checked(name, program.command(small, out / name))
    for folder in folders.values():
        _warm(folder)
    for turn in range(settings.repeat):
        for name, program in chosen.items():
            if name == "large" and turn:
                continue  # it is run for its memory
            shutil.rmtree(out, ignore_errors=True)
            measured = _checked(name, program.command(folders[sizes[name]], out))
            runs[name].append(measured)
            _say(
                f"round {turn + 1}: {name}, {sizes[name]:,} rows, {measured.wall_seconds:.2f} s, "
                f"{measured.peak_bytes / 1e6:,.0f} MB"
            )
    shutil.rmtree(out, ignore_errors=True)
    return [_result(name, sizes[name], runs[name]) for name in settings.only]


def stages(settings: Settings) -> tuple[Stages, int]:
    """CPU seconds of the scrub by stage, the least of the rounds, and the rows of the drop."""
    rows, out = min(settings.rows, _STAGE_ROWS), CACHE / "out"
    folder = prepare(rows, settings)
    command = [sys.executable, "-m", "tests.bench.stages", *_scrub(folder, out), *_US]
    rounds: list[dict[str, float]] = []
    for _ in range(settings.repeat):
        _checked("stages", command)
        rounds.append(json.loads((out / "manifest.json").read_text(encoding="utf-8"))["timings"])
    shutil.rmtree(out, ignore_errors=True)
    return {step: min(each[step] for each in rounds) for step in rounds[0]}, rows


#: What every command waits for, by what is told of it.
STARTS: Mapping[str, Command] = MappingProxyType(
    {
        "`--version`": lambda folder, out: [*_PROGRAM, "--version"],
        "`--help`": lambda folder, out: [*_PROGRAM, "--help"],
        f"scrub of {_SMALL:,} rows": _leadscrub(),
    }
)


def starts(settings: Settings) -> dict[str, float]:
    """Wall seconds of small commands: the least of five, since what is asked is what they cost at least."""
    folder, out = prepare(min(_SMALL, settings.rows), settings), CACHE / "out"
    return {
        what: min(_checked(what, command(folder, out)).wall_seconds for _ in range(5))
        for what, command in STARTS.items()
    }


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
    if args.large and "large" not in wanted:
        wanted.append("large")
    if not args.large and args.only is None:
        wanted.remove("large")
    return Settings(
        rows=args.rows,
        usual_rows=min(args.usual_rows, args.rows),
        shape_rows=max(1, args.rows // 4),
        xlsx_rows=min(args.xlsx_rows, args.rows),
        large_rows=args.large or args.rows,
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
    parser.add_argument("--xlsx-rows", type=int, default=600_000, help="rows of the workbook")
    parser.add_argument("--large", type=int, default=0, metavar="ROWS", help="one more run, for memory")
    parser.add_argument("--repeat", type=int, default=3, help="rounds")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--mix", default="default", help="countries of the drop: default, us or world")
    parser.add_argument("--dnc-size", type=int, help="registry lines (default: twice the rows)")
    parser.add_argument("--only", help=f"some of {','.join(PROGRAMS)}")
    parser.add_argument("--write", type=Path, help="Markdown page to write")
    parser.add_argument("--date", help="the date of the page (default: today)")
    args = parser.parse_args(argv)
    settings = _settings(args)
    results = run(settings)
    more = ""
    if "leadscrub" in settings.only:
        more += stage_table(*stages(settings)) + start_table(starts(settings))
    if not args.only:
        more += normalised_table(normalised(settings))
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
