"""Rows of a result as CSV, workbooks, Parquet and Delta tables: columns, cells, and when nothing is written."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import fastexcel
import polars as pl
import pytest

from pipeline.proof.chain import entries
from tests.conftest import DAY, REPO, Ran, Scrub, Scrubbed, Written, campaign_text, leadscrub, scrub_files

FIRST = (
    "Ref,First,Last,Phone,Mobile,Email,City,State,Zip,Country,Note,Opted in\n"
    'r1,Ann,"O\'Neil, Jr.",202-555-0100,(202) 555-0101,Ann@Example.com,New York,NY,10001-1234,US,=1+1,2026-10-01\n'
    'r2,Émile,@bo,+44 20 7946 0123,,,London,,,GB,"two\nlines",\n'
    "r3,-Cy,+x,not a phone,2025550103,+news@example.com,,,,US,+49,\n"
    "r4,Di,,,,,,,,,=HYPERLINK(1),\n"
)
SECOND = "Mail,Tel,Firm,Ref\ned@example.org,2025550104,\"=cmd|'/c calc'!A0\",s1\n,2025550100,again,s2\n"
#: Columns of both files in order of first appearance, and what may be done with the row.
HEADER = [*FIRST.split("\n", 1)[0].split(","), "Mail", "Tel", "Firm", "channels", "valid_until"]
N = ""
UNTIL = "2026-12-21"
ANN = ["r1", "Ann", "O'Neil, Jr.", "+12025550100", "+12025550101", "Ann@example.com", "New York", "NY", "10001-1234"]
CY = ["r3", "'-Cy", "'+x", N, "+12025550103", "'+news@example.com", N, N, N, "US", "'+49"]
ROWS = [
    [*ANN, "US", "'=1+1", "2026-10-01", N, N, N, "call; email", UNTIL],
    ["r2", "Émile", "'@bo", "+442079460123", N, N, "London", N, N, "GB", "two\nlines", N, N, N, N, "call", UNTIL],
    [*CY, N, N, N, N, "call; email", UNTIL],
    ["s1", *[N] * 11, "ed@example.org", "+12025550104", "'=cmd|'/c calc'!A0", "call; email", UNTIL],
]


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Scrubbed:
    """Two files with other columns: rows 0, 1, 2 and 4 are clean, row 3 has no contact, row 5 is a duplicate."""
    folder = tmp_path_factory.mktemp("export")
    (folder / "a.csv").write_text(FIRST, encoding="utf-8")
    (folder / "b.csv").write_text(SECOND, encoding="utf-8")
    (folder / "dnc.txt").write_text("9175550199\n")
    campaign = folder / "campaign.toml"
    listed = '[[lists]]\nkind = "dnc.national"\nname = "registry"\nfile = "dnc.txt"\nas_of = 2026-11-20\n'
    campaign.write_text(campaign_text(("call", "email"), more=listed), encoding="utf-8")
    ran = scrub_files([folder / "a.csv", folder / "b.csv"], folder / "out", "--campaign", campaign)
    assert ran.code == 0, ran.err
    made = Scrubbed(ran.code, ran.out, ran.err, folder / "out")
    assert made.clean_rows("row_id") == [(0,), (1,), (2,), (4,)]
    assert made.rejected_rows("row_id", "reason") == [(3, "contact.none"), (5, "duplicate.in_drop")]
    return made


def export(result: Scrubbed, to: Path | str, *options: str | Path, day: str = DAY) -> Ran:
    return leadscrub("export", result.folder, "--to", to, "--as-of", day, *options)


def read_csv(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def exported(result: Scrubbed, path: Path, *options: str | Path) -> list[list[str]]:
    ran = export(result, path, *options)
    assert ran.code == 0, ran.err
    return read_csv(path)


def sheet(path: Path) -> list[list[str]]:
    frame = fastexcel.read_excel(path).load_sheet(0, header_row=None, dtypes="string").to_polars()
    return [["" if cell is None else str(cell) for cell in row] for row in frame.rows()]


def test_a_csv_has_the_vendors_columns_with_usable_points_in_normal_form(result: Scrubbed, tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    ran = export(result, path)
    assert (ran.code, ran.out) == (0, f"4 rows in {path}\n")
    assert ran.err == (
        "note: 1 email begins as a formula does and has an apostrophe before it: take it off before you write to it\n"
    )
    assert read_csv(path) == [HEADER, *ROWS]
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_workbook_says_the_same(result: Scrubbed, tmp_path: Path) -> None:
    assert export(result, tmp_path / "leads.xlsx").code == 0
    assert sheet(tmp_path / "leads.xlsx") == [HEADER, *ROWS]
    assert (tmp_path / "leads.xlsx").stat().st_mode & 0o777 == 0o600


def test_parquet_and_delta_tables_have_cells_as_they_are(result: Scrubbed, tmp_path: Path) -> None:
    path, table = tmp_path / "leads.parquet", tmp_path / "leads"
    assert export(result, path).code == 0
    frame = pl.read_parquet(path)
    assert frame.columns == HEADER
    assert frame.schema["valid_until"] == pl.Date
    assert frame["Last"].to_list() == ["O'Neil, Jr.", "@bo", "+x", None]
    assert frame["Email"].to_list() == [*result.clean["email"].to_list()[:3], None]
    assert frame["Phone"].to_list() == [*result.clean["phone"].to_list()[:3], None]
    assert pl.read_parquet_metadata(path)["run_id"] == result.manifest["run_id"]
    pytest.importorskip("deltalake")
    assert export(result, f"delta:{table}").code == 0
    # A table keeps rows in no order.
    assert pl.read_delta(str(table)).sort("Ref").equals(frame.sort("Ref"))
    assert {each.stat().st_mode & 0o077 for each in table.rglob("*")} == {0}
    again = export(result, f"delta:{table}", "--columns", "row_id")
    assert (again.code, again.err) == (
        7,
        f"leadscrub: '{table}' exists already. Name another table, or replace it with --force.\n",
    )
    assert export(result, f"delta:{table}", "--columns", "row_id", "--force").code == 0
    assert sorted(pl.read_delta(str(table)).rows()) == [(0,), (1,), (2,), (4,)]


def test_all_columns_hold_what_the_result_holds(result: Scrubbed, tmp_path: Path) -> None:
    path = tmp_path / "all.parquet"
    assert export(result, path, "--columns", "all").code == 0
    frame, clean = pl.read_parquet(path), result.clean
    lists = {name for name, dtype in clean.schema.items() if dtype == pl.List(pl.String)}
    for name in clean.columns[:-1]:
        wanted = clean[name].list.join("; ") if name in lists else clean[name]
        if clean.schema[name] == pl.Time:
            wanted = wanted.dt.to_string("%H:%M:%S")
        assert frame[name].to_list() == wanted.to_list(), name
    extra = clean["extra"].struct.unnest()
    assert frame.columns[len(clean.columns) - 1 :] == extra.columns
    assert frame.select(extra.columns).equals(extra)


def test_chosen_columns(result: Scrubbed, tmp_path: Path) -> None:
    assert exported(result, tmp_path / "a.csv", "--columns", "row_id,Note, phone ,is_business")[:2] == [
        ["row_id", "Note", "phone", "is_business"],
        ["0", "'=1+1", "+12025550100", ""],
    ]
    contact = exported(result, tmp_path / "b.csv", "--columns", "contact")[0]
    assert contact[:3] + contact[-5:] == [
        *("first_name", "last_name", "company"),
        *("phone", "phone_2", "email", "channels", "valid_until"),
    ]
    # A row without anything is a row all the same.
    assert exported(result, tmp_path / "c.csv", "--columns", "First") == [["First"], ["Ann"], ["Émile"], ["'-Cy"], [""]]
    wrong = export(result, tmp_path / "d.csv", "--columns", "row_id,phoen")
    assert (wrong.code, wrong.err) == (2, "leadscrub: --columns: there is no column 'phoen'. Did you mean 'phone'?\n")
    assert not (tmp_path / "d.csv").exists()


def test_rejected_rows_are_as_they_came_with_their_reasons(result: Scrubbed, tmp_path: Path) -> None:
    rows = exported(result, tmp_path / "rejected.csv", "--rows", "rejected")
    assert rows[0] == [*HEADER[:-2], "reason", "reasons", "reason_detail", "disposition", "raw"]
    assert [row[:1] + row[10:11] + row[13:] for row in rows[1:]] == [
        ["r4", "'=HYPERLINK(1)", "", "", "contact.none", "contact.none", rows[1][17], "return", ""],
        ["s2", "", "2025550100", "again", "duplicate.in_drop", "duplicate.in_drop", rows[2][17], "return", ""],
    ]
    assert exported(result, tmp_path / "review.csv", "--rows", "review", "--columns", "row_id,reason") == [
        ["row_id", "reason"]
    ]
    refused = export(result, tmp_path / "x.csv", "--rows", "rejected", "--for", "vicidial")
    assert refused.code == 2
    assert "takes clean rows alone" in refused.err
    assert export(result, tmp_path / "x.csv", "--rows", "revew").err == (
        "leadscrub: --rows 'revew' is no kind of rows. Did you mean 'review'?\n"
    )


def test_nothing_is_replaced_and_nothing_half_is_left(result: Scrubbed, tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_text("mine")
    kept = export(result, path)
    assert (kept.code, kept.err) == (
        7,
        f"leadscrub: '{path}' exists already. Name another file, or replace it with --force.\n",
    )
    assert path.read_text() == "mine"
    assert exported(result, path, "--force")[0] == HEADER
    # What a killed export has left is taken away by the next one.
    left = tmp_path / ".leads.csv.partial" / "leadscrub-work" / "leads.csv"
    left.parent.mkdir(parents=True)
    left.write_text("half")
    assert exported(result, path, "--force")[0] == HEADER
    inside = export(result, result.folder / "leads.csv")
    assert inside.code == 2
    assert leadscrub("verify", result.folder).code == 0
    for to, hint in (
        ("leads.xls", "Did you mean '.xlsx'?"),
        ("leads", "Name a .csv, .xlsx or .parquet file (and .age), delta:FOLDER, or iceberg://…"),
        ("s3://bucket/leads.csv", "Name a local file, then copy it."),
    ):
        refused = export(result, to)
        assert (refused.code, hint in refused.err) == (2, True), refused.err
    assert sorted(tmp_path.iterdir()) == [path]


def test_rows_that_are_no_longer_valid_are_exported_only_when_told(result: Scrubbed, tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    assert export(result, path, day="2026-12-21").code == 0
    late = export(result, path, "--force", day="2026-12-22")
    assert (late.code, late.err) == (
        5,
        "leadscrub: 4 rows were to be used until 2026-12-21 and not later, and it is 2026-12-22 (row_id 0, 1, 2, 4); "
        "list gone stale: registry (copy of 2026-11-20, until 2026-12-21). Run 'leadscrub rescrub' against today's "
        "lists; --allow-expired exports them all the same.\n",
    )
    assert export(result, path, "--force", "--allow-expired", day="2026-12-22").code == 0
    # Of rejected rows nobody says that they may be used.
    assert export(result, tmp_path / "r.csv", "--rows", "rejected", day="2027-12-21").code == 0


def test_a_file_that_its_run_did_not_write_is_not_exported(result: Scrubbed, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in result.folder.glob("*.*"):
        (copy / path.name).write_bytes(path.read_bytes())
    pl.read_parquet(copy / "clean.parquet").head(1).write_parquet(copy / "clean.parquet")
    ran = leadscrub("export", copy, "--to", tmp_path / "leads.csv")
    assert (ran.code, "is not the file that its run wrote" in ran.err) == (4, True)


def test_a_sheet_that_cannot_hold_the_rows_is_refused_before_it_is_written(
    result: Scrubbed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "leads.xlsx"
    monkeypatch.setattr("pipeline.exporting.files.MOST_ROWS", 3)
    ran = export(result, path)
    assert (ran.code, ran.err) == (
        7,
        "leadscrub: A sheet holds 3 rows, and these are more; nothing was written. Write a .csv.\n",
    )
    monkeypatch.setattr("pipeline.exporting.files.MOST_ROWS", 4)
    monkeypatch.setattr("pipeline.exporting.files.MOST_CHARACTERS", 17)
    ran = export(result, path)
    assert ran.code == 7
    assert "A cell of column 'Email' is longer than the 17 characters" in ran.err
    monkeypatch.setattr("pipeline.exporting.files.MOST_CHARACTERS", 18)
    monkeypatch.setattr("pipeline.exporting.files.MOST_COLUMNS", 16)
    assert "A sheet holds 16 columns, and these are 17." in export(result, path).err
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "leadscrub.toml").write_text("")
    yield tmp_path


def test_a_scrub_exports_besides_and_the_workspace_logs_it(workspace: Path, written: Written) -> None:
    drop = written("drop.csv", "Phone\n2025550100\n")
    campaign = written("campaigns/c.toml", campaign_text(("call",)))
    first, second = workspace / "x" / "a.csv", workspace / "b.xlsx"
    ran = scrub_files([drop], workspace / "out", "--campaign", campaign, "--to", first, "--to", second, "--json")
    assert ran.code == 0, ran.err
    summary = json.loads(ran.out)["exports"]
    assert [(each["to"], each["rows"]) for each in summary] == [(str(first), 1), (str(second), 1)]
    assert read_csv(first) == sheet(second) == [["Phone", "channels", "valid_until"], ["+12025550100", "call", ""]]
    logged = [entry for entry in entries(workspace) if entry.kind == "export"]
    assert [(entry.facts["to"], entry.facts["rows"], entry.facts["sha256"]) for entry in logged] == [
        (str(path.relative_to(workspace)), {"clean": 1}, each["sha256"])
        for path, each in zip((first, second), summary, strict=True)
    ]
    assert {entry.subject for entry in logged} == {json.loads(ran.out)["run_id"]}
    assert all("202555" not in entry.line for entry in entries(workspace))
    assert leadscrub("log", "verify", "--workspace", workspace).code == 0
    # What is in the way is found before the work is done.
    again = scrub_files([drop], workspace / "new", "--campaign", campaign, "--to", first)
    assert (again.code, (workspace / "new").exists()) == (7, False)
    assert scrub_files([drop], workspace / "new", "--campaign", campaign, "--to", "n.csv", "--dry-run").code == 2


def test_the_demo_of_the_repository_is_exported(tmp_path: Path, written: Written) -> None:
    """Every clean row of the sample, by its own columns: contact cells are those of clean.parquet."""
    drop = REPO / "data/sample/drops/brightleads-2026-11.csv"
    campaign = written("trial.toml", campaign_text(("call", "email")))
    ran = scrub_files([drop], tmp_path / "out", "--campaign", campaign)
    made = Scrubbed(ran.code, ran.out, ran.err, tmp_path / "out")
    rows = exported(made, tmp_path / "leads.csv")
    original = drop.read_text(encoding="utf-8").splitlines()[0].split(",")
    assert rows[0][: len(original)] == original
    places = {name: rows[0].index(name) for name in ("Lead ID", "Email", "Phone", "Alt Phone")}
    assert [tuple(row[place] or None for place in places.values()) for row in rows[1:]] == made.clean_rows(
        "vendor_lead_id", "email", "phone", "phone_2"
    )


def test_several_points_of_a_cell_stay_in_one_cell(scrub: Scrub, written: Written, tmp_path: Path) -> None:
    layout = written("layout.toml", '[in_cell]\nPhones = { between = "/" }\n[columns]\nphone = "Phones"\n')
    drop = "Id,Phones,channels\n1,2025550100/12/202-555-0101,mine\n2,2025550102,\n3,12/13,\n"
    ran = scrub(drop, "--layout", layout, channels=("call",))
    assert exported(ran, tmp_path / "a.csv") == [
        ["Id", "Phones", "channels", "channels (leadscrub)", "valid_until"],
        ["1", "+12025550100; +12025550101", "mine", "call", ""],
        ["2", "+12025550102", "", "call", ""],
    ]
    # What was scrubbed again has the fields in place of the vendor's columns.
    again = tmp_path / "again"
    campaign = ran.folder.parent / "campaign.toml"
    assert leadscrub("rescrub", ran.folder, "-o", again, "--campaign", campaign, "--as-of", DAY).code == 0
    rows = exported(Scrubbed(0, "", "", again), tmp_path / "b.csv", "--columns", "phone,phone_3,vendor_lead_id")
    assert rows[1:] == [["+12025550100", "+12025550101", "1"], ["+12025550102", "", "2"]]


def test_calling_windows_are_behind_the_vendors_columns(scrub: Scrub, in_folder: Path) -> None:
    Path("leadscrub.toml").touch()
    Path("vendors").mkdir()
    Path("vendors/own.toml").write_text(
        'name = "own"\n[evidence]\nsource_type = "own_customers"\norigin = "our shop"\n'
    )
    Path("list.txt").write_text("+12125550199\n")
    law = '[rules]\npacks = ["us"]\n[evidence]\ndialling = "live"\nproduct_class = []\n[calling]\nday = 2026-11-23\n'
    ran = scrub(
        "Phone,Phone 2,State,Country\n2125550143,4155550143,NY,US\n",
        *("--vendor", "own", "--dnc", "list.txt@2026-11-20", "--list", "dnc.state:texas=list.txt@2026-11-20"),
        channels=("call",),
        campaign=law,
    )
    rows = exported(ran, Path("a.csv"))
    header = "Phone,Phone 2,State,Country,channels,valid_until,call_after,call_before,call_zone,call_hours,max_attempts"
    assert rows[0] == [*header.split(","), "attempt_days"]
    (until,) = ran.clean["valid_until"]
    window = ["11:00:00", "21:00:00", "America/New_York", "11:00-21:00", "", ""]
    assert rows[1:] == [["+12125550143", "+14155550143", "NY", "US", "call", until.isoformat(), *window]]
