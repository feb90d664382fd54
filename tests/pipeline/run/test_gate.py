"""The gate: a drop outside its bands is held, by hand and by night, until a person accepts it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from pipeline.nightly.night import NightRequest, one_pass, read_workspace
from pipeline.nightly.summary import Summary
from pipeline.run.gate import Figures, judge
from schemas.gate import Gate
from schemas.manifest import Counts
from tests.conftest import DAY, Scrub, leadscrub
from tests.pipeline.nightly.workspaces import leads, make_workspace, put
from tests.pipeline.selling import HEADER, RECEIVED, World, bad, good

#: 100 rows, of which 60 are clean.
COUNTS = Counts(
    read=100, clean=60, rejected=40, by_primary_reason={"phone.invalid": 25, "phone.unparseable": 5, "dnc.national": 10}
)
PAST = [Figures(100, 80, {"phone.invalid": 5}), Figures(300, 210, {"phone.invalid": 60}), Figures(200, 180, {})]


@pytest.mark.parametrize(
    ("gate", "held"),
    [
        ({"clean_rate": {"min": 0.6}}, []),
        ({"clean_rate": {"min": 0.601}}, ["clean rate is 60%, below 60.1%"]),
        ({"clean_rate": {"max": 0.5}}, ["clean rate is 60%, above 50%"]),
        ({"records": {"min": 100, "max": 100}}, []),
        ({"records": {"min": 1000}}, ["number of records is 100, below 1,000"]),
        ({"reasons": {"phone.invalid": {"max": 0.25}, "phone.*": {"max": 0.3}, "us.rule": {"max": 0}}}, []),
        ({"reasons": {"phone.*": {"max": 0.29}}}, ["share of phone.* is 30%, above 29%"]),
        ({"reasons": {"dnc.*": {"min": 0.11}}}, ["share of dnc.* is 10%, below 11%"]),
        # Medians of all three: 80 %, 200 records, 5 % phone.invalid; of the last one alone: 80 %.
        ({"clean_rate": {"drops": 3, "off": 0.2}}, []),
        (
            {"clean_rate": {"drops": 9, "off": 0.19}},
            ["clean rate is 60%, more than 19 points off 80%, the median of the last 3 drops"],
        ),
        (
            {"clean_rate": {"drops": 1, "off": 0.1, "least": 1}},
            ["clean rate is 60%, more than 10 points off 80%, the last drop"],
        ),
        ({"records": {"drops": 3, "off": 0.5}}, []),
        (
            {"records": {"drops": 3, "off": 0.4}},
            ["number of records is 100, more than 40% off 200, the median of the last 3 drops"],
        ),
        (
            {"reasons": {"phone.invalid": {"drops": 3, "off": 0.1, "max": 0.2}}},
            [
                "share of phone.invalid is 25%, above 20%",
                "share of phone.invalid is 25%, more than 10 points off 5%, the median of the last 3 drops",
            ],
        ),
    ],
)
def test_bands(gate: dict[str, object], held: list[str]) -> None:
    outcome = judge([Gate.model_validate(gate)], COUNTS, PAST)
    assert (outcome.held, outcome.not_checked) == (held, [])


def test_what_is_not_known_is_said_and_holds_nothing() -> None:
    gate = Gate.model_validate({"clean_rate": {"drops": 5, "off": 0.01, "least": 4}})
    outcome = judge([gate], COUNTS, PAST)
    assert outcome.held == []
    assert outcome.not_checked == ["clean rate was not compared: 3 earlier drops are known, and 4 are needed"]
    # Of no rows none are clean.
    empty = judge([Gate.model_validate({"clean_rate": {"min": 0.1}})], Counts(read=0, clean=0, rejected=0), [])
    assert empty.held == ["clean rate is 0%, below 10%"]


@pytest.mark.parametrize(
    ("gate", "fault"),
    [
        ({"clean_rate": {}}, "give min, max, or drops with off"),
        ({"clean_rate": {"drops": 3}}, "drops and off belong together"),
        ({"clean_rate": {"min": 0.5, "max": 0.4}}, "min is more than max"),
        ({"clean_rate": {"min": 60}}, "min is a share, from 0 to 1"),
        ({"records": {"drops": 2, "off": 0.1}}, "drops are fewer than least"),
        ({"reasons": {"phone.invalld": {"max": 0.1}}}, "there is no such reason. Did you mean 'phone.invalid'?"),
        ({"reasons": {"phone.repaired": {"max": 0.1}}}, "this only flags a row and rejects none"),
        ({"reasons": {"Bad Code": {"max": 0.1}}}, "not a reason code"),
    ],
)
def test_a_gate_that_cannot_be(gate: dict[str, object], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault.replace("?", r"\?")):
        Gate.model_validate(gate)


@pytest.mark.slow
def test_a_held_drop_is_written_and_neither_exported_nor_entered_nor_remembered(tmp_path: Path) -> None:
    """By hand, in a workspace with a ledger: two usual drops, then one outside the vendor's band."""
    world = World(tmp_path)
    world.campaign("calls", "[gate]\nrecords = { min = 2 }\n")
    world.contract(more="")
    vendor = tmp_path / "vendors" / "acme.toml"
    gate = "[gate]\nclean_rate = { drops = 5, off = 0.2, least = 2 }\n"
    vendor.write_text(vendor.read_text() + gate)
    world.sell(HEADER + good(0, 10))
    world.sell(HEADER + good(20, 9) + bad(90, 1), "acme", RECEIVED + timedelta(days=1))
    drop = tmp_path / "drops" / "odd.csv"
    drop.write_text(HEADER + good(40, 2) + bad(70, 8))
    out, to = tmp_path / "runs" / "odd", tmp_path / "odd.csv"
    command = ("scrub", drop, "-o", out, "--campaign", tmp_path / "campaigns" / "calls.toml", "--vendor", "acme",
               "--received-at", (RECEIVED + timedelta(days=2)).isoformat(), "--as-of", DAY, "--to", to)  # fmt: skip
    reason = "clean rate is 20%, more than 20 points off 95%, the median of the last 2 drops"
    ran = leadscrub(*command, "--json")
    assert ran.code == 6, ran.err
    assert (json.loads(ran.out)["held"], json.loads(ran.out)["exports"]) == ([reason], [])
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["gate"] == {"held": [reason], "accepted": [], "not_checked": []}
    assert leadscrub("verify", out).code == 0
    refused = leadscrub("export", out, "--to", to, "--as-of", DAY)
    assert (refused.code, refused.err) == (
        6,
        f"leadscrub: The result is held: {reason}. Look into it; --accept-held exports it all the same.\n",
    )
    assert not to.exists()
    listed = world.listed(RECEIVED + timedelta(days=2))
    assert manifest["run_id"] not in {run["run_id"] for run in listed["runs"]}
    assert leadscrub("log", "verify", "--workspace", tmp_path).code == 0
    # The same again changes nothing; accepted, it is what any drop is.
    again = leadscrub(*command)
    assert (again.code, "leadscrub: held, for a person to look at: " + reason in again.err) == (6, True)
    accepted = leadscrub(*command, "--accept-held", "--force")
    assert accepted.code == 0, accepted.err
    assert f"note: gate: accepted although {reason}" in accepted.err
    assert to.exists()
    listed = world.listed(RECEIVED + timedelta(days=2))
    assert manifest["run_id"] in {run["run_id"] for run in listed["runs"]}


def test_a_campaigns_gate_needs_no_ledger(scrub: Scrub) -> None:
    ran = scrub("Phone\n2025550100\n12\n", channels=("call",), campaign="[gate]\nclean_rate = { min = 0.9 }\n")
    assert ran.code == 6
    assert "held, for a person to look at: clean rate is 50%, below 90%. The outputs are written" in ran.err
    assert ran.clean_rows("phone") == [("+12025550100",)]
    page = (ran.folder / "report.html").read_text(encoding="utf-8")
    assert '<h2 id="held">Held for a person</h2>\n<ul><li>clean rate is 50%, below 90%</li></ul>' in page
    assert "Use the leads" not in page


def test_a_report_says_what_was_accepted_and_what_a_copy_covers(scrub: Scrub, tmp_path: Path) -> None:
    (tmp_path / "registry.txt").write_text("202,5550199\n646,5550199\n", encoding="utf-8")
    gate = "[gate]\nclean_rate = { min = 0.9 }\n"
    kind = ("--kind", "dnc.national", "--as-of", "2026-11-20", "--covers", "202,646", "--store", tmp_path / "store")
    assert leadscrub("lists", "add", "registry", tmp_path / "registry.txt", *kind).code == 0
    options = ("--accept-held", "--list", "registry", "--store", tmp_path / "store")
    ran = scrub("Phone\n2025550100\n12\n", *options, channels=("call",), campaign=gate)
    assert ran.code == 0, ran.err
    page = (ran.folder / "report.html").read_text(encoding="utf-8")
    assert "<li>The drop was accepted although clean rate is 50%, below 90%.</li>" in page
    assert "<td>202, 646</td>" in page
    assert ran.manifest["lists"][0]["covers"] == ["202", "646"]


def test_a_night_puts_a_held_drop_into_quarantine_until_it_is_accepted(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "leads")
    vendor = next((workspace / "vendors").glob("acme.toml"))
    vendor.write_text(vendor.read_text() + "\n[gate]\nrecords = { min = 5 }\n")
    earlier = datetime.now(UTC) - timedelta(hours=1)
    put(workspace / "inbox" / "acme", "a.csv", leads(range(3)), earlier, ".done")

    def night(*, accept_held: bool = False) -> Summary:
        now = datetime.now(UTC)
        request = NightRequest(
            workspace, date(2026, 11, 21), lambda: now, accept_held=accept_held, threads=1, apart=False
        )
        return one_pass(request, read_workspace(workspace))

    def lines(summary: Summary) -> list[tuple[str, int]]:
        return [(line.outcome, line.code) for line in summary.drops]

    held = night()
    assert (held.exit_code, lines(held)) == (6, [("quarantined", 6)])
    assert list((workspace / "runs").rglob("manifest.json")) == []
    (note,) = (workspace / "quarantine").rglob("*.why.txt")
    text = note.read_text()
    assert text.startswith(
        "It is held: number of records is 3, below 5. Look into it; if it is right, accept it with --accept-held.\n"
    )
    assert text.endswith("leadscrub nightly --vendor acme --accept-held\n")
    # It is said every night, until somebody does what the note says.
    again = night()
    assert (again.exit_code, lines(again)) == (6, [])
    kept = note.with_name(note.name.removesuffix(".why.txt"))
    put(workspace / "inbox" / "acme", "a.csv", kept.read_text(), earlier, ".done")
    kept.unlink()
    accepted = night(accept_held=True)
    assert (accepted.exit_code, lines(accepted)) == (0, [("scrubbed", 0)])
    (manifest,) = (workspace / "runs").rglob("manifest.json")
    assert json.loads(manifest.read_text())["gate"]["accepted"] == ["number of records is 3, below 5"]
