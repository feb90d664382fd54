"""Every command that reads results reads those of a Spark job as it reads others, or refuses them in one line."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from sqlalchemy import update

from pipeline.ledger.database import open_ledger, stamp
from pipeline.ledger.logged import logged_change
from pipeline.ledger.tables import runs
from pipeline.results.folder import scan
from pipeline.results.manifest_file import read_manifest
from pipeline.run.request import Request
from pipeline.spark.scrub import _delta_entry
from schemas.workspace import LedgerChoice
from tests.conftest import DAY, Ran, leadscrub
from tests.pipeline.reviewing import desk
from tests.pipeline.spark_layout import as_spark_lays_out

pytestmark = pytest.mark.slow

OUT = "runs/1"
NOW = "2026-11-21T00:00:00Z"
MORE = """\
[evidence.promises]
site_disclaimer = "none"
confidentiality_agreement = "none"
nda = "none"
privacy_policy = "none"
non_compete = "none"
customer_contract = "none"
[returns]
window = "30d"
cap_percent = 90
cap_by = "state"
key = "Email"
[returns.reasons]
"email.*" = "BAD"
"duplicate.*" = "DUPE"
"""
#: Commands that look at results, each with its exit code.
READ = (
    (f"explain {OUT} --row 0", 0),
    (f"explain {OUT} --row 99", 2),
    (f"explain {OUT} --line 3", 0),
    (f"explain {OUT} --email fay@example.com", 0),
    (f"explain {OUT} --email nobody@example.com", 2),
    ("explain --email dan@example.com", 0),
    ("explain --email nobody@example.com", 2),
    (f"verify {OUT}", 0),
    ("log verify", 0),
    (f"report {OUT} --to one.html", 0),
    (f"report --night {DAY} --to night.html", 0),
    (f"report --vendor acme --as-of {DAY} --to vendor.html", 0),
    ("report --month 2026-11 --to month.html", 0),
    (f"review list --json --as-of {DAY}", 0),
    (f"rules why {OUT} --row 6", 0),
    (f"rules diff --from 2026-01-01 --to 2027-06-01 --on {OUT} --rows", 0),
    (f"due --within 900 --as-of {DAY}", 0),
    ("check", 3),
    (f"vendors --as-of {DAY}", 0),
    (f"rescrub --expiring 900d --as-of {DAY}", 0),
    (f"returns --as-of {NOW} --json --accept-unread", 0),
    ("retention --json --as-of 2026-11-28", 0),
    (f"evidence {OUT} --email ann@example.com --to ann.zip", 0),
    (f"evidence {OUT} --email nobody@example.com --to nobody.zip", 2),
    (f"scrub drop.csv -o {OUT} --campaign campaigns/mail.toml --vendor acme --as-of {DAY}", 0),
)
#: What is exported: which rows, and other options.
EXPORTED = (("clean", ""), ("rejected", ""), ("review", ""), ("rejected", "--columns all"))


def make(folder: Path, *, on_spark: bool) -> Path:
    """A workspace with a result that has clean rows, rejected ones, and one that waits for a person."""
    folder.mkdir()
    with contextlib.chdir(folder), as_spark_lays_out() if on_spark else nullcontext():
        desk.make_workspace(Path(), more=MORE)
        desk.write(Path("leadscrub.toml"), "[ledger]\n[retention]\noutput_days = 10\n")
        desk.write(Path("drop.csv"), desk.DROP + "fay@example.com,Fay,CA,,2026-03-04\n")
        desk.scrub(OUT, "drop.csv", "acme", "--received-at", "2026-11-20T00:00:00Z")
    return folder


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """The same scrub on one machine and in the layout of Spark, each in a workspace of its own."""
    folder = tmp_path_factory.mktemp("both")
    yield make(folder / "here", on_spark=False), make(folder / "spark", on_spark=True)


def run(folder: Path, command: str) -> Ran:
    with contextlib.chdir(folder):
        return leadscrub(*command.split())


def as_here(ran: Ran) -> Ran:
    """What was printed, without what the layout or the moment changes."""
    out = re.sub(r"\b\d+ files are as written|last: \w+", "", ran.out)
    return Ran(ran.code, re.sub(r"\b[0-9a-f]{64}\b|/(here|spark)/", "", out), ran.err)


@pytest.mark.parametrize(("command", "code"), READ, ids=[command for command, _ in READ])
def test_what_reads_a_result_reads_one_of_spark(command: str, code: int, both: tuple[Path, Path]) -> None:
    here, spark = (as_here(run(folder, command)) for folder in both)
    assert (spark.code, "internal error" in spark.err) == (code, False), spark.err
    assert spark == here


@pytest.mark.parametrize(("rows", "options"), EXPORTED)
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_rows_of_all_parts_are_exported(rows: str, options: str, ending: str, both: tuple[Path, Path]) -> None:
    name = f"{rows}.{ending}"
    here, spark = (
        run(folder, f"export {OUT} --to {name} --rows {rows} --as-of {DAY} --force {options}") for folder in both
    )
    assert (here.code, spark) == (0, here), here.err + spark.err
    files = [folder / name for folder in both]
    if ending == "parquet":
        assert_frame_equal(*map(pl.read_parquet, files))
    else:
        assert files[0].read_bytes() == files[1].read_bytes()


@pytest.mark.parametrize("part", ["clean/part-00000.parquet", "clean/part-00002.parquet"])
def test_rows_are_not_exported_without_a_part(part: str, both: tuple[Path, Path], tmp_path: Path) -> None:
    shutil.copytree(both[1] / OUT, tmp_path / "out")
    (tmp_path / "out" / part).unlink()
    ran = leadscrub("export", tmp_path / "out", "--to", tmp_path / "rows.csv", "--as-of", DAY)
    assert (ran.code, f"{part}' is missing or damaged." in ran.err) == (4, True), ran.err
    assert not (tmp_path / "rows.csv").exists()


def test_a_rescrub_says_that_it_wants_one_file(both: tuple[Path, Path]) -> None:
    here, spark = (run(folder, f"rescrub {OUT} -o again --as-of {DAY}") for folder in both)
    assert here.code == 0, here.err
    assert (spark.code, spark.err.count("\n")) == (2, 1)
    assert f"'{OUT}' is the result of a Spark job, whose tables are folders of files." in spark.err


def test_a_person_is_found_in_the_file_of_the_row_and_erased_from_it(tmp_path: Path) -> None:
    folder = make(tmp_path / "leads", on_spark=True)
    parts = {path: path.read_bytes() for path in sorted((folder / OUT).rglob("part-*.parquet"))}
    before = {name: scan(folder / OUT, name).collect() for name in ("clean", "rejected", "findings")}
    who = "--email dan@example.com --workspace ."
    stray = folder / OUT / "clean" / "notes.csv"
    stray.write_text("Email\ndan@example.com\n", encoding="utf-8")
    found = json.loads(run(folder, f"subject find {who} --json").out)
    assert [spot["what"] for spot in found["places"] if spot["where"].endswith("notes.csv")] == ["line 2"]
    stray.unlink()
    found = json.loads(run(folder, f"subject find {who} --json").out)
    assert [spot["what"] for spot in found["places"] if spot["kind"] == "result"] == [
        "row 3, 4 (email, original:Email) in clean/part-00001.parquet, rejected/part-00002.parquet"
    ]
    # What an erasure leaves that is killed once the result is in its place, and one of another result.
    left = [folder / "runs" / f".{number}.partial" for number in (1, 2)]
    for place in left:
        shutil.copytree(folder / OUT, place)
    ran = run(folder, f"subject erase {who} --yes --json --because case-17")
    assert (ran.code, json.loads(ran.out)["done"]["row of a result"]) == (0, 2), ran.err
    assert json.loads(run(folder, f"subject find {who} --json").out)["records"] == 0
    for name, table in before.items():
        others = ~pl.col("row_id").is_in([3, 4])
        assert scan(folder / OUT, name).filter(others).collect().equals(table.filter(others)), name
    gone = scan(folder / OUT, "rejected").filter(reason="row.erased").select("row_id", "email", "original").collect()
    assert gone.rows() == [(3, None, None), (4, None, None)]
    assert not any(place.exists() for place in left)
    # Parts without the person are the same files.
    changed = {str(path.relative_to(folder / OUT)) for path, content in parts.items() if path.read_bytes() != content}
    assert changed == {
        *(f"{name}/part-00001.parquet" for name in ("clean", "rejected", "findings")),
        *(f"{name}/part-00002.parquet" for name in ("rejected", "findings")),
    }
    for command in (f"verify {OUT}", "log verify"):
        ran = run(folder, command)
        assert ran.code == 0, ran.out
    assert "2 rows erased" in run(folder, f"verify {OUT}").out


def test_delta_tables_of_a_job_are_looked_through_wherever_they_are(tmp_path: Path) -> None:
    deltalake = pytest.importorskip("deltalake", reason="the extra leadscrub[delta] is not installed")
    folder, lake = make(tmp_path / "leads", on_spark=True), tmp_path / "lake"
    deltalake.write_deltalake(lake / "clean", scan(folder / OUT, "clean").select("row_id", "email").collect())
    with contextlib.chdir(folder), logged_change(Path()) as log:
        result = read_manifest(Path(OUT))
        asked = Request(["drop.csv"], Path(OUT), result.as_of)
        log.append(_delta_entry(Path(), asked, result, lake))
    for command, places in (("find", "places"), ("erase --yes", "after")):
        ran = run(folder, f"subject {command} --email fay@example.com --json")
        tables = [spot for spot in json.loads(ran.out)[places] if spot["kind"] == "table"]
        assert (ran.code, [(Path(spot["where"]), spot["fate"], spot["records"]) for spot in tables]) == (
            4,
            [(lake / "clean", "by hand", 2)],  # the table's log has the greatest value of a column
        )
    assert "were exported to" in run(folder, "subject find --email ann@example.com").out


def test_a_result_that_lacks_a_part_is_not_one_without_the_person(tmp_path: Path) -> None:
    folder = make(tmp_path / "leads", on_spark=True)
    away = tmp_path / "elsewhere"
    (folder / OUT).rename(away)
    (away / "clean" / "part-00001.parquet").unlink()
    for command in ("find", "erase --yes"):
        ran = run(folder, f"subject {command} --email fay@example.com {away} --json")
        assert ran.code == 4, ran.out
        spots = json.loads(ran.out).get("places") or json.loads(ran.out)["after"]
        damaged = [(spot["fate"], spot["why"]) for spot in spots if spot["kind"] == "result"]
        assert damaged == [("by hand", "it is damaged")]


def test_rows_of_spark_are_reviewed_sent_back_and_deleted_as_others(tmp_path: Path) -> None:
    results = []
    for name in ("here", "spark"):
        folder = make(tmp_path / name, on_spark=name == "spark")
        with contextlib.chdir(folder):
            lines = [desk.ANN | {"id": line["id"]} | {"note": ""} for line in desk.exported()]
            desk.review("apply", *desk.BY_RULE, "--reason", desk.ABROAD)
        sent = run(folder, f"returns --as-of {NOW} --write --accept-unread")
        files = [path.read_bytes() for path in sorted((folder / "outgoing").rglob("*.csv"))]
        with open_ledger(LedgerChoice(), folder) as ledger, ledger.writing() as connection:
            connection.execute(update(runs).values(recorded_at=stamp(datetime(2026, 1, 1, tzinfo=UTC))))
        deleted = run(folder, "retention --delete --yes")
        assert (sent.code, deleted.code, (folder / OUT).exists()) == (0, 0, False), sent.err + deleted.err
        results.append((len(lines), sent.out, files))
    assert results[0] == results[1]
    assert results[0][0] == 1
    assert [content.decode().count("\n") for content in results[0][2]] == [3]
