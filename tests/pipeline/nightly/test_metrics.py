"""The figures of a pass: OpenMetrics that its own parser reads, equal to the summary, and without names of files."""

from __future__ import annotations

import json
import stat
from datetime import date
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_open_metrics
from prometheus_client.parser import text_string_to_metric_families as read_prometheus

from pipeline.nightly.metrics import write_metrics
from pipeline.nightly.summary import DropLine, Summary, Trouble
from tests.conftest import DAY, leadscrub
from tests.pipeline.nightly.workspaces import leads, make_workspace, night

Figures = dict[str, dict[tuple[str, ...], float]]


def _figures(path: Path) -> Figures:
    """Every figure, by its name and the values of its labels, as both parsers read it; whose it is comes first."""
    text = path.read_text(encoding="utf-8")
    assert text.endswith("# EOF\n")
    found: list[Figures] = []
    for parse in (read_open_metrics, read_prometheus):
        families = list(parse(text))
        assert {family.type for family in families} == {"gauge"}
        samples = [sample for family in families for sample in family.samples]
        found.append({})
        for sample in samples:
            labels = sorted(sample.labels.items(), key=lambda label: label[0] not in ("vendor", "list"))
            found[-1].setdefault(sample.name, {})[tuple(value for _, value in labels)] = sample.value
    assert found[0] == found[1]
    return found[0]


@pytest.mark.slow
def test_a_night_is_measured_and_the_last_good_one_remembered(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws", nightly='settle_seconds = 0\nmetrics = "metrics/leadscrub.prom"')
    path = workspace / "metrics" / "leadscrub.prom"
    dnc = tmp_path / "dnc.csv"
    dnc.write_text("phone\n2025550101\n2125550100\n", encoding="utf-8")
    store: list[str | Path] = ["--store", workspace / "store", "--region", "US"]
    added = leadscrub("lists", "add", "ours", dnc, "--kind", "dnc.internal", "--as-of", "2026-11-18", *store)
    assert added.code == 0, added.err
    campaign = workspace / "campaigns" / "calls.toml"
    text = campaign.read_text(encoding="utf-8").replace("no_lists = true", 'store_lists = ["ours"]')
    campaign.write_text(text, encoding="utf-8")
    drop = workspace / "inbox/acme/for 2025550199.csv"
    drop.write_text(leads(range(1, 5)) + "9,Zed,12\n", encoding="utf-8")
    good = leadscrub("nightly", "--workspace", workspace, "--as-of", DAY, "--json")
    assert good.code == 0, good.err
    first = _figures(path)
    summary = json.loads(good.out)
    line = summary["drops"][0]
    assert first["leadscrub_nightly_exit_code"] == {(): 0}
    assert first["leadscrub_nightly_duration_seconds"] == {(): summary["seconds"]}
    rows = first["leadscrub_nightly_rows"]
    assert {key: count for key, count in rows.items() if key[0] == "acme"} == {
        ("acme", kind): line[kind] for kind in ("read", "clean", "rejected", "review")
    }
    assert rows["acme", "read"] == 5
    assert rows["zen", "read"] == 0
    assert first["leadscrub_nightly_rejected_rows"] == {("acme", "dnc.internal"): 1, ("acme", "phone.invalid"): 1}
    assert first["leadscrub_nightly_drops"]["acme", "scrubbed"] == 1
    assert first["leadscrub_nightly_drops"]["zen", "quarantined"] == 0
    assert first["leadscrub_list_age_days"] == {("ours", "dnc.internal"): 3}
    assert first["leadscrub_list_usable"] == {("ours",): 1}
    assert first["leadscrub_nightly_last_success_timestamp_seconds"][()] > 0
    assert "2025550199" not in path.read_text(encoding="utf-8")
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    (workspace / "inbox/zen/bad.csv").write_bytes(b"\x00\x01PK" * 50)
    bad = leadscrub("nightly", "--workspace", workspace, "--as-of", DAY, "--metrics", path)
    assert bad.code == 4
    second = _figures(path)
    assert second["leadscrub_nightly_exit_code"] == {(): 4}
    assert second["leadscrub_nightly_drops"]["zen", "quarantined"] == 1
    kept = "leadscrub_nightly_last_success_timestamp_seconds"
    assert second[kept] == first[kept]


def _summary(vendor: str, why: str) -> Summary:
    return Summary(
        leadscrub="0",
        as_of=date(2026, 11, 21),
        began_at=night(1),
        seconds=1.5,
        dry_run=False,
        exit_code=3,
        vendors=[vendor],
        known=0,
        drops=[DropLine(vendor=vendor, drop="x", outcome="left", code=5, why=why)],
        unsettled=[],
        troubles=[Trouble(vendor=None, code=3, why=why)],
    )


@pytest.mark.parametrize(
    "before", ["", "none of ours\n", "# TYPE x\n", "\udcff"], ids=["new", "text", "broken", "bytes"]
)
def test_odd_names_and_what_was_there_before_do_not_break_the_file(tmp_path: Path, before: str) -> None:
    path = tmp_path / "night.prom"
    if before:
        path.write_bytes(before.encode("utf-8", "surrogateescape"))
    vendor = 'a"b\\c\nd'
    write_metrics(path, _summary(vendor, "why"), tmp_path)
    found = _figures(path)
    assert found["leadscrub_nightly_drops"][vendor, "left"] == 1
    assert found["leadscrub_nightly_troubles"] == {("",): 1}
    assert "leadscrub_nightly_last_success_timestamp_seconds" not in found


def test_metrics_that_cannot_be_written_are_said_and_change_the_exit_code(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "ws")
    (tmp_path / "taken").mkdir()
    ran = leadscrub("nightly", "--workspace", workspace, "--as-of", DAY, "--metrics", tmp_path / "taken")
    assert ran.code == 1
    assert f"The metrics '{tmp_path / 'taken'}' cannot be written" in ran.err
