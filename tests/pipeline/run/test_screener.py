"""A screener says of every batch what a run says of the same rows, but for what only a whole run can see."""

from __future__ import annotations

import pickle
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import leadscrub
from pipeline.run.screener import _reopened
from pipeline.stages.checks import Declared
from pipeline.stages.registry import RUN_CHECKS
from pipeline.stages.reviewed import REVIEWED
from schemas.files.table import FileTally, read_batches
from schemas.frame_columns import SOURCE
from tests.conftest import DAY, REPO, SHARED, Scrubbed, Written, needs_shared_data, scrub_files
from tests.conftest import leadscrub as command

pytestmark = pytest.mark.slow

TODAY = date.fromisoformat(DAY)
SAMPLE = REPO / "data" / "sample"
#: What only a whole run finds.
LEFT_OUT: tuple[Declared, ...] = (*RUN_CHECKS, REVIEWED)
WHOLE = sorted(code for check in LEFT_OUT for code in check.codes)
#: Why a date in figures is not read: in a whole column, and in a batch.
IN_COLUMN = "day and month could change places in the whole column"
IN_BATCH = "whether day or month comes first shows in the whole column only, and the layout does not say"


def cells_of(drop: Path, rows: int | None = None) -> pa.Table:
    """The cells of a drop as text, as its own reader gives them."""
    from pipeline.reading.opening import open_drop
    from schemas.layout import Layout

    (table,) = open_drop([str(drop)], Layout())
    frame = pl.concat(read_batches(table, FileTally(), 1 << 20)).filter(pl.col("raw").is_null())
    frame = frame.select(pl.col(SOURCE + name).alias(name) for name in table.columns)
    return (frame if rows is None else frame.head(rows)).to_arrow(compat_level=pl.CompatLevel.oldest())


def locally(table: pa.Table, folder: Path, *options: str | Path) -> Scrubbed:
    """Scrub the same rows from a Parquet file."""
    folder.mkdir(exist_ok=True)
    pq.write_table(table, folder / "batch.parquet")
    ran = scrub_files([folder / "batch.parquet"], folder / "out", *options)
    assert ran.code == 0, ran.err
    return Scrubbed(ran.code, ran.out, ran.err, folder / "out")


def screened(screener: leadscrub.Screener, table: pa.Table, sizes: Sequence[int]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Screen a table in batches of these sizes, over and over."""
    verdicts, findings, first, turn = [], [], 0, 0
    while first < len(table):
        batch = table.slice(first, sizes[turn % len(sizes)])
        one = screener.screen(batch, first_row=first)
        verdicts.append(one.verdicts)
        findings.append(one.findings)
        first, turn = first + len(batch), turn + 1
    return pl.DataFrame(pa.concat_tables(verdicts)), pl.DataFrame(pa.concat_tables(findings))


def assert_the_same(out: Scrubbed, verdicts: pl.DataFrame, findings: pl.DataFrame) -> None:
    """Compare every column, reason and finding; rows of which the whole run knew more only by what it knew more."""
    of_run = out.findings.filter(pl.col("code").is_in(WHOLE))
    kept = out.findings.filter(~pl.col("code").is_in(WHOLE))
    kept = kept.with_columns(pl.col("detail").str.replace(IN_COLUMN, IN_BATCH, literal=True))
    key = ["row_id", "point", "code", "source", "detail", "channel"]
    assert findings.sort(key).rows() == kept.sort(key).rows()
    touched = of_run.get_column("row_id").unique().implode()
    clean = verdicts.filter("clean").drop("clean")
    rejected = verdicts.filter(~pl.col("clean")).drop("clean")
    for here, there in ((clean, out.clean), (rejected, out.rejected)):
        columns = [name for name in here.columns if name in there.columns]
        expected = there.filter(~pl.col("row_id").is_in(touched)).select(columns)
        found = here.filter(~pl.col("row_id").is_in(touched)).select(columns)
        assert found.rows(named=True) == expected.rows(named=True)
    assert len(verdicts) == len(out.clean) + len(out.rejected)


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    """A campaign with the lists of the sample, in a workspace of the test's own."""
    folder = shutil.copytree(SAMPLE, tmp_path / "sample") / "campaigns"
    lists = (folder / "demo.toml").read_text().partition("[[lists]]")[2]
    path = folder / "listed.toml"
    path.write_text((folder / "treat-as-real.toml").read_text() + "[[lists]]" + lists)
    return path


def test_the_sample_in_batches_of_any_size_is_as_the_run_has_it(demo: Path, tmp_path: Path) -> None:
    table = cells_of(SAMPLE / "drops" / "brightleads-2026-11.csv")
    out = locally(table, tmp_path, "--campaign", demo)
    screener = leadscrub.Screener(table, as_of=TODAY, campaign=demo)
    assert out.findings.filter(pl.col("code").is_in(WHOLE)).height > 0
    for sizes in ([7, 3, 1], [1000]):
        assert_the_same(out, *screened(screener, table, sizes))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["us", "us-sold", "eu"])
def test_the_law_is_asked_as_in_a_run(name: str, tmp_path: Path) -> None:
    """With hours, evidence and exemptions: every column of the packs' verdicts."""
    law = shutil.copytree(SAMPLE / "law", tmp_path / "law")
    campaign = law / "campaigns" / f"{name}.toml"
    table = cells_of(law / "drops" / f"{name}.csv")
    vendor = sorted(path.stem for path in (law / "vendors").glob("*.toml"))[0]
    out = locally(table, tmp_path, "--campaign", campaign, "--vendor", vendor)
    screener = leadscrub.Screener(table, as_of=TODAY, campaign=campaign, vendor=vendor)
    assert_the_same(out, *screened(screener, table, [3]))


@needs_shared_data
@pytest.mark.slow
@pytest.mark.parametrize("drop", sorted((SHARED / "drops").glob("*.csv")), ids=lambda path: path.stem)
def test_real_drops_are_as_the_run_has_them(drop: Path, tmp_path: Path, written: Written) -> None:
    table = cells_of(drop, 1200)
    listed = written("ours.txt", "\n".join(f"+1202224{n:04}" for n in range(10_000)))
    options = ("--channel", "call", "--channel", "email", "--channel", "post", "--region", "US", "--rules", "us")
    out = locally(table, tmp_path, *options, "--internal", listed)
    ours = leadscrub.ListEntry(kind="dnc.internal", name="ours", file=listed)
    screener = leadscrub.Screener(
        table, as_of=TODAY, channels=["call", "email", "post"], region="US", rules=["us"], lists=[ours]
    )
    assert_the_same(out, *screened(screener, table, [1000, 40]))


CELLS = st.one_of(
    st.none(),
    st.sampled_from(
        [
            *("+1 202 555 0142", "2025550143", "(202) 555-0143 ext 5", "020 7946 0958", "303-499-7111", "Total", ""),
            *("ann@example.com", "ann@@example.com", "a@example.com;b@example.com", "US", "Germany", "2026-11-01"),
            *("03/04/2026", "2026-02-30", "yes", "no", "express written", "DC", "Phone", "=1+1"),
        ]
    ),
    st.text(max_size=8),
)
GENERATED = ("phone", "phone_2", "email", "country", "state", "consent_at", "do_not_call", "is_business", "note")


@pytest.mark.slow
@settings(max_examples=3)
@given(
    rows=st.lists(st.tuples(*[CELLS] * len(GENERATED)), min_size=20, max_size=80),
    sizes=st.lists(st.integers(1, 30), min_size=1),
)
def test_whatever_the_cells_the_run_says_the_same(
    rows: list[tuple[str | None, ...]], sizes: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    columns = zip(GENERATED, zip(*rows, strict=True), strict=True)
    table = pa.table({name: pa.array(list(cells), pa.string()) for name, cells in columns})
    layout = leadscrub.Layout(dates={"default": "%m/%d/%Y"})
    folder = tmp_path_factory.mktemp("rows")
    (folder / "layout.toml").write_text('[dates]\ndefault = "%m/%d/%Y"\n')
    (folder / "campaign.toml").write_text(
        'channels = ["call", "email"]\nregion = "US"\nno_lists = true\n'
        'treat_as_real = ["nanp-555-01xx", "ofcom-drama", "example.com"]\n[rules]\npacks = ["us", "uk"]\n'
    )
    chosen = ("--campaign", folder / "campaign.toml")
    out = locally(table, folder, *chosen, "--layout", folder / "layout.toml", "--region", "US")
    screener = leadscrub.Screener(table, as_of=TODAY, campaign=folder / "campaign.toml", layout=layout, region="US")
    assert_the_same(out, *screened(screener, table, sizes))


def typed() -> pa.Table:
    """Columns of types that a lake has, and a text file has not."""
    moment = datetime(2026, 10, 2, 14, 5, tzinfo=UTC)
    return pa.table(
        {
            "phone": pa.array([2025550142, None, 2025550143], pa.int64()),
            "Mobile": pa.array([2025550144.0, 2025550145.0, None], pa.float64()),
            "email": pa.array(["ann@example.com", None, "bob@example.org"]).dictionary_encode(),
            "State": pa.array(["DC", "TX", None], pa.string_view()),
            "Zip": pa.array([Decimal("20001"), Decimal("75001"), None], pa.decimal128(5)),
            "Country": pa.array(["US", "US", "GB"], pa.large_string()),
            "Consent Date": pa.array([moment, moment.replace(year=2027), None], pa.timestamp("ms", "America/New_York")),
            "birth_date": pa.array([date(1980, 1, 2), None, date(2015, 1, 2)], pa.date32()),
            "is_business": pa.array([True, False, None]),
            "do_not_call": pa.array([False, True, None]),
            "received": pa.array([date(2026, 11, 1)] * 3, pa.date64()),
            "at": pa.array([time(9), None, time(10)], pa.time32("s")),
            "tags": pa.array([["a", "b"], None, []], pa.list_(pa.string())),
            "source": pa.array([{"page": "x", "n": 1}, None, {"page": None, "n": 2}]),
            "bytes": pa.array([b"plain", None, b"?"], pa.binary()),
            "nothing": pa.nulls(3),
        }
    )


def test_columns_of_other_types_are_read_as_those_of_a_file(demo: Path, tmp_path: Path) -> None:
    table = typed()
    out = locally(table, tmp_path, "--campaign", demo)
    screener = leadscrub.Screener(table.schema, as_of=TODAY, campaign=demo)
    assert_the_same(out, *screened(screener, table, [2, 1]))
    # However the caller holds the same rows: in chunks, as a batch, as a frame, in another order of columns.
    whole = screener.screen(table)
    chunked = pa.concat_tables([table.slice(0, 1), table.slice(1, 0), table.slice(1)])
    others = [chunked, table.combine_chunks().to_batches()[0], table.select(table.column_names[::-1])]
    assert [screener.screen(other).verdicts.equals(whole.verdicts) for other in others] == [True] * 3
    text = cells_of(tmp_path / "batch.parquet")
    as_text = leadscrub.Screener(text, as_of=TODAY, campaign=demo)
    assert as_text.screen(pl.DataFrame(text)).verdicts.equals(whole.verdicts)


def small(like: Any = None, **changes: Any) -> leadscrub.Screener:
    """A screener of phones and emails that needs no file."""
    like = pa.schema([("phone", pa.string()), ("email", pa.string())]) if like is None else like
    settings: dict[str, Any] = {"channels": ["call", "email"], "region": "US", "no_lists": True}
    return leadscrub.Screener(like, as_of=TODAY, **(settings | changes))


def batch(**columns: list[Any]) -> pa.RecordBatch:
    return pa.record_batch({"phone": ["303-499-7111"], "email": ["ann@iana.org"]} | columns)


def test_what_cannot_be_screened_is_said() -> None:
    screener = small()
    no_email = pa.record_batch({"phone": ["1"], "e_mail": ["a"]})
    with pytest.raises(leadscrub.LeadscrubError, match=r"no column 'email'.* opened with\. Did you mean 'e_mail'\?"):
        screener.screen(no_email)
    with pytest.raises(leadscrub.LeadscrubError, match="has a column 'Phone 2' that the screener was not opened with"):
        screener.screen(batch(**{"Phone 2": ["303-499-7112"]}))
    with pytest.raises(leadscrub.LeadscrubError, match="no column 'phone', 'email'"):
        screener.screen(pa.table({}))
    with pytest.raises(leadscrub.LeadscrubError, match=r"Column 'phone' cannot be read as text \(type month_day"):
        screener.screen(batch(phone=pa.array([(1, 2, 3)], pa.month_day_nano_interval())))
    with pytest.raises(leadscrub.LeadscrubError, match="Column 'email' cannot be read as text"):
        bad = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\2\0\0\0"), pa.py_buffer(b"\xff@")])
        screener.screen(batch(email=bad))
    with pytest.raises(leadscrub.UsageError, match="A list cannot be read as Arrow data"):
        screener.screen([1, 2])
    with pytest.raises(leadscrub.LeadscrubError, match="'batch' has no column"):
        small(pa.schema([]))
    with pytest.raises(leadscrub.LeadscrubError, match="no column that certainly holds a phone or an email"):
        small(pa.schema([("a", pa.string())]))
    with pytest.raises(leadscrub.ListError, match="No suppression list is named"):
        small(no_lists=False)
    with pytest.raises(leadscrub.ConfigError, match="1 of the first 1 row has phone numbers without a country"):
        small(batch(), region=None)


def test_no_rows_are_screened_to_no_rows() -> None:
    screener = small()
    nothing = screener.screen(batch().slice(0, 0))
    assert (nothing.verdicts.schema, len(nothing.verdicts)) == (screener.schema, 0)
    assert (nothing.findings.schema, len(nothing.findings)) == (screener.screen(batch()).findings.schema, 0)
    assert screener.screen(batch()).verdicts.schema == screener.schema


def test_what_is_not_made_is_named() -> None:
    screener = small()
    assert sorted(code for codes in screener.not_made.values() for code in codes) == WHOLE
    assert list(screener.not_made) == [check.name for check in LEFT_OUT]
    assert screener.notes[0] == "not screened against any list"
    assert screener.fields == {"phone": "phone", "email": "email"}


def test_figures_of_a_date_are_read_as_the_layout_says_or_not_at_all() -> None:
    """In a whole column 25/12/2026 tells how 03/04/2026 is meant; in a batch it must not."""
    like = pa.table({"phone": ["303-499-7111"] * 2, "consent_at": ["03/04/2026", "25/12/2025"]})
    found = small(like).screen(like)
    assert found.verdicts.column("consent_at").to_pylist() == [None, None]
    codes = zip(*(found.findings.column(name).to_pylist() for name in ("row_id", "code", "detail")), strict=True)
    assert list(codes) == [(row, "row.unread_value", f"column 'consent_at' (consent_at): {IN_BATCH}") for row in (0, 1)]
    told = small(like, layout=leadscrub.Layout(dates={"consent_at": "%d/%m/%Y"})).screen(like)
    assert [at.date() for at in told.verdicts.column("consent_at").to_pylist()] == [
        date(2026, 4, 3),
        date(2025, 12, 25),
    ]


def test_the_verdicts_beside_the_batch() -> None:
    given = batch()
    both = small().screen(given).beside(given)
    assert both.column_names[:4] == ["phone", "email", "scrub_clean", "scrub_row_id"]
    assert both.select(["phone", "scrub_phone"]).to_pylist() == [
        {"phone": "303-499-7111", "scrub_phone": "+13034997111"}
    ]
    with pytest.raises(leadscrub.UsageError, match="has a column 'email' of its own"):
        small().screen(given).beside(given, prefix="")
    with pytest.raises(leadscrub.UsageError, match="has 0 rows, and 1 were screened"):
        small().screen(given).beside(given.slice(0, 0))


@pytest.fixture
def store(tmp_path: Path, written: Written) -> Path:
    """A store with one list of one number."""
    add(tmp_path, written, "+13034997111\n")
    return tmp_path / "store"


def add(folder: Path, written: Written, numbers: str) -> None:
    ran = command(
        *("lists", "add", "ours", written("ours.txt", numbers), "--kind", "dnc.internal", "--region", "US"),
        *("--as-of", DAY, "--store", folder / "store"),
    )
    assert ran.code == 0, ran.err


#: Loads a screener from the file that is named first, and prints the reasons of one number.
ELSEWHERE = """\
import pickle, sys
import pyarrow as pa
screener = pickle.load(open(sys.argv[1], "rb"))
rows = pa.table({"phone": ["303-499-7111", "303-499-7112"], "email": pa.nulls(2, pa.string())})
print(screener.screen(rows).verdicts.column("reason").to_pylist())
"""


def loads(sent: bytes) -> leadscrub.Screener:
    """Open a screener as in a process that has not opened it before."""
    _reopened.cache_clear()
    screener = pickle.loads(sent)  # noqa: S301  # made by the test
    assert isinstance(screener, leadscrub.Screener)
    return screener


def test_in_another_process_it_opens_the_same_versions(store: Path, tmp_path: Path, written: Written) -> None:
    screener = small(no_lists=False, store=store, rules=["us", "fr"])
    sent = written("screener.pickle", pickle.dumps(screener))
    # The store moves on; the screener does not.
    add(tmp_path, written, "+13034997112\n")
    ran = subprocess.run([sys.executable, "-c", ELSEWHERE, sent], cwd=REPO, capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.stderr) == ("['dnc.internal', 'us.tsr.no-registry-copy']\n", "")
    assert small(no_lists=False, store=store).screen(batch()).verdicts.column("reason").to_pylist() == [None]


def test_another_store_and_another_file_are_refused(store: Path, tmp_path: Path, written: Written) -> None:
    sent = pickle.dumps(small(no_lists=False, store=store))
    (version,) = (store / "versions").iterdir()
    version.rename(tmp_path / "gone")
    with pytest.raises(leadscrub.ListError, match=r"does not have version .* of the suppression list 'ours'"):
        loads(sent)
    file = written("list.txt", "+13034997111\n")
    ours = leadscrub.ListEntry(kind="dnc.internal", name="mine", file=file)
    sent = pickle.dumps(small(no_lists=False, lists=[ours]))
    assert loads(sent).screen(batch()).verdicts.column("reason").to_pylist() == ["dnc.internal"]
    file.write_text("+13034997112\n")
    with pytest.raises(leadscrub.ListError, match=r"not what they were when the screener was opened: mine\."):
        loads(sent)


def test_threads_share_one_screener(store: Path) -> None:
    screener = small(no_lists=False, store=store)
    rows = pa.table({"phone": [f"303-499-{n:04}" for n in range(7000, 7080)], "email": pa.nulls(80, pa.string())})
    pieces = [rows.slice(start, 10) for start in range(0, 80, 10)]
    alone = [screener.screen(piece).verdicts for piece in pieces]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda piece: screener.screen(piece).verdicts, pieces * 3))
    assert all(one.equals(other) for one, other in zip(together, alone * 3, strict=True))
    assert sum(one.column("clean").to_pylist().count(False) for one in alone) == 1
