"""A Spark job gives the rows, reasons, findings and counts of a run on one machine, however the rows are spread."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import leadscrub
from leadscrub.spark import scrub
from pipeline.spark.delta_tables import refuse_twins
from pipeline.spark.scrub import scrub_drop
from schemas.manifest import Manifest
from tests.conftest import DAY, Scrubbed, Written, campaign_text, scrub_files, write_campaign
from tests.conftest import leadscrub as leadscrub_command

pytestmark = pytest.mark.slow
TODAY = date.fromisoformat(DAY)
#: What a data frame has not as its file has: a hash of bytes.
OF_FILE = ["source_sha256", "run_id"]
#: By the policy of de-duplication: with rule packs the audit of consents rejects rows, which then compete no more.
CAMPAIGNS = {
    "first": """
[rules]
packs = ["us"]
[evidence]
country = "US"
dealt_with_us = true
sender_identified = true
optout_offered = true
product_class = []
[dedupe]
policy = "first"
""",
    "newest_consent": """
[dedupe]
policy = "newest_consent"
email_folds = ["plus"]
""",
}
VENDOR = ["source_type=public_directory", "origin=register"]
OPTIONS = [word for fact in VENDOR for word in ("--evidence", fact)]
CERTIFICATE = "https://cert.trustedform.com/{:040x}"


def leads(rows: int = 600) -> pa.Table:
    """Leads with duplicates, shared certificates, one crowded second, dates in figures, refusals and rubbish."""
    draw = random.Random(5)
    phones = [f"(202) 555-{100 + draw.randrange(90):04}" for _ in range(rows)]
    phones_2 = [draw.choice(["", f"+1 202 555 {100 + draw.randrange(90):04}", "n/a", "12"]) for _ in range(rows)]
    emails = [draw.choice(["", "no mail", f"lead{draw.randrange(300)}@example.com"]) for _ in range(rows)]
    months = [(1 + draw.randrange(10), 1 + draw.randrange(28)) for _ in range(rows)]
    second = [draw.random() < 0.6 for _ in range(rows)]
    tokens = [CERTIFICATE.format(draw.randrange(40)) if draw.random() < 0.2 else "" for _ in range(rows)]
    return pa.table(
        {
            "Name": [f"Lead {n}" for n in range(rows)],
            "Phone": phones,
            "Phone 2": phones_2,
            "Email": emails,
            "State": [draw.choice(["DC", "TX", "Nowhere", ""]) for _ in range(rows)],
            "Country": ["US"] * rows,
            "consent_basis": ["express_written"] * rows,
            "consent_at": [
                "2026-05-01T10:00:05Z" if same else f"{month:02}/{day:02}/2026"
                for same, (month, day) in zip(second, months, strict=True)
            ],
            "trustedform_cert_url": tokens,
            "Do Not Call": [draw.choice(["", "", "no", "yes"]) for _ in range(rows)],
            "Score": [draw.randrange(100) for _ in range(rows)],
        }
    )


def locally(table: pa.Table, folder: Path, campaign: Path) -> Scrubbed:
    folder.mkdir(exist_ok=True)
    pq.write_table(table, folder / "leads.parquet")
    ran = scrub_files([folder / "leads.parquet"], folder / "local", "--campaign", campaign, *OPTIONS)
    assert ran.code == 0, ran.err
    return Scrubbed(ran.code, ran.out, ran.err, folder / "local")


def spread(spark: Any, table: pa.Table, partitions: int, path: Path, crash: Path | None = None) -> Any:
    """A data frame of the rows in their order, in so many partitions; with ``crash`` a process dies once."""
    from pyspark.sql.pandas.types import from_arrow_schema

    pq.write_table(table, path)

    def rows(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import os

        import pyarrow.parquet

        whole = pyarrow.parquet.read_table(path)
        for batch in batches:
            if len(batch):
                yield from whole.slice(batch.column(0)[0].as_py(), len(batch)).to_batches()
        if crash is not None and not crash.exists():
            crash.touch()
            os._exit(9)

    return spark.range(0, len(table), 1, partitions).mapInArrow(rows, from_arrow_schema(table.schema))


def request(out: Path, campaign: Path, **more: Any) -> leadscrub.Request:
    return leadscrub.Request(["leads.parquet"], out, TODAY, campaign=campaign, evidence=VENDOR, **more)


def tables(folder: Path) -> dict[str, pl.DataFrame]:
    """The three tables of a result, of one file each or of many."""
    found = {}
    for name in ("clean", "rejected", "findings"):
        inside = folder / name
        files = sorted(inside.glob("*.parquet")) if inside.is_dir() else [folder / f"{name}.parquet"]
        found[name] = pl.concat([pl.read_parquet(file, glob=False) for file in files])
    return found


def assert_equal_rows(here: Path, there: Path, *, without: list[str]) -> None:
    """Compare all rows of two results, in order, but for some columns, and all findings."""
    one, other = tables(here), tables(there)
    for name in ("clean", "rejected"):
        mine, its = (each[name].drop(without) for each in (one, other))
        assert mine.schema == its.schema
        assert mine.rows(named=True) == its.rows(named=True)
    assert one["findings"].rows() == other["findings"].rows()


def assert_delta(lake: Path, there: Path, *, version: int) -> None:
    """Compare Delta tables, at a version, with the tables of a result: times of day are text, numbers have a sign."""
    from deltalake import DeltaTable

    for name, table in tables(there).items():
        whole = [column for column, dtype in table.schema.items() if dtype.is_unsigned_integer()]
        times = [column for column, dtype in table.schema.items() if dtype == pl.Time]
        plain = table.with_columns(pl.col(whole).cast(pl.Int64), pl.col(times).dt.to_string("%H:%M:%S"))
        plain = plain.with_columns(pl.col(pl.Categorical).cast(pl.String))
        assert DeltaTable(str(lake / name)).version() == version
        read = pl.read_delta(str(lake / name)).sort("row_id", maintain_order=True)
        without = [column for column in OF_FILE if column in plain.columns]
        assert read.schema == plain.schema
        assert read.drop(without).rows() == plain.drop(without).rows()


def manifest(folder: Path) -> dict[str, Any]:
    found = Manifest.model_validate_json((folder / "manifest.json").read_text(encoding="utf-8"))
    return found.model_dump(include={"counts", "lists", "rules", "dedupe", "person", "channels"}) | {
        "points": [each.points for each in found.inputs]
    }


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, pa.Table, Path, Scrubbed]]:
    """Leads, a campaign of a policy, and what a run on this machine makes of them."""
    made: dict[str, tuple[Path, pa.Table, Path, Scrubbed]] = {}

    def scene_of(policy: str) -> tuple[Path, pa.Table, Path, Scrubbed]:
        if policy not in made:
            folder = tmp_path_factory.mktemp(policy)
            (folder / "ours.txt").write_text("+12025550111\nlead7@example.com\n")
            listed = '[[lists]]\nkind = "dnc.internal"\nname = "ours"\nfile = "ours.txt"\n'
            campaign = write_campaign(folder, more=CAMPAIGNS[policy] + listed)
            table = leads()
            made[policy] = (folder, table, campaign, locally(table, folder, campaign))
        return made[policy]

    return scene_of


def test_rows_in_one_partition_come_to_the_result_of_a_run(scene: Any, spark: Any, tmp_path: Path) -> None:
    _, table, campaign, local = scene("newest_consent")
    rows = spread(spark, table, 1, tmp_path / "in.parquet")
    assert_as_a_run(scrub(rows, request(tmp_path / "out", campaign)), tmp_path / "out", local)


def assert_as_a_run(found: Any, out: Path, local: Scrubbed) -> None:
    """A job's result is that of a run on this machine, which found all that is compared over the whole drop."""
    codes = set(local.findings["code"])
    assert {"duplicate.in_drop", "consent.token_reused", "consent.one_second", "dnc.internal"} <= codes
    assert_equal_rows(out, local.folder, without=OF_FILE)
    assert manifest(out) == manifest(local.folder)
    assert leadscrub.verify(out) == []
    assert (out / "returns" / "unnamed-vendor.csv").read_text() == (
        local.folder / "returns" / "unnamed-vendor.csv"
    ).read_text()
    # The frames are those files.
    assert found.clean.count() == found.result.manifest.counts.clean == len(local.clean)
    assert [row[0] for row in found.rejected.orderBy("row_id").select("reason").collect()] == [
        *local.rejected["reason"]
    ]
    assert found.findings.count() == len(local.findings)


def test_a_drop_of_several_files_is_the_same_run(spark: Any, tmp_path: Path, written: Written) -> None:
    """Each file is one task; also one in an archive, one of two sheets, and lines that are no records."""
    import gzip

    campaign = write_campaign(tmp_path, more=CAMPAIGNS["newest_consent"])
    table = pl.DataFrame(leads(90))
    drop = tmp_path / "drop"
    drop.mkdir()
    table.head(30).write_csv(drop / "a.csv", separator=";")
    text = table.slice(30, 30).write_csv() + '"unclosed,1\n\nTotal,30\n'
    (drop / "b.csv.gz").write_bytes(gzip.compress(text.encode()))
    table.tail(30).write_excel(drop / "c.xlsx")
    ran = scrub_files([drop], tmp_path / "local", "--campaign", campaign)
    assert ran.code == 0, ran.err
    asked = leadscrub.Request([str(drop)], tmp_path / "out", TODAY, campaign=campaign, no_lists=True)
    result = scrub_drop(spark, replace(asked, no_lists=False))
    assert_equal_rows(tmp_path / "out", tmp_path / "local", without=[])
    assert manifest(tmp_path / "out") == manifest(tmp_path / "local")
    assert result.manifest.run_id == Scrubbed(0, "", "", tmp_path / "local").manifest["run_id"]
    assert leadscrub.verify(tmp_path / "out") == []


def test_a_large_regular_csv_is_read_in_pieces_and_is_the_same_run(
    spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Duplicates, shared certificates and the order of day and month reach over the pieces; a second file is whole."""
    monkeypatch.setattr("pipeline.reading.csv_pieces._BLOCK", 2_000)
    monkeypatch.setattr("pipeline.spark.scrub.PIECE_BYTES", 12_000)
    campaign = write_campaign(tmp_path, more=CAMPAIGNS["first"])
    table = pl.DataFrame(leads(400)).with_columns(pl.format('{}, "Jr"', "Name").alias("Name"))
    drop = tmp_path / "drop"
    drop.mkdir()
    text = table.write_csv()
    (drop / "a.csv").write_text("Leads of November\n\n" + text + "Ann,202-555-0101\n\nTotal,400\n")
    (drop / "b.csv").write_text(table.head(20).write_csv().replace("Jr", "Jr\nof DC"))
    ran = scrub_files([drop], tmp_path / "local", "--campaign", campaign, *OPTIONS)
    assert ran.code == 0, ran.err
    asked = replace(request(tmp_path / "out", campaign), drops=[str(drop)])
    result = scrub_drop(spark, asked)
    assert sum(path.startswith("clean/") for path in result.manifest.outputs) > 4
    assert_equal_rows(tmp_path / "out", tmp_path / "local", without=[])
    assert manifest(tmp_path / "out") == manifest(tmp_path / "local")
    local = Scrubbed(0, "", "", tmp_path / "local")
    assert result.manifest.run_id == local.manifest["run_id"]
    sizes = [(each.sha256, each.bytes) for each in result.manifest.inputs]
    assert sizes == [(each["sha256"], each["bytes"]) for each in local.manifest["inputs"]]
    codes = set(local.findings["code"])
    assert {"duplicate.in_drop", "consent.token_reused", "row.footer", "row.short"} <= codes


def test_rows_in_many_partitions_one_of_which_dies_come_to_it_too_and_a_job_run_twice_is_one_result(
    scene: Any, spark: Any, tmp_path: Path
) -> None:
    _, table, campaign, local = scene("first")
    died = tmp_path / "died"
    rows = spread(spark, table, 12, tmp_path / "in.parquet", died)
    lake = tmp_path / "lake"
    found = scrub(rows, request(tmp_path / "out", campaign), delta=lake)
    first = found.result
    assert died.exists()
    assert_as_a_run(found, tmp_path / "out", local)
    assert_delta(lake, local.folder, version=0)
    with pytest.raises(leadscrub.OutputError, match="lake/clean' exists already"):
        scrub(rows, request(tmp_path / "other", campaign), delta=lake)
    with pytest.raises(leadscrub.OutputError, match="exists already"):
        scrub(rows, request(tmp_path / "out", campaign))
    again = scrub(rows, request(tmp_path / "out", campaign, force=True), delta=lake).result
    assert_delta(lake, local.folder, version=1)
    assert again.manifest.run_id == first.manifest.run_id
    assert again.manifest.outputs == first.manifest.outputs
    assert sorted(path.name for path in tmp_path.iterdir()) == ["died", "in.parquet", "lake", "out"]


def _told(path: Path) -> list[tuple[str, list[tuple[str, int]]]]:
    """State of each event, and its outputs with their rows."""
    events = [json.loads(line) for line in path.read_text().splitlines()]
    return [
        (
            event["eventType"],
            [
                (Path(each["name"]).name, each["outputFacets"]["outputStatistics"]["rowCount"])
                for each in event["outputs"]
            ],
        )
        for event in events
    ]


def test_what_was_bought_before_is_known_to_a_job_and_after_it(spark: Any, tmp_path: Path) -> None:
    """A workspace with a ledger in which jobs scrub, and one in which this machine does: every run is the same."""
    common = pl.DataFrame(leads(120)).select("Name", "Phone", "Phone 2", "Email", "Score")
    drops = {"first": [common.head(50)], "second": [common.slice(30, 40), common.slice(60, 60)]}
    for name in ("here", "there"):
        workspace = tmp_path / name
        (workspace / "vendors").mkdir(parents=True)
        for vendor in ("acme", "zen"):
            (workspace / "vendors" / f"{vendor}.toml").write_text(f'name = "{vendor}"\n')
        campaign = workspace / "campaigns" / "test.toml"
        campaign.parent.mkdir()
        (workspace / "leadscrub.toml").write_text("[ledger]\n[lineage]\nfile = 'events.jsonl'\n")
        campaign.write_text(campaign_text(("call", "email"), more="[dedupe]\ncross_vendor = 'flag'\n"))
        command = ("scrub",) if name == "here" else ("spark", "scrub")
        common_options = ("--campaign", campaign, "--as-of", DAY)
        for number, (drop, parts) in enumerate(drops.items()):
            (workspace / drop).mkdir()
            for part, table in enumerate(parts):
                table.write_csv(workspace / drop / f"{part}.csv")
            more = ("--vendor", "acme", "--received-at", f"2026-11-{10 + number}T00:00:00Z")
            ran = leadscrub_command(*command, workspace / drop, "-o", workspace / "out" / drop, *common_options, *more)
            assert ran.code == 0, ran.err
    for drop in drops:
        here, there = (tmp_path / name / "out" / drop for name in ("here", "there"))
        assert_equal_rows(there, here, without=[])
        one, other = (Scrubbed(0, "", "", folder).manifest for folder in (here, there))
        assert one["run_id"] == other["run_id"]
        assert one["history"] == other["history"]
    codes = Counter(tables(there)["findings"]["code"].to_list())
    assert min(codes["duplicate.history"], codes["duplicate.in_drop"]) > 10
    assert one["history"]["overlaps"].keys() == {"acme"}
    ours, theirs = (_told(tmp_path / name / "events.jsonl") for name in ("here", "there"))
    assert [state for state, _ in theirs] == ["START", "COMPLETE"] * 2
    assert [(name.removesuffix(".parquet"), rows) for name, rows in ours[-1][1]] == theirs[-1][1]
    # A table is a drop as well.
    spark.createDataFrame([("(202) 555-0100",), ("(202) 555-0195",)], "phone string").createOrReplaceTempView("bought")
    more = ("--vendor", "zen", "--received-at", "2026-11-20T00:00:00Z")
    ran = leadscrub_command("spark", "scrub", "bought", "-o", tmp_path / "table", *common_options, *more)
    assert ran.code == 0, ran.err
    assert tables(tmp_path / "table")["findings"].select("row_id", "code").rows() == [(0, "duplicate.cross_vendor")]


def test_the_command_scrubs_a_table_and_what_is_no_path_is_said(spark: Any, in_folder: Path) -> None:
    campaign = write_campaign(in_folder)
    spark.range(40).selectExpr("concat('+12025550', 100 + id % 30) AS phone").createOrReplaceTempView("leads")
    words = ("spark", "scrub", "leads", "-o", "out", "--campaign", campaign, "--as-of", DAY, "--no-lists")
    (in_folder / "campaign.toml").write_text(campaign.read_text().replace("no_lists = true\n", ""))
    ran = leadscrub_command(*words)
    assert (ran.code, re.findall(r"^read +(\d+)", ran.out, re.MULTILINE)) == (0, ["40"]), ran.err
    assert leadscrub_command("verify", "out").code == 0
    assert "duplicate.in_drop" in leadscrub_command("explain", "out", "--row", "31").out
    assert leadscrub_command("export", "out", "--to", "x.csv", "--as-of", DAY).out == "30 rows in x.csv\n"
    ran = leadscrub_command("rescrub", "out", "-o", "again", "--no-lists", "--as-of", DAY)
    assert (ran.code, "is the result of a Spark job, whose tables are folders" in ran.err) == (2, True), ran.err
    ran = leadscrub_command("spark", "scrub", "led", *words[3:])
    assert ran.code == 4
    assert ran.err == (
        "leadscrub: 'led' is neither a file nor a table of Spark's catalogue. Check the path, or the name.\n"
    )


def test_columns_that_differ_in_case_alone_are_no_delta_table() -> None:
    twins = pa.schema([("extra", pa.struct([("Note", pa.string()), ("note", pa.string())]))])
    with pytest.raises(leadscrub.OutputError, match="Two columns of the drop are called 'note' but for the case"):
        refuse_twins(twins)


def test_what_a_job_cannot_do_is_said_and_nothing_is_left(spark: Any, tmp_path: Path, written: Written) -> None:
    campaign = write_campaign(tmp_path)
    bad = spark.range(3).selectExpr("'202-555-0101' AS phone", "make_interval(0, 1) AS waited")
    with pytest.raises(leadscrub.LeadscrubError, match="Column 'waited' cannot be read as text"):
        scrub(bad, request(tmp_path / "out", campaign))
    with pytest.raises(leadscrub.UsageError, match="makes no dry run"):
        scrub(bad, request(tmp_path / "out", campaign, dry_run=True))
    none = spark.createDataFrame([], "phone string, email string")
    empty = scrub(none, request(tmp_path / "none", campaign))
    assert (empty.clean.count(), empty.result.manifest.counts.read) == (0, 0)
    assert leadscrub.verify(tmp_path / "none") == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["campaign.toml", "none"]
