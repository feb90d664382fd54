"""The tables of numbering plans answer exactly as the library does, and answer almost everything."""

from __future__ import annotations

import csv
import itertools
import random
import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import phonenumbers
import polars as pl
import pyarrow as pa
import pytest

import schemas.contact.phone
from schemas.contact.numbering.answers import UNDECIDED
from schemas.contact.numbering.library import PhoneForm, PhonePoint, read_phone
from schemas.contact.numbering.lookup import Numbering, region_numbers
from schemas.contact.numbering.patterns import UnsupportedPatternError
from schemas.contact.numbering.range_sets import lengths_of
from schemas.contact.numbering.ranges import digits_of
from schemas.contact.numbering.region_habits import learnt_habits
from schemas.contact.numbering.shipped import ShippedTables, write_tables
from schemas.contact.numbering.tables import undecided_table
from schemas.contact.phone import phone_forms
from schemas.contact.phone_column import point_list
from tests.conftest import SHARED, needs_shared_data
from tests.schemas.test_numbering_values import REGIONS, examples, made_up_values

pytestmark = pytest.mark.slow

#: Regions whose national numbers must be decided, not just left to the library.
PROMISED = ["US", "CA", "GB", "FR", "DE", "ES", "IT", "NL", "BE", "AU", "IN", "BR", "MX", "JP", "RU", "PL", "CH"]
#: Regions with a prefix, a rule or a plan of their own kind.
PECULIAR = ["AR", "CN", "KR", "GG", "SM", "KZ", "HU", "AI", "PR", "FI", "CO", "UY", "VA", "CI"]

Pairs = Sequence[tuple[str, str | None]]
_LEFT = PhoneForm("left to the library")


@pytest.fixture(scope="module")
def tables() -> Numbering:
    """Tables that are built for a single value already."""
    return Numbering(worth_a_table=0)


@pytest.fixture(autouse=True)
def _use_tables(tables: Numbering, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schemas.contact.phone, "numbering", lambda: tables)


@pytest.fixture(scope="module")
def shipped() -> ShippedTables:
    """Tables as they come with the program."""
    return ShippedTables()


def by_tables(pairs: Pairs) -> list[tuple[object, ...]]:
    """Read all pairs; what the tables leave undecided comes out as `_LEFT`."""
    values, regions = zip(*pairs, strict=True)
    return phone_forms(
        pl.Series(values, dtype=pl.String),
        pl.Series(regions, dtype=pl.String),
        lambda _, items: [point_list([PhonePoint(_LEFT)] * len(items))],  # type: ignore[arg-type]
    ).rows()


def assert_agreement(pairs: Iterable[tuple[str, str | None]]) -> float:
    """Every answer of the tables is the library's, in all of its parts. Return the share that was answered."""
    pairs = list(pairs)
    answers = by_tables(pairs)
    decided = [(pair, answer) for pair, answer in zip(pairs, answers, strict=True) if answer != tuple(_LEFT)]
    wrong = [(pair, answer, read_phone(*pair)) for pair, answer in decided if answer != tuple(read_phone(*pair))]
    assert wrong == []
    return len(decided) / len(pairs)


def near_edges(tables: Numbering, regions: Iterable[str]) -> dict[int, list[str]]:
    """National numbers at both sides of every edge of the regions' plans."""
    codes = {phonenumbers.country_code_for_region(region) for region in regions}
    found = {}
    for code in codes:
        starts = tables.plan(code).starts
        both = [number for start in starts.tolist() for number in (start - 1, start)]
        found[code] = [digits_of(number) for number in both if number > 9 and str(number).startswith("1")]
    return found


@pytest.mark.parametrize("seed", [20_260_101, random.SystemRandom().randrange(10**9)], ids=["fixed", "fresh"])
def test_made_up_values_read_as_the_library_reads_them(tables: Numbering, seed: int) -> None:
    others = random.Random(seed).sample([region for region in REGIONS if region not in PECULIAR + PROMISED], 10)
    regions = [*PROMISED, *PECULIAR, *others]
    pairs = itertools.islice(made_up_values(seed, regions, near_edges(tables, regions)), 2_500)
    share = assert_agreement(pairs)
    print(f"seed {seed}, other regions {others}: {share:.1%} decided")  # noqa: T201  # shown when the test fails


@pytest.mark.parametrize("region", [*PROMISED, *PECULIAR])
def test_every_edge_of_a_plan_reads_as_the_library_reads_it(tables: Numbering, region: str) -> None:
    """Next to an edge is where a table would be wrong; in national form and behind a plus."""
    code = phonenumbers.country_code_for_region(region)
    numbers = near_edges(tables, [region])[code]
    sample = random.Random(region).sample(numbers, min(len(numbers), 250))
    written = [(prefix + number, region) for number in sample for prefix in ("", "0", f"+{code}")]
    assert_agreement(written)


@pytest.mark.parametrize("region", PROMISED)
def test_valid_numbers_are_decided(tables: Numbering, region: str) -> None:
    code = phonenumbers.country_code_for_region(region)
    draw = random.Random(region)
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
    assert metadata is not None
    pairs = []
    for example in examples()[region] * 300:
        keep = draw.randint(2, 4)
        national = example[:keep] + "".join(draw.choices("0123456789", k=len(example) - keep))
        written = [national, f"+{code} {national}", f"+{code}{national}", f"{metadata.national_prefix or ''}{national}"]
        pairs.append((draw.choice(written), region))
    decided = sum(answer != tuple(_LEFT) for answer in by_tables(pairs))
    assert decided > (0.99 if code == 1 else 0.95) * len(pairs)


def test_numbers_of_no_country_and_numbers_in_no_country() -> None:
    pairs = [
        ("+1 202 456 1111", None),
        ("202 456 1111", None),
        ("202 456 1111", "XX"),
        ("+800 1234 5678", "US"),
        ("+870 773 111 632", "FR"),
        ("00 800 1234 5678", "FR"),
        ("+999 1234 5678", "US"),
        ("+0044 20 7946 0000", "GB"),
    ]
    assert_agreement(pairs)
    assert [answer != tuple(_LEFT) for answer in by_tables(pairs)] == [True] * 6 + [False] * 2


@needs_shared_data
def test_the_library_s_own_suite_agrees() -> None:
    with (SHARED / "suites" / "libphonenumber_testsuite_parse.csv").open(encoding="utf-8", newline="") as stream:
        rows = [(row["raw"].strip(), row["default_region"] or None) for row in csv.DictReader(stream)]
    assert_agreement([row for row in rows if row[0]])


@needs_shared_data
@pytest.mark.parametrize(
    ("name", "columns", "region", "at_least"),
    [
        ("openstates_people.csv", ["voice", "fax"], "US", 0.99),
        ("cms_hospitals.csv", ["Phone Number"], "US", 0.99),
        ("fr_annuaire_education.csv", ["Telephone", "Fax"], "FR", 0.99),
        ("okfn_br.csv", ["phone"], "BR", 0.6),
        ("okfn_gb.csv", ["phone"], "GB", 0.9),
    ],
)
def test_real_drops_agree(name: str, columns: list[str], region: str, at_least: float) -> None:
    separator = ";" if name.startswith("fr_") else ","
    with (SHARED / "drops" / name).open(encoding="cp1252" if name.startswith("cms") else "utf-8-sig") as stream:
        rows = list(csv.DictReader(stream, delimiter=separator))
    values = {row[column].strip() for row in rows for column in columns} - {""}
    if values:
        assert assert_agreement([(value, region) for value in sorted(values)]) >= at_least


def test_few_values_are_not_worth_a_table() -> None:
    """A table takes as long as the library does for some thousands; the demand is counted over all calls."""
    patient = Numbering(worth_a_table=100)
    values = pl.Series([f"20245611{ending:02}" for ending in range(60)])
    regions = pl.repeat("US", 60, dtype=pl.String, eager=True)
    assert (patient.decide(values, region_numbers(regions)).answer == UNDECIDED).all()
    assert (patient.decide(values, region_numbers(regions)).answer != UNDECIDED).all()


def test_few_values_are_read_by_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schemas.contact.phone, "numbering", Numbering)
    values = pl.Series(["(202) 456-1111 x5", None, "12"])
    forms = phone_forms(values, pl.repeat("US", 3, dtype=pl.String, eager=True))
    assert forms.rows() == [tuple(read_phone("(202) 456-1111 x5", "US")), (None,) * 8, tuple(read_phone("12", "US"))]


def test_metadata_that_cannot_be_put_into_tables_is_left_to_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise UnsupportedPatternError("a pattern of tomorrow")

    monkeypatch.setattr("schemas.contact.numbering.lookup.build_plan", refuse)
    fresh = Numbering(worth_a_table=0)
    values, regions = pl.Series(["2024561111", "+442079460000"]), pl.Series(["US", "US"])
    assert (fresh.decide(values, region_numbers(regions)).answer == UNDECIDED).all()


@pytest.mark.parametrize("key", [*PROMISED, *PECULIAR, 1, 33, 39, 44, 49, 54, 86, 800])
def test_the_shipped_tables_are_what_would_be_built(key: str | int, shipped: ShippedTables, tables: Numbering) -> None:
    """After an update of the metadata: python -m tests.phone_tables."""
    kept, built = shipped.table(key), tables.build(key)
    assert kept is not None, "the shipped tables are of another version of phonenumbers"
    assert kept.starts.tolist() == built.starts.tolist()
    assert kept.delta.tolist() == built.delta.tolist()
    told = [
        [forms[n] if n >= 0 else n for n in table.answer.tolist()]
        for table, forms in ((kept, shipped.answers), (built, tables.answers.forms))
    ]
    assert told[0] == told[1]


def test_the_shipped_habits_are_what_would_be_learnt(shipped: ShippedTables) -> None:
    assert shipped.habits == {region: learnt_habits(region) for region in phonenumbers.SUPPORTED_REGIONS}


def test_tables_of_another_version_are_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "tables.arrow"
    write_tables([("US", undecided_table())], [_LEFT], {"US": learnt_habits("US")}, path)
    assert ShippedTables(path).table("US") is not None
    assert ShippedTables(path).table("FR") is None
    assert ShippedTables(path).habits == {"US": learnt_habits("US")}
    monkeypatch.setattr("phonenumbers.__version__", "0.0.0")
    assert ShippedTables(path).table("US") is None
    assert ShippedTables(path).habits == {}


def test_pieces_of_a_plan_end_at_every_length() -> None:
    plan = Numbering().plan(39)
    assert set(lengths_of(plan.starts).tolist()) == set(range(-1, 17))


def test_a_column_of_nothing() -> None:
    empty = pl.Series([], dtype=pl.String)
    assert phone_forms(empty, empty).is_empty()
    blank = pl.Series([None, None], dtype=pl.String)
    assert phone_forms(blank, blank).rows() == [(None,) * 8] * 2


def test_the_same_value_read_for_several_regions() -> None:
    pairs: Pairs = [("(02) 9374 4000", region) for region in ("AU", "IT", "US", None, "AU")]
    assert_agreement(pairs)
    assert [answer[1] for answer in by_tables(pairs)] == ["+61293744000", "+390293744000", None, None, "+61293744000"]


def test_what_the_tables_leave_the_library_answers() -> None:
    values = pl.Series(["1-800-FLOWERS", "2024561111", "4.41E+11", None, "1-800-FLOWERS", "2024561111.0"])
    forms = phone_forms(values, pl.repeat("US", 6, dtype=pl.String, eager=True))
    assert forms.get_column("e164").to_list() == [
        "+18003569377",
        "+12024561111",
        None,
        None,
        "+18003569377",
        "+12024561111",
    ]
    assert forms.get_column("state").to_list() == ["ok", "ok", "damaged", None, "ok", "ok"]
    assert forms.get_column("repair").to_list() == [None] * 5 + ["decimal .0 removed"]


def test_one_thread_at_a_time_reads_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Arrow's reader of a file is not made for two: they wait for each other for ever, or end the program."""
    tables, reading, together = ShippedTables(), threading.Semaphore(), []
    keys: list[str | int] = ["US", "DE", 44, "FR"] * 5
    read = tables._file.get_batch

    def watched(place: int) -> pa.RecordBatch:
        together.append(not reading.acquire(blocking=False))
        time.sleep(0.002)
        found = read(place)
        reading.release()
        return found

    monkeypatch.setattr(tables, "_file", SimpleNamespace(get_batch=watched))
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(tables.table, keys))
    assert together == [False] * 20
    alone = ShippedTables()
    for key, table in zip(keys, found, strict=True):
        expected = alone.table(key)
        assert table is not None
        assert expected is not None
        assert all(np.array_equal(one, other) for one, other in zip(table, expected, strict=True))
