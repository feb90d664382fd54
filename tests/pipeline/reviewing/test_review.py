"""Rows in review: released and denied by a filled file or by rule, all or nothing, and undone again."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from tests import processes
from tests.conftest import DAY, REPO, as_made, leadscrub
from tests.pipeline.reviewing.desk import (
    ABROAD,
    ANN,
    BY_RULE,
    DROP,
    PROMISES,
    Cells,
    exported,
    filled,
    make_workspace,
    review,
    rows,
    saved,
    scrub,
    told,
    waiting,
    write,
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with one result."""
    folder = tmp_path_factory.mktemp("desk")
    with contextlib.chdir(folder):
        make_workspace(folder)
        scrub()
    return folder


@pytest.fixture
def desk(made: Path) -> Iterator[Path]:
    """That workspace as it was made, and the current folder."""
    with contextlib.chdir(as_made(made)):
        yield made


def as_german_excel(line: Cells) -> Cells:
    """What a spreadsheet makes of days, and what a person fills in."""
    day = {
        name: ".".join(reversed(line[name].split(" ")[0].split("-")))
        for name in ("run_day", "consent_at")
        if line.get(name)
    }
    if line["reason"] == ABROAD:
        return day
    word = "deny" if line["email"] == "dan@example.com" else "Release "
    return {**ANN, "on": "21.11.2026", "decision": word, **day}


def test_a_file_that_a_spreadsheet_saved_releases_and_denies_row_by_row(desk: Path) -> None:
    lines = exported()
    assert [(line["id"].partition("-")[2], line["first_name"]) for line in lines] == [
        (f"0-{PROMISES}", "'=Ann"),
        (f"1-{ABROAD}", "Bob"),
        (f"1-{PROMISES}", "Bob"),
        (f"3-{PROMISES}", "Dan"),
        (f"4-{PROMISES}", "Dan"),
    ]
    assert Path("review.csv").stat().st_mode & 0o777 == 0o600
    file = saved(filled(lines, as_german_excel), delimiter=";", encoding="utf-8-sig")
    done = told("apply", file)
    assert {name: done[name] for name in ("released", "refused", "denied", "undecided", "codes")} == {
        **{"released": 2, "refused": 0, "denied": 1, "undecided": 1},
        "codes": {PROMISES: 4},
    }
    # Row 1 waits for its other reason; what blocks (2, 5) was never in review; of two copies one was denied.
    (out,) = done["results"]
    assert rows(out, "clean", "email") == [(0, "ann@example.com"), (4, "DAN@example.com")]
    assert waiting() == {ABROAD: 1}
    assert leadscrub("verify", out).code == 0
    assert leadscrub("log", "verify").code == 0, leadscrub("log", "verify").out
    assert (
        f"{PROMISES}: released by Ann Officer on {DAY}, evidence: DOC-7" in leadscrub("explain", out, "--row", "0").out
    )
    assert leadscrub("export", out, "--to", "calls.csv", "--as-of", DAY).code == 0

    before = sorted(
        (path, path.stat().st_mtime_ns) for path in desk.rglob("*") if path.is_file() and "log" not in path.parts
    )
    again = told("apply", file)
    assert (again["review"], again["changed"], again["results"]) == (None, False, [])
    assert before == sorted(
        (path, path.stat().st_mtime_ns) for path in desk.rglob("*") if path.is_file() and "log" not in path.parts
    )

    undone = told("withdraw", done["review"], "--by", "Ann Officer", "--because", "the wrong agreement")
    assert (undone["changed"], undone["exported"]) == (True, ["calls.csv"])
    assert (
        told("withdraw", done["review"], "--by", "Ann Officer", "--because", "the wrong agreement")["changed"] is False
    )
    assert waiting() == {PROMISES: 4, ABROAD: 1}
    assert not Path(out).exists()
    checked = leadscrub("log", "verify")
    assert checked.code == 0, checked.out
    assert [entry["facts"]["action"] for entry in _log("release")] == ["applied", "withdrawn"]
    assert told("apply", file)["released"] == 2


def _log(kind: str) -> list[dict[str, dict[str, str]]]:
    found: list[dict[str, dict[str, str]]] = json.loads(leadscrub("log", "--kind", kind, "--json").out)["items"]
    return found


def test_a_workbook_with_real_dates_is_read_back(desk: Path) -> None:
    review("export", "--to", "review.xlsx")
    lines = exported()
    with xlsxwriter.Workbook("filled.xlsx") as book:
        sheet, dated = book.add_worksheet("review"), book.add_format({"num_format": "dd/mm/yy"})
        for place, name in enumerate(lines[0]):
            sheet.write(0, place, name)
            for number, line in enumerate(filled(lines, lambda _: ANN), 1):
                if name in ("on", "run_day"):
                    sheet.write_datetime(number, place, date.fromisoformat(DAY), dated)
                else:
                    sheet.write(number, place, line[name])
    done = told("apply", "filled.xlsx")
    # Both reasons of row 1 are released; of the two copies (3, 4) the first is kept.
    assert rows(done["results"][0]) == [(0,), (1,), (3,)]
    assert rows(done["results"][0], "rejected", "reason") == [(4, "duplicate.in_drop")]
    assert (done["released"], done["refused"], waiting()) == (3, 1, {})


FAULTS: dict[str, tuple[Cells, str]] = {
    "no word": ({"decision": "maybe"}, "line 2: 'maybe' is no decision"),
    "no decision": ({"decision": ""}, "line 2: it has no decision"),
    "nobody": ({"by": "tbd"}, "line 2: it does not say by whom"),
    "no evidence": ({"evidence": ""}, "line 2: it does not say on what evidence"),
    "no day": ({"on": ""}, "line 2: it does not say on which day"),
    "no such day": ({"on": "2026-02-30"}, "line 2: on '2026-02-30' cannot be read for sure"),
    "a day that may be two": ({"on": "03/04/2026"}, "line 2: on '03/04/2026' cannot be read for sure"),
    "a day to come": ({"on": "2026-11-22"}, "line 2: it is dated 2026-11-22, after the day of the release"),
    "evidence that ended": ({"evidence_until": "2026-11-20"}, "line 2: its evidence held until 2026-11-20"),
    "another row": ({"id": f"0123456789ab-0-{PROMISES}"}, "is no row in review"),
    "another reason": ({"id": "0-dnc.internal"}, "line 2: '0-dnc.internal' is no row in review"),
    "another address": ({"email": "eve@example.com"}, "line 2: column email was changed"),
    "another vendor": ({"vendor": "zen"}, "line 2: column vendor was changed"),
    "another reason beside the id": ({"reason": ABROAD}, "line 2: column reason was changed"),
}


def test_what_cannot_be_applied_is_named_by_line_and_nothing_is_decided(desk: Path) -> None:
    lines = filled(exported(), lambda _: ANN)
    for name, (change, message) in FAULTS.items():
        said = review("apply", saved([{**lines[0], **change}, *lines[1:]]), code=3)
        assert message in said, name
        assert "eve@example.com" not in said
    twice = review("apply", saved([*lines, lines[0]]), code=3)
    assert "line 7: '" in twice and "is in line 2 already" in twice
    both = review("apply", saved([*lines[:2], {**lines[2], "decision": "deny"}]), code=3)
    assert "line 4: the row is released for one reason and denied for another" in both
    unread = Path("broken.csv")
    unread.write_text(Path(saved(lines)).read_text(encoding="utf-8") + 'x,"never closed\n', encoding="utf-8")
    assert "cannot be read as a record" in review("apply", unread, code=3)
    assert "no file of 'leadscrub review export'" in review("apply", "drop.csv", code=4)
    assert "There is no file" in review("apply", "none.csv", code=4)
    assert sorted(path.name for path in Path("reviews").iterdir()) == ["lock"]
    assert waiting() == {PROMISES: 4, ABROAD: 1}
    assert _log("release") == []


def test_a_rule_decides_all_alike_and_never_what_blocks(desk: Path) -> None:
    assert "No row waits for 'vendor.promise-uncheked'. Did you mean" in review(
        "apply", "--rule", "vendor.promise-uncheked", *BY_RULE, code=2
    )
    assert "blocks, and no person releases that" in review("apply", "--rule", "dnc.internal", *BY_RULE, code=2)
    assert "it does not say by whom" in review("apply", "--rule", PROMISES, "--decision", "release", code=2)
    done = told("apply", "--rule", PROMISES, *BY_RULE, "--vendor", "acme")
    assert (done["released"], done["refused"]) == (2, 1)
    assert told("apply", "--rule", PROMISES, *BY_RULE)["changed"] is False
    # Row 1 is released for one reason and denied for the other: what the earlier review decided stays as it was.
    denied = told("apply", "--rule", ABROAD, "--decision", "deny", "--by", "Ann Officer", "--evidence", "DOC-8")
    assert (denied["denied"], denied["results"], waiting()) == (1, [], {})
    line = {"id": f"{_run_id('runs/1')[:12]}-1-{ABROAD}", **ANN}
    assert f"was denied by Ann Officer on {DAY} (review {denied['review']})" in review("apply", saved([line]), code=3)


def _run_id(out: str) -> str:
    return str(json.loads((Path(out) / "manifest.json").read_text(encoding="utf-8"))["run_id"])


def test_rows_that_rest_on_two_reviews_are_undone_from_the_last(desk: Path) -> None:
    first = told("apply", "--rule", PROMISES, *BY_RULE)["review"]
    second = told("apply", "--rule", ABROAD, *BY_RULE)
    assert rows(second["results"][0]) == [(1,)]
    assert f"Withdraw {second['review']} first" in review("withdraw", first, "--by", "Ann", "--because", "x y", code=2)
    for each in (second["review"], first):
        review("withdraw", each, "--by", "Ann Officer", "--because", "read again")
    assert waiting() == {PROMISES: 4, ABROAD: 1}


def test_a_decision_holds_in_the_next_scrub_while_the_finding_is_the_same(desk: Path) -> None:
    lines = exported()
    until = {**ANN, "evidence_until": "2026-12-24"}
    told("apply", saved(filled(lines, lambda line: {**until, "decision": "deny"} if line["line"] == "5" else until)))
    (out,) = (path for path in Path("reviews").glob("*/acme-*"))
    assert rows(out, "clean", "valid_until") == [(row, date(2026, 12, 24)) for row in (0, 1, 4)]

    def again(name: str, *options: str) -> pl.DataFrame:
        scrub(name, "drop.csv", "acme", *options, "--ledger", "none")
        return pl.read_parquet(f"{name}/rejected.parquet").select("row_id", "reason")

    same = again("runs/2")
    assert rows("runs/2") == [(0,), (1,), (4,)]
    assert same.filter(row_id=3).rows() == [(3, "review.denied")]
    # The address is put on our list: a release lifts no block. The evidence has ended: the row waits again.
    write(desk / "ours.csv", "email\nblocked@example.com\nann@example.com\n")
    assert (0, "dnc.internal") in again("runs/3").rows()
    shutil.rmtree("runs/3")
    later = leadscrub("rescrub", out, "-o", "runs/later", "--as-of", "2026-12-25")
    assert later.code == 0, later.err
    assert dict(rows("runs/later", "rejected", "reason")) == {0: "dnc.internal", 1: PROMISES, 4: PROMISES}
    assert "2 rows of that run and this wait for a person" in later.out
    in_time = leadscrub("rescrub", out, "-o", "runs/in-time", "--as-of", "2026-12-24")
    assert in_time.code == 0, in_time.err
    assert rows("runs/in-time") == [(1,), (4,)]
    # It is withdrawn: what rests on it is named, and is exported no more.
    undone = told("withdraw", out.parent.name, "--by", "Ann Officer", "--because", "read again")
    assert sorted(undone["resting"]) == ["runs/2", "runs/in-time"]
    refused = leadscrub("export", "runs/in-time", "--to", "leads.csv", "--as-of", DAY)
    assert (refused.code, "which was withdrawn" in refused.err) == (3, True)


def test_a_row_waits_again_once_its_evidence_has_ended_and_can_be_released_again(desk: Path) -> None:
    first = told("apply", "--rule", PROMISES, *BY_RULE, "--until", "2026-12-01")
    assert told("list", "--as-of", "2026-12-01")["rows"] == 1
    assert told("list", "--as-of", "2026-12-02")["rows"] == 4
    second = told("apply", "--rule", PROMISES, *BY_RULE, "--as-of", "2026-12-02")
    assert [rows(done["results"][0]) for done in (first, second)] == [[(0,), (3,)]] * 2


def test_a_copy_of_a_clean_row_or_of_what_another_vendor_sold_is_not_released(in_folder: Path) -> None:
    make_workspace(in_folder, vendors=("zen", "acme"))
    promises = 'promises = { site_disclaimer = "none", confidentiality_agreement = "none", nda = "none", '
    promises += 'privacy_policy = "none", non_compete = "none", customer_contract = "none" }\n'
    path = in_folder / "vendors" / "zen.toml"
    write(path, path.read_text(encoding="utf-8") + promises)
    write(in_folder / "zen.csv", "Email,State\nann@example.com,NY\n")
    scrub("runs/zen", "zen.csv", "zen")
    assert rows("runs/zen") == [(0,)]
    write(in_folder / "drop.csv", DROP + "Ann@Example.com,Ann,NY,,2026-03-04\n")
    scrub()
    done = told("apply", "--rule", PROMISES, *BY_RULE)
    refused = dict(rows(done["results"][0], "rejected", "reason"))
    assert refused == {0: "duplicate.cross_vendor", 4: "duplicate.in_drop", 6: "duplicate.cross_vendor"}


def test_nothing_is_released_once_a_list_has_gone_stale(desk: Path) -> None:
    campaign = desk / "campaigns" / "mail.toml"
    text = campaign.read_text(encoding="utf-8")
    write(desk / "unsubscribed.csv", "email\nx@example.com\n")
    write(
        campaign, text + '[[lists]]\nkind = "email.domain_suppressed"\nname = "partner"\nfile = "../unsubscribed.csv"\n'
    )
    how = ("--kind", "dnc.national", "--covers", "all", "--region", "US", "--as-of", DAY)
    write(desk / "registry.csv", "+12025550100\n")
    assert leadscrub("lists", "add", "registry", "registry.csv", *how).code == 0
    write(campaign, text.replace("entity", 'store_lists = ["registry"]\nentity', 1))
    scrub("runs/1", "drop.csv", "acme", "--force")
    message = review("apply", "--rule", PROMISES, *BY_RULE, "--as-of", "2027-03-01", code=5)
    assert "registry" in message
    assert sorted(path.name for path in Path("reviews").iterdir()) == ["lock"]
    assert waiting()[PROMISES] == 4


def test_a_result_that_was_changed_is_not_released_from(desk: Path) -> None:
    frame = pl.read_parquet("runs/1/rejected.parquet")
    frame.with_columns(pl.col("email").str.replace("ann@", "eve@")).write_parquet("runs/1/rejected.parquet")
    assert "is not the result that was logged" in review("apply", "--rule", PROMISES, *BY_RULE, code=4)
    assert waiting()[PROMISES] == 4


@pytest.mark.parametrize("at", ["pipeline.reviewing.applying._publish", "pipeline.reviewing.applying._enter_results"])
def test_a_second_apply_finishes_what_a_kill_left(desk: Path, at: str) -> None:
    _killed(["review", "apply", "--rule", PROMISES, *BY_RULE, "--as-of", DAY], at, calls=2 if "enter" in at else 1)
    done = told("apply", "--rule", PROMISES, *BY_RULE)
    assert done["changed"] == ("publish" in at)
    assert len(list(Path("reviews").glob("*/acme-*/manifest.json"))) == 1
    assert [path.name for path in Path("reviews").glob(".*")] == []
    assert leadscrub("log", "verify").code == 0, leadscrub("log", "verify").out
    assert len(_log("release")) == 1


def test_a_second_withdrawal_finishes_what_a_kill_left(desk: Path) -> None:
    done = told("apply", "--rule", PROMISES, *BY_RULE)["review"]
    words = ["review", "withdraw", done, "--by", "Ann Officer", "--because", "read again"]
    _killed(words, "pipeline.reviewing.withdrawing.shutil.rmtree", calls=1)
    assert waiting()[PROMISES] == 4
    assert told(*words[1:])["changed"] is False
    assert sorted(path.name for path in Path("reviews", done).iterdir()) == [
        "decisions.parquet",
        "review.json",
        "withdrawn.json",
    ]
    assert leadscrub("log", "verify").code == 0, leadscrub("log", "verify").out


_DYING = """\
import os, sys
from unittest.mock import patch
from pipeline.cli.main import run_words
import pipeline.reviewing.applying, pipeline.reviewing.withdrawing
left = iter(range(int(sys.argv[2]) - 1))
def die(*_, **__):
    if next(left, None) is None:
        os._exit(99)
with patch(sys.argv[1], die):
    run_words(sys.argv[3:])
"""


def _killed(words: list[str], at: str, calls: int) -> None:
    """Run a command that dies, as of ``kill -9``, when it calls a function for the so-manieth time."""
    command = [sys.executable, "-c", _DYING, at, str(calls), *words]
    environment = {**os.environ, "PYTHONPATH": str(REPO)}
    assert processes.run(command, env=environment, check=False, capture_output=True, timeout=120).returncode == 99


def test_the_log_tells_when_what_was_decided_is_not_so_any_more(desk: Path) -> None:
    done = told("apply", "--rule", PROMISES, *BY_RULE)["review"]
    folder = Path("reviews", done)
    record = (folder / "review.json").read_text(encoding="utf-8")
    write(folder / "review.json", record.replace("Ann Officer", "Bob Officer"))
    assert f"reviews: release {done}" in leadscrub("log", "verify").out
    write(folder / "review.json", record)
    table = folder / "decisions.parquet"
    pl.read_parquet(table).with_columns(by=pl.lit("Bob")).write_parquet(table)
    assert "is not the file that the review wrote" in leadscrub("log", "verify").out
    # Nor does a scrub take it for what a person decided.
    again = leadscrub("scrub", "drop.csv", "-o", "runs/2", "--campaign", "campaigns/mail.toml", "--vendor", "acme")
    assert (again.code, "is not the file that the review wrote" in again.err) == (5, True)
    shutil.rmtree(folder)
    assert f"is gone: release {done}" in leadscrub("log", "verify").out


def test_without_a_ledger_all_of_it_works_as_well(in_folder: Path) -> None:
    make_workspace(in_folder, ledger=False)
    scrub()
    done = told("apply", "--rule", PROMISES, *BY_RULE)
    assert (done["released"], waiting()) == (2, {ABROAD: 1})
    review("withdraw", done["review"], "--by", "Ann Officer", "--because", "read again")
    assert waiting() == {PROMISES: 4, ABROAD: 1}
    assert leadscrub("log", "verify").code == 0
    assert "not a workspace" in review("list", "--workspace", "campaigns", code=2)
