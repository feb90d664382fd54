"""The generated drop is the same for the same seed, and looks like what vendors send."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import phonenumbers
import pytest

from tests.bench import rivals
from tests.bench.drop import HEADER
from tests.bench.generate import Spec, generate, is_complete
from tests.bench.numbering import MIXES

pytestmark = pytest.mark.slow

FILES = ("drop.csv", "dnc.txt", "internal.txt", "unsubscribe.csv")
ROOT = Path(__file__).resolve().parents[2]
ROWS = 20_000

Row = dict[str, str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generated folder of 20,000 rows."""
    out = tmp_path_factory.mktemp("drop")
    generate(Spec(ROWS, 7, "default", 2 * ROWS), out)
    return out


@pytest.fixture(scope="module")
def rows(folder: Path) -> list[Row]:
    """Its records."""
    with (folder / "drop.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def made(tmp_path: Path, spec: Spec, threads: int = 1) -> dict[str, bytes]:
    """The bytes of every file of a small folder."""
    generate(spec, tmp_path, threads)
    return {name: (tmp_path / name).read_bytes() for name in FILES}


def is_valid(row: Row) -> bool:
    """Whether the phone is a valid number where the row says the person is."""
    try:
        number = phonenumbers.parse(row["phone"], row["country"] or "US")
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_valid_number(number)


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    """Whatever the number of threads."""
    spec = Spec(3_000, 11, "us", 500)
    assert made(tmp_path / "a", spec) == made(tmp_path / "b", spec, threads=3)
    assert is_complete(spec, tmp_path / "a")
    assert not is_complete(Spec(3_000, 12, "us", 500), tmp_path / "a")


def test_other_seed_other_bytes(tmp_path: Path) -> None:
    """In every file."""
    one = made(tmp_path / "a", Spec(3_000, 11, "us", 500))
    other = made(tmp_path / "b", Spec(3_000, 12, "us", 500))
    assert all(one[name] != other[name] for name in FILES)


def test_a_smaller_drop_is_the_beginning_of_a_larger_one(folder: Path, tmp_path: Path) -> None:
    """So that a slow program can run on a part of the same drop."""
    small = made(tmp_path, Spec(1_500, 7, "default", 10))["drop.csv"]
    assert (folder / "drop.csv").read_bytes().startswith(small)


def test_header_and_row_count(folder: Path, rows: list[Row]) -> None:
    """Quoted commas and line breaks do not shift a cell: no record is short or long."""
    assert (folder / "drop.csv").read_text(encoding="utf-8").startswith(HEADER + "\n")
    assert len(rows) == ROWS
    assert all(None not in row and None not in row.values() for row in rows)
    assert any("\n" in row["address"] for row in rows)
    assert any(", " in row["address"] for row in rows)


def test_most_phones_are_valid_and_distinct(rows: list[Row]) -> None:
    """In the country of the row, by the metadata of phonenumbers."""
    assert sum(map(is_valid, rows)) >= 0.8 * ROWS
    digits = {re.sub(r"\D", "", row["phone"])[-9:] for row in rows}
    assert 0.80 * ROWS <= len(digits) <= 0.90 * ROWS


def test_duplicates(rows: list[Row]) -> None:
    """About 2 % of the lines are copies, and as many people come again from another vendor."""
    ids = {row["lead_id"] for row in rows}
    assert 0.97 * ROWS <= len(ids) <= 0.99 * ROWS
    emails = {row["email"].strip().lower() for row in rows}
    assert 0.90 * ROWS <= len(emails) < 0.97 * ROWS  # these, those without email, and damage


@pytest.mark.parametrize(
    ("column", "pattern"),
    [
        ("phone", r"\(\d{3}\) \d{3}-\d{4}"),
        ("phone", r"\d{3}-\d{3}-\d{4}"),
        ("phone", r"\d{3}\.\d{3}\.\d{4}"),
        ("phone", r"\+1 \d{3} \d{3} \d{4}"),
        ("phone", r"1-\d{3}-\d{3}-\d{4}"),
        ("phone", r"\d{10}"),
        ("phone", r"\+44\d{10}"),
        ("phone", r"0\d{3}-\d+-\d{4}"),
        ("phone", r".* x123"),
        ("phone", r" \(\d{3}\) \d{3}-\d{4} "),
        ("email", r"[A-Z_.0-9]+@[A-Z.-]+"),
        ("email", r" +\S+@\S+ +"),
        ("email", r"[a-z]+\.[a-z]+\d+@\S+"),
        ("email", r"\S+\+(news|leads|spam|quotes)@\S+"),
    ],
)
def test_habits(rows: list[Row], column: str, pattern: str) -> None:
    """Every way of writing a contact point occurs."""
    assert any(re.fullmatch(pattern, row[column]) for row in rows)


@pytest.mark.parametrize(
    ("column", "pattern"),
    [
        ("phone", r"\d\.\d\dE\+\d+"),
        ("phone", r"\d+\.0"),
        ("phone", r"\d{7}"),
        ("phone", r"N/A"),
        ("phone", r"\(blank\)"),
        ("phone", r"call me maybe"),
        ("phone", r"\(212\) 555-01\d\d"),
        ("phone", r".*@.*"),
        ("email", r"[a-z.0-9_]+"),
        ("email", r"https://\S+"),
        ("email", r".+@.+;.+@.+"),
        ("email", r'"john .*"@.*'),
        ("email", r"jürgen.*"),
        ("email", r".+@例え\.jp"),
    ],
)
def test_damage_and_oddities(rows: list[Row], column: str, pattern: str) -> None:
    """Every kind of damage occurs, in few rows."""
    found = sum(bool(re.fullmatch(pattern, row[column])) for row in rows)
    assert 0 < found < 0.01 * ROWS


def test_blank_rows_and_countries(rows: list[Row]) -> None:
    """Some rows cannot be contacted at all; the mix of countries is what was asked for."""
    assert any(not row["phone"] and not row["email"] for row in rows)
    seen = [row["country"] or "US" for row in rows]
    assert set(seen) == set(MIXES["default"])
    assert 0.82 < sum(code in {"US", "CA"} for code in seen) / ROWS < 0.88


def test_registry_lines(folder: Path) -> None:
    """Sorted, without repeats, `AAA,NNNNNNN`."""
    lines = (folder / "dnc.txt").read_text(encoding="utf-8").splitlines()
    assert lines == sorted(set(lines))
    assert 1.9 * ROWS < len(lines) <= 2 * ROWS
    assert all(re.fullmatch(r"\d{3},\d{7}", line) for line in lines)


@pytest.mark.parametrize("name", list(rivals.RIVALS))
def test_rivals_account_for_all_rows(name: str, tmp_path: Path) -> None:
    """Each runs as a process of its own; those that scrub split the drop into clean and rejected."""
    if name == "duckdb":
        pytest.importorskip("duckdb")
    generate(Spec(2_000, 3, "default", 4_000), tmp_path)
    paths = [str(tmp_path / "drop.csv"), str(tmp_path / "out")]
    command = [sys.executable, "-m", "tests.bench.rivals", name, *paths]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    counts = json.loads(done.stdout)
    assert counts["read"] == 2_000
    if name != "polars":
        assert counts["clean"] + counts["rejected"] == 2_000
        assert 1_000 < counts["clean"] < 2_000
    if name == "usual":
        for part in ("clean", "rejected"):
            with (tmp_path / "out" / f"{part}.csv").open(encoding="utf-8", newline="") as file:
                assert len(list(csv.DictReader(file))) == counts[part]
