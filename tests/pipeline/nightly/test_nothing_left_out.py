"""What a night says of what it did not do: notes, what waits for a person, what nobody serves, hints that help."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
import types
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.nightly.hints import SETTINGS, at_night
from pipeline.nightly.summary import SEVERITY
from tests.conftest import REPO, Ran, leadscrub
from tests.pipeline.nightly.workspaces import leads, make_workspace, put

pytestmark = pytest.mark.slow

DAY = "2026-11-21"
EARLIER = datetime.now(UTC) - timedelta(hours=1)
LAW = '[rules]\npacks = ["general"]\n'


def nightly(workspace: Path, *options: str | Path, day: str = DAY) -> Ran:
    return leadscrub("nightly", "--workspace", workspace, "--as-of", day, *options)


def told(workspace: Path, *options: str | Path, day: str = DAY) -> dict[str, Any]:
    ran = nightly(workspace, "--json", *options, day=day)
    document: dict[str, Any] = json.loads(ran.out)
    assert document["exit_code"] == ran.code
    return document


def test_notes_and_rows_in_review_are_in_table_summary_and_hook(tmp_path: Path) -> None:
    """The same notes as a scrub by hand; review is said every night until the drop is scrubbed again."""
    hook = f'hook = ["{sys.executable}", "-c", "import sys; open(\'got\', \'wb\').write(sys.stdin.buffer.read())"]'
    workspace = make_workspace(tmp_path / "leads", nightly=hook, campaign=LAW)
    drop = put(workspace / "inbox" / "acme", "a.csv", leads(range(3)), EARLIER)
    copy = tmp_path / "copy.csv"
    copy.write_bytes(drop.read_bytes())
    campaign = workspace / "campaigns" / "calls.toml"
    by_hand = leadscrub("scrub", copy, "-o", tmp_path / "out", "--campaign", campaign, "--as-of", DAY, "--json")
    assert by_hand.code == 0, by_hand.err
    shown = nightly(workspace)
    assert shown.code == 0, shown.err
    (line,) = json.loads((workspace / "got").read_text(encoding="utf-8"))["drops"]
    assert line["notes"]
    assert line["review"] == line["rejected"] == 3, line
    flat = re.sub(r"\s+", " ", shown.out)
    assert "note" in flat
    assert all(note[:20] in flat for note in line["notes"])
    noted = [text.removeprefix("note: ") for text in by_hand.err.splitlines() if text.startswith("note: ")]
    assert set(noted) <= set(line["notes"])
    (item,) = told(workspace)["unsettled"]
    assert (item["kind"], item["vendor"], item["rows"], item["runs"], item["code"]) == ("review", "acme", 3, 1, 0)
    campaign.write_text(campaign.read_text(encoding="utf-8").replace(LAW, ""), encoding="utf-8")
    again = ("--campaign", campaign, "--vendor", "acme", "--as-of", DAY, "--threads", "1")
    monkey = pytest.MonkeyPatch()
    with (workspace / "leadscrub.toml").open("a", encoding="utf-8") as settings:
        settings.write("[ledger]\n")
    monkey.chdir(workspace)
    assert leadscrub("scrub", copy, "-o", tmp_path / "again", *again).code == 0
    monkey.undo()
    assert told(workspace)["unsettled"] == [], "scrubbed again, so settled"


def test_a_retry_does_not_turn_a_night_green(tmp_path: Path) -> None:
    """Quarantine keeps its code until the file is gone; too much rejected, for the day."""
    workspace = make_workspace(tmp_path / "leads", campaign="max_reject_rate = 0.5")
    put(workspace / "inbox" / "acme", "bad.csv", leads(range(3)).replace("-555-", "-111-"), EARLIER)
    assert [told(workspace)["exit_code"] for _ in range(3)] == [6, 6, 6]
    assert told(workspace, day="2026-11-22")["exit_code"] == 0
    put(workspace / "inbox" / "zen", "broken.zip", b"PK\3\4 no archive", EARLIER)
    first = told(workspace)
    assert (first["exit_code"], first["unsettled"][0]["kind"]) == (4, "rejected")
    for day in (DAY, "2026-11-22", "2027-01-01"):
        later = nightly(workspace, day=day)
        assert later.code == 4
        assert "leadscrub: zen: quarantine/zen/" in later.err
        assert "quarantine" in later.out
    (kept,) = (workspace / "quarantine" / "zen").glob("*-broken.zip")
    kept.unlink()
    assert told(workspace, day="2026-11-22")["exit_code"] == 0


def test_what_nobody_serves_is_said(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "leads")
    put(workspace / "inbox" / "acme", "a.csv", leads(range(3)), EARLIER)
    (workspace / "inbox" / "ghost").mkdir()
    put(workspace / "inbox" / "ghost", "lost.csv", leads(range(3)), EARLIER)
    put(workspace / "inbox", "loose.csv", leads(range(3)), EARLIER)
    idle = workspace / "vendors" / "idle.toml"
    idle.write_text('name = "idle"\n', encoding="utf-8")
    (workspace / "vendors" / "hand.toml").write_text('name = "hand"\nnightly = false\n', encoding="utf-8")
    (workspace / "vendors" / "far.toml").write_text(
        'name = "far"\ncampaign = "calls"\ninbox = "elsewhere/far"\n', encoding="utf-8"
    )
    (workspace / "elsewhere" / "far").mkdir(parents=True)
    found = told(workspace)
    assert found["exit_code"] == 3
    assert [line["outcome"] for line in found["drops"]] == ["scrubbed"]
    why = {trouble["why"].partition(":\n  ")[2] for trouble in found["troubles"]}
    assert why == {
        f"{idle}: there is no campaign, so its drops are not taken. "
        f"Add campaign = \"NAME\" to '{idle}'; or nightly = false, if they are scrubbed by hand.",
        f"{workspace}/inbox/ghost: no vendor has this inbox, so nothing in it is taken (1 file). "
        "Describe the vendor in vendors/ghost.toml, or remove the folder.",
        f"{workspace}/inbox/loose.csv: is in no vendor's inbox, so it is not taken. "
        "Move it into the folder of its vendor.",
    }
    assert told(workspace, "--vendor", "acme")["exit_code"] == 0, "what is asked for is all right"
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "leadscrub.toml").write_text("", encoding="utf-8")
    ran = nightly(empty)
    assert (ran.code, "there is no vendor, so no drop is taken" in ran.err) == (3, True)


def test_hints_name_options_that_a_night_has() -> None:
    """Every option that some sentence of ours names is one of nightly's, or becomes a setting or a command by hand."""
    spelled = set()
    for folder in (
        "pipeline/run",
        "pipeline/columns",
        "pipeline/reading",
        "pipeline/results",
        "schemas",
        "suppression",
    ):
        for path in (REPO / folder).rglob("*.py"):
            for hint in re.findall(r'Error\(\s*f?"[^"]*",\s*f?"([^"]*)"', path.read_text(encoding="utf-8")):
                spelled |= set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", hint))
    of_night = set(re.findall(r"--[a-z][a-z-]+", leadscrub("nightly", "--help").out))
    of_lists = {
        "--state",
        "--keep-days",
        "--column",
        "--action",
        "--since",
        "--planted",
        "--accept-unexpected",
        "--change-layout",
    }
    of_scrub = {"--force", "--save-layout", "--dns-server", "--check-mx", "--evidence", "--no-region"}
    assert spelled - of_night - set(SETTINGS) - of_lists - of_scrub == set()
    for option in spelled & set(SETTINGS):
        left = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", at_night(f"Say {option} X.", "acme")))
        assert left <= of_night or "of 'leadscrub scrub', by hand" in at_night(f"Say {option} X.", "acme"), option
    for before, after in (
        (
            "Name lists (--dnc, --internal, --unsubscribe, --list, --store, or in the campaign), or say --no-lists.",
            "Name lists ([[lists]] or store_lists in the campaign, or the workspace's folder store/), or say "
            "no_lists = true in the campaign.",
        ),
        (
            "Say which country they are of with --region US (or 'region' in the campaign, vendor or layout), or set "
            "them aside for review with --region none.",
            "Say which country they are of with region in the campaign, vendor or layout, or set them aside for review "
            "with no_region = true in the campaign.",
        ),
        ("name packs in the campaign's [rules] or with --rules", "name packs in the campaign's [rules]"),
    ):
        spelled_in = "".join(path.read_text(encoding="utf-8") for path in (REPO / "pipeline" / "run").rglob("*.py"))
        assert "".join(re.findall(r"\w", before)) in "".join(re.findall(r"\w", spelled_in)), "a hint that is there"
        assert at_night(before, "acme") == after
    assert at_night("Name them with --sheet.", "acme") == "Name them with sheet in [layout] of vendors/acme.toml."
    assert at_night("It changed. Run again with --force.", "acme") == "It changed. The next pass does it again."


def test_the_log_can_be_lines_of_json(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "leads")
    put(workspace / "inbox" / "acme", "a.csv", leads(range(3)), EARLIER)
    put(workspace / "inbox" / "zen", "broken.zip", b"PK\3\4 no archive", EARLIER)
    ran = nightly(workspace, "--log", "json")
    events = [json.loads(line) for line in ran.err.splitlines()]
    assert [(each["event"], each["level"]) for each in events] == [
        ("drop", "info"),
        ("drop", "error"),
        ("ended", "error"),
    ]
    assert (events[1]["vendor"], events[1]["outcome"], events[2]["exit_code"]) == ("zen", "quarantined", 4)
    assert all(datetime.fromisoformat(each["time"]).tzinfo for each in events)
    assert nightly(workspace, "--log", "xml").code == 2


def constants_of(name: str) -> types.ModuleType:
    """A file of the examples, with nothing of the orchestrator's."""

    class Anything(types.ModuleType):
        def __getattr__(self, _: str) -> Any:
            return Anything("anything")

        def __call__(self, *_: Any, **__: Any) -> Any:
            return Anything("anything")

        def __enter__(self) -> None:
            return None

        def __exit__(self, *_: object) -> None:
            return None

    wanted = ("airflow", "airflow.exceptions", "airflow.sdk", "dagster")
    with pytest.MonkeyPatch.context() as patch:
        for module in wanted:
            patch.setitem(sys.modules, module, Anything(module))
        spec = importlib.util.spec_from_file_location(name, REPO / "docs" / "examples" / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module_of = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module_of)
    return module_of


def test_the_orchestrators_know_every_exit_code_as_the_page_says() -> None:
    page = (REPO / "docs" / "nightly.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| ([\d, ]+) \| ([^|]+) \| ([^|]*) \|[^|]*\|[^|]*\| ([^|]+) \| ([^|]+) \|$", page, re.MULTILINE
    )
    mapping = {
        int(code): (airflow.strip(), dagster.strip())
        for codes, _, _, airflow, dagster in rows
        for code in codes.split(",")
    }
    assert set(mapping) == {*SEVERITY, 2}
    for name, place in (("airflow_nightly", 0), ("dagster_nightly", 1)):
        example = constants_of(name)
        for code, said in mapping.items():
            does = (
                "success"
                if code in example.DONE
                else ("skipped", "success")[place]
                if code in example.SKIP
                else "fails at once"
                if code in example.A_PERSON_MUST_LOOK
                else "retry"
            )
            assert said[place] == does, (name, code)
