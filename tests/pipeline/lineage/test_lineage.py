"""Events are received by a real server, are valid, name what was read and written, and hold nobody's data."""

from __future__ import annotations

import json
import re
import stat
import threading
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from openlineage.client.event_v2 import RunEvent

from pipeline.lineage.events import Ending, RunFacts, RunName, event, new_run_id
from pipeline.lineage.opening import open_lineage
from pipeline.lineage.sender import Sender
from schemas.errors import ConfigError
from tests.conftest import DAY, leadscrub
from tests.pipeline.lineage.collector import Collector, Manner, collecting
from tests.pipeline.lineage.spec import faults
from tests.pipeline.nightly.workspaces import make_workspace

CAMPAIGN = """\
[[lists]]
kind = "dnc.internal"
name = "ours"
file = "../ours.csv"
[gate]
records = { max = 100 }
"""
#: Whole phones and emails, as cells and lists hold them, and what else is a person's.
DROP = """\
Lead ID,Full Name,Mobile,E-Mail,Note,call 202-555-0177 first
1,Ann Archer,(202) 555-0141,ann.archer@example.com,likes blue,x
2,Bob Baker,(212) 555-0142,bob@example.com,call 212-555-0149,y
3,Cy Carter,,,,
"""
PERSONAL = re.compile(rb"archer|baker|carter|@example|555-?01\d\d|2125550142|2025550141|likes blue", re.IGNORECASE)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace whose clean file and lists are real, and which is the current folder."""
    folder = make_workspace(tmp_path / "ws", nightly="settle_seconds = 0")
    campaign = folder / "campaigns" / "calls.toml"
    campaign.write_text(campaign.read_text(encoding="utf-8").replace("no_lists = true", CAMPAIGN), encoding="utf-8")
    acme = folder / "vendors" / "acme.toml"  # a number in a header would pass for a lead's
    acme.write_text(acme.read_text(encoding="utf-8") + "[layout]\nheader = true\n", encoding="utf-8")
    (folder / "ours.csv").write_text("phone\n2125550142\n", encoding="utf-8")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("OPENLINEAGE_API_KEY", "s3cret")
    text = campaign.read_text(encoding="utf-8")
    campaign.write_text(text.replace("entity", "max_reject_rate = 0.5\nentity"), encoding="utf-8")
    return folder


def _wants(workspace: Path, **settings: object) -> None:
    lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    path = workspace / "leadscrub.toml"
    path.write_text(path.read_text(encoding="utf-8") + "\n".join(["[lineage]", *lines, ""]), encoding="utf-8")


def _named(datasets: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(each for each in datasets if each["name"].endswith(name))


def _last(collector: Collector, job: str) -> dict[str, Any]:
    return next(event for event in reversed(collector.events) if event["job"]["name"] == job)


@pytest.mark.slow
def test_every_command_tells_a_server_what_it_read_and_wrote(workspace: Path) -> None:
    drop = workspace / "for ann.archer@example.com 2025550141.csv"
    drop.write_text(DROP, encoding="utf-8")
    (workspace / "inbox/acme/leads.csv").write_text(DROP, encoding="utf-8")
    (workspace / "inbox/zen/leads.csv").write_bytes(b"\x00\x01PK" * 50)
    common = ["--as-of", DAY, "--campaign", "campaigns/calls.toml"]
    with collecting() as collector:
        _wants(workspace, url=collector.url)
        scrubbed = leadscrub("scrub", drop, "-o", "out", "--vendor", "acme", *common, "--to", "clean.csv")
        failed = leadscrub("scrub", drop, "-o", "out", "--vendor", "acme", *common)
        rescrubbed = leadscrub("rescrub", "out", "-o", "again", *common)
        exported = leadscrub("export", "out", "--to", "dial.csv", "--for", "five9", "--as-of", DAY)
        night = leadscrub("nightly", "--as-of", DAY)
    assert [ran.code for ran in (scrubbed, failed, rescrubbed, exported, night)] == [6, 7, 0, 0, 4]
    assert "lineage" not in scrubbed.err + rescrubbed.err + exported.err + night.err
    assert collector.told == [
        ("START", "scrub.calls.acme"),
        ("COMPLETE", "scrub.calls.acme"),
        ("START", "export.calls.acme"),
        ("COMPLETE", "export.calls.acme"),
        ("START", "scrub.calls.acme"),
        ("FAIL", "scrub.calls.acme"),
        ("START", "rescrub.calls.acme"),
        ("COMPLETE", "rescrub.calls.acme"),
        ("START", "export.calls.acme"),
        ("COMPLETE", "export.calls.acme"),
        ("START", "nightly"),
        ("START", "scrub.calls.acme"),
        ("COMPLETE", "scrub.calls.acme"),
        ("START", "scrub.calls.zen"),
        ("FAIL", "scrub.calls.zen"),
        ("FAIL", "nightly"),
    ]
    assert {*collector.keys} == {"Bearer s3cret"}
    assert {*collector.paths} == {"/api/v1/lineage"}
    assert [fault for event in collector.events for fault in faults(event)] == []
    found = [match.group() for body in collector.bodies for match in PERSONAL.finditer(body)]
    assert found == []
    _check_scrub(collector.events[1], workspace)
    _check_export(collector.events[3], workspace)
    _check_night(collector)
    told_of_failure = collector.events[5]["run"]["facets"]["errorMessage"]
    assert told_of_failure["message"].startswith("'out' exists")
    assert told_of_failure["programmingLanguage"] == "python"
    assert _last(collector, "rescrub.calls.acme")["inputs"][0]["name"] == str(workspace / "out" / "clean.parquet")


def _check_scrub(event: dict[str, Any], workspace: Path) -> None:
    """The event of a scrub says of the drop, the list and the results what the manifest and the files say."""
    manifest = json.loads((workspace / "out" / "manifest.json").read_text(encoding="utf-8"))
    clean = pl.read_parquet(workspace / "out" / "clean.parquet")
    tags = {tag["key"]: tag["value"] for tag in event["run"]["facets"]["tags"]["tags"]}
    assert tags == {"leadscrub.run_id": manifest["run_id"]}
    assert event["run"]["facets"]["nominalTime"]["nominalStartTime"] == f"{DAY}T00:00:00Z"
    drop, ours = event["inputs"]
    assert drop["name"].startswith(f"{workspace}/for a*****@e*****.com ")
    assert drop["facets"]["version"]["datasetVersion"] == manifest["inputs"][0]["sha256"]
    columns = [column["name"] for column in drop["facets"]["schema"]["fields"]]
    assert {"Full Name", "Mobile", "Note"} < set(columns)
    assert "call 202*****77 first" in columns
    assert drop["inputFacets"]["dataQualityMetrics"]["rowCount"] == 3
    assert drop["inputFacets"]["dataQualityMetrics"]["columnMetrics"]["Mobile"]["nullCount"] == 1
    asked = {each["assertion"]: each for each in drop["inputFacets"]["dataQualityAssertions"]["assertions"]}
    assert asked["dnc.internal"] | {"description": ""} == {
        "assertion": "dnc.internal",
        "success": False,
        "severity": "error",
        "description": "",
        "expected": "0",
        "actual": "1",
        "params": {},
    }
    assert (asked["max_reject_rate"]["success"], asked["max_reject_rate"]["actual"]) == (False, "66.67%")
    assert asked["gate"]["success"]
    assert (ours["namespace"], ours["name"]) == ("leadscrub", "lists/ours")
    assert ours["facets"]["version"]["datasetVersion"] == manifest["lists"][0]["version"]
    assert ours["inputFacets"]["inputStatistics"]["rowCount"] == 1
    written = {Path(each["name"]).name: each for each in event["outputs"]}
    assert set(written) == {"clean.parquet", "rejected.parquet", "findings.parquet", "acme.csv"}
    assert written["clean.parquet"]["outputFacets"]["outputStatistics"]["rowCount"] == len(clean) == 1
    schema = [column["name"] for column in written["clean.parquet"]["facets"]["schema"]["fields"]]
    assert schema == clean.columns
    lineage = written["clean.parquet"]["facets"]["columnLineage"]
    came = {name: [each["field"] for each in field["inputFields"]] for name, field in lineage["fields"].items()}
    assert came["phone"] == came["phone_region"] == ["Mobile"]
    assert came["full_name"] == ["Full Name"]
    assert came["extra"] == ["Note", "call 202*****77 first"]
    assert [(each["name"].rpartition("/")[2], each["field"]) for each in lineage["dataset"]][-1] == ("ours", "entry")
    original = written["rejected.parquet"]["facets"]["columnLineage"]["fields"]["original"]["inputFields"]
    assert [each["field"] for each in original] == columns


def _check_export(event: dict[str, Any], workspace: Path) -> None:
    clean, file = event["inputs"][0], event["outputs"][0]
    assert clean["name"] == str(workspace / "out" / "clean.parquet")
    assert file["name"] == str(workspace / "clean.csv")
    assert file["outputFacets"]["outputStatistics"]["rowCount"] == 1
    fields = file["facets"]["columnLineage"]["fields"]
    came = {name: [each["field"] for each in field["inputFields"]] for name, field in fields.items()}
    assert (came["Mobile"], came["Note"], came["channels"]) == (["phone"], ["extra"], ["channels"])


def _check_night(collector: Collector) -> None:
    night, acme, zen = (_last(collector, job) for job in ("nightly", "scrub.calls.acme", "scrub.calls.zen"))
    for each in (acme, zen):
        assert each["run"]["facets"]["parent"]["run"]["runId"] == night["run"]["runId"]
        assert each["run"]["facets"]["parent"]["job"]["name"] == "nightly"
    asked = {
        each["assertion"]: each for each in acme["inputs"][0]["inputFacets"]["dataQualityAssertions"]["assertions"]
    }
    assert not asked["max_reject_rate"]["success"]
    assert "leads.csv" in zen["run"]["facets"]["errorMessage"]["message"]
    assert night["run"]["facets"]["errorMessage"]["message"] == zen["run"]["facets"]["errorMessage"]["message"]


REPLIES: list[tuple[Manner, str]] = [
    ("refuses", "2 lineage events did not reach {url}: it answers HTTP 401"),
    ("leads on", "2 lineage events did not reach {url}: it leads on to another address"),
    ("keeps silent", "lineage event"),  # of the last one it is not known yet, or it is
]


@pytest.mark.parametrize(("manner", "note"), REPLIES, ids=[manner for manner, _ in REPLIES])
def test_a_server_that_does_not_take_events_changes_nothing(workspace: Path, manner: Manner, note: str) -> None:
    (workspace / "drop.csv").write_text(DROP, encoding="utf-8")
    with collecting(manner) as collector:
        _wants(workspace, url=collector.url, file="events/lineage.jsonl", seconds=0.2)
        ran = leadscrub(
            "scrub", "drop.csv", "-o", "out", "--vendor", "acme", "--campaign", "campaigns/calls.toml", "--as-of", DAY
        )
    assert ran.code == 6  # as without lineage: too much was rejected
    assert note.format(url=collector.url.rstrip("/")) in ran.err
    path = workspace / "events" / "lineage.jsonl"
    events = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [event["eventType"] for event in events[:2]] == ["START", "COMPLETE"][: len(events)]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


class _Stuck:
    """Takes an event when it is told to."""

    name = "a server that sends its answer letter by letter"

    def __init__(self) -> None:
        self.over = threading.Event()

    def emit(self, event: RunEvent) -> None:
        self.over.wait()

    def close(self) -> None:
        pass


def test_a_command_waits_for_a_server_for_a_bounded_time() -> None:
    stuck = _Stuck()
    sender = Sender([stuck], 0.05)
    facts = RunFacts(RunName("ns", "scrub", new_run_id(datetime.now(UTC))), "scrub", datetime.now(UTC).date())
    for _ in range(3):
        sender.send(event("START", facts, datetime.now(UTC), Ending()))
    assert sender.close() == ["3 lineage events could not be sent within 0.05 s"]
    stuck.over.set()


def test_a_night_says_that_nobody_took_its_events_and_ends_as_it_would(workspace: Path) -> None:
    (workspace / "inbox/acme/leads.csv").write_text(DROP, encoding="utf-8")
    _wants(workspace, url="http://127.0.0.1:9")
    ran = leadscrub("nightly", "--as-of", DAY, "--log", "json")
    assert ran.code == 6
    last = json.loads(ran.err.splitlines()[-1])
    assert (last["level"], last["event"]) == ("info", "trouble")
    assert last["why"] == "4 lineage events did not reach http://127.0.0.1:9: there is no connection to it"


REFUSED = [
    ({}, "", "names neither 'url' nor 'file'"),
    ({"url": "http://lineage.example.com"}, "", 'add plain_http = ["lineage.example.com"] to [remote]'),
    ({"url": "ftp://lineage.example.com"}, "", "none of a web server"),
    ({"url": "https://ann:pw@lineage.example.com"}, "", "holds a user or a password"),
    ({"url": "https://lineage.example.com:port"}, "", "cannot be read"),
    ({}, "http://lineage.example.com", "plain http://"),
]


@pytest.mark.parametrize(("settings", "environment", "what"), REFUSED, ids=[what for *_, what in REFUSED])
def test_where_events_must_not_go_is_refused_before_anything_is_done(
    workspace: Path, settings: dict[str, str], environment: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace / "drop.csv").write_text(DROP, encoding="utf-8")
    _wants(workspace, **settings)
    monkeypatch.setenv("OPENLINEAGE_URL", environment)
    ran = leadscrub(
        "scrub", "drop.csv", "-o", "out", "--vendor", "acme", "--campaign", "campaigns/calls.toml", "--as-of", DAY
    )
    assert ran.code == 3
    assert what in ran.err
    assert "pw" not in ran.err
    assert not (workspace / "out").exists()


def test_the_environment_names_what_the_workspace_does_not(workspace: Path) -> None:
    """The variables of OpenLineage's own client, and the run of which the command is a part."""
    _wants(workspace)
    now = datetime(2026, 11, 21, 3, tzinfo=UTC)
    parent = "airflow/leads.nightly/01234567-89ab-7cde-8f01-23456789abcd"
    with collecting() as collector:
        environment = {
            "OPENLINEAGE_URL": collector.url,
            "OPENLINEAGE_ENDPOINT": "events",
            "OPENLINEAGE_NAMESPACE": "prod",
            "OPENLINEAGE_PARENT_ID": parent,
        }
        lineage = open_lineage(workspace, environment, lambda: now)
        with lineage.run("nightly", now.date()) as run, run.children().run("scrub", now.date()):
            pass
        assert lineage.close() == []
    start, child, _, _ = collector.events
    assert collector.paths[0] == "/events"
    assert start["job"]["namespace"] == "prod"
    facet = start["run"]["facets"]["parent"]
    assert "/".join([facet["job"]["namespace"], facet["job"]["name"], facet["run"]["runId"]]) == parent
    assert child["run"]["facets"]["parent"]["root"]["job"]["name"] == "leads.nightly"
    assert [fault for event in collector.events for fault in faults(event)] == []
    odd = open_lineage(workspace, environment | {"OPENLINEAGE_PARENT_ID": "airflow"}, lambda: now)
    assert odd.parent is None
    assert odd.close() == ["OPENLINEAGE_PARENT_ID is not NAMESPACE/JOB/RUN-ID: the lineage events name no parent"]
    assert open_lineage(workspace, environment | {"OPENLINEAGE_DISABLED": "true"}, lambda: now).wanted is None


def test_a_host_that_is_named_may_be_told_over_plain_http(workspace: Path) -> None:
    settings = workspace / "leadscrub.toml"
    allowed = '[remote]\nplain_http = ["lineage.example.com"]\n'
    settings.write_text(settings.read_text(encoding="utf-8") + allowed, encoding="utf-8")
    _wants(workspace)
    clock = partial(datetime.now, UTC)
    assert open_lineage(workspace, {"OPENLINEAGE_URL": "http://lineage.example.com"}, clock).wanted is not None
    with pytest.raises(ConfigError, match=r"plain http"):
        open_lineage(workspace, {"OPENLINEAGE_URL": "http://other.example.com"}, clock)


def test_what_ends_a_command_is_told_as_that(workspace: Path) -> None:
    """Ctrl-C and SIGTERM abort a run; an error of nobody's making does not show its words, which may quote cells."""
    with collecting() as collector:
        _wants(workspace, url=collector.url)
        lineage = open_lineage(workspace, {}, lambda: datetime.now(UTC))
        with pytest.raises(KeyboardInterrupt), lineage.run("scrub", datetime.now(UTC).date()):
            raise KeyboardInterrupt
        with pytest.raises(ValueError, match="cell"), lineage.run("scrub", datetime.now(UTC).date()):
            raise ValueError("cell 2025550141")
        assert lineage.close() == []
    assert [event["eventType"] for event in collector.events] == ["START", "ABORT", "START", "FAIL"]
    message = collector.events[-1]["run"]["facets"]["errorMessage"]["message"]
    assert message == "internal error (ValueError)"
